"""Speed of the review room: `python -m tests.bench_review [DATABASE_URL]`, on an empty database.

The queue with 100,000 reports of one clinic, then 30 editors who save every 5 seconds while two processes compute.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
from sqlalchemy import insert, text

from tests.bench_store import milliseconds, row
from tests.service.reports import drafted, person
from tests.web.drafts import plain_draft
from transcribe.service import figures
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import queue
from transcribe.service.review.queue import Scope, Wanted
from transcribe.settings import Settings
from transcribe.store.engine import now, transaction
from transcribe.store.reports import Tally, Version
from transcribe.store.tables import Author, Dictation, Job, State
from workers.app import NICER

MANY, AUTHORS, EDITORS = 100_000, 200, 30
SECONDS, PAUSE = 60.0, 5.0
WORDS = 1200


def fill(house: House, clinic: str, who: Principal) -> None:
    """So many reports, most of them open, each in the figures."""
    with transaction(house.engine) as session:
        moment = now(session)
        authors = [{"id": uuid4().hex, "clinic_id": clinic, "name": f"Dr. {n}", "initials": ""} for n in range(AUTHORS)]
        session.execute(insert(Author), authors)
    states = [(State.IN_REVIEW, "")] * 7 + [(State.IN_REVIEW, "qa"), (State.RELEASED, ""), (State.SIGNED, "")]
    for first in range(0, MANY, 5000):
        with transaction(house.engine) as session:
            several = range(first, first + 5000)
            names = [(uuid4().hex, uuid4().hex, n, moment - timedelta(seconds=MANY - n)) for n in several]
            session.execute(insert(Dictation), [
                {"id": d, "clinic_id": clinic, "author_id": authors[n % AUTHORS]["id"], "file_name": "a.wav",
                 "header": {"author": f"Dr. {n % AUTHORS}", "patient": "Roe, Jane"}, "digest": f"{n:064d}", "size": 1,
                 "seconds": 60.0, "received_at": at, "received_by": "me"} for d, _, n, at in names
            ])  # fmt: skip
            session.execute(insert(Job), [
                {"id": j, "clinic_id": clinic, "dictation_id": d, "state": states[n % 10][0],
                 "stage": states[n % 10][1], "work_type": "progress_note", "stat": n % 50 == 0,
                 "due_at": at + timedelta(days=1), "created_at": at, "changed_at": at} for d, j, n, at in names
            ])  # fmt: skip
            session.execute(insert(Version), [
                {"job_id": j, "clinic_id": clinic, "number": 1, "body": "0" * 64, "created_at": at}
                for _, j, n, at in names if states[n % 10][0] != State.SIGNED
            ])  # fmt: skip
            session.execute(insert(Tally), [
                {"job_id": j, "clinic_id": clinic, "editor": who.actor, "author": f"Dr. {n % AUTHORS}",
                 "recogniser": "r", "work_type": "progress_note", "released_at": at, "hours": 2.0, "on_time": True,
                 "seconds": 60.0, "characters": 2000, "visible": 1700,
                 "words": 300, "edits": 9, "offered": 3, "accepted": 2, "added": 0} for _, j, n, at in names
            ])  # fmt: skip
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def measure_queue(house: House) -> None:
    """The pages of the queue."""
    clinic = accounts.add_clinic(house, f"Clinic {uuid4().hex[:6]}")
    ann = person(house, clinic, f"Ann {uuid4().hex[:6]}", "editor", "clinician")
    fill(house, clinic, ann)
    row(f"median / p95, computed here, with {MANY:,} reports", "")

    def page(**wanted: object) -> Callable[[], object]:
        return lambda: queue.reports(house, ann, Wanted(**wanted))  # type: ignore[arg-type]

    row("first page of 50", milliseconds(page()))
    last = queue.reports(house, ann, Wanted(limit=200))[-1].view.job
    row("a later page", milliseconds(page(after=last)))
    row("a page of one author", milliseconds(page(author="Dr. 7")))
    row("a page of an author who has none", milliseconds(page(author="Dr. X")))
    row("a page of a work type that none has", milliseconds(page(work_type="letter")))
    row("to QA", milliseconds(page(scope=Scope.QA)))
    row("to sign", milliseconds(page(scope=Scope.TO_SIGN)))
    row("mine", milliseconds(page(scope=Scope.MINE)))
    row("counts", milliseconds(lambda: queue.counts(house, ann)))
    row("next", milliseconds(lambda: queue.skip(house, ann, queue.take_next(house, ann))))
    with transaction(house.engine) as session:
        ends = now(session) + timedelta(days=1)
    row("figures by author", milliseconds(
        lambda: figures.figures(house, ann, "author", ends - timedelta(days=30), ends), times=5
    ))  # fmt: skip


def compute(stopped: multiprocessing.synchronize.Event) -> None:
    """Keep a core busy, as a worker that hears does, and give way as it does."""
    os.nice(NICER)
    while not stopped.is_set():
        sum(number * number for number in range(100_000))


def edit(client: httpx.Client, job: str, seed: int, took: list[float]) -> None:
    """Save a report of some pages each five seconds."""
    chance = random.Random(seed)
    plain = plain_draft(" ".join(f"word{number}" for number in range(WORDS)))
    sent = json.dumps({"text": plain["text"], "words": plain["words"], "marks": [], "decisions": []})
    version = 1
    time.sleep(chance.uniform(0, PAUSE))
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        heads = {"If-Match": f'"{version}"', "Content-Type": "application/json"}
        began = time.perf_counter()
        answer = client.put(f"/api/v1/jobs/{job}/report", content=sent, headers=heads)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text
        version = answer.json()["version"]
        time.sleep(max(0.0, PAUSE - took[-1] / 1000))


def measure_saves(house: House, address: str) -> None:
    """Editors who save while every core computes."""
    clinic = accounts.add_clinic(house, f"Clinic {uuid4().hex[:6]}")
    took: list[float] = []
    threads = []
    for number in range(EDITORS):
        who = person(house, clinic, f"Editor {uuid4().hex[:6]}", "editor")
        token = accounts.add_token(house, clinic, "t", person=who.actor)
        client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}", "Connection": "close"}, timeout=60
        )
        threads.append(threading.Thread(target=edit, args=(client, drafted(house, clinic), number, took)))
    stopped = multiprocessing.Event()
    busy = [multiprocessing.Process(target=compute, args=(stopped,)) for _ in range(2)]
    for each in (*busy, *threads):
        each.start()
    for each in threads:
        each.join()
    stopped.set()
    row(f"{EDITORS} editors, {len(took)} saves of {WORDS} timed words", "")
    figures_ = statistics.median(took), statistics.quantiles(took, n=20)[18], max(took)
    row("save, median / p95 / most", " / ".join(f"{value:.0f}" for value in figures_) + " ms")


@contextmanager
def served(folder: str, database_url: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    around = {**os.environ, "TRANSCRIBE_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "tests.web.server", folder]
    with subprocess.Popen(command, env=around, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


def main() -> None:
    """Print the table for the database that the command line names."""
    with TemporaryDirectory() as folder:
        url = sys.argv[1] if sys.argv[1:] else ""
        house = open_house(Settings(data_dir=Path(folder), database_url=url))
        try:
            measure_queue(house)
            with served(folder, url) as address:
                measure_saves(house, address)
        finally:
            house.close()


if __name__ == "__main__":
    main()
