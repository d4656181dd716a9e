"""Numbers are written as house style has them: doses, vital signs, measurements, ages, ratios and ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from transcribe.writeup import patterns
from transcribe.writeup.dates import date, numeric_date, time
from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.levels import level
from transcribe.writeup.numerals import Number, number_at
from transcribe.writeup.tables import table
from transcribe.writeup.units import listed_words, trimmed, unit_at, write_unit

_AGES = frozenset({"year", "month", "week", "day"})
_ATTRIBUTIVE = patterns.TIMES | {"inch", "pound", "foot", "mile", "ounce", "pack-year"}
_CONNECTORS = {"x": "x", "by": "x", "to": "to", "or": "or", "through": "through"}
_LONGEST_CHAIN = 6
_BESIDE = frozenset({"and", "or", "plus", "equals", "minus"})


def quantify(items: Sequence[Item], trail: Trail) -> list[Item]:
    """`items` with every number as it is typed."""
    out: list[Item] = []
    index = 0
    while index < len(items):
        done = 0
        if items[index].is_word and not items[index].settled:
            done = next((end for rule in _RULES if (end := rule(items, index, out, trail))), 0)
        if not done:
            out.append(items[index])
        index = done or index + 1
    return [_closed_up(out, at) for at in range(len(out))]


def _closed_up(items: Sequence[Item], at: int) -> Item:
    """The item at `at`; a dash between two figures closes up to both."""
    item = items[at]
    if item.kind is not Kind.DASH or not 0 < at < len(items) - 1:
        return item
    between = items[at - 1].text[-1:].isdigit() and items[at + 1].text[:1].isdigit()
    return replace(item, kind=Kind.JOIN) if between else item


def _measured(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A number, a range or dimensions, with what is counted or measured."""
    chain = _chain(items, at, out)
    if not chain:
        return 0
    end = chain[-1].end
    if unit_at(items, end) is None and {number.figures for number in chain} == {"1"} and len(chain) > 1:
        return 0  # "one by one"
    aged = (
        _age(items, at, chain, out, trail)
        or _attributive(items, at, chain, out, trail)
        or _bore(items, at, chain, out, trail)
    )
    if aged:
        return aged
    unit = unit_at(items, end)
    counted = keys(items[end : end + 1])
    if unit is None and counted and counted[0] in ("percent", "%"):
        unit = ("%", end + 1)
    figures = unit is not None or _in_figures(items, at, chain, out)
    _write_chain(items, at, chain, out, trail, figures, unit[0] if unit else counted[0] if counted else "")
    if unit is None:
        return end
    write_unit(items[end : unit[1]], unit[0], out, trail)
    return _across(items, unit[1], unit[0], out, trail)


def _across(items: Sequence[Item], at: int, unit: str, out: list[Item], trail: Trail) -> int:
    """The "by" between two measures with a unit each, "2 cm by 3 cm"; where to go on."""
    more = number_at(items, at + 1) if keys(items[at : at + 1]) == ["by"] else None
    again = unit_at(items, more.end) if more else None
    if again is None or again[0] != unit:
        return at
    trail.note("dimension", items[at], "x")
    out.append(items[at].with_text("x"))
    return at + 1


def _chain(items: Sequence[Item], at: int, out: Sequence[Item]) -> list[Number]:
    """The numbers from `at` on that "x", "by", "to" or "or" ties together, or "and" behind "between"."""
    between = {"and"} if out and out[-1].key == "between" else set()
    first = number_at(items, at)
    chain = [first] if first else []
    while chain and len(chain) < _LONGEST_CHAIN:
        connector = keys(items[chain[-1].end : chain[-1].end + 1])
        more = number_at(items, chain[-1].end + 1)
        if not connector or connector[0] not in _CONNECTORS.keys() | between or more is None:
            break
        chain.append(more)
    return chain


def _age(items: Sequence[Item], at: int, chain: list[Number], out: list[Item], trail: Trail) -> int:
    """An age before its noun: "fifty six year old" is 56-year-old."""
    words = [item.key for item in items[chain[-1].end : chain[-1].end + 4] if item.kind is not Kind.JOIN]
    if len(chain) == 1 and words and words[0].endswith("-old") and words[0].removesuffix("-old") in _AGES:
        text = f"{chain[0].figures}-{words[0]}"
        trail.note("age", items[at : chain[0].end + 1], text)
        out.append(joined(items[at : chain[0].end + 1], text))
        return chain[0].end + 1
    if len(chain) > 1 or len(words) < 2 or words[0] not in _AGES or words[1] not in ("old", "olds"):
        return 0
    end = chain[0].end
    while items[end].key not in ("old", "olds"):
        end += 1
    text = f"{chain[0].figures}-{words[0]}-{words[1]}"
    trail.note("age", items[at : end + 1], text)
    out.append(joined(items[at : end + 1], text))
    return end + 1


