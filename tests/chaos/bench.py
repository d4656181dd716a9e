"""Figures of the service: `python -m tests.chaos.bench queue|fanout [--minutes 60] [--speed 15] [--real]`."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import func, select

from tests.chaos.fleet import Fleet, until
from tests.chaos.uploads import Sender, two_minutes, wav
from transcribe.domain import Header
from transcribe.service.receive import receive
from transcribe.store.engine import reading
from transcribe.store.tables import Job, Step


def cpu(fleet: Fleet) -> float:
    """Processor seconds that the service, its broker and its database have used so far, ended processes included."""
    assert fleet.process
    trees = [psutil.Process(fleet.process.pid)]
    if fleet.postgres and fleet.postgres.process:
        trees.append(psutil.Process(fleet.postgres.process.pid))
    used = 0.0
    for tree in trees:
        for each in (tree, *tree.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # It ended a moment ago, and its parent has its time now.
                used += sum(each.cpu_times()[:4])  # Of its own, and of the children that it has seen end.
    return used


def memory(fleet: Fleet) -> dict[str, str]:
    """Resident megabytes by part: the process that was started, and those that it forked."""
    found = {}
    for part, pid in fleet.pids().items():
        process = psutil.Process(pid)
        sizes = [each.memory_full_info() for each in (process, *process.children(recursive=True))]
        found[part] = f"resident {[size.rss >> 20 for size in sizes]}, proportional {sum(s.pss for s in sizes) >> 20}"
    return found


def queue(folder: Path, count: int) -> None:
    """What the queue costs per job when the work itself is nothing, and whether a long queue slows it down."""
    warm = count // 10  # By then every process has loaded what it needs.
    fleet = Fleet(folder, servers=True, FLEET_APPLICATION="tests.chaos.nothing", TRANSCRIBE_SPEECH_WORKERS="1")
    try:
        house, clinic = fleet.house, fleet.clinic
        nothing = folder / "x.wav"
        nothing.write_bytes(b"nothing")
        for _ in range(count):
            receive(house, nothing, clinic=clinic, actor="bench", file_name="x.wav", header=Header())
        fleet.start()
        marks: list[tuple[float, int, float]] = []

        def drained() -> bool:
            with reading(house.engine) as session:
                done = session.scalar(select(func.count()).where(Job.state == "in_review")) or 0
                assert not session.scalar(select(Job.id).where(Job.state == "failed").limit(1)), "a job failed"
            if done >= warm:
                marks.append((time.monotonic(), done, cpu(fleet)))
            return done == count

        until(drained, seconds=560, what="an empty queue")
        (began, first, used), (ended, last, used_then) = marks[0], marks[-1]
        middle, half, _ = next(mark for mark in marks if mark[1] >= (first + last) / 2)
        jobs, rates = last - first, [(half - first) / (middle - began), (last - half) / (ended - middle)]
        print(f"{jobs} jobs of two steps: {1000 * (ended - began) / jobs:.1f} ms of time a job,")
        print(f"{1000 * (used_then - used) / jobs:.1f} ms of processor a job;", end=" ")
        print(f"jobs a second in the first half {rates[0]:.1f}, in the second {rates[1]:.1f}")
    finally:
        fleet.close()


def fan_out(folder: Path, *, minutes: float, speed: float, real: bool) -> None:
    """How long a long dictation takes with one speech worker and with two, and whether the text is the same."""
    needed = int(minutes * 60 * 16_000)
    recording = wav(np.tile(two_minutes(), needed // len(two_minutes()) + 1)[:needed])
    took, texts = {}, {}
    for workers in (2, 1):
        place = folder / str(workers)
        place.mkdir()
        fleet = Fleet(
            place, servers=True, stub=not real, TRANSCRIBE_SPEECH_WORKERS=str(workers), CHAOS_SPEED=str(speed),
            TRANSCRIBE_LEASE_SECONDS="60", CHAOS_LIMIT="3000",
        )  # fmt: skip
        try:
            fleet.start()
            began = time.monotonic()
            sender = Sender(fleet.client)
            assert sender.send_once(recording, "long")
            job = sender.ledger[0].job
            until(lambda job=job, fleet=fleet: _heard(fleet, job), seconds=3000, what="the end of hearing")
            took[workers] = time.monotonic() - began
            print(f"{workers} workers: {took[workers]:.0f} s", flush=True)
            print(memory(fleet), flush=True)
            until(lambda job=job, fleet=fleet: _status(fleet, job)["state"] == "in_review", seconds=600, what="a draft")
            print(memory(fleet), flush=True)
            result = fleet.client.get(f"/api/v1/jobs/{job}/result", params={"form": "json"}).json()
            texts[workers] = json.dumps([result["text"], result["words"]])
        finally:
            fleet.close()
    print(f"{minutes:.0f} minutes: {took[1] / took[2]:.2f} times faster, same text and times: {texts[1] == texts[2]}")


def _status(fleet: Fleet, job: str) -> dict[str, Any]:
    status: dict[str, Any] = fleet.client.get(f"/api/v1/jobs/{job}").json()
    assert status["state"] != "failed", status
    return status


def _heard(fleet: Fleet, job: str) -> bool:
    with reading(fleet.house.engine) as session:
        return session.scalar(select(Step.id).where(Step.job_id == job, Step.name == "draft")) is not None


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["queue", "fanout"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--speed", type=float, default=15)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--real", action="store_true")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        if given.what == "queue":
            queue(folder, given.count)
        else:
            fan_out(folder, minutes=given.minutes, speed=given.speed, real=given.real)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
