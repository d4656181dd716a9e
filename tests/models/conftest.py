"""The recipe is scripts beside each other, not a package: its folder goes on the path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2] / "models" / "dictation-demo"
RECIPE = HOME / "recipe"
sys.path.insert(0, str(RECIPE))


@pytest.fixture(scope="session")
def recipe() -> Path:
    return RECIPE


@pytest.fixture(scope="session")
def shipped() -> Path:
    return HOME / "model"
