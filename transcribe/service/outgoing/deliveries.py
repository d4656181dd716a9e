"""What people see of reports on their way out, and what they may do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from transcribe.delivery.parcel import Happened
from transcribe.errors import NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliver
from transcribe.service.review.refusals import WrongState
from transcribe.store import audit, jobs, outbox
from transcribe.store.deliveries import Delivery, Target, Way
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Version
from transcribe.store.tables import Dictation, Job

LONGEST_PAGE = 200

SCOPES = ("all", "attention", *Way)
"""What may be listed: everything, what a person has to look at, or what is in one state."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery as it is shown. `next` is when it is tried again, `stuck` that a person has to look at it.

    `acknowledgement` is what the receiver said, `sha256` that of the text it has, `message_id` what it knows it by.
    """

    delivery: str
    job: str
    report: str
    version: int
    target: str
    target_name: str
    kind: str
    happened: str
    state: str
    stuck: bool
    attempts: int
    reason: str
    reason_code: str
    note: str
    acknowledgement: str
    message_id: str
    sha256: str
    made: datetime
    changed: datetime
    acknowledged: datetime | None
    next: datetime | None
    patient: str
    work_type: str


def listing(
    house: House, clinic: str, *, scope: str = "all", job: str = "", target: str = "", after: str = "", limit: int = 50
) -> list[DeliveryView]:
    """The clinic's deliveries, newest first; of one job or target if wanted; `after` is the last one before."""
    with reading(house.engine) as session:
        query = _query().where(Delivery.clinic_id == clinic, *_of(session, scope))
        if job:
            query = query.where((Delivery.report_id == job) | (Delivery.job_id == job))
        if target:
            query = query.where(Delivery.target_id == target)
        if after:
            last = _one(session, clinic, after)
            query = query.where(tuple_(Delivery.made_at, Delivery.id) < (last.made_at, last.id))
        page = query.order_by(Delivery.made_at.desc(), Delivery.id.desc()).limit(max(1, min(limit, LONGEST_PAGE)))
        return _shown(session, page)


def one(house: House, clinic: str, delivery: str) -> DeliveryView:
    """One delivery; `NotFound` for another clinic's."""
    with reading(house.engine) as session:
        _one(session, clinic, delivery)
        return _shown(session, _query().where(Delivery.id == delivery))[0]


def counts(house: House, clinic: str) -> dict[str, int]:
    """How many deliveries of the clinic are in each state, and under "attention" those that a person has to look at."""
    with reading(house.engine) as session:
        mine = Delivery.clinic_id == clinic
        states = session.execute(select(Delivery.state, func.count()).where(mine).group_by(Delivery.state))
        asking = select(func.count()).select_from(Delivery).where(mine, *_of(session, "attention"))
        return {state: count for state, count in states} | {"attention": session.scalar(asking) or 0}


def hold(house: House, who: Principal, delivery: str) -> DeliveryView:
    """Keep it from being sent until it is released."""
    return _act(house, who, delivery, "delivery held", _hold)


def release(house: House, who: Principal, delivery: str) -> DeliveryView:
    """Let what was held be sent."""
    return _act(house, who, delivery, "delivery released", _release)


def resend(house: House, who: Principal, delivery: str) -> DeliveryView:
    """Send it (again) now, under the same id."""
    return _act(house, who, delivery, "delivery sent again", _resend)


def cancel(house: House, who: Principal, delivery: str, note: str = "") -> DeliveryView:
    """Do not send it; where the receiver has it, tell it that the report does not count any more, and why."""

    def act(session: Session, row: Delivery) -> None:
        _cancel(session, row, note)

    return _act(house, who, delivery, "delivery cancelled", act)


def withdraw(house: House, who: Principal, job: str, note: str) -> list[DeliveryView]:
    """Cancel everything that is on its way or has arrived of the job's report: it was another patient's, say."""
    with transaction(house.engine) as session:
        found = jobs.locked(session, job, clinic=who.clinic)
        if found.signed_at is None:
            raise WrongState(f"A report that is {found.state} was not signed; cancel its job instead.")
        if not note.strip():
            raise UsageError(_WHY)
        newest = select(Delivery).order_by(Delivery.job_id != job, Delivery.made_at.desc())
        rows = session.scalars(newest.where(Delivery.report_id == job)).all()
        if any(row.state == Way.SENDING for row in rows):
            raise WrongState(_BUSY)
        found.withdrawn_at = found.withdrawn_at or now(session)
        told: set[str] = set()
        for row in rows:
            if row.state == Way.ACKNOWLEDGED and row.target_id in told:
                continue  # One word to each receiver is enough.
            if row.state != Way.CANCELLED and row.happened != Happened.CANCELLED:
                told |= {row.target_id} if row.state == Way.ACKNOWLEDGED else set()
                _cancel(session, row, note)
        audit.record(session, who.clinic, who.actor, "withdrawn", job)
    return listing(house, who.clinic, job=job)