def _attributive(items: Sequence[Item], at: int, chain: list[Number], out: list[Item], trail: Trail) -> int:
    """A measure before its noun: "twenty year history" is 20-year history."""
    end = chain[-1].end
    words = keys(items[end : end + 2])
    if len(chain) > 1 or len(words) < 2 or words[0] not in _ATTRIBUTIVE or not words[1]:
        return 0
    if words[1] in listed_words("attributive", "stops") or not chain[0].in_words or number_at(items, end + 1):
        return 0
    if chain[0].value == 1 and words[1] not in listed_words("attributive", "nouns"):
        return 0
    number = items[at].text if chain[0].small and words[0] in patterns.TIMES else chain[0].figures
    text = f"{number}-{words[0]}"
    trail.note("measure before its noun", items[at : end + 1], text)
    out.append(replace(joined(items[at : end + 1], text), settled=text[0].isdigit()))
    return end + 1


def _bore(items: Sequence[Item], at: int, chain: list[Number], out: list[Item], trail: Trail) -> int:
    """The bore of a needle or catheter before its noun: "fourteen french catheter" is 14-French catheter."""
    end = chain[-1].end
    words = keys(items[end : end + 2])
    if len(chain) > 1 or not words or words[0] not in table("units")["bore"]:
        return 0
    written = table("units")["bore"][words[0]]
    joint = "-" if len(words) > 1 and words[1] else " "
    trail.note("bore", items[at : end + 1], f"{chain[0].figures}{joint}{written}")
    if joint == "-":
        out.append(joined(items[at : end + 1], f"{chain[0].figures}-{written}"))
    else:
        out.extend((joined(items[at:end], chain[0].figures), items[end].with_text(written)))
    return end + 1


def _in_figures(items: Sequence[Item], at: int, chain: list[Number], out: Sequence[Item]) -> bool:
    """Whether the numbers of `chain`, which no abbreviated unit follows, stand in figures."""
    if any(not number.small or not number.in_words for number in chain):
        return True
    if any(_connector(items, number.end) == "x" for number in chain[:-1]):
        return True
    following = items[chain[-1].end : chain[-1].end + 2]
    words = keys(following)
    if words and (words[0] in listed_words("counted", "words") or words[0] == "o'clock"):
        return True
    if words and words[0] in ("years", "months", "weeks", "days") and words[1:] == ["old"]:
        return True
    if (
        following
        and following[0].kind is Kind.JOIN
        and following[0].text in "-/"
        and number_at(items, chain[-1].end + 1)
    ):
        return True
    return _follows_figures(out) or (words[:1] == ["days"] and _follows_weeks(out))


def _follows_weeks(out: Sequence[Item]) -> bool:
    """Whether the weeks of a pregnancy stand before in figures: "32 weeks and 4 days"."""
    before = out[:-1] if out and out[-1].key in ("and", ",") else out
    return len(before) > 1 and before[-1].key in ("week", "weeks") and before[-2].text.isdigit()


def _follows_figures(out: Sequence[Item]) -> bool:
    """Whether what stands before asks for figures: a vital sign, a grade, another figure in a list."""
    if not out:
        return False
    beside = out[-1].kind in (Kind.JOIN, Kind.DASH) or out[-1].key in _BESIDE
    if beside and len(out) > 1 and out[-2].text.isdigit():
        return True
    row = len(out)
    while row and (out[row - 1].text.isdigit() or out[row - 1].text in (",", "and", "or")):
        row -= 1
    if keys(out[max(0, row - 1) : row]) == ["ages"]:
        return True
    words = keys(out[-3:])
    while len(words) > 1 and words[-1] in listed_words("figures_after", "fillers"):
        words.pop()
    return words[-1] in listed_words("figures_after", "words")


def _connector(items: Sequence[Item], at: int) -> str:
    found = keys(items[at : at + 1])
    return _CONNECTORS.get(found[0], "") if found else ""


def _write_chain(
    items: Sequence[Item],
    at: int,
    chain: list[Number],
    out: list[Item],
    trail: Trail,
    figures: bool,
    unit: str,
) -> None:
    start = at
    for number in chain:
        source = items[start : number.end]
        if figures:
            text = trimmed(number.figures, unit)
            out.append(joined(source, text))
            if text != " ".join(item.text for item in source):
                trail.note("number", source, text)
        else:
            out.extend(source)
        if number is not chain[-1]:
            between = items[number.end]
            out.append(between.with_text(_CONNECTORS.get(between.key, between.text)))
            if between.key == "by":
                trail.note("dimension", between, "x")
        start = number.end + 1


_Rule = Callable[[Sequence[Item], int, list[Item], Trail], int]
_RULES: tuple[_Rule, ...] = (
    date,
    numeric_date,
    patterns.every_hours,
    level,
    time,
    patterns.suture,
    patterns.counted_dose,
    patterns.acuity,
    patterns.telephone,
    patterns.decade,
    patterns.fraction,
    patterns.strength,
    patterns.total,
    patterns.ratio,
    patterns.plus,
    patterns.temperature,
    patterns.ordinal,
    _measured,
)
