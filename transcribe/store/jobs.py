"""The queue of record: who works on what, under which lease, and what came of it.

Every function takes a session inside a transaction. A message may be lost, doubled or late: rows decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from transcribe.errors import NotFound, TryLater, UsageError
from transcribe.store.engine import now
from transcribe.store.tables import Clinic, Job, State, Step, StepState

MAX_ATTEMPTS = 3

_NEXT: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.QUEUED}),
    State.QUEUED: frozenset({State.RECOGNISING, State.ANNOTATING}),
    State.RECOGNISING: frozenset({State.ANNOTATING, State.QUEUED}),
    State.ANNOTATING: frozenset({State.DRAFTING, State.QUEUED}),
    State.DRAFTING: frozenset({State.IN_REVIEW, State.QUEUED, State.ANNOTATING}),
    State.IN_REVIEW: frozenset({State.RELEASED, State.QUEUED}),
    State.RELEASED: frozenset({State.SIGNED, State.IN_REVIEW}),
    State.SIGNED: frozenset({State.DELIVERED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset(),
    State.ON_HOLD: frozenset(),  # Back to where it came from, which `resume` knows.
}

FINISHED = frozenset({State.SIGNED, State.DELIVERED, State.CANCELLED})
"""States that cannot be stopped any more."""


def may_become(state: State, wanted: State) -> bool:
    """Whether a job in `state` may go to `wanted`; anything unfinished may fail, be held or be cancelled."""
    if wanted in (State.FAILED, State.CANCELLED):
        return state not in FINISHED and state != wanted
    if wanted is State.ON_HOLD:
        return state not in FINISHED | {State.ON_HOLD, State.FAILED}
    return wanted in _NEXT[state]


@dataclass(frozen=True, slots=True)
class Claim:
    """A step taken up by this worker; `token` must be shown to finish it."""

    step: str
    token: str
    job: str
    clinic: str
    name: str
    part: int
    attempts: int
    input: dict[str, Any]


def add_step(session: Session, job: Job, name: str, queue: str, *, part: int = 0, **fields: Any) -> Step:
    """A new step of `job`, waiting."""
    step = Step(
        job_id=job.id, clinic_id=job.clinic_id, name=name, queue=queue, part=part,
        stat=job.stat, due_at=job.due_at, **fields,
    )  # fmt: skip
    session.add(step)
    return step


def claim(session: Session, queue: str, *, lease: timedelta, worker: str) -> Claim | None:
    """Take up the waiting step of `queue` that is due first, or None when there is none.

    STAT goes first; then the clinic that was served longest ago, so that none waits behind another's thousand;
    within a clinic, what is due first.
    """
    moment = now(session)
    chosen = session.execute(
        select(Step)
        .join(Clinic, Clinic.id == Step.clinic_id)
        .where(Step.queue == queue, Step.state == StepState.WAITING)
        .where(or_(Step.run_after.is_(None), Step.run_after <= moment))
        .order_by(Step.stat.desc(), Clinic.served_at.asc().nulls_first(), Step.due_at, Step.part)
        .limit(1)
        .with_for_update(skip_locked=True, of=Step)
    ).scalar_one_or_none()
    if chosen is None:
        return None
    chosen.state, chosen.token, chosen.worker = StepState.RUNNING, token_hex(16), worker
    chosen.attempts += 1
    chosen.lease_until = moment + lease
    session.execute(update(Clinic).where(Clinic.id == chosen.clinic_id).values(served_at=moment))
    return Claim(
        chosen.id, chosen.token, chosen.job_id, chosen.clinic_id, chosen.name, chosen.part, chosen.attempts,
        chosen.input,
    )  # fmt: skip


def renew(session: Session, claim: Claim, *, lease: timedelta) -> bool:
    """Extend the lease; False when the step is no longer this worker's."""
    return _own(session, claim, lease_until=now(session) + lease)


def finish(session: Session, claim: Claim, *, result: str | None, made_by: str) -> None:
    """Mark the step done; `TryLater` when somebody else has it now, so that the transaction around rolls back."""
    if not _own(session, claim, state=StepState.DONE, result=result, made_by=made_by, token=None, lease_until=None):
        raise TryLater("Another worker has taken up this step.")


def _own(session: Session, claim: Claim, **values: Any) -> bool:
    """Change the step if the claim still holds."""
    done = session.execute(
        update(Step)
        .where(Step.id == claim.step, Step.token == claim.token, Step.state == StepState.RUNNING)
        .values(**values)
    )
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def locked(session: Session, job_id: str) -> Job:
    """The job's row, locked until the transaction ends (SQLite locks the whole database anyway)."""
    job = session.execute(select(Job).where(Job.id == job_id).with_for_update()).scalar_one_or_none()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def move(session: Session, job: Job, wanted: State) -> None:
    """Bring the job to another state; `UsageError` for a transition that does not exist."""
    if not may_become(State(job.state), wanted):
        raise UsageError(f"A job that is {job.state} cannot become {wanted}.")
    job.state, job.changed_at = wanted, now(session)
