"""What is wrong with a recording, as plain data for a database column or a step's result, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from transcribe import record
from transcribe.domain import Flaw


def to_json(flaws: Iterable[Flaw]) -> list[dict[str, Any]]:
    """Each flaw with its kind, its seconds, its sentence and, where it has one, its place."""
    return [asdict(flaw) for flaw in flaws]


def from_json(plain: Iterable[dict[str, Any]]) -> list[Flaw]:
    """The flaws again."""
    return [record.flaw(each) for each in plain]
