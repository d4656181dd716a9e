"""The queue of record: who works on what, under which lease, and what came of it.

Every function takes a session inside a transaction. A message may be lost, doubled or late: rows decide.
A transaction that needs the rows of both a job and its steps locks the job first, and `claim` locks no job, so that
no two wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from transcribe.errors import NotFound, TryLater, UsageError
from transcribe.store.engine import now
from transcribe.store.tables import Clinic, Job, State, Step, StepState

MAX_ATTEMPTS = 3

PAUSES = (timedelta(seconds=15), timedelta(seconds=60))
"""How long a step waits after its first and its second failure."""

RING_AGAIN = timedelta(seconds=60)
"""After so long without being taken up, a waiting step is rung for again: its message may be lost."""

_NEXT: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.QUEUED}),
    State.QUEUED: frozenset({State.RECOGNISING, State.ANNOTATING}),
    State.RECOGNISING: frozenset({State.ANNOTATING, State.QUEUED}),
    State.ANNOTATING: frozenset({State.DRAFTING, State.QUEUED}),
    State.DRAFTING: frozenset({State.IN_REVIEW, State.QUEUED}),
    State.IN_REVIEW: frozenset({State.RELEASED, State.QUEUED, State.SIGNED}),  # Signed: its correction was given up.
    State.RELEASED: frozenset({State.SIGNED, State.IN_REVIEW}),
    State.SIGNED: frozenset({State.DELIVERED, State.IN_REVIEW}),
    State.DELIVERED: frozenset({State.IN_REVIEW}),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset(),
    State.ON_HOLD: frozenset(),  # Back to where it came from, which `resume` knows.
}

FINISHED = frozenset({State.SIGNED, State.DELIVERED, State.CANCELLED})
"""States that cannot be stopped any more."""

WORKED_ON = frozenset({State.RECOGNISING, State.ANNOTATING, State.DRAFTING})
"""States in which a worker has the job."""

OPEN = frozenset(State) - FINISHED
"""States in which somebody still has to do something."""

REREAD = "reread"
"""The step that reads an edited text again, beside the progress of its job, which does not fail with it."""

_UNDONE = (StepState.WAITING, StepState.RUNNING, StepState.HELD, StepState.FAILED)


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
    seconds: float


def add_step(session: Session, job: Job, name: str, queue: str, *, part: int = 0, **fields: Any) -> Step:
    """A new step of `job`, waiting; whoever adds it rings for it once the transaction has ended."""
    step = Step(
        job_id=job.id, clinic_id=job.clinic_id, name=name, queue=queue, part=part,
        stat=job.stat, due_at=job.due_at, rung_at=now(session), **fields,
    )  # fmt: skip
    session.add(step)
    return step


def claim(session: Session, queue: str, *, lease: timedelta, worker: str) -> Claim | None:
    """Take up the waiting step of `queue` that is due first, or None when there is none.

    STAT goes first; then the clinic that was served longest ago, so that none waits behind another's thousand;
    within a clinic, what is due first.
    """
    moment = now(session)
    chosen = _first(session, queue, moment)
    if chosen is None:
        return None
    chosen.state, chosen.token, chosen.worker = StepState.RUNNING, token_hex(16), worker
    chosen.attempts += 1
    chosen.lease_until = moment + lease
    session.execute(update(Clinic).where(Clinic.id == chosen.clinic_id).values(served_at=moment))
    return Claim(
        chosen.id, chosen.token, chosen.job_id, chosen.clinic_id, chosen.name, chosen.part, chosen.attempts,
        chosen.input, chosen.seconds,
    )  # fmt: skip


def _first(session: Session, queue: str, moment: datetime) -> Step | None:
    """The step to take up, locked; one query for the clinics and one for the first step of each until one is free."""
    ready = (
        Step.queue == queue, Step.state == StepState.WAITING, or_(Step.run_after.is_(None), Step.run_after <= moment)
    )  # fmt: skip
    waits = {stat: exists().where(Step.clinic_id == Clinic.id, Step.stat == stat, *ready) for stat in (True, False)}
    clinics = session.execute(
        select(Clinic.id, waits[True], waits[False])
        .where(or_(*waits.values()))
        .order_by(Clinic.served_at.asc().nulls_first())
    ).all()
    turns = [(clinic, True) for clinic, urgent, _ in clinics if urgent]
    turns += [(clinic, False) for clinic, _, routine in clinics if routine]
    for clinic, stat in turns:
        step = session.scalar(
            select(Step)
            .where(Step.clinic_id == clinic, Step.stat == stat, *ready)
            .order_by(Step.due_at, Step.part)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if step is not None:
            return step
    return None


def renew(session: Session, claim: Claim, *, lease: timedelta, seconds_done: float | None = None) -> bool:
    """Extend the lease and note how much has been heard; False when the step is no longer this worker's."""
    progress = {} if seconds_done is None else {"seconds_done": seconds_done}
    return _own(session, claim, lease_until=now(session) + lease, **progress)


