"""Where a clinic's reports go: targets are added, changed, tried, paused and removed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from transcribe import document
from transcribe.delivery.hl7 import control_id
from transcribe.delivery.kinds import Kind, Mllp, Webhook, kind_of
from transcribe.delivery.parcel import Happened, Parcel
from transcribe.delivery.retry import Refused
from transcribe.delivery.ways import bring, refuse
from transcribe.document.letterhead.fields import example
from transcribe.errors import NotFound, TryLater, UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing.deliver import outside
from transcribe.store import audit
from transcribe.store.deliveries import Delivery, Target, Way
from transcribe.store.engine import now, reading, transaction
from transcribe.store.sealing import open_text, seal_text


@dataclass(frozen=True, slots=True)
class Shown:
    """A target as it is listed; its secret never is. `waiting` reports are on their way, `failures` came in a row."""

    target: str
    name: str
    kind: str
    settings: dict[str, Any]
    has_secret: bool
    paused: bool
    failures: int
    rests_until: datetime | None
    waiting: int
    created: datetime


def add(
    house: House, who: Principal, name: str, settings: Mapping[str, Any], secret: str = ""
) -> tuple[Shown, str]:  # fmt: skip
    """A new target, to which everything goes that is signed from now on, and the secret if one was made for it.

    Raises `UsageError` for settings that are none and `NotAllowed` for a place that is not on the machine's list.
    """
    kind = kind_of(settings)
    made = secrets.token_urlsafe(32) if isinstance(kind, Webhook) and not secret else ""
    refuse(kind, secret or made, outside(house.settings, who.clinic))
    with transaction(house.engine) as session:
        _refuse_name(session, who.clinic, name)
        row = Target(
            clinic_id=who.clinic, name=name.strip(), kind=kind.kind, settings=_plain(kind), created_at=now(session),
            secret=seal_text(secret or made, house.blobs.key_of(who.clinic)),
        )  # fmt: skip
        session.add(row)
        session.flush()
        audit.record(session, who.clinic, who.actor, "target added", row.id, kind=row.kind)
    return one(house, who.clinic, row.id), made


def change(house: House, who: Principal, target: str, settings: Mapping[str, Any], secret: str = "") -> Shown:
    """Other settings of the same kind; an empty secret leaves the one that is there. Raises as `add` does."""
    kind = kind_of(settings)
    with transaction(house.engine) as session:
        row = _of(session, who.clinic, target)
        if kind.kind != row.kind:
            raise UsageError(f"A target of the kind {row.kind} cannot become another; add a new one.")
        key = house.blobs.key_of(who.clinic)
        refuse(kind, secret or open_text(row.secret, key), outside(house.settings, who.clinic))
        row.settings, row.rests_until, row.failures = _plain(kind), None, 0
        row.secret = seal_text(secret, key) if secret else row.secret
        audit.record(session, who.clinic, who.actor, "target changed", target, secret=bool(secret))
    return one(house, who.clinic, target)


def pause(house: House, who: Principal, target: str, *, paused: bool = True) -> Shown:
    """Send nothing there for now; what is signed meanwhile waits."""
    with transaction(house.engine) as session:
        row = _of(session, who.clinic, target)
        row.paused_at = now(session) if paused else None
        audit.record(session, who.clinic, who.actor, "target paused" if paused else "target resumed", target)
    return one(house, who.clinic, target)


def remove(house: House, who: Principal, target: str) -> None:
    """Send nothing there any more; `UsageError` while something is on its way, which has to be cancelled first."""
    with transaction(house.engine) as session:
        row = _of(session, who.clinic, target)
        if _waiting(session, target):
            raise UsageError("Reports are on their way to this target; let them arrive, or cancel them first.")
        row.removed_at, row.secret = now(session), ""
        audit.record(session, who.clinic, who.actor, "target removed", target)


def try_out(house: House, who: Principal, target: str) -> tuple[bool, str]:
    """Send the example report, which is about nobody: whether it arrived, and what the receiver said or why not."""
    with transaction(house.engine) as session:
        row = _of(session, who.clinic, target)
        moment = now(session)
        audit.record(session, who.clinic, who.actor, "target tried", target)
    kind = kind_of(row.settings | {"kind": row.kind})
    if isinstance(kind, Mllp):
        kind = kind.model_copy(update={"processing": "T"})
    identity = control_id(target, "trial", moment.isoformat())
    parcel = Parcel(example(), Happened.SIGNED, identity, moment, document.render, house.settings.archival_pdf)
    secret = open_text(row.secret, house.blobs.key_of(who.clinic))
    try:
        return True, bring(parcel, kind, secret, outside(house.settings, who.clinic))
    except (TryLater, Refused) as error:
        return False, str(error)


def listing(house: House, clinic: str) -> list[Shown]:
    """The clinic's targets, by name."""
    query = select(Target).where(Target.clinic_id == clinic, Target.removed_at.is_(None)).order_by(Target.name)
    with reading(house.engine) as session:
        return [_shown(row, _waiting(session, row.id)) for row in session.scalars(query).all()]


def one(house: House, clinic: str, target: str) -> Shown:
    """One target; `NotFound` for another clinic's and for one that was removed."""
    with reading(house.engine) as session:
        return _shown(_of(session, clinic, target), _waiting(session, target))


def _of(session: Session, clinic: str, target: str) -> Target:
    row = session.get(Target, target)
    if row is None or row.clinic_id != clinic or row.removed_at:
        raise NotFound("There is no such target.")
    return row


def _refuse_name(session: Session, clinic: str, name: str) -> None:
    if not name.strip():
        raise UsageError("A target needs a name.")
    same = (Target.clinic_id == clinic, Target.name == name.strip(), Target.removed_at.is_(None))
    if session.scalar(select(Target.id).where(*same)):
        raise UsageError("There is a target of this name already.")


def _waiting(session: Session, target: str) -> int:
    states = (Way.WAITING, Way.SENDING, Way.HELD)
    query = select(func.count()).where(Delivery.target_id == target, Delivery.state.in_(states))
    return session.scalar(query) or 0


def _plain(kind: Kind) -> dict[str, Any]:
    return kind.model_dump(mode="json", exclude={"kind"})


def _shown(row: Target, waiting: int) -> Shown:
    return Shown(
        row.id, row.name, row.kind, row.settings, bool(row.secret), row.paused_at is not None, row.failures,
        row.rests_until, waiting, row.created_at,
    )  # fmt: skip
