"""Gathers what the rest of a report says of a problem: its side, kind and course told outside its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from transcribe.coding.context import clause, denied, entities_in, guard, pieces, sentences, words_in, words_outside
from transcribe.coding.leaf import Facts
from transcribe.coding.words import Word, lexicon, lines, stem, stems, words
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
# Of so many other places that name the same problem each is asked what kind it is.
_MOST_PLACES = 24


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
        for sentence in sentences(self._text):
            category = next((each.category for each in self._reading.sections if each.body.overlaps(sentence)), None)
            if category is None or category not in _TOLD or sentence.start == sentence.end:
                continue
            for span in pieces(self._text, sentence):
                said = words_in(self._text, span)
                yield _Line(span, said, frozenset(word.stem for word in said), category)

    @cached_property
    def _lines_by_word(self) -> dict[str, list[_Line]]:
        found: dict[str, list[_Line]] = {}
        for line in self._lines:
            for word in line.stems:
                found.setdefault(word, []).append(line)
        return found

    def written(self, span: Span) -> Iterator[tuple[str, Word]]:
        """The words at `span`, each as it is written and as it is compared."""
        return ((self._text[word.start : word.end], word) for word in words_in(self._text, span))

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
        for needed, word, place_of_it in self._implied:
            if needed <= frozenset(named):
                spans.setdefault(word, place_of_it)
        letter, course = self._course
        return Facts({**spans, **facts.words}, facts.denied, side, place, facts.close | spans.keys(), letter, course)

    @cached_property
    def _implied(self) -> tuple[tuple[frozenset[str], str, Span], ...]:
        """For each problem the word of the tables that the report says in other words; none where two differ."""
        found: dict[frozenset[str], list[tuple[str, Span]]] = {}
        for line in self._lines:
            for needed, word, pattern in _implications():
                told = pattern.search(self._text, line.span.start, line.span.end)
                if told and not guard(self._text, Span(*told.span()), line.span):
                    found.setdefault(needed, []).append((word, Span(*told.span())))
        return tuple((needed, *told[0]) for needed, told in found.items() if len({word for word, _ in told}) == 1)

    def _same(self, span: Span, telling: Sequence[str]) -> Iterator[Word]:
        """The words beside every other place that names the same problem as there."""
        wanted = frozenset(telling)
        holders = min((self._lines_by_word.get(word, []) for word in wanted), key=len, default=[])
        for line in holders[:_MOST_PLACES]:
            if not wanted <= line.stems or line.span.contains(span):
                continue
            at = [word for word in line.words if word.stem in wanted]
            place = Span(min(word.start for word in at), max(word.end for word in at))
            if guard(self._text, place, line.span) or self._is_not_so(place):
                continue
            phrase = clause(self._text, self._reading, place, line.span)
            others = [
                each.span
                for each in entities_in(self._reading, phrase)
                if each.label in (Label.PROBLEM, Label.DRUG) and not each.span.overlaps(place)
            ]
            told = words_outside(self._text, phrase, [*denied(self._text, line.span), *others])
            yield from (word for word in told if word.end <= phrase.end)

    def _is_not_so(self, place: Span) -> bool:
        barred = {Assertion.NEGATED, Assertion.UNCERTAIN, Assertion.HYPOTHETICAL, Assertion.FAMILY}
        return any(each.assertions & barred for each in entities_in(self._reading, place))

    def _side(self, span: Span, said: frozenset[str]) -> tuple[str, Span | None]:
        """The one side that the report names for the part of the body that the words `said` are about."""
        parts = frozenset(part for word in said for part in _parts().get(word, ()))
        for level in _LEVELS if parts else ():
            found = [
                side
                for part in parts
                for line, side in self._sides.get(part, ())
                if line.category in level and not line.span.contains(span)
            ]
            sides = {word.stem for word in found}
            if len(sides) == 1:
                first = min(found, key=lambda word: word.start)
                return _SIDES[first.stem], Span(first.start, first.end)
            if "bilateral" in sides:
                return "", None
        return self._only_side

    @cached_property
    def _sides(self) -> dict[str, list[tuple[_Line, Word]]]:
        """For each part of the body the sides that stand right before it in what does not call it healthy."""
        found: dict[str, list[tuple[_Line, Word]]] = {}
        for line in self._lines:
            for side, part in _sided(line.words) if not line.stems & _NORMAL else ():
                found.setdefault(part, []).append((line, side))
        return found

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


def _sided(said: Sequence[Word]) -> Iterator[tuple[Word, str]]:
    """The sides with the parts that stand right after them."""
    for number, word in enumerate(said):
        if word.stem in _SIDES:
            after = said[number + 1 : number + 1 + _REACH]
            yield from ((word, part) for part in {part for each in after for part in _parts().get(each.stem, ())})


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
def _implications() -> tuple[tuple[frozenset[str], str, re.Pattern[str]], ...]:
    """The words that name a problem, the word of the tables, and how reports say it."""
    rows = (line.partition(":") for line in lines("implied.txt"))
    named = ((*left.partition(" - "), phrases) for left, _, phrases in rows)
    return tuple(
        (frozenset(stems(problem)), stem(word.strip()), _any_of(phrases)) for word, _, problem, phrases in named
    )


@cache
def _courses() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """The 7th character, whether only complaint and history tell it, and how they do."""
    rows = (line.partition(":") for line in lines("courses.txt"))
    return tuple((letter[0], letter.endswith(" story"), _any_of(phrases)) for letter, _, phrases in rows)


def _any_of(phrases: str) -> re.Pattern[str]:
    said = (rf"\b{re.escape(each.strip())}\b" for each in phrases.split(";"))
    return re.compile("|".join(said), re.IGNORECASE)
