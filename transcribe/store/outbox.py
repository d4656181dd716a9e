"""What is to be sent next, under which lease, and what came of it.

Every function takes a session inside a transaction. A target is sent one report at a time, and what happened to a
report is told in its order: a version that replaces another does not overtake it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from transcribe.store.deliveries import Delivery, Target, Way
from transcribe.store.engine import now

LEASE = timedelta(minutes=10)
"""More than making and sending a report can take, so that what is not told of by then has ended without a word."""

LATE_AFTER = timedelta(hours=1)
"""After so long on its way, a delivery asks for attention."""

ARRIVED = frozenset({Way.ACKNOWLEDGED, Way.CANCELLED})
"""States that nobody waits for any more."""

STUCK = frozenset({Way.REFUSED, Way.FAILED})
"""States that a person has to look at."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery taken up; `token` must be shown to say what came of it."""

    delivery: str
    token: str
    clinic: str
    job: str
    target: str
    attempts: int
    failures: int
    """How many attempts at the target have failed in a row."""


def claim(session: Session) -> Sending | None:
    """Take up what waits longest for the target that was served longest ago, or None when nothing is to be sent."""
    moment = now(session)
    ready = _ready(moment)
    targets = session.scalars(
        select(Target.id)
        .where(Target.removed_at.is_(None), Target.paused_at.is_(None))
        .where(or_(Target.rests_until.is_(None), Target.rests_until <= moment))
        .where(exists().where(Delivery.target_id == Target.id, ready))
        .order_by(Target.served_at.asc().nulls_first())
    ).all()
    for each in targets:
        # Locked, and looked at anew: what is being sent to it now was perhaps not yet seen above.
        target = session.scalar(select(Target).where(Target.id == each).with_for_update(skip_locked=True))
        chosen = target and session.scalar(_first(each, moment))
        if target and chosen:
            target.served_at = moment
            chosen.state, chosen.token, chosen.changed_at = Way.SENDING, token_hex(16), moment
            chosen.attempts += 1
            chosen.lease_until = moment + LEASE
            return Sending(
                chosen.id, chosen.token, chosen.clinic_id, chosen.job_id, each, chosen.attempts, target.failures
            )  # fmt: skip
    return None


def _ready(moment: datetime) -> ColumnElement[bool]:
    """Whether a delivery waits and its time has come, or whoever sent it has ended."""
    waits = and_(Delivery.state == Way.WAITING, or_(Delivery.run_after.is_(None), Delivery.run_after <= moment))
    return or_(waits, and_(Delivery.state == Way.SENDING, Delivery.lease_until < moment))


def _first(target: str, moment: datetime) -> Any:
    """The delivery to take up for the locked target, unless it is being sent something."""
    before, busy = aliased(Delivery), aliased(Delivery)
    return (
        select(Delivery)
        .where(Delivery.target_id == target, _ready(moment))
        .where(~exists().where(busy.target_id == target, busy.state == Way.SENDING, busy.lease_until >= moment))
        .where(
            ~exists().where(
                before.report_id == Delivery.report_id, before.target_id == target, before.made_at < Delivery.made_at,
                before.state.not_in(ARRIVED),
            )
        )
        # What has failed goes behind the others: it may be what the receiver stumbles over.
        .order_by(Delivery.attempts, Delivery.made_at)
        .limit(1)
        .with_for_update(of=Delivery)
    )  # fmt: skip


def acknowledge(session: Session, sending: Sending, said: str, digest: str) -> bool:
    """The receiver has it; False when the delivery is no longer this sender's."""
    moment = now(session)
    done = {"state": Way.ACKNOWLEDGED, "acknowledgement": said, "acknowledged_at": moment, "digest": digest}
    _wake(session, sending.target)
    return _settle(session, sending, moment, reason="", reason_code="", **done)


def try_again(session: Session, sending: Sending, after: float, code: str, reason: str, *, rest: float) -> bool:
    """Let it wait so many seconds, and everything else for the target so many as `rest` says."""
    moment = now(session)
    later = moment + timedelta(seconds=after)
    if rest:
        changed = {"failures": Target.failures + 1, "rests_until": moment + timedelta(seconds=rest)}
        session.execute(update(Target).where(Target.id == sending.target).values(**changed))
    else:
        _wake(session, sending.target)
    return _settle(session, sending, moment, state=Way.WAITING, run_after=later, reason_code=code, reason=reason)


def give_up(session: Session, sending: Sending, state: Way, code: str, reason: str) -> bool:
    """Leave it to a person."""
    return _settle(session, sending, now(session), state=state, reason_code=code, reason=reason)


def _wake(session: Session, target: str) -> None:
    session.execute(update(Target).where(Target.id == target).values(failures=0, rests_until=None))


def _settle(session: Session, sending: Sending, moment: datetime, **values: Any) -> bool:
    mine = (Delivery.id == sending.delivery, Delivery.token == sending.token, Delivery.state == Way.SENDING)
    done = session.execute(
        update(Delivery).where(*mine).values(token=None, lease_until=None, changed_at=moment, **values)
    )  # fmt: skip
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def arrived(session: Session, job: str) -> bool:
    """Whether nobody waits for anything of the job any more, and somebody has it."""
    states = set(session.scalars(select(Delivery.state).where(Delivery.job_id == job)))
    return Way.ACKNOWLEDGED in states and states <= ARRIVED


def stuck(moment: datetime) -> ColumnElement[bool]:
    """Whether a person has to look at a delivery: it is refused, failed, or has been on its way for too long."""
    late = and_(Delivery.state == Way.WAITING, Delivery.made_at < moment - LATE_AFTER)
    return or_(Delivery.state.in_(STUCK), late)
