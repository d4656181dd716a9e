"""The audit chain: who did what to whose data, each entry sealed by the hash of the one before it.

An entry is written in the transaction of the act itself, so that neither is there without the other. What only a copy
elsewhere can show is a chain that was rewritten from end to end; `head` is what to copy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe.errors import NotFound
from transcribe.store.engine import now
from transcribe.store.tables import AuditEntry, AuditHead


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry of a clinic's chain that is not as it was written, and what is wrong with it."""

    clinic: str
    number: int
    fault: str


def begin_chain(session: Session, clinic: str) -> None:
    """Give a new clinic its empty chain."""
    session.add(AuditHead(clinic_id=clinic, number=0, hash=""))
    session.flush()


def lock_chain(session: Session, clinic: str) -> AuditHead:
    """The end of the clinic's chain, locked until the transaction ends; `NotFound` for a clinic that is not there.

    Whatever must not happen twice at once within a clinic is done under this lock.
    """
    head = session.execute(
        select(AuditHead)
        .where(AuditHead.clinic_id == clinic)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if head is None:
        raise NotFound("There is no such clinic.")
    return head


def record(session: Session, clinic: str, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Add an entry; `detail` holds ids, codes and counts, never a patient's words."""
    session.flush()  # So that this lock is the last one taken, which keeps transactions out of each other's way.
    head = lock_chain(session, clinic)
    entry = AuditEntry(
        clinic_id=clinic, number=head.number + 1, at=now(session), actor=actor, action=action, subject=subject,
        detail=detail, hash="",
    )  # fmt: skip
    entry.hash = _seal(head.hash, [getattr(entry, column.key) for column in _CONTENT])
    head.number, head.hash = entry.number, entry.hash
    session.add(entry)
    session.flush()


def verify(session: Session, clinic: str) -> Broken | None:
    """The first broken entry of the clinic's chain, or None when it is whole."""
    head = session.get_one(AuditHead, clinic)
    before, expected = "", 1
    query = select(*_CONTENT, AuditEntry.hash).where(AuditEntry.clinic_id == clinic).order_by(AuditEntry.number)
    # Rows, not objects: a chain may have millions of entries, and all are read.
    with session.execute(query.execution_options(yield_per=5000)) as entries:
        for *content, seal in entries:
            if content[1] != expected:
                return Broken(clinic, expected, "is missing")
            if seal != _seal(before, content):
                return Broken(clinic, content[1], "has been changed")
            before, expected = seal, expected + 1
    if head.number >= expected:
        return Broken(clinic, expected, "is missing")
    if (head.number, head.hash) != (expected - 1, before):
        return Broken(clinic, head.number + 1, "was added past the end")
    return None


def head(session: Session, clinic: str) -> tuple[int, str]:
    """Number and hash of the clinic's last entry."""
    last = session.get_one(AuditHead, clinic)
    return last.number, last.hash


_CONTENT = (
    AuditEntry.clinic_id,
    AuditEntry.number,
    AuditEntry.at,
    AuditEntry.actor,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.detail,
)
"""What the hash of an entry seals, in this order."""

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _seal(before: str, content: list[Any]) -> str:
    """SHA-256 over the hash before and the entry in canonical JSON (sorted keys, no blanks, UTF-8)."""
    written = [_written(each) if isinstance(each, datetime) else each for each in content]
    return sha256(f"{before}\n{_canonical(written)}".encode()).hexdigest()


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
