"""Killed at any place, the service loses nothing, doubles nothing and gets stuck nowhere."""

from __future__ import annotations

import json
import os
import signal
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests import invariants
from tests.chaos import alone
from tests.chaos.postgres import Postgres
from transcribe.failpoints import NAMES
from transcribe.service.house import open_house
from transcribe.settings import Settings

pytestmark = [pytest.mark.service, pytest.mark.slow]

HITS = (1, 2) if os.environ.get("CHAOS_LONG") else (1,)


# Forked from a process that has imported everything, a life begins at once.
LIVES = get_context("forkserver")
LIVES.set_forkserver_preload(["tests.chaos.alone"])


def live(environment: dict[str, str], ledger: Path) -> int:
    """Run until it ends, and say how."""
    life = LIVES.Process(target=alone.live, args=(environment, ledger))
    life.start()
    life.join(300)
    assert life.exitcode is not None, "it did not end"
    status = life.exitcode
    life.close()
    return status


def live_and_die(environment: dict[str, str], ledger: Path) -> int:
    """Run until it ends well, and say how often it was killed."""
    deaths = 0
    while status := live(environment, ledger):
        assert status == -signal.SIGKILL
        deaths += 1
        assert deaths < 5
    return deaths


@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("place", NAMES)
def test_killed_at_any_place_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, hit: int
) -> None:
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
    # Where the process that lives are forked from looks, as it starts with the first of them.
    monkeypatch.setenv("TRANSCRIBE_DATA_DIR", environment["TRANSCRIBE_DATA_DIR"])
    try:
        if place.startswith("sweep"):
            # The sweep has something to do there only when a worker has died before.
            before = {**environment, "TRANSCRIBE_FAILPOINT": f"claim_after_commit:1:{tmp_path / 'before'}"}
            assert live(before, ledger) == -signal.SIGKILL
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
