"""Dates and times of day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transcribe.domain import MarkKind
from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.numerals import ONES, TEENS, TENS, ZEROS, number_at, ordinal_at
from transcribe.writeup.units import unit_at

_NAMES = "January February March April May June July August September October November December"
MONTHS = {name.lower(): name for name in _NAMES.split()}
_DATED = frozenset({"birth", "born", "dob", "date", "dated", "admission", "discharge", "service", "surgery"})
_SEEN = frozenset({"on", "since", "seen"})
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
    """Write "four twelve nineteen sixty two" as 4/12/1962, and "six one twenty six" as 6/1/26, where a date is due."""
    month, start = _part(items, at)
    dated = bool(set(keys(out[-4:])) & _DATED)
    if not 1 <= month <= 12 or not (dated or set(keys(out[-1:])) & _SEEN):
        return 0
    for width in (2, 1):
        day, end = _part(items[: start + width], start)
        if end != start + width or not 1 <= day <= 31:
            continue
        year = _year(items, end) if dated else None
        short = year is None or year[1] == end + 1
        year = _short_year(items, end) if short else year
        if year is not None:
            text = f"{month}/{day}/{year[0]}"
            trail.note("date", items[at : year[1]], text)
            if short:
                trail.ask(items[at], MarkKind.CHECK, "A date said in figures: listen whether its parts are right.")
            out.append(joined(items[at : year[1]], text))
            return year[1]
    return 0


def _part(items: Sequence[Item], at: int) -> tuple[int, int]:
    """The month or day said at `at`, where "oh three" is 3, and the index after it; 0 where none is said."""
    led = keys(items[at : at + 2])
    if len(led) == 2 and led[0] in ZEROS and led[1] in ONES:
        return ONES[led[1]], at + 2
    words = keys(items[at : at + 2])
    if words and words[0] in TENS and words[0] in ("twenty", "thirty") and len(words) == 2 and words[1] in ONES:
        return TENS[words[0]] + ONES[words[1]], at + 2
    number = number_at(items[at : at + 1], 0)
    return (int(number.value), at + 1) if number and number.whole else (0, at)


def _short_year(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    """A year said as "fifty two" or "oh five" at `at`, where no unit shows that something was measured."""
    year, end = _part(items, at)
    words = keys(items[at : at + 2])
    if words and words[0] in TENS:
        number = number_at(items[at : at + 2], 0)
        year, end = (int(number.value), at + number.end) if number and number.whole else (0, at)
    if end == at or year > 99 or unit_at(items, end) is not None or number_at(items, end) is not None:
        return None
    if words[0] not in TENS and words[0] not in TEENS and words[0] not in ZEROS:
        return None
    return f"{year:02}", end


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
    morning = keys(items[at : at + 4])
    if len(morning) == 4 and morning[0] in ZEROS and morning[1] in ONES and morning[2:] == ["hundred", "hours"]:
        out.append(joined(items[at : at + 3], f"0{ONES[morning[1]]}00"))
        trail.note("time", items[at : at + 3], out[-1].text)
        return at + 3
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
