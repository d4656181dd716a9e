"""A signed report turns out to be wrong: a copy of it is edited and signed anew, and the signed one stays for ever."""

from __future__ import annotations

from sqlalchemy.orm import Session

from transcribe.errors import UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliver
from transcribe.service.review import notes, versions
from transcribe.service.review.access import refuse
from transcribe.service.review.claims import drop, opened
from transcribe.service.review.notes import NoteKind
from transcribe.service.review.of_record import signed_version
from transcribe.service.turnaround import promised
from transcribe.store import audit, jobs
from transcribe.store.engine import now, transaction
from transcribe.store.people import Person
from transcribe.store.reports import Kind, Version
from transcribe.store.tables import Clinic, Job, State


def correct(house: House, who: Principal, job: str, reason: str) -> int:
    """Send the signed report back into review as a new version, whose number this is; the reason goes with it.

    Until that version has every signature, the signed one is the report of record.
    """
    if not reason.strip():
        raise UsageError("Say what is wrong: whoever corrects the report is told.")
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, "correct")
        jobs.move(session, found, State.IN_REVIEW)
        rules = session.get_one(Clinic, who.clinic).settings
        found.due_at = now(session) + promised(found.work_type, stat=found.stat, rules=rules)
        made = _again(session, who, found, Kind.CORRECTED)
        notes.add(session, who.clinic, who.actor, job, NoteKind.CORRECT, reason.strip())
        audit.record(session, who.clinic, who.actor, "correction begun", job, version=made.number)
    return made.number


def keep(house: House, who: Principal, job: str) -> None:
    """Give the correction up: the report stays as it was signed, which is its newest version again."""
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, "keep")
        made = _again(session, who, found, Kind.RESTORED)
        jobs.move(session, found, State.SIGNED)
        notes.settle(session, job, *notes.ASKED)
        audit.record(session, who.clinic, who.actor, "correction given up", job, version=made.number)
        deliver.note_delivered(session, found)


def _again(session: Session, who: Principal, job: Job, kind: Kind) -> Version:
    """What was signed as one more version; nobody has the job then."""
    session.flush()  # The database lets no version follow while the job is signed, so that its state goes first.
    signed, person = signed_version(session, job), session.get(Person, who.actor)
    row = Version(
        job_id=job.id, clinic_id=job.clinic_id, number=versions.latest(session, job).number + 1, kind=kind,
        draft_id=signed.draft_id, person_id=person and person.id, body=signed.body, text_hash=signed.text_hash,
        marks=signed.marks, reading=signed.reading, created_at=now(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    job.stage, job.assigned_to = "", None
    drop(job)
    return row
