"""Gathers what the rest of a report says of a problem: its side, kind and course told outside its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from transcribe.coding.context import clause, denied, guard, sentences
from transcribe.coding.leaf import Facts
from transcribe.coding.words import Word, lexicon, lines, stem, words
from transcribe.domain import Assertion, Category, Label, Reading, Span

_CONCLUSIONS = frozenset({Category.ASSESSMENT, Category.ASSESSMENT_AND_PLAN, Category.IMPRESSION})
_STORY = frozenset({Category.CHIEF_COMPLAINT, Category.HISTORY_OF_PRESENT_ILLNESS})
_EXAMINED = frozenset({Category.PHYSICAL_EXAMINATION})
_MEASURED = frozenset({Category.RESULTS, Category.FINDINGS})
_DONE = frozenset({Category.PROCEDURE, Category.HOSPITAL_COURSE})
# In this order a part of the report is asked for a side; the first that names just one answers.
_LEVELS = (_CONCLUSIONS, _STORY, _EXAMINED, _MEASURED, _DONE)
_TOLD = frozenset().union(*_LEVELS, {Category.PAST_MEDICAL_HISTORY})
# What a line says of the side that is not ill.
_NORMAL = frozenset({"normal", "unremarkable", "benign", "negative", "uninvolved"})
_SIDES = {"left": "left", "right": "right", "bilateral": "bilateral"}
# A side stands so few words before the part that it belongs to.
_REACH = 3


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span
    words: tuple[Word, ...]
    stems: frozenset[str]
    category: Category


class Surroundings:
    """The sentences of one report by what they speak of; made once, asked for each problem."""

    def __init__(self, text: str, reading: Reading) -> None:
        """Only sentences about the patient's own state are kept."""
        self._text = text
        self._reading = reading

    @cached_property
    def _lines(self) -> tuple[_Line, ...]:
        return tuple(self._read())

    def _read(self) -> Iterator[_Line]:
        for span in sentences(self._text):
            category = next((each.category for each in self._reading.sections if each.body.overlaps(span)), None)
            if category in _TOLD and span.end > span.start:
                said = words(span.of(self._text), span.start)
                yield _Line(span, said, frozenset(word.stem for word in said), category)

    def facts(self, span: Span, named: Sequence[str], about: frozenset[str], facts: Facts) -> Facts:
        """`facts` of the problem `named` at `span`, with what the rest of the report adds to them.

        `about` are the words of the place that it has.
        """
        lists = lexicon()
        telling = [word for word in named if word not in lists.soft | lists.side | lists.empty | lists.idle]
        spans = {word.stem: Span(word.start, word.end) for word in self._same(span, telling)}
        side, place = facts.side, facts.side_span
        if not side:
            side, place = self._side(span, about.union(named))
        for word, place_of_it in list({**spans, **facts.words}.items()):
            if word in about or word in named or word in spans:
                spans.update(dict.fromkeys(_wholes().get(word, ()), place_of_it))
        letter, course = self._course
        return Facts({**spans, **facts.words}, facts.denied, side, place, facts.close | spans.keys(), letter, course)

    def _same(self, span: Span, telling: Sequence[str]) -> Iterator[Word]:
        """The words beside every other place that names the same problem as there."""
        wanted = frozenset(telling)
        for line in self._lines if wanted else ():
            if not wanted <= line.stems or line.span.contains(span):
                continue
            at = [word for word in line.words if word.stem in wanted]
            place = Span(min(word.start for word in at), max(word.end for word in at))
            if guard(self._text, place, line.span) or self._is_not_so(place):
                continue
            phrase = clause(self._text, self._reading, place, line.span)
            absent = denied(self._text, line.span)
            others = [
                each.span
                for each in self._reading.entities
                if each.label in (Label.PROBLEM, Label.DRUG) and not each.span.overlaps(place)
            ]
            for word in line.words:
                here = Span(word.start, word.end)
                if phrase.contains(here) and not any(each.overlaps(here) for each in (*absent, *others)):
                    yield word

    def _is_not_so(self, place: Span) -> bool:
        barred = {Assertion.NEGATED, Assertion.UNCERTAIN, Assertion.HYPOTHETICAL, Assertion.FAMILY}
        return any(each.assertions & barred for each in self._reading.entities if each.span.overlaps(place))

    def _side(self, span: Span, said: frozenset[str]) -> tuple[str, Span | None]:
        """The one side that the report names for the part of the body that the words `said` are about."""
        parts = frozenset(part for word in said for part in _parts().get(word, ()))
        for level in _LEVELS if parts else ():
            found = [
                side
                for line in self._lines
                if line.category in level and not line.span.contains(span) and not line.stems & _NORMAL
                for side in _sided(line.words, parts)
            ]
            sides = {word.stem for word in found}
            if len(sides) == 1:
                return _SIDES[found[0].stem], Span(found[0].start, found[0].end)
            if "bilateral" in sides:
                return "", None
        return self._only_side

    @cached_property
    def _only_side(self) -> tuple[str, Span | None]:
        """The side that complaint and history speak of throughout, where they name just one."""
        story = [word for line in self._lines if line.category in _STORY for word in line.words]
        found = [word for word in story if word.stem in _SIDES and not self._is_of_hand(word)]
        if len({word.stem for word in found}) != 1:
            return "", None
        return _SIDES[found[0].stem], Span(found[0].start, found[0].end)

    def _is_of_hand(self, word: Word) -> bool:
        """Whether the side tells which hand the patient writes with."""
        return self._text[word.end : word.end + 8].lower().lstrip("- ").startswith(("hand dom", "handed"))

    @cached_property
    def _course(self) -> tuple[str, Span | None]:
        """The 7th character that the report tells for its injuries, "" while treatment is active."""
        for line in self._lines:
            if line.category in (Category.PAST_MEDICAL_HISTORY, *_DONE):
                continue
            for letter, story, pattern in _courses():
                if story and line.category not in _STORY:
                    continue
                told = pattern.search(self._text, line.span.start, line.span.end)
                if told and not any(each.contains(Span(*told.span())) for each in denied(self._text, line.span)):
                    return letter, Span(*told.span())
        return "", None


def _sided(said: Sequence[Word], parts: frozenset[str]) -> Iterator[Word]:
    """The sides that stand right before one of the `parts`."""
    for number, word in enumerate(said):
        if word.stem in _SIDES:
            after = said[number + 1 : number + 1 + _REACH]
            if any(parts.intersection(_parts().get(each.stem, ())) for each in after):
                yield word


@cache
def _parts() -> dict[str, tuple[str, ...]]:
    """For each word the parts of the body that it names or lies in."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines("places.txt"):
        part, _, named = line.partition(":")
        for each in words(named):
            found[each.stem] = (*found.get(each.stem, ()), part)
        found.setdefault(stem(part), (part,))
    return found


@cache
def _wholes() -> dict[str, tuple[str, ...]]:
    """For each part of the body the words for the larger part that the tables name instead."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines("wholes.txt"):
        whole, _, parts = line.partition(":")
        for each in words(parts):
            found[each.stem] = tuple(word.stem for word in words(whole))
    return found


@cache
def _courses() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """The 7th character, whether only complaint and history tell it, and how they do."""
    rows = (line.partition(":") for line in lines("courses.txt"))
    return tuple((letter[0], letter.endswith(" story"), _any_of(phrases)) for letter, _, phrases in rows)


def _any_of(phrases: str) -> re.Pattern[str]:
    said = (rf"\b{re.escape(each.strip())}\b" for each in phrases.split(";"))
    return re.compile("|".join(said), re.IGNORECASE)
