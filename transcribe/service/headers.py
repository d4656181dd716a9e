"""Headers as plain data for a database column or a message, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from typing import Any

from transcribe.domain import Header
from transcribe.errors import UnusableInput
from transcribe.report import FIELDS
from transcribe.work_types import work_type


def to_json(header: Header) -> dict[str, Any]:
    """The fields that say something, as JSON values; dates in ISO form."""
    said = {key: value for key, value in asdict(header).items() if value not in ("", None, (), False)}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in said.items()}


def from_json(given: dict[str, Any]) -> Header:
    """A header from JSON values; `UnusableInput` names the field that cannot be used, but not its value.

    The work type may be written in any of the ways a person writes it.
    """
    kinds = {field.name: str(field.type) for field in fields(Header)}
    if unknown := sorted(given.keys() - kinds.keys()):
        raise UnusableInput(f"A header has no field '{unknown[0]}'; it has: {', '.join(kinds)}.")
    values: dict[str, Any] = {}
    for key, value in given.items():
        convert, expected = FIELDS[kinds[key]]
        values[key] = convert(value)
        if values[key] is None:
            raise UnusableInput(f"The header's '{key}' must be {expected}.")
    if kind := values.get("work_type"):
        values["work_type"] = work_type(kind).key
    return Header(**values)