def finish(session: Session, claim: Claim, *, result: str, made_by: str, seconds: float = 0.0) -> None:
    """Mark the step done; `TryLater` when somebody else has it now, so that the transaction around rolls back.

    `seconds` of audio were heard in it. The caller has locked the job.
    """
    done = {"state": StepState.DONE, "result": result, "made_by": made_by, "token": None, "lease_until": None}
    if not _own(session, claim, seconds=seconds, seconds_done=seconds, **done):
        raise TryLater("This step is no longer this worker's.")


def _own(session: Session, claim: Claim, **values: Any) -> bool:
    """Change the step if the claim still holds."""
    return _changed(
        session, Step.id == claim.step, Step.token == claim.token, Step.state == StepState.RUNNING, **values
    )  # fmt: skip


def _changed(session: Session, *where: ColumnElement[bool], **values: Any) -> bool:
    """Whether steps were changed."""
    done = session.execute(update(Step).where(*where).values(**values))
    assert isinstance(done, CursorResult)
    return done.rowcount > 0


def locked(session: Session, job_id: str, *, clinic: str | None = None) -> Job:
    """The job's row as it is now, locked until the transaction ends (SQLite locks the whole database anyway).

    With `clinic`, the job of another clinic is `NotFound` like one that does not exist.
    """
    query = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    job = session.execute(query).scalar_one_or_none()
    if job is None or clinic not in (None, job.clinic_id):
        raise NotFound(f"There is no job {job_id}.")
    return job


def move(session: Session, job: Job, wanted: State) -> None:
    """Bring the job to another state; `UsageError` for a transition that does not exist."""
    if not may_become(State(job.state), wanted):
        raise UsageError(f"A job that is {job.state} cannot become {wanted}.")
    job.state, job.changed_at = wanted, now(session)


def retry_later(session: Session, claim: Claim, code: str, reason: str) -> bool:
    """Let the step wait and be tried again, or fail its job when it has been tried often enough.

    False when the step is no longer this worker's, and nothing is changed.
    """
    job = locked(session, claim.job)
    if claim.attempts >= MAX_ATTEMPTS:
        return _fail(session, job, claim, code, f"{reason} It was tried {claim.attempts} times.")
    later = now(session) + PAUSES[claim.attempts - 1]
    if not _own(session, claim, state=StepState.WAITING, token=None, lease_until=None, run_after=later, rung_at=None):
        return False
    _back_to_queue(session, job)
    return True


def fail(session: Session, claim: Claim, code: str, reason: str) -> bool:
    """Fail the step and its job for a reason that no repetition mends; False when it is not this worker's any more."""
    return _fail(session, locked(session, claim.job), claim, code, reason)


def _fail(session: Session, job: Job, claim: Claim, code: str, reason: str) -> bool:
    if not _own(session, claim, state=StepState.FAILED, token=None, lease_until=None):
        return False
    if claim.name == REREAD:
        return True
    _hold_steps(session, job.id)
    move(session, job, State.FAILED)
    job.reason_code, job.reason = code, reason
    return True


def expired(session: Session, *, limit: int = 500) -> list[Claim]:
    """Claims whose worker has let the lease run out, for `worker_died` to deal with."""
    query = (
        select(Step)
        .where(Step.state == StepState.RUNNING, Step.lease_until < now(session))
        .order_by(Step.lease_until)
        .limit(limit)
    )
    return [
        Claim(
            step.id, step.token or "", step.job_id, step.clinic_id, step.name, step.part, step.attempts, step.input,
            step.seconds,
        )
        for step in session.scalars(query)
    ]  # fmt: skip


def worker_died(session: Session, claim: Claim) -> bool:
    """Let a step whose lease ran out wait again at once, or fail its job at the last attempt.

    False when its worker came back in the meantime.
    """
    job = locked(session, claim.job)
    step = session.get_one(Step, claim.step, with_for_update=True, populate_existing=True)
    if step.token != claim.token or step.lease_until is None or step.lease_until >= now(session):
        return False
    if claim.attempts >= MAX_ATTEMPTS:
        return _fail(session, job, claim, "worker_died", _WORKERS_DIED)
    _own(session, claim, state=StepState.WAITING, token=None, lease_until=None, rung_at=None)
    _back_to_queue(session, job)
    return True


_WORKERS_DIED = (
    f"The worker ended without a word {MAX_ATTEMPTS} times: the recording may be what breaks it, or the machine has "
    "too little memory. Listen to the recording, then retry or cancel."
)


