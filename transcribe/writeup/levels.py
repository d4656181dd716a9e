"""Numbers that name a place or a degree: spine levels, tumour stages, grades and types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.numerals import Number, number_at
from transcribe.writeup.tables import table

SPINE = {"c": 8, "t": 12, "l": 5, "s": 5}
_LEADS, _LIMB_LEADS = 9, 3
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_LEVEL = re.compile(r"^[ctls]\d{1,2}$")


@cache
def _roman_after() -> frozenset[str]:
    return frozenset(table("levels")["roman"]["after"])


@cache
def _classed() -> frozenset[str]:
    return frozenset(table("levels")["roman"]["classed"])


@cache
def _arabic_stages() -> frozenset[str]:
    return frozenset(table("levels")["roman"]["arabic"])


def level(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write the level that starts at `at`; where to go on, 0 when there is none."""
    rules = (_tumour, _lead, _spine, _degree)
    return next((end for rule in rules if (end := rule(items, at, out, trail))), 0)


def _lettered(items: Sequence[Item], at: int, letters: str) -> tuple[str, int, int] | None:
    """A single letter of `letters` with a whole number behind it: letter, number, index after."""
    if at >= len(items) or not items[at].is_word or items[at].settled:
        return None
    key = items[at].key
    if key[0] in letters and key[1:].isdigit() and len(key) <= 3:
        return key[0], int(key[1:]), at + 1
    if key not in letters or len(key) != 1:
        return None
    number = number_at(items, at + 1)
    if number is None or not number.whole or number.value > 12:
        return None
    return key, int(number.value), number.end


def _unassessed(items: Sequence[Item], at: int, letter: str) -> bool:
    """Whether the part `letter` of a tumour's stage was said to be unknown: "m x"."""
    return letter in "tnm" and keys(items[at : at + 2]) == [letter, "x"]


