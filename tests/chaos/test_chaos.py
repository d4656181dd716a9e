"""Parts of the whole service are killed at random while a client uploads; afterwards nothing is amiss."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.chaos import run

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.enable_socket]


@pytest.mark.parametrize("servers", [False, True], ids=["sqlite and files", "postgresql and redis"])
def test_nothing_is_lost_doubled_or_stuck(tmp_path: Path, servers: bool) -> None:
    """One seed of the chaos that `python -m tests.chaos.chaos` runs at length."""
    outcome = run(tmp_path, servers=servers, uploads=25, seed=7)
    assert outcome.violations == []
    assert outcome.jobs == 25
    assert sum(outcome.kills.values()) > 3
