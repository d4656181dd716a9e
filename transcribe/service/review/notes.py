"""What people tell each other about a report: questions, reasons, answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims
from transcribe.store.engine import now
from transcribe.store.reports import Note


class NoteKind(StrEnum):
    """Why somebody wrote."""

    QA = "qa"
    QUESTION = "question"
    ANSWER = "answer"
    HOLD = "hold"
    SEND_BACK = "send_back"
    CORRECT = "correct"
    """What is wrong with a signed report."""
    DESPITE = "despite"
    """Why a report was released with critical checks open."""


ASKED = (NoteKind.QA, NoteKind.QUESTION, NoteKind.HOLD, NoteKind.SEND_BACK, NoteKind.CORRECT)
"""Notes that wait until somebody does what they ask for."""


def add(session: Session, clinic: str, actor: str, job: str, kind: NoteKind, text: str) -> None:
    """One more note on the job."""
    moment = now(session)
    settled = None if kind in ASKED else moment
    session.add(Note(job_id=job, clinic_id=clinic, actor=actor, kind=kind, text=text, at=moment, settled_at=settled))


def settle(session: Session, job: str, *kinds: NoteKind) -> None:
    """What these notes asked for has been done."""
    open_ = (Note.job_id == job, Note.kind.in_(kinds), Note.settled_at.is_(None))
    session.execute(update(Note).where(*open_).values(settled_at=now(session)))


def of(session: Session, who: Principal, job: str) -> list[dict[str, Any]]:
    """The job's notes, oldest first."""
    rows = session.scalars(select(Note).where(Note.job_id == job).order_by(Note.at, Note.id)).all()
    known = claims.names(session, [row.actor for row in rows]) | {who.actor: who.name}
    return [
        {
            "id": row.id, "kind": row.kind, "person": known.get(row.actor, ""), "text": row.text, "at": row.at,
            "settled": row.settled_at is not None,
        }
        for row in rows
    ]  # fmt: skip
