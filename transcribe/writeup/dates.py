"""Dates and times of day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.numerals import ONES, ZEROS, number_at, ordinal_at

_NAMES = "January February March April May June July August September October November December"
MONTHS = {name.lower(): name for name in _NAMES.split()}
_DATED = frozenset({"birth", "born", "dob", "date", "dated", "admission", "discharge", "service", "surgery"})
_MERIDIEM = {"a": "a.m.", "p": "p.m."}
_WRITTEN = {"am": "a.m.", "pm": "p.m.", "a.m.": "a.m.", "p.m.": "p.m."}


def date(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write "march third twenty twenty six" at `at` as March 3, 2026; where to go on, 0 when no date is here."""
    key = items[at].key
    if key not in MONTHS or items[at].settled:
        return 0
    day = _day(items, at + 1)
    if day is None:
        return _month_and_year(items, at, out, trail)
    figure, end = day
    comma = end < len(items) and items[end].kind is Kind.MARK and items[end].text == ","
    year = _year(items, end + 1 if comma else end)
    out.append(joined([items[at]], MONTHS[key]))
    out.append(joined(items[at + 1 : end], figure))
    if year is not None:
        source = items[end] if comma else joined([items[end]], ",")
        out.append(replace(source, text=",", kind=Kind.MARK, last=source.last if comma else source.first))
        start = end + 1 if comma else end
        out.append(joined(items[start : year[1]], year[0]))
        end = year[1]
    trail.note("date", items[at:end], " ".join(item.text for item in out[-4 if year else -2 :]))
    return end


def numeric_date(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write "four twelve nineteen sixty two" as 4/12/1962 where a date is spoken of."""
    month = _single(items, at)
    if not 1 <= month <= 12 or not set(keys(out[-4:])) & _DATED:
        return 0
    for width in (2, 1):
        day = number_at(items[at + 1 : at + 1 + width], 0)
        if day is None or day.end != width or not day.whole or not 1 <= day.value <= 31:
            continue
        year = _year(items, at + 1 + width)
        if year is not None and year[1] > at + 2 + width:
            text = f"{month}/{day.figures}/{year[0]}"
            trail.note("date", items[at : year[1]], text)
            out.append(joined(items[at : year[1]], text))
            return year[1]
    return 0


def _single(items: Sequence[Item], at: int) -> int:
    """The number that the one word at `at` says, 0 when it says none."""
    number = number_at(items[at : at + 1], 0)
    return int(number.value) if number and number.whole else 0


def _day(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    ordinal = ordinal_at(items, at)
    if ordinal is not None and ordinal[0] <= 31:
        return str(ordinal[0]), ordinal[1]
    number = number_at(items, at)
    if number is None or not number.whole or not 1 <= number.value <= 31 or number.figures.startswith("0"):
        return None
    return number.figures, number.end


def _year(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    number = number_at(items, at)
    if number is None or not number.whole or not 1900 <= number.value <= 2099:
        return None
    return number.figures, number.end


def _month_and_year(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    start = at + 2 if keys(items[at + 1 : at + 2]) == ["of"] else at + 1
    year = _year(items, start)
    if year is None:
        return 0
    trail.note("date", items[at : year[1]], f"{MONTHS[items[at].key]} {year[0]}")
    out.append(joined([items[at]], MONTHS[items[at].key]))
    out.extend(items[at + 1 : start])
    out.append(joined(items[start : year[1]], year[0]))
    return year[1]


def time(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write "eight thirty a m" at `at` as 8:30 a.m.; where to go on, 0 when no time is here."""
    number = number_at(items, at)
    if number is None or not number.whole:
        return 0
    clock, end = _clock(items, int(number.value), number.end)
    half = _half_of_day(items, end)
    if clock is None:
        return 0
    if half is None:
        return _clock_alone(items, at, clock, end, out, trail)
    trail.note("time", items[at : half[1]], f"{clock} {half[0]}")
    out.append(joined(items[at:end], clock))
    out.append(joined(items[end : half[1]], half[0]))
    return half[1]


def _clock_alone(items: Sequence[Item], at: int, clock: str, end: int, out: list[Item], trail: Trail) -> int:
    """A time without its half of the day stands before "hours" or "o'clock" only."""
    following = keys(items[end : end + 1])
    if following == ["o'clock"]:
        out.append(joined(items[at:end], clock))
        return end
    second = number_at(items, end)
    first = number_at(items, at)
    if second is None or first is None or end != first.end or keys(items[second.end : second.end + 1]) != ["hours"]:
        return 0
    if not (10 <= first.value < 24 and 10 <= second.value < 60):
        return 0
    text = first.figures + second.figures
    trail.note("time", items[at : second.end], text)
    out.append(joined(items[at : second.end], text))
    return second.end


def _clock(items: Sequence[Item], value: int, end: int) -> tuple[str | None, int]:
    """Hours and minutes of `value` ("830"), or of it and the number behind it ("eleven", "fifteen")."""
    if value > 24:
        hours, minutes = divmod(value, 100)
        return (f"{hours}:{minutes:02}", end) if 1 <= hours <= 12 and minutes < 60 else (None, end)
    words = keys(items[end : end + 2])
    if len(words) == 2 and words[0] in ZEROS and words[1] in ONES and _half_of_day(items, end + 2):
        return f"{value}:0{ONES[words[1]]}", end + 2
    minute = number_at(items, end)
    if minute is not None and 10 <= minute.value < 60 and _half_of_day(items, minute.end) and minute.whole:
        return f"{value}:{minute.figures}", minute.end
    return (str(value), end) if 1 <= value <= 24 else (None, end)


def _half_of_day(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    words = keys(items[at : at + 2])
    if len(words) == 2 and words[0] in _MERIDIEM and words[1] == "m":
        return _MERIDIEM[words[0]], at + 2
    if words and words[0] in _WRITTEN:
        return _WRITTEN[words[0]], at + 1
    return None
