"""What must happen without being asked: leases that ran out, messages that were lost, files whose time is up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from sqlalchemy import delete

from transcribe import failpoints
from transcribe.service import retention, uploads
from transcribe.service.house import House
from transcribe.service.process import note_failure
from transcribe.store import jobs
from transcribe.store.engine import now, reading, transaction
from transcribe.store.tables import IdempotencyKey

TICK_SECONDS = 15.0
TIDY_SECONDS = 3600.0

KEYS_KEPT = timedelta(days=7)
"""How long a repeated request gets the answer of the first."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one tick did: steps whose worker had died, and calls for workers."""

    died: int
    rung: int


def run(house: House, stopped: Event) -> None:
    """Sweep every 15 seconds and tidy up every hour until `stopped`; two that do so at once do no harm."""
    tidied = -TIDY_SECONDS
    while not stopped.is_set():
        tick(house)
        if time.monotonic() - tidied >= TIDY_SECONDS:
            tidy(house)
            tidied = time.monotonic()
        stopped.wait(TICK_SECONDS)


def tick(house: House) -> Swept:
    """Give steps of workers that died to others, and call again for steps that nobody takes up."""
    with reading(house.engine) as session:
        dead = jobs.expired(session)
    died = 0
    for claim in dead:
        with transaction(house.engine) as session:
            if jobs.worker_died(session, claim):
                died += 1
                note_failure(session, claim)
            failpoints.reach("sweep_before_commit")
        failpoints.reach("sweep_after_commit")
    with transaction(house.engine) as session:
        rings = jobs.waiting_unrung(session)
    for queue, job in rings:
        house.ring(queue, job)
    return Swept(died, len(rings))


def tidy(house: House) -> int:
    """Enforce the clinics' retention rules, forget old idempotency keys and uploads that nobody completed.

    How many files were removed.
    """
    with transaction(house.engine) as session:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now(session) - KEYS_KEPT))
    return uploads.drop_expired(house) + retention.enforce(house)