def _tumour(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The stage of a tumour, "t two n one m zero", or the count of pregnancies, "g two p one"."""
    staged = is_staged(items, at)
    start = at + 1 if staged else at
    end = _letter_row(items, start, out, trail, "tnm") or _letter_row(items, start, out, trail, "gpa")
    if staged and end:
        row = next(place for place, item in enumerate(out) if item.first >= items[start].first)
        out[row] = joined([items[at], out[row]], items[at].key + out[row].text)
    return end


def _births(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    """The four counts of births and losses behind "p": "p two zero one two" is P2-0-1-2."""
    number = number_at(items, at + 1) if keys(items[at : at + 1]) == ["p"] else None
    if number is None or len(number.figures) != 4 or not number.figures.isdigit():
        return None
    return f"P{'-'.join(number.figures)}", number.end


def is_staged(items: Sequence[Item], at: int) -> bool:
    """Whether the letter at `at` tells how a tumour was staged: the "p" of "p t two n one"."""
    first = _lettered(items, at + 1, "t") if items[at].key in ("p", "c") else None
    return first is not None and any(_lettered(items, first[2] + skip, "n") for skip in (0, 1))


def _lead(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The lead of an electrocardiogram: "v two through v four" is V2 through V4."""
    found = _lettered(items, at, "v")
    if found is None or not 1 <= found[1] <= _LEADS:
        return 0
    trail.note("lead", items[at : found[2]], f"V{found[1]}")
    out.append(joined(items[at : found[2]], f"V{found[1]}"))
    return found[2]


def _letter_row(items: Sequence[Item], at: int, out: list[Item], trail: Trail, letters: str) -> int:
    parts: list[tuple[str, int, int]] = []
    start = at
    for letter in letters:
        if _unassessed(items, start, letter):
            parts.append((f"{letter.upper()}X", start, start + 2))
            start += 2
            continue
        found = _lettered(items, start, letter)
        if found is None:
            if letter == "p" and parts and (births := _births(items, start)):
                parts.append((births[0], start, births[1]))
                start = births[1]
            break
        text, end = f"{letter.upper()}{found[1]}", found[2]
        after = keys(items[end : end + 2])
        if letter == "t" and len(after) == 2 and after[0] in ("a", "b", "c", "d") and after[1] == "n":
            text, end = text + after[0], end + 1
        parts.append((text, start, end))
        start = end
    if len(parts) < 2:
        return 0
    for text, first, last in parts:
        trail.note("lettered number", items[first:last], text)
        out.append(joined(items[first:last], text))
    return start


def _spine(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    first = _lettered(items, at, "ctls")
    if first is None or not _fits(first) or (out and out[-1].key in ("vitamin", "hepatitis", "type", "group")):
        return 0
    letter, number, end = first
    text = f"{letter.upper()}{number}"
    second = _second_level(items, end, letter)
    if second is not None:
        text, end = f"{text}-{second[0]}", second[1]
    elif number == 0:
        return 0
    source = items[at:end]
    if text != " ".join(item.text for item in source):
        trail.note("spine level", source, text)
    out.append(joined(source, text))
    return end


def _second_level(items: Sequence[Item], at: int, letter: str) -> tuple[str, int] | None:
    """The far end of a span of levels, with or without its letter, and the index after it."""
    start = at
    if start < len(items) and items[start].kind in (Kind.JOIN, Kind.DASH) and items[start].text == "-":
        start += 1
    bare = start == at
    found = _lettered(items, start, "ctls")
    if found is not None and _fits(found) and not (letter == "s" == found[0] and bare):
        return f"{found[0].upper()}{found[1]}", found[2]
    number = number_at(items, start)
    if number is None or not number.whole or not 1 < number.value <= SPINE[letter]:
        return None
    return number.figures, number.end


def _fits(found: tuple[str, int, int]) -> bool:
    return 1 <= found[1] <= SPINE[found[0]]


def _degree(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write the number after "stage", "axis", "factor" … at `at` in Roman numerals."""
    number = number_at(items, at)
    if number is None or not number.whole or not 1 <= number.value <= len(_ROMAN) or not out:
        return 0
    if not _takes_roman(items, at, out, number):
        return _kidney_stage(items, at, out, number, trail)
    text, end = _ROMAN[int(number.value) - 1], number.end
    following = keys(items[end : end + 1])
    if out[-1].key == "stage" and following and following[0] in ("a", "b", "c"):
        text, end = text + following[0].upper(), end + 1
    trail.note("roman numeral", items[at:end], text)
    out.append(joined(items[at:end], text))
    return end


def _kidney_stage(items: Sequence[Item], at: int, out: list[Item], number: Number, trail: Trail) -> int:
    """The third stage of kidney disease has two halves: "stage three b" is stage 3b."""
    letter = keys(items[number.end : number.end + 1])
    near = {*keys(out[-4:]), *keys(items[number.end + 1 : number.end + 4])}
    if out[-1].key != "stage" or number.value != 3 or letter not in (["a"], ["b"]) or not near & _kidney():
        return 0
    source = items[at : number.end + 1]
    trail.note("stage", source, f"3{letter[0]}")
    out.append(joined(source, f"3{letter[0]}"))
    return number.end + 1


@cache
def _kidney() -> frozenset[str]:
    return frozenset(table("levels")["halves"]["near"])


def _takes_roman(items: Sequence[Item], at: int, out: Sequence[Item], number: Number) -> bool:
    before = keys(out[-8:])
    last = out[-1].key
    around = {*before, *keys(items[number.end : number.end + 4])}
    if last in ("stage", "stages"):
        earlier = [place for place, word in enumerate(before[:-1]) if word in ("stage", "stages")]
        if earlier and last == "stage":  # what the stage before belongs to says nothing of this one
            around -= set(before[: earlier[-1] + 4])
        return not around & _arabic_stages()
    if last in ("class", "grade"):
        return bool(around & _classed())
    if last in table("levels")["roman"]["leads"]:
        return number.value <= _LIMB_LEADS
    if last in ("through", "to", "and", ",") and len(out) > 1 and _is_roman(out[-2]):
        return True
    return last in _roman_after()


def _is_roman(item: Item) -> bool:
    return item.settled and item.text in _ROMAN
