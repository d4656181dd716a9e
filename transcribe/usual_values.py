"""Knows the vital signs and laboratory tests: what each is called, and whether a value is usual."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_MORE = re.compile(r"^(?:serum|plasma|repeat|initial|admission) | (?:levels?|reading)$")
_CELLS = ("white blood cell count", "platelets")
_WHOLE_COUNT = 1000


@dataclass(frozen=True, slots=True)
class Range:
    """The usual limits of a test in certain units; a pair of limits belongs to a value such as 120/80."""

    name: str
    vital: bool
    units: frozenset[str]
    low: tuple[float, ...]
    high: tuple[float, ...]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("transcribe").joinpath("usual_values.toml").read_text("utf-8"))


@cache
def _ranges() -> dict[str, tuple[Range, ...]]:
    """The ranges by every name of their tests, in lower case."""
    found: dict[str, tuple[Range, ...]] = {}
    for kind in ("vital", "laboratory"):
        for row in _table()[kind]:
            units = frozenset(unit.lower() for unit in row["units"])
            each = Range(row["names"][0], kind == "vital", units, _limits(row.get("low")), _limits(row.get("high")))
            for name in row["names"]:
                found[name] = (*found.get(name, ()), each)
    return found


def _limits(written: float | list[float] | None) -> tuple[float, ...]:
    if written is None:
        return ()
    return tuple(map(float, written)) if isinstance(written, list) else (float(written),)


@cache
def _words() -> dict[str, str]:
    return {word: flag for flag, words in _table()["words"].items() for word in words}


def _named(test: str) -> tuple[Range, ...]:
    """The ranges of a test by any of its names, "level" and "serum" left out."""
    low = test.lower()
    return _ranges().get(low) or _ranges().get(_MORE.sub("", low), ())


def known(test: str) -> Range | None:
    """What is known of a test by any of its names."""
    return next(iter(_named(test)), None)


def flag(test: str, value: str, unit: str) -> str:
    """What a value is for an adult: "high", "low", "abnormal" or "normal"; nothing where the table cannot tell."""
    in_words = _words().get(value.lower())
    if in_words is not None:
        return in_words
    figures = [float(figure.replace(",", "")) for figure in _NUMBER.findall(value)]
    fitting = [each for each in _named(test) if unit.lower() in each.units and each.low]
    if not fitting or not figures:
        return ""
    # 37 and 98.6 are temperatures of two scales, though a report may say "degrees" of both.
    each = min(fitting, key=lambda each: abs(figures[0] - each.low[0]))
    if len(figures) not in {len(each.low), 2 * len(each.low)}:
        return ""
    limits = len(figures) // len(each.low)  # "55 to 60": both figures are measured by the same limits
    if each.name in _CELLS and figures[0] >= _WHOLE_COUNT:
        figures = [figures[0] / 1000]  # 14,200 cells is 14.2 thousand
    if any(figure > high for figure, high in zip(figures, each.high * limits, strict=True)):
        return "high"
    return "low" if any(figure < low for figure, low in zip(figures, each.low * limits, strict=True)) else "normal"
