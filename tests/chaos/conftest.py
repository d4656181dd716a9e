"""A service of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.fleet import Fleet


@pytest.fixture
def make_fleet(tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Makes a service in the test's folder; it ends with the test."""
    made: list[Fleet] = []

    def make(**given: object) -> Fleet:
        made.append(Fleet(tmp_path, **given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for fleet in made:
        fleet.close()
