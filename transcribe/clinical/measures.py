"""Finds doses, routes, frequencies and values by their written form."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from transcribe.domain import Label, Span

_LIMIT = r"(?:[<>≤≥~]|(?:less|greater|more) than)?\s?"
_FIGURE = re.compile(_LIMIT + r"\d[\d,]{0,12}(?:\.\d{1,9})?(?:\s?[-–/x]\s?\d[\d,]{0,12}(?:\.\d{1,9})?){0,3}")
# "Elevated at 4.2": the figure tells more than the word.
_AND_FIGURE = re.compile(r",?\s*(?:at|to|of|,)?\s*(?=[<>\d])")
_PER_LITER = re.compile(r"\s?/\s?d?L\b", re.I)
_DATE_OR_AGE = re.compile(r"[-\s]?(?:years?|year|months?|days?|weeks?|hours?|/\d|yo\b|th\b|st\b|nd\b|rd\b)", re.I)


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(files("transcribe.clinical").joinpath("measures.toml").read_text("utf-8"))


@cache
def _table() -> dict[str, re.Pattern[str]]:
    """One compiled pattern for each kind of measure."""
    raw = _raw()
    number = raw["number"]

    def units(kind: str) -> str:
        # The sign for micro stands twice in Unicode, as a sign and as a Greek letter.
        return "|".join(sorted(raw[kind]["units"], key=len, reverse=True)).replace("µ", "[µμ]")

    def whole(patterns: list[str]) -> re.Pattern[str]:
        # A point belongs to an abbreviation ("p.o."), so the edge is: no letter or figure beyond.
        return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.I)

    return {
        "dosage": re.compile(rf"(?<![\w.,]){number}\s?-?(?:{units('dosage')})(?!\w){raw['dosage']['per']}", re.I),
        "value": re.compile(rf"(?<![\w.,]){_LIMIT}{number}\s?-?(?:{units('value')})(?![a-z0-9])", re.I),
        "result": re.compile(rf"\b(?:{'|'.join(sorted(raw['result']['words'], key=len, reverse=True))})\b", re.I),
        "link": re.compile(rf"\s*(?:\([^)]{{1,20}}\)\s*)?(?:(?:{raw['result']['links']})\s*){{0,5}}", re.I),
        "route": whole(raw["route"]["patterns"]),
        "frequency": whole(raw["frequency"]["patterns"]),
    }


@cache
def _links() -> frozenset[str]:
    return frozenset(_raw()["dose"]["links"].split())


def only_link(words: str) -> bool:
    """Whether these are only words that lead from a drug to its dose."""
    return _links().issuperset(re.findall(r"[a-z]+", words.lower()))


def prescriptions(text: str, start: int, end: int) -> Iterator[tuple[Span, Label]]:
    """Doses, routes and frequencies in `[start, end)`; ask only where a drug is spoken of."""
    table = _table()
    for kind, label in (("dosage", Label.DOSAGE), ("frequency", Label.FREQUENCY), ("route", Label.ROUTE)):
        for match in table[kind].finditer(text, start, end):
            if kind != "dosage" or not _concentration(text, match.end()):
                yield _stripped(text, *match.span()), label


def values(text: str, start: int, end: int) -> Iterator[Span]:
    """Figures with a unit of measurement in `[start, end)`."""
    for match in _table()["value"].finditer(text, start, end):
        yield _stripped(text, *match.span())


def result_after(text: str, at: int, end: int) -> Span | None:
    """The bare figure or the word that tells the result of a test ending at `at`."""
    begin = _table()["link"].match(text, at, end)
    where = begin.end() if begin else at
    word = _table()["result"].match(text, where, end)
    if word is not None:
        more = _AND_FIGURE.match(text, word.end(), end)
        figure = _FIGURE.match(text, more.end(), end) if more else None
        if figure is None or _DATE_OR_AGE.match(text, figure.end()):
            return Span(*word.span())
        where = figure.start()
    figure = _FIGURE.match(text, where, end)
    if figure is None or where == at or _DATE_OR_AGE.match(text, figure.end()):
        return None
    unit = _table()["value"].match(text, where, end)
    return _stripped(text, *(unit or figure).span())


def result_before(text: str, start: int, at: int) -> Span | None:
    """The word right before a test at `at` that tells its result ("elevated troponin")."""
    for match in _table()["result"].finditer(text, max(start, at - 24), at):
        if not text[match.end() : at].strip():
            return Span(*match.span())
    return None


def _concentration(text: str, at: int) -> bool:
    """Whether what follows a dose makes it a laboratory value ("mg/dL")."""
    return _PER_LITER.match(text, at) is not None


def _stripped(text: str, start: int, end: int) -> Span:
    """The range without blanks at its ends and without a comma or point that belongs to the sentence."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    while piece and (piece[-1] in ",-–/" or (piece[-1] == "." and "." not in piece[:-1])):
        piece = piece[:-1].rstrip()
    return Span(start, start + len(piece))
