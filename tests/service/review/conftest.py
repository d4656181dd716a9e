"""People of the review room."""

from __future__ import annotations

import pytest

from tests.service.reports import person
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal


@pytest.fixture
def ann(house: House, clinic: str) -> Principal:
    """An editor."""
    return person(house, clinic, "Ann Lee", "editor")


@pytest.fixture
def doc(house: House, clinic: str) -> Principal:
    """A clinician."""
    return person(house, clinic, "Jane Doe", "clinician")
