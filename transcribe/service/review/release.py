"""An editor lets go of a report: it is counted, and whoever signs it finds it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from transcribe.domain import Severity
from transcribe.errors import TryLater
from transcribe.service import codes
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import notes, rereading, tallies, versions
from transcribe.service.review.access import refuse
from transcribe.service.review.claims import drop, opened, take
from transcribe.service.review.notes import NoteKind
from transcribe.service.review.refusals import Unchecked
from transcribe.store import audit, jobs
from transcribe.store.engine import transaction
from transcribe.store.reports import Version
from transcribe.store.tables import Dictation, Job, State

_NOT_READ = {
    "start": 0, "end": 0, "kind": "check", "severity": str(Severity.CRITICAL),
    "reason": "This text could not be read, so that nothing in it has been checked.",
}  # fmt: skip


def release(house: House, who: Principal, job: str, version: int, *, despite: str = "") -> None:
    """Let go of the version, which is the newest, to be signed; the reason `despite` outweighs critical checks.

    Raises `Unchecked` for checks that are open, `Overtaken` for an older version, and `TryLater` while the workers are
    still reading this one.
    """
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, "release")
        newest = versions.expected(house, session, who, found, dictation, version)
        take(session, who, found)
        unread = newest.reading is None and not rereading.failed(session, newest)
        if unread:
            rereading.put_down(session, found, newest)
        else:
            _release(house, session, who, found, dictation, newest, despite)
    if unread:
        house.ring("text", job)
        raise TryLater("The checks are being made for this text; release it again in a moment.")


def _release(
    house: House, session: Session, who: Principal, job: Job, dictation: Dictation, version: Version, despite: str
) -> None:
    plain = versions.whole(house, version, job.work_type)
    open_ = critical(plain) if version.reading else [_NOT_READ]
    if open_ and not despite:
        raise Unchecked(open_)
    jobs.move(session, job, State.RELEASED)
    job.stage, job.assigned_to = "", None
    drop(job)
    notes.settle(session, job.id, *notes.ASKED)
    if open_:
        notes.add(session, who.clinic, who.actor, job.id, NoteKind.DESPITE, despite)
    codes.note_decisions(session, version, plain["decisions"])
    if job.signed_at is None:  # What a correction amounts to says nothing about who heard, wrote and edited in time.
        tallies.count(house, session, who, job, dictation, version, plain)
    audit.record(session, who.clinic, who.actor, "released", job.id, version=version.number, despite=len(open_))


def critical(plain: dict[str, Any]) -> list[dict[str, Any]]:
    """The marks of a reading that keep a report from being released without a reason."""
    return [mark for mark in plain["marks"] if mark["severity"] == Severity.CRITICAL]
