"""Units of measurement: which one follows a number, and how it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from transcribe.writeup.items import Item, Trail, joined, keys
from transcribe.writeup.tables import table

_LONGEST = 3


@cache
def _units() -> dict[tuple[str, ...], str]:
    rows = table("units")["measured"]
    return {tuple(said.split()): written for written, names in rows.items() for said in names}


@cache
def listed_words(section: str, name: str) -> frozenset[str]:
    """The words `name` in `section` of the table of units."""
    return frozenset(table("units")[section][name])


@cache
def _per() -> dict[str, str]:
    return {said: written for written, names in table("units")["per"].items() for said in names}


def unit_at(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    """The unit at `at` as it is typed, and the index after it."""
    words = keys(items[at : at + _LONGEST])
    for length in range(len(words), 0, -1):
        unit = _units().get(tuple(words[:length]))
        if unit is None:
            continue
        end = at + length
        while keys(items[end : end + 1]) == ["per"]:
            below = keys(items[end + 1 : end + 2])
            longer = " ".join(keys(items[end + 1 : end + 3]))
            if longer in _per():
                unit, end = f"{unit}/{_per()[longer]}", end + 3
            elif below and below[0] in _per() and not (below[0] == "day" and "/" not in unit):
                unit, end = f"{unit}/{_per()[below[0]]}", end + 2
            else:
                break
        return unit, end
    return None


def trimmed(figures: str, unit: str) -> str:
    """A dose loses its trailing zero: 5.0 mg has been read as 50 mg (Joint Commission)."""
    if "." in figures and unit in listed_words("dose", "units"):
        return figures.rstrip("0").rstrip(".")
    return figures


def write_unit(source: Sequence[Item], unit: str, out: list[Item], trail: Trail) -> None:
    """Put `unit` behind the number that stands last in `out`; a percent sign closes up to it."""
    if unit == "%":
        out[-1] = joined([out[-1], *source], out[-1].text + "%")
        trail.note("unit", source, "%")
        return
    if unit != " ".join(item.text for item in source):
        trail.note("unit", source, unit)
    out.extend(joined(source, part) for part in unit.split())


def is_measured(items: Sequence[Item], at: int) -> bool:
    """Whether a unit stands at `at`."""
    words = keys(items[at : at + 1])
    return unit_at(items, at) is not None or (bool(words) and words[0] in listed_words("counted", "words"))
