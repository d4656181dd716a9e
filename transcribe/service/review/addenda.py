"""An addition to a signed report: a job of its own, linked to the report it adds to, reviewed and signed like it."""

from __future__ import annotations

from hashlib import sha256

from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import rereading, versions
from transcribe.service.review.access import refuse
from transcribe.service.review.claims import opened
from transcribe.service.turnaround import promised
from transcribe.store import audit
from transcribe.store.engine import now, transaction
from transcribe.store.people import Person
from transcribe.store.reports import Kind, Version
from transcribe.store.tables import Clinic, Dictation, Job, State


def add(house: House, who: Principal, job: str, text: str) -> str:
    """A new job in review that holds the text, about the same patient, author and visit; its id."""
    digest = sha256(text.encode()).hexdigest()
    with transaction(house.engine) as session:
        parent, dictation = opened(session, who, job)
        refuse(who, parent, dictation, "addenda")
        moment = now(session)
        typed = Dictation(
            clinic_id=who.clinic, author_id=dictation.author_id, patient_id=dictation.patient_id,
            encounter_id=dictation.encounter_id, file_name="addendum", header=dictation.header, digest=digest, size=0,
            received_at=moment, received_by=who.actor, audio_deleted_at=moment, audio_erased=True,
        )  # fmt: skip
        session.add(typed)
        session.flush()
        rules = session.get_one(Clinic, who.clinic).settings
        added = Job(
            clinic_id=who.clinic, dictation_id=typed.id, work_type=parent.work_type, state=State.IN_REVIEW,
            stat=parent.stat, due_at=moment + promised(parent.work_type, stat=parent.stat, rules=rules),
            parent_id=job, created_at=moment, changed_at=moment,
        )  # fmt: skip
        session.add(added)
        session.flush()
        person = session.get(Person, who.actor)
        body = versions.body_of(text=text, words=[], marks=[], decisions=[])
        version = Version(
            job_id=added.id, clinic_id=who.clinic, number=1, kind=Kind.ADDENDUM, person_id=person and person.id,
            body=house.blobs.put(who.clinic, added.id, body.content),
            text_hash=digest, created_at=moment,
        )  # fmt: skip
        session.add(version)
        rereading.put_down(session, added, version)
        audit.record(session, who.clinic, who.actor, "addendum", job, job=added.id)
    house.ring("text", added.id)
    return added.id
