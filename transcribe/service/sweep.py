"""What must happen without being asked: leases that ran out, messages that were lost, files whose time is up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from transcribe.service.house import House
from transcribe.service.process import note_failure
from transcribe.store import jobs
from transcribe.store.engine import now, reading, transaction
from transcribe.store.tables import IdempotencyKey

KEYS_KEPT = timedelta(days=7)
"""How long a repeated request gets the answer of the first."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one tick did: steps of workers that died, calls for workers, and files that retention rules erased."""

    died: int
    rung: int
    erased: int


def tick(house: House) -> Swept:
    """One round, to be made every 15 seconds; two sweeps at once do no harm."""
    with reading(house.engine) as session:
        dead = jobs.expired(session)
    died = 0
    for claim in dead:
        with transaction(house.engine) as session:
            if jobs.worker_died(session, claim):
                died += 1
                note_failure(session, claim)
    with transaction(house.engine) as session:
        rings = jobs.waiting_unrung(session)
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now(session) - KEYS_KEPT))
    for queue, job in rings:
        house.ring(queue, job)
    return Swept(died, len(rings), 0)
