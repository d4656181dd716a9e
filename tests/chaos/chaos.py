"""Chaos: parts of the service are killed again and again while a client uploads; afterwards nothing may be amiss.

By hand: `python -m tests.chaos.chaos --seeds 10 --uploads 150 [--servers]`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import select

from tests import invariants
from tests.chaos.fleet import Fleet
from tests.chaos.uploads import Sender, recordings
from transcribe.store.engine import reading
from transcribe.store.tables import Job

STUCK_SECONDS = 120
"""So long after the last fault, jobs that have not come to an end are stuck."""


@dataclass
class Outcome:
    """What came of a run; `violations` must be empty. `failed` jobs are those that were killed three times over."""

    violations: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    jobs: int = 0
    failed: int = 0
    sending: float = 0.0
    settling: float = 0.0

    def __str__(self) -> str:
        """A line of figures."""
        killed = ", ".join(f"{part} {count}" for part, count in sorted(self.kills.items()))
        return (
            f"{self.jobs} jobs, {self.failed} failed, {len(self.violations)} violations, {self.refused} sent again; "
            f"sent in {self.sending:.0f} s, settled after {self.settling:.0f} s; killed: {killed}"
        )


class Killer(threading.Thread):
    """Kills a part every 1.5 to 3.5 seconds until it is told to stop."""

    def __init__(self, fleet: Fleet, chance: Random, outcome: Outcome) -> None:
        super().__init__(daemon=True)
        self._fleet, self._chance, self._outcome = fleet, chance, outcome
        self._stopped = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Kill; the supervisor itself more rarely, as all die with it."""
        parts = ["web", "sweep", "speech", "text"] * 3 + ["serve"]
        if self._fleet.postgres:
            parts += ["redis", "postgres"] * 3
        while not self._stopped.wait(self._chance.uniform(1.5, 3.5)):
            part = self._chance.choice(parts)
            self._outcome.kills[part] += 1
            try:
                self._fleet.kill(part)
            except BaseException as error:  # noqa: BLE001 - told by the test
                self.error = error
                return

    def stop(self) -> None:
        """No more faults."""
        self._stopped.set()
        self.join()
        if self.error:
            raise self.error


def run(folder: Path, *, servers: bool, uploads: int, seed: int, pace: float = 0.3) -> Outcome:
    """Upload under chaos, wait until everything has settled, and hold the service to its invariants."""
    outcome = Outcome()
    fleet = Fleet(folder, servers=servers, TRANSCRIBE_SPEECH_WORKERS="2")
    try:
        fleet.start()
        sender = Sender(fleet.client)
        killer = Killer(fleet, Random(seed), outcome)
        killer.start()
        began = time.monotonic()
        try:
            for number, recording in enumerate(recordings(uploads, seed=seed)):
                _send(sender, recording, f"key-{number}")
                time.sleep(pace)
        finally:
            killer.stop()
        outcome.sending = time.monotonic() - began
        outcome.refused = sender.refused
        _settle(fleet, sender, outcome)
    finally:
        fleet.close()
    return outcome


def _send(sender: Sender, recording: bytes, key: str) -> None:
    ends = time.monotonic() + 300
    while not sender.send_once(recording, key):
        assert time.monotonic() < ends, f"{key} was not taken for 300 s"
        time.sleep(0.2)


def _settle(fleet: Fleet, sender: Sender, outcome: Outcome) -> None:
    """Wait for the machines to finish, and look."""
    began = time.monotonic()
    while (stuck := invariants.progress(fleet.house)) and time.monotonic() - began < STUCK_SECONDS:
        time.sleep(0.5)
    outcome.settling = time.monotonic() - began
    outcome.violations += stuck
    outcome.violations += invariants.receipt(fleet.house, sender.ledger)
    outcome.violations += invariants.once(fleet.house)
    outcome.violations += invariants.database(fleet.house)
    with reading(fleet.house.engine) as session:
        states = list(session.scalars(select(Job.state)))
    outcome.jobs, outcome.failed = len(states), states.count("failed")
    if fleet.postgres:
        fleet.postgres.check()


def main() -> None:
    """Run seed after seed and print a line for each; the status is 1 when an invariant was violated."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--uploads", type=int, default=150)
    parser.add_argument("--servers", action="store_true")
    given = parser.parse_args()
    violated = 0
    for seed in range(given.first, given.first + given.seeds):
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        outcome = run(folder, servers=given.servers, uploads=given.uploads, seed=seed)
        if not outcome.violations:
            shutil.rmtree(folder)
        violated += len(outcome.violations)
        print(f"seed {seed}: {outcome}", *outcome.violations, sep="\n  ", flush=True)
    sys.exit(1 if violated else 0)


if __name__ == "__main__":
    main()