_WHY = "Say why the report does not count any more: its receivers are told."
_BUSY = "It is being sent just now; try again in a moment."


def _hold(session: Session, row: Delivery) -> None:
    _change(session, row, (Way.WAITING,), Way.HELD)


def _release(session: Session, row: Delivery) -> None:
    _change(session, row, (Way.HELD,), Way.WAITING, run_after=None)


def _resend(session: Session, row: Delivery) -> None:
    if row.happened != Happened.CANCELLED and session.get_one(Job, row.report_id).withdrawn_at:
        raise WrongState("This report was withdrawn: correct it, and what is signed then is sent.")
    fresh = {"run_after": None, "attempts": 0, "reason": "", "reason_code": "", "told_at": None}
    _change(session, row, (Way.WAITING, Way.ACKNOWLEDGED, Way.REFUSED, Way.FAILED, Way.CANCELLED), Way.WAITING, **fresh)
    session.get_one(Target, row.target_id).rests_until = None


def _cancel(session: Session, row: Delivery, note: str) -> None:
    if row.state != Way.ACKNOWLEDGED:
        _change(session, row, (Way.WAITING, Way.HELD, Way.REFUSED, Way.FAILED), Way.CANCELLED)
        deliver.note_delivered(session, session.get_one(Job, row.job_id))
        return
    if row.happened == Happened.CANCELLED:
        raise WrongState("The receiver has been told already that this report does not count any more.")
    if not note.strip():
        raise UsageError(_WHY)
    job, version = session.get_one(Job, row.job_id), session.get_one(Version, row.version_id)
    deliver.add(session, job, version, row.target_id, Happened.CANCELLED, note.strip())


def _change(session: Session, row: Delivery, allowed: tuple[Way, ...], wanted: Way, **values: Any) -> None:
    if row.state == Way.SENDING:
        raise WrongState(_BUSY)
    if row.state not in allowed:
        raise WrongState(f"A delivery that is {row.state} does not allow this.")
    for name, value in {"state": wanted, "changed_at": now(session), **values}.items():
        setattr(row, name, value)


def _act(
    house: House, who: Principal, delivery: str, action: str, act: Callable[[Session, Delivery], None]
) -> DeliveryView:  # fmt: skip
    with transaction(house.engine) as session:
        job = _one(session, who.clinic, delivery).job_id
        jobs.locked(session, job)
        query = select(Delivery).where(Delivery.id == delivery).with_for_update()
        act(session, session.execute(query.execution_options(populate_existing=True)).scalar_one())
        audit.record(session, who.clinic, who.actor, action, job, delivery=delivery)
    return one(house, who.clinic, delivery)


def _one(session: Session, clinic: str, delivery: str) -> Delivery:
    row = session.get(Delivery, delivery)
    if row is None or row.clinic_id != clinic:
        raise NotFound("There is no such delivery.")
    return row


def _of(session: Session, scope: str) -> list[ColumnElement[bool]]:
    if scope == "attention":
        return [outbox.stuck(now(session))]
    if scope in list(Way):
        return [Delivery.state == scope]
    return []


def _query() -> Select[Any]:
    return (
        select(Delivery, Target, Version.number, Dictation.header, Job.work_type)
        .join(Target, Target.id == Delivery.target_id)
        .join(Version, Version.id == Delivery.version_id)
        .join(Job, Job.id == Delivery.job_id)
        .join(Dictation, Dictation.id == Job.dictation_id)
    )


def _shown(session: Session, query: Select[Any]) -> list[DeliveryView]:
    moment = now(session)
    return [_sent(moment, *row) for row in session.execute(query)]


def _sent(
    moment: datetime, row: Delivery, target: Target, version: int, header: dict[str, Any], work_type: str
) -> DeliveryView:  # fmt: skip
    waits = row.state == Way.WAITING
    late = waits and row.made_at < moment - outbox.LATE_AFTER
    return DeliveryView(
        delivery=row.id,
        job=row.job_id,
        report=row.report_id,
        version=version,
        target=target.id,
        target_name=target.name,
        kind=target.kind,
        happened=row.happened,
        state=row.state,
        stuck=late or row.state in outbox.STUCK,
        attempts=row.attempts,
        reason=row.reason,
        reason_code=row.reason_code,
        note=row.note,
        acknowledgement=row.acknowledgement,
        message_id=row.message_id,
        sha256=row.digest,
        made=row.made_at,
        changed=row.changed_at,
        acknowledged=row.acknowledged_at,
        next=max(filter(None, (row.run_after, target.rests_until)), default=None) if waits else None,
        patient=header.get("patient", ""),
        work_type=work_type,
    )