def _back_to_queue(session: Session, job: Job) -> None:
    """A job none of whose steps is worked on waits in the queue again."""
    running = exists().where(Step.job_id == job.id, Step.state == StepState.RUNNING)
    if job.state in WORKED_ON and not session.scalar(select(running)):
        move(session, job, State.QUEUED)


def waiting_unrung(session: Session, *, limit: int = 500) -> list[tuple[str, str]]:
    """(queue, job) of waiting steps that nobody was called for lately, noted as called for now.

    The caller rings once the transaction has ended.
    """
    moment = now(session)
    steps = session.scalars(
        select(Step)
        .where(Step.state == StepState.WAITING, or_(Step.run_after.is_(None), Step.run_after <= moment))
        .where(or_(Step.rung_at.is_(None), Step.rung_at < moment - RING_AGAIN))
        .order_by(Step.rung_at.asc().nulls_first())
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for step in steps:
        step.rung_at = moment
    return [(step.queue, step.job_id) for step in steps]


def plan_part(session: Session, job: Job, part: int, *, blob: str, seconds: float) -> bool:
    """Have a part of a long dictation heard; whether it is to be rung for. The job is locked.

    A part that is planned already is kept, with what was heard in it, unless it holds other samples: then it was cut
    for another recogniser, and is heard anew.
    """
    step = session.scalar(select(Step).where(Step.job_id == job.id, Step.name == "hear", Step.part == part))
    if step is not None and step.input["blob"] == blob:
        return False
    if step is not None:
        session.delete(step)
        session.flush()
    add_step(session, job, "hear", "speech", part=part, input={"blob": blob}, seconds=seconds)
    return True


def drop_parts(session: Session, job: Job, *, beyond: int) -> None:
    """Forget parts that an earlier cut had and the last one has not. The job is locked."""
    session.execute(delete(Step).where(Step.job_id == job.id, Step.name == "hear", Step.part > beyond))


def open_steps(session: Session, job_id: str, *names: str) -> bool:
    """Whether any step of these names is still to be done."""
    return bool(
        session.scalar(select(exists().where(Step.job_id == job_id, Step.name.in_(names), Step.state.in_(_UNDONE))))
    )


def retry(session: Session, job: Job) -> list[str]:
    """Start a failed job again where it stopped, with all its attempts; the queues to ring for. The job is locked."""
    if job.state != State.FAILED:
        raise UsageError(f"A job that is {job.state} has not failed and cannot be retried.")
    move(session, job, State.QUEUED)
    job.reason_code = job.reason = ""
    _changed(session, Step.job_id == job.id, Step.state == StepState.FAILED, state=StepState.HELD)
    return _release_steps(session, job.id, attempts=0, run_after=None)


def cancel(session: Session, job: Job) -> None:
    """Stop the job for good; a worker that is at it will find its claim gone. The job is locked."""
    if job.signed_at:
        raise UsageError("This report is signed: end its correction instead, or withdraw it.")
    move(session, job, State.CANCELLED)
    job.held_from = job.held_at = None
    undone = (Step.job_id == job.id, Step.state.in_(_UNDONE))
    _changed(session, *undone, state=StepState.CANCELLED, token=None, lease_until=None)


def hold(session: Session, job: Job) -> None:
    """Put the job on hold and stop its clock. The job is locked."""
    came_from = State.QUEUED if job.state in WORKED_ON else State(job.state)
    move(session, job, State.ON_HOLD)
    job.held_from, job.held_at = came_from, now(session)
    _hold_steps(session, job.id)


def resume(session: Session, job: Job) -> list[str]:
    """Take the job off hold; it is due later by the time it was held. The queues to ring for. The job is locked."""
    if job.state != State.ON_HOLD or job.held_at is None:
        raise UsageError(f"A job that is {job.state} is not on hold.")
    moment = now(session)
    job.due_at += moment - job.held_at
    job.state, job.changed_at = job.held_from or State.QUEUED, moment
    job.held_from = job.held_at = None
    return _release_steps(session, job.id, due_at=job.due_at)


def _hold_steps(session: Session, job_id: str) -> None:
    """Take waiting and running steps out of workers' reach; an attempt that is cut off this way is not counted."""
    running = (Step.job_id == job_id, Step.state == StepState.RUNNING)
    _changed(session, *running, attempts=Step.attempts - 1, state=StepState.HELD, token=None, lease_until=None)
    _changed(session, Step.job_id == job_id, Step.state == StepState.WAITING, state=StepState.HELD)


def _release_steps(session: Session, job_id: str, **values: Any) -> list[str]:
    held = (Step.job_id == job_id, Step.state == StepState.HELD)
    queues: Iterable[str] = session.scalars(select(Step.queue).where(*held)).all()
    _changed(session, *held, state=StepState.WAITING, rung_at=now(session), **values)
    return list(queues)
