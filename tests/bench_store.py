"""Speed of the queue of record and the list pages: `python -m tests.bench_store [DATABASE_URL]`, on an empty database.

Without a URL it is a SQLite database in a temporary folder.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import insert, text

from transcribe.service import jobs
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store import audit
from transcribe.store import jobs as queue
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Draft
from transcribe.store.tables import Dictation, Job, State, Step, StepState

LEASE = timedelta(seconds=60)
MANY, WAITING, CLINICS = 100_000, 1_000, 5


def row(what: str, value: str) -> None:
    """One line of the table."""
    print(f"{what:48}{value:>32}", flush=True)


def milliseconds(work: Callable[[], object], *, times: int = 100) -> str:
    """Median and 95th percentile of `work`, and what of it this process computed (the machine may be busy)."""
    took, computed = [], time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    computed = 1000 * (time.process_time() - computed) / times
    return f"{statistics.median(took):.1f} / {statistics.quantiles(took, n=20)[18]:.1f} ms, {computed:.1f} ms of it"


def fill(house: House, clinics: list[str], count: int, *, state: State) -> None:
    """So many jobs, drafted or waiting."""
    done = state != State.QUEUED
    for first in range(0, count, 5000):
        with transaction(house.engine) as session:
            moment = now(session)
            names = [
                (uuid4().hex, uuid4().hex, clinics[n % len(clinics)], n) for n in range(first, min(first + 5000, count))
            ]
            at = [moment - timedelta(seconds=count - n) for *_, n in names]
            session.execute(insert(Dictation), [
                {"id": d, "clinic_id": c, "file_name": "a.wav", "header": {}, "digest": f"{n:064d}", "size": 1,
                 "seconds": 60.0, "received_at": t, "received_by": "me"}
                for (d, _, c, n), t in zip(names, at, strict=True)
            ])  # fmt: skip
            session.execute(insert(Job), [
                {"id": j, "clinic_id": c, "dictation_id": d, "state": state, "stat": n % 50 == 0, "created_at": t,
                 "due_at": t + timedelta(days=1), "changed_at": t} for (d, j, c, n), t in zip(names, at, strict=True)
            ])  # fmt: skip
            session.execute(insert(Step), [
                {"job_id": j, "clinic_id": c, "name": "recognise", "queue": "speech", "stat": n % 50 == 0,
                 "state": StepState.DONE if done else StepState.WAITING, "due_at": t + timedelta(days=1), "rung_at": t,
                 "attempts": int(done), "seconds_done": 60.0 * done}
                for (_, j, c, n), t in zip(names, at, strict=True)
            ])  # fmt: skip
            if done:
                session.execute(insert(Draft), [
                    {"job_id": j, "clinic_id": c, "pipeline": "p", "body": "b", "docx": "d", "created_at": t}
                    for (_, j, c, _), t in zip(names, at, strict=True)
                ])  # fmt: skip
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def take_and_finish(house: House) -> None:
    """What the queue costs a step: taking it up and finishing it."""
    with transaction(house.engine) as session:
        claim = queue.claim(session, "speech", lease=LEASE, worker="w")
    if claim:
        with transaction(house.engine) as session:
            queue.locked(session, claim.job)
            queue.finish(session, claim, result="0" * 64, made_by="bench")


def measure(house: House) -> None:
    """Print the table."""
    clinics = [accounts.add_clinic(house, f"Clinic {uuid4().hex[:6]}") for _ in range(CLINICS)]
    fill(house, clinics, MANY, state=State.IN_REVIEW)
    clinic = clinics[0]
    row(f"median / p95, computed here, with {MANY:,} jobs of {CLINICS} clinics", "")
    row("first page of 50", milliseconds(lambda: jobs.listing(house, clinic)))
    last = jobs.listing(house, clinic, limit=200)[-1].job
    row("a later page", milliseconds(lambda: jobs.listing(house, clinic, after=last)))
    row("a page of one state", milliseconds(lambda: jobs.listing(house, clinic, state="in_review")))
    row("a page of a state that no job has", milliseconds(lambda: jobs.listing(house, clinic, state="failed")))
    row("needs attention", milliseconds(lambda: jobs.attention(house, clinic)))
    row("one job", milliseconds(lambda: jobs.status(house, clinic, last)))
    for count in (WAITING, 10 * WAITING):
        fill(house, clinics, count, state=State.QUEUED)
        row(f"the queue, with {count:,} more waiting", milliseconds(lambda: jobs.waiting(house, clinic), times=20))
        row("claim and finish", milliseconds(lambda: take_and_finish(house)))
    with transaction(house.engine) as session:
        row("steps to ring for again", milliseconds(lambda: queue.waiting_unrung(session), times=20))
    began, entries = time.perf_counter(), 2000
    with transaction(house.engine) as session:
        for number in range(entries):
            audit.record(session, clinic, "me", "read", str(number))
    row("write an audit entry", f"{1000 * (time.perf_counter() - began) / entries:.2f} ms")
    began = time.perf_counter()
    with reading(house.engine) as session:
        audit.verify(session, clinic)
    row("verify an audit entry", f"{1000 * (time.perf_counter() - began) / entries:.3f} ms")


def main() -> None:
    """Print the table for the database that the command line names."""
    with TemporaryDirectory() as folder:
        house = open_house(Settings(data_dir=Path(folder), database_url=sys.argv[1] if sys.argv[1:] else ""))
        try:
            measure(house)
        finally:
            house.close()


if __name__ == "__main__":
    main()
