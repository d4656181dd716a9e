"""Finds in a section of conclusions the sentences that name its problems, apart from those that discuss them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from transcribe.coding.tables import CodeTables
from transcribe.coding.words import lexicon, lines, stem, stems
from transcribe.domain import Category, Entity, Label, Section, Span

_MARKER = re.compile(r"\s*(?:\d{1,2}[.)]|[•*#-])?\s*")
_LABEL = re.compile(r"([A-Za-z][^.:;\n]{0,70}):\s+")
_WORD = re.compile(r"[A-Za-z][\w'-]*")
_MOST_WORDS = 14
_ENCOUNTERS = ("Z0", "Z1", "Z2", "Z3", "Z4", "Z51", "Z71.3", "Z71.6", "Z76.0", "Z79", "Z8", "Z9", "O80")
# What an encounter may be called besides the reason for it.
_OF_ENCOUNTERS = frozenset({"encounter", "routine", "visit", "today"})
# So early in the first sentence of an item a problem is what the item is about: "Her hypertension is stable".
_OPENING = 4


@dataclass(frozen=True, slots=True)
class Outline:
    """The sentences of a section that name problems; `itemised` when lines open with them."""

    leads: tuple[Span, ...]
    itemised: bool

    def names(self, span: Span) -> bool:
        """Whether a problem at `span` is named as one of the section's problems."""
        return not self.itemised or any(lead.contains(span) for lead in self.leads)


def outline(text: str, section: Section, entities: Sequence[Entity], sentences: Sequence[Span]) -> Outline:
    """The outline of one section of conclusions.

    A line opens with the name of its problem where its first sentence makes no statement, or a problem begins
    it. Later sentences of a line name problems only in a section without a plan of its own.
    """
    problems = [each.span for each in entities if each.label in (Label.PROBLEM, Label.PROCEDURE)]
    leads: list[Span] = []
    itemised = False
    for line in _lines(text, section.body):
        for number, sentence in enumerate(_in_line(line, sentences)):
            lead = _lead(text, sentence, problems, first=number == 0)
            if lead is None or (number and section.category is Category.ASSESSMENT_AND_PLAN):
                continue
            leads.append(lead)
            itemised = itemised or (number == 0 and any(lead.contains(each) for each in problems))
    return Outline(tuple(leads), itemised)


def phrases(text: str, lead: Span) -> Iterator[Span]:
    """The parts of a naming sentence between commas, then the whole of it, without its stop."""
    end = lead.end - (len(lead.of(text)) - len(lead.of(text).rstrip(" .:;")))
    commas = [each.span() for each in re.compile(r",\s+").finditer(text, lead.start, end)]
    starts = [lead.start, *(after for _, after in commas)]
    ends = [*(before for before, _ in commas), end]
    if commas:
        yield from (Span(first, last) for first, last in zip(starts, ends, strict=True))
    yield Span(lead.start, max(end, lead.start))


def encounter(text: str, phrase: Span, tables: CodeTables) -> tuple[str, ...]:
    """The words of the phrase that are a term for an encounter or a status, as "routine postpartum visit"."""
    said = stems(phrase.of(text))
    short = tuple(word for word in said if word not in lexicon().soft)
    shorter = tuple(word for word in short if word not in _OF_ENCOUNTERS)
    terms = (each for each in (said, short, shorter) if each)
    return next((each for each in terms if any(code.startswith(_ENCOUNTERS) for code in tables.knows(each))), ())


def _lines(text: str, body: Span) -> Iterator[Span]:
    for found in re.compile(r"[^\n]+").finditer(text, body.start, body.end):
        yield Span(*found.span())


def _in_line(line: Span, sentences: Sequence[Span]) -> list[Span]:
    inside = (Span(max(each.start, line.start), min(each.end, line.end)) for each in sentences if each.overlaps(line))
    return [each for each in inside if each.end - each.start > 1]


def _lead(text: str, sentence: Span, problems: Sequence[Span], *, first: bool) -> Span | None:
    """The part of the sentence that names a problem, or None where it only speaks about one."""
    marker = _MARKER.match(text, sentence.start, sentence.end)
    start = marker.end() if marker else sentence.start
    label = _LABEL.match(text, start, sentence.end)
    if label:
        named = Span(label.start(1), label.end(1))
        if any(named.contains(each) for each in problems):
            return named if first else None
        if any(stem(word.lower()) in _words()[1] for word in _WORD.findall(label[1])):
            return None
        start = label.end()
    if start >= sentence.end:
        return None
    rest = Span(start, sentence.end)
    if _is_name(rest.of(text)):
        return rest
    opening = [each for each in problems if rest.contains(each) and _words_between(text, start, each) < _OPENING]
    return rest if first and opening else None


def _words_between(text: str, start: int, problem: Span) -> int:
    return len(_WORD.findall(text, start, problem.start))


def _is_name(sentence: str) -> bool:
    """Whether the words name something without stating or ordering anything."""
    said = [word.lower() for word in _WORD.findall(sentence)]
    return len(said) <= _MOST_WORDS and not _words()[0].intersection(said)


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """The words of statements as they are written, and the stems of labels."""
    statements: set[str] = set()
    labels: set[str] = set()
    into = statements
    for line in lines("verbs.txt"):
        if line == "[labels]":
            into = labels
        else:
            into.update(line.split())
    return frozenset(statements), frozenset(stem(each) for each in labels)
