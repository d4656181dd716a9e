"""How the service is: what it needs, what waits and for how long. Counts and ages, of nobody in particular."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from sqlalchemy import exists, func, or_, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from transcribe.service.house import House
from transcribe.settings import Settings
from transcribe.store.deliveries import Delivery
from transcribe.store.engine import now, reading
from transcribe.store.jobs import FINISHED
from transcribe.store.outbox import stuck
from transcribe.store.tables import Clinic, Job, State, Step, StepState, Upload

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised while the database cannot be reached or takes nothing."""

_IDLE = timedelta(minutes=2)
"""After so long, a step that waits and nobody takes up means that no worker is there."""

_ANSWER_SECONDS = 2

_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "pyamqp": 5672}


@dataclass(frozen=True, slots=True)
class Load:
    """What there is to do: jobs by state; steps by (queue, state); seconds that the oldest step of a queue has waited;
    jobs that are late; uploads that are not complete; deliveries by state, and those that a person must look at.
    """

    jobs: dict[str, int]
    steps: dict[tuple[str, str], int]
    oldest: dict[str, float]
    late: int
    uploads: int
    deliveries: dict[str, int]
    stuck: int


def load(house: House) -> Load:
    """What there is to do now."""
    with reading(house.engine) as session:
        moment = now(session)
        jobs = {state: count for state, count in session.execute(select(Job.state, func.count()).group_by(Job.state))}
        steps = {
            (queue, state): count
            for queue, state, count in session.execute(
                select(Step.queue, Step.state, func.count())
                .where(Step.state.in_((StepState.WAITING, StepState.RUNNING, StepState.HELD)))
                .group_by(Step.queue, Step.state)
            )
        }
        oldest = session.execute(
            select(Step.queue, func.min(Job.changed_at))
            .join(Job, Job.id == Step.job_id)
            .where(Step.state == StepState.WAITING)
            .group_by(Step.queue)
        )
        done = (*FINISHED, State.ON_HOLD)
        return Load(
            jobs=jobs,
            steps=steps,
            oldest={queue: max(0.0, (moment - since).total_seconds()) for queue, since in oldest},
            late=session.scalar(select(func.count()).where(Job.state.not_in(done), Job.due_at < moment)) or 0,
            deliveries={
                state: count
                for state, count in session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
            },
            stuck=session.scalar(select(func.count()).select_from(Delivery).where(stuck(moment))) or 0,
            uploads=session.scalar(select(func.count()).select_from(Upload).where(Upload.job_id.is_(None))) or 0,
        )


def database_answers(house: House) -> bool:
    """Whether the database can be asked."""
    try:
        with reading(house.engine) as session:
            session.execute(select(1))
    except DATABASE_AWAY:
        return False
    return True


def blobs_answer(house: House) -> bool:
    """Whether a recording could be kept: the folder it arrives in takes files, and the place of blobs answers."""
    try:
        TemporaryFile(dir=house.blobs.arriving).close()
        house.blobs.place.has("none")
    except Exception:  # noqa: BLE001 - a bucket's client has errors of its own for each way not to answer
        return False
    return True


def work_is_taken_up(house: House) -> bool:
    """Whether workers seem to be there: nothing that could be done has waited for long without any being served."""
    with reading(house.engine) as session:
        moment = now(session)
        return not _waits(session, moment) or _was_served(session, moment)


def _waits(session: Session, moment: datetime) -> bool:
    ready = or_(Step.run_after.is_(None), Step.run_after < moment - _IDLE)
    waiting = select(
        exists()
        .where(Step.state == StepState.WAITING, ready)
        .where(Job.id == Step.job_id, Job.changed_at < moment - _IDLE)
    )
    return bool(session.scalar(waiting))


def _was_served(session: Session, moment: datetime) -> bool:
    served = session.scalar(select(func.max(Clinic.served_at)))
    if served is not None and served > moment - _IDLE:
        return True
    busy = select(exists().where(Step.state == StepState.RUNNING, Step.lease_until > moment))
    return bool(session.scalar(busy))


def broker_answers(settings: Settings) -> bool:
    """Whether somebody listens where messages for the workers go; a broker that is a folder always does."""
    parts = urlsplit(settings.broker_url.partition(";")[0])
    try:
        if parts.scheme == "redis+socket" or (not settings.broker_url and settings.private_broker.exists()):
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(_ANSWER_SECONDS)
                line.connect(parts.path or str(settings.private_broker))
        elif port := parts.port or _PORTS.get(parts.scheme):
            socket.create_connection((parts.hostname or "localhost", port), _ANSWER_SECONDS).close()
    except OSError:
        return False
    return True  # So is a broker of a kind that cannot be asked from here.
