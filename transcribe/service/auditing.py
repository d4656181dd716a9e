"""The audit as people see it: who did what, who was shown whose names, and whether a clinic's chain is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe.service.house import House
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person, Token
from transcribe.store.tables import AuditEntry

PAGE = 100

_AGAIN, _RECENT = timedelta(minutes=10), 500
"""After so long the same list is noted again; and among how many of the newest entries it is looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `name` is the actor's, where it is a person or a program."""

    number: int
    at: datetime
    actor: str
    name: str
    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the chain found: `fault` is empty when it is whole; `hash` is that of its last entry."""

    entries: int
    hash: str
    fault: str


def entries(
    house: House, clinic: str, *, actor: str = "", action: str = "", subject: str = "", before: int | None = None
) -> list[Entry]:
    """The clinic's newest entries that are so, one page of them; `before` is the last number of the page before."""
    query = select(AuditEntry).where(AuditEntry.clinic_id == clinic).order_by(AuditEntry.number.desc()).limit(PAGE)
    for column, wanted in ((AuditEntry.actor, actor), (AuditEntry.action, action), (AuditEntry.subject, subject)):
        query = query.where(column == wanted) if wanted else query
    if before is not None:
        query = query.where(AuditEntry.number < before)
    with reading(house.engine) as session:
        found = session.scalars(query).all()
        names = _names(session, {row.actor for row in found})
    return [
        Entry(row.number, row.at, row.actor, names[row.actor], row.action, row.subject, row.detail) for row in found
    ]


def actions(house: House, clinic: str) -> list[str]:
    """What was ever done in the clinic, by name."""
    query = select(AuditEntry.action).where(AuditEntry.clinic_id == clinic).distinct().order_by(AuditEntry.action)
    with reading(house.engine) as session:
        return list(session.scalars(query))


def actors(house: House, clinic: str) -> list[tuple[str, str]]:
    """Id and name of everybody, and of every program, who ever did something in the clinic, by name."""
    query = select(AuditEntry.actor).where(AuditEntry.clinic_id == clinic).distinct()
    with reading(house.engine) as session:
        return sorted(_names(session, set(session.scalars(query))).items(), key=lambda each: each[1])


def _names(session: Session, actors: set[str]) -> dict[str, str]:
    """What each is called; who is neither a person nor a program keeps their own word."""
    names = {each: each for each in actors}
    for kind in (Person, Token):
        names |= {row[0]: row[1] for row in session.execute(select(kind.id, kind.name).where(kind.id.in_(actors)))}
    return names


def check(house: House, clinic: str) -> Checked:
    """Go through the clinic's whole chain."""
    with reading(house.engine) as session:
        broken, (number, last) = audit.verify(session, clinic), audit.head(session, clinic)
    return Checked(number, last, f"entry {broken.number} {broken.fault}" if broken else "")


def note_listed(house: House, clinic: str, actor: str, count: int, *, what: str) -> None:
    """Note that somebody was shown so many names of patients in a list.

    An open page asks for its list again and again; of the same list, as long, one entry in ten minutes tells enough.
    """
    told = {"what": what, "count": count}
    with reading(house.engine) as session:
        newest, _ = audit.head(session, clinic)
        recent = select(AuditEntry.detail).where(
            AuditEntry.clinic_id == clinic, AuditEntry.number > newest - _RECENT, AuditEntry.actor == actor,
            AuditEntry.action == "listed", AuditEntry.at > now(session) - _AGAIN,
        )  # fmt: skip
        if told in session.scalars(recent).all():
            return
    with transaction(house.engine) as session:
        audit.record(session, clinic, actor, "listed", clinic, **told)
