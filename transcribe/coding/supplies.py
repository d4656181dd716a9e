"""Suggests HCPCS codes for drugs and supplies that the report says were given in the visit, with their units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from transcribe.coding.advice import say
from transcribe.coding.context import denied, entities_in, sentences, within_reach
from transcribe.coding.hcpcs import Quantity, dose_in, is_quality, unit_of, units
from transcribe.coding.items import Item, ItemTable
from transcribe.coding.words import lines, plain, stems
from transcribe.domain import Assertion, Band, Category, CodeSuggestion, CodeSystem, Match, Reading, Span

# Where a report tells what was done in the visit itself.
_HERE = frozenset(
    {
        Category.PLAN,
        Category.ASSESSMENT,
        Category.ASSESSMENT_AND_PLAN,
        Category.IMPRESSION,
        Category.PROCEDURE,
        Category.DISPOSITION,
        Category.HOSPITAL_COURSE,
        Category.OTHER,
    }
)
_NOT_SO = frozenset({Assertion.NEGATED, Assertion.HYPOTHETICAL, Assertion.HISTORICAL, Assertion.FAMILY})
# Letters after a drug in which its dose may follow, and the figures of a dose with their unit.
_DOSE_REACH = 25
_FIGURES = re.compile(
    r"\d[\d,]*(?:\.\d+)?\s*(?:mg|mcg|g|mL|cc|units?|IU)\b(?:\s*(?:/|per)\s*(?:mL|cc))?", re.IGNORECASE
)
_DRUG_LETTERS = ("J", "Q", "A9", "C9", "S0", "P9")


@dataclass(frozen=True, slots=True)
class _Phrases:
    """What `supplies.txt` knows: for each phrase the words of the drug or the code of the supply."""

    drugs: dict[str, str]
    supplies: dict[str, str]
    named: re.Pattern[str]
    given: re.Pattern[str]
    elsewhere: re.Pattern[str]


def supplied(text: str, reading: Reading, table: ItemTable, on: date) -> tuple[CodeSuggestion, ...]:
    """The drugs and supplies given in the visit, each once, in the order of the report.

    A sentence must say that the thing was given; what is planned, prescribed or was given elsewhere is left out.
    """
    found: dict[str, CodeSuggestion] = {}
    for sentence in sentences(text):
        for each in _in_sentence(text, reading, sentence, table, on):
            found.setdefault(each.code, each)
    return tuple(found.values())


def _in_sentence(text: str, reading: Reading, sentence: Span, table: ItemTable, on: date) -> Iterator[CodeSuggestion]:
    phrases = _phrases()
    said = plain(sentence.of(text))
    given = phrases.given.search(said)
    section = next((each.category for each in reading.sections if each.body.overlaps(sentence)), Category.OTHER)
    if given is None or section not in _HERE or phrases.elsewhere.search(said):
        return
    cue = Span(sentence.start + given.start(), sentence.start + given.end())
    for named in phrases.named.finditer(said):
        span = Span(sentence.start + named.start(), sentence.start + named.end())
        here = within_reach(text, span, sentence)
        if _is_not_so(text, reading, span, here):
            continue
        phrase = named.group()
        if phrase in phrases.drugs:
            yield from _drug(text, span, here, phrases.drugs[phrase], cue, table, on)
        else:
            item = table.look_up(phrases.supplies[phrase])
            if item is not None and item.is_live(on):
                yield _suggestion(table, item, phrase, (span, cue), ())


def _is_not_so(text: str, reading: Reading, span: Span, sentence: Span) -> bool:
    if any(each.contains(span) for each in denied(text, sentence)):
        return True
    return any(each.assertions & _NOT_SO for each in entities_in(reading, span))


def _drug(
    text: str, span: Span, sentence: Span, words: str, cue: Span, table: ItemTable, on: date
) -> Iterator[CodeSuggestion]:
    """The code of a drug with the units that its dose makes."""
    items = [item for _, item in table.search(stems(words), on) if item.code.startswith(_DRUG_LETTERS)]
    item = next((each for each in items if not is_quality(each.code)), None)
    if item is None:
        return
    dose_span, dose = _dose(text, span, sentence)
    unit = unit_of(item.text)
    count = units(dose, unit) if dose and unit else None
    if dose is None:
        message = say("dose-missing")
    elif count is None:
        message = say("units-unclear", dose=dose)
    else:
        message = say("units", dose=dose, unit=unit, units=count)
    evidence = (span, dose_span, cue) if dose_span else (span, cue)
    yield _suggestion(table, item, span.of(text), evidence, (message,))


def _dose(text: str, span: Span, sentence: Span) -> tuple[Span | None, Quantity | None]:
    """The dose beside the drug: in the words before it up to a comma, else in those after it."""
    before = max(text.rfind(mark, sentence.start, span.start) for mark in (",", " and ")) + 1 or sentence.start
    for first, last in ((before, span.start), (span.end, min(sentence.end, span.end + _DOSE_REACH))):
        dose = dose_in(text[first:last])
        if dose is not None and dose.measure == "mL":
            # "1 mL of Kenalog 40 mg/mL": the strength stands behind the name.
            dose = dose_in(f"{text[first:last]} {text[span.end : span.end + _DOSE_REACH]}") or dose
        if dose is not None:
            start, end = _figures(text, first, last)
            return Span(start, end), dose
    return None, None


def _figures(text: str, first: int, last: int) -> tuple[int, int]:
    """Where the figures and units of the dose stand."""
    found = list(_FIGURES.finditer(text, first, last))
    return found[0].start(), found[-1].end()


def _suggestion(
    table: ItemTable, item: Item, phrase: str, evidence: tuple[Span, ...], messages: tuple[str, ...]
) -> CodeSuggestion:
    return CodeSuggestion(
        system=CodeSystem.HCPCS,
        code=item.code,
        title=item.text,
        release=table.release,
        score=1.0,
        band=Band.POSSIBLE,
        matched=Match(phrase, "supplies"),
        evidence=evidence,
        messages=messages,
    )


@cache
def _phrases() -> _Phrases:
    parts: dict[str, list[str]] = {}
    part = ""
    for line in lines("supplies.txt"):
        if line.startswith("["):
            part = line.strip("[]")
        else:
            parts.setdefault(part, []).append(line)
    drugs, supplies = _by_phrase(parts["drugs"]), {}
    for phrase, code in _by_phrase(parts["supplies"]).items():
        supplies[phrase] = code.upper()
    return _Phrases(
        drugs,
        supplies,
        _any_of([*drugs, *supplies]),
        _any_of([each for line in parts["given"] for each in line.split(";")]),
        _any_of([each for line in parts["elsewhere"] for each in line.split(";")]),
    )


def _by_phrase(rows: list[str]) -> dict[str, str]:
    split = (row.partition(":") for row in rows)
    return {phrase.strip().lower(): meaning.strip() for meaning, _, rest in split for phrase in rest.split(";")}


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    """A pattern for any of the phrases as whole words, the longest first."""
    ordered = sorted((each.strip().lower() for each in phrases), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(each) for each in ordered)})(?![\w-])")
