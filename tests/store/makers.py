"""Rows for tests: a clinic's dictation with a job and its first step, without any recording."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from transcribe.store import audit, jobs
from transcribe.store.engine import now, transaction
from transcribe.store.jobs import Claim
from transcribe.store.tables import Clinic, Dictation, Job, Step

LEASE = timedelta(seconds=60)


def new_clinic(engine: Engine, name: str) -> str:
    """The id of a clinic."""
    with transaction(engine) as session:
        clinic = Clinic(name=name, created_at=now(session))
        session.add(clinic)
        session.flush()
        audit.begin_chain(session, clinic.id)
    return clinic.id


def add_job(session: Session, clinic: str, *, stat: bool = False, due: float = 24.0) -> Job:
    """A job due in so many hours, with a step that waits for the queue `speech`."""
    moment = now(session)
    dictation = Dictation(
        clinic_id=clinic, file_name="a.wav", header={}, digest="0" * 64, size=1, received_at=moment, received_by="me"
    )  # fmt: skip
    session.add(dictation)
    session.flush()
    job = Job(
        clinic_id=clinic, dictation_id=dictation.id, stat=stat, due_at=moment + timedelta(hours=due),
        created_at=moment, changed_at=moment,
    )  # fmt: skip
    session.add(job)
    session.flush()
    jobs.add_step(session, job, "recognise", "speech")
    return job


def new_job(engine: Engine, clinic: str, *, stat: bool = False, due: float = 24.0) -> str:
    """The id of such a job."""
    with transaction(engine) as session:
        return add_job(session, clinic, stat=stat, due=due).id


def taken(engine: Engine, *, lease: timedelta = LEASE, queue: str = "speech") -> Claim | None:
    """What a worker that is rung takes up."""
    with transaction(engine) as session:
        return jobs.claim(session, queue, lease=lease, worker="w")


def job_of(engine: Engine, job: str) -> Job:
    """The job's row."""
    with transaction(engine) as session:
        return session.get_one(Job, job)


def steps_of(engine: Engine, job: str) -> list[Step]:
    """The rows of the job's steps."""
    with transaction(engine) as session:
        return list(session.query(Step).where(Step.job_id == job).order_by(Step.part))


def forget_pause(engine: Engine, job: str) -> None:
    """Let the time that a step has to wait be over."""
    with transaction(engine) as session:
        for step in session.query(Step).where(Step.job_id == job):
            step.run_after = None
