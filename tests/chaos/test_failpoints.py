"""Killed at any place, the service loses nothing, doubles nothing and gets stuck nowhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import invariants
from tests.chaos.postgres import Postgres
from transcribe.failpoints import NAMES
from transcribe.service.house import open_house
from transcribe.settings import Settings

pytestmark = [pytest.mark.service, pytest.mark.slow]

HITS = (1, 2) if os.environ.get("CHAOS_LONG") else (1,)


def live_and_die(environment: dict[str, str], ledger: Path) -> int:
    """Run until it ends well, and say how often it was killed."""
    deaths = 0
    while True:
        done = subprocess.run(
            [sys.executable, "-m", "tests.chaos.alone", str(ledger)],
            env={**os.environ, **environment}, capture_output=True, timeout=300,
        )  # fmt: skip
        if done.returncode == 0:
            return deaths
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        deaths += 1
        assert deaths < 5


@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("place", NAMES)
def test_killed_at_any_place_nothing_is_lost(tmp_path: Path, place: str, hit: int) -> None:
    """After the process was killed there and started again, everything that was acknowledged is drafted once."""
    marker, ledger = tmp_path / "died", tmp_path / "ledger"
    postgres = Postgres(tmp_path) if os.environ.get("CHAOS_LONG") == "postgres" else None
    if postgres:
        postgres.start()
    environment = {
        "TRANSCRIBE_DATA_DIR": str(tmp_path / "data"),
        "TRANSCRIBE_DATABASE_URL": postgres.url if postgres else "",
        "TRANSCRIBE_LEASE_SECONDS": "2",
        "TRANSCRIBE_FAILPOINT": f"{place}:{hit}:{marker}",
        "CHAOS_SPEED": "1000",
        "CHAOS_LIMIT": "300",
    }
    try:
        if place.startswith("sweep"):
            # The sweep has something to do there only when a worker has died before.
            live_until_killed = {**environment, "TRANSCRIBE_FAILPOINT": f"claim_after_commit:1:{tmp_path / 'before'}"}
            subprocess.run(
                [sys.executable, "-m", "tests.chaos.alone", str(ledger)],
                env={**os.environ, **live_until_killed}, capture_output=True, timeout=300,
            )  # fmt: skip
        deaths = live_and_die(environment, ledger)
        assert deaths == (1 if marker.exists() else 0)
        assert marker.exists() or hit > 1
        settings = Settings(data_dir=tmp_path / "data", database_url=environment["TRANSCRIBE_DATABASE_URL"])
        house = open_house(settings)
        try:
            told = {invariants.Receipt(*json.loads(line)) for line in ledger.read_text().splitlines()}
            assert len(told) == 3
            assert invariants.receipt(house, told) == []
            assert invariants.progress(house) == []
            assert invariants.once(house) == []
            assert invariants.database(house) == []
        finally:
            house.close()
    finally:
        if postgres:
            postgres.stop()
