"""A clinic's own Word letterheads: examined when they come, kept, and used for reports from then on."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe.document.letterhead import Desk, Examined
from transcribe.errors import NotFound, UnusableInput
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.columns import new_id
from transcribe.store.deliveries import Letterhead
from transcribe.store.engine import now, reading, transaction
from transcribe.work_types import work_type


@dataclass(frozen=True, slots=True)
class Shown:
    """A letterhead as it is listed; an empty work type means all, `used` are the fields in it."""

    letterhead: str
    name: str
    work_type: str
    used: tuple[str, ...]
    created: datetime


@cache
def desk() -> Desk:
    """The door of this process to the limited one that fills templates, closed when this one ends."""
    made = Desk()
    atexit.register(made.close)
    return made


def add(house: House, who: Principal, name: str, kind: str, template: bytes) -> tuple[Shown, Examined]:
    """Keep a template for a work type, or for all (""), in place of the one before; and what is in it.

    Raises `UnusableInput` for one that is refused, that uses fields that there are not, or lacks the report's text.
    """
    key = work_type(kind).key if kind else ""
    examined = desk().examine(template)
    if examined.unknown:
        raise UnusableInput(f"The template uses fields that there are not: {', '.join(examined.unknown)}.")
    row = Letterhead(
        id=new_id(), clinic_id=who.clinic, name=name, work_type=key, used=list(examined.used), created_by=who.actor
    )
    row.body = house.blobs.put(who.clinic, row.id, template)
    with transaction(house.engine) as session:
        row.created_at = now(session)
        session.add(row)
        audit.record(session, who.clinic, who.actor, "letterhead added", row.id, work_type=key)
    return _shown(row), examined


def listing(house: House, clinic: str) -> list[Shown]:
    """The letterheads in use, newest first; of two for one kind of report the newer is used."""
    query = select(Letterhead).where(Letterhead.clinic_id == clinic, Letterhead.retired_at.is_(None))
    with reading(house.engine) as session:
        return [_shown(row) for row in session.scalars(query.order_by(Letterhead.created_at.desc()))]


def retire(house: House, who: Principal, letterhead: str) -> None:
    """Use it no longer."""
    with transaction(house.engine) as session:
        row = _of(session, who.clinic, letterhead)
        row.retired_at = row.retired_at or now(session)
        audit.record(session, who.clinic, who.actor, "letterhead retired", letterhead)


def template_of(house: House, clinic: str, letterhead: str) -> bytes:
    """The Word file as it was kept."""
    with reading(house.engine) as session:
        row = _of(session, clinic, letterhead)
    return house.blobs.read(clinic, row.body, row.id)


def preview(house: House, clinic: str, letterhead: str) -> bytes:
    """The template filled with an example."""
    return desk().examine(template_of(house, clinic, letterhead)).preview


def current(house: House, session: Session, clinic: str, kind: str) -> bytes | None:
    """The template for this kind of report, else the one for all kinds; None where the clinic has neither."""
    query = (
        select(Letterhead)
        .where(Letterhead.clinic_id == clinic, Letterhead.work_type.in_(["", kind]), Letterhead.retired_at.is_(None))
        .order_by(Letterhead.work_type.desc(), Letterhead.created_at.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return None if row is None else house.blobs.read(clinic, row.body, row.id)


def _of(session: Session, clinic: str, letterhead: str) -> Letterhead:
    row = session.get(Letterhead, letterhead)
    if row is None or row.clinic_id != clinic:
        raise NotFound("There is no such letterhead.")
    return row


def _shown(row: Letterhead) -> Shown:
    return Shown(row.id, row.name, row.work_type, tuple(row.used), row.created_at)
