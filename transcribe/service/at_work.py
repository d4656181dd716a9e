"""What goes on just now: which worker does what, and what a machine has left, for whoever keeps the service running."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from transcribe import __version__, coding
from transcribe.service.house import House
from transcribe.store.engine import now, reading
from transcribe.store.tables import Step, StepState


@dataclass(frozen=True, slots=True)
class Running:
    """A step that a worker does: `share` of its sound that is done; `job` is None for another clinic's."""

    worker: str
    queue: str
    name: str
    job: str | None
    attempts: int
    share: float
    lease_until: datetime | None
    silent: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine runs and has: free and whole bytes of the disk with the data, database, recogniser, codes."""

    version: str
    database: str
    model: str
    codes: str
    free: int
    whole: int


def running(house: House, clinic: str) -> list[Running]:
    """What the workers do now, by worker."""
    with reading(house.engine) as session:
        moment = now(session)
        found = session.scalars(select(Step).where(Step.state == StepState.RUNNING).order_by(Step.worker, Step.id))
        return [
            Running(
                row.worker, row.queue, row.name, row.job_id if row.clinic_id == clinic else None, row.attempts,
                min(1.0, row.seconds_done / row.seconds) if row.seconds else 0.0, row.lease_until,
                row.lease_until is None or row.lease_until < moment,
            )
            for row in found.all()
        ]  # fmt: skip


def machine(house: House) -> Machine:
    """What this machine runs and has."""
    disk = shutil.disk_usage(house.settings.data_dir)
    found = coding.releases(house.settings.cache_dir)
    return Machine(
        __version__, house.engine.dialect.name, house.settings.model, found[-1].release if found else "", disk.free,
        disk.total,
    )  # fmt: skip
