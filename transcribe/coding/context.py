"""Cuts a report into the sentences, clauses and first phrases around a mention, and hears what denies or doubts it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from transcribe.coding.words import Word, lines, plain, words
from transcribe.domain import Assertion, Entity, Label, Reading, Section, Span

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9])|\n")
_ITEM_NUMBER = re.compile(r"\s*\d{1,2}\.")
_CLAUSE_END = re.compile(r"[.;:,()\n]| and | or | but | versus | status post ")
_TIED = re.compile(r",?\s+(?:with|due to|secondary to|complicated by|associated with)\s+(?:[a-z-]+\s+){0,2}")
_ADDITION = re.compile(r"\s*[\w-]+(?:\s+[\w-]+){0,3}(?=[,.;:\n]|$)")
_DENIED = re.compile(r"\b(?:without|no|not|denies|negative for|absent)\b[^,.;:\n]*", re.IGNORECASE)
_FIRST_PHRASE = re.compile(r"^(?:\d{1,2}\.\s+)?([A-Za-z][^.,;:()\n]*?)(?=\s+-|[.,;:()]|$)", re.MULTILINE)
_OVER = re.compile(r"resol|clear|gone|went away|disappeared")
_NO_RELATIVES = frozenset({"spouse", "husband", "wife", "roommate", "boyfriend", "girlfriend", "coworker"})
_MOST_WORDS = 8
# Speech without stops is one sentence of any length: so many letters on either side say something of a mention.
_REACH = 400
# No entity is longer, in letters.
_LONGEST = 400
_HEALING = frozenset({"nonunion", "malunion", "delayed union", "delayed healing", "routine healing"})


def sentences(text: str) -> list[Span]:
    """The sentences and list items of the text, in order, without gaps but for the blanks between them."""
    found: list[Span] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        # "1. Asthma" is one item, not a sentence "1." and another.
        if _ITEM_NUMBER.fullmatch(text[start : end.start()]) and end.group() != "\n":
            continue
        found.append(Span(start, end.start()))
        start = end.end()
    return [*found, Span(start, len(text))]


def within_reach(text: str, span: Span, sentence: Span) -> Span:
    """The part of the sentence that may say something of what stands at `span`, in whole words."""
    start, end = max(sentence.start, span.start - _REACH), min(sentence.end, span.end + _REACH)
    if start > sentence.start:
        start = text.find(" ", start, span.start) + 1 or span.start
    if end < sentence.end:
        end = max(text.rfind(" ", span.end, end), span.end)
    return Span(start, max(end, start))


def pieces(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence, cut between words where it is longer than a mention reaches."""
    start = sentence.start
    while sentence.end - start > _REACH:
        end = text.rfind(" ", start + 1, start + _REACH)
        end = end if end > start else start + _REACH
        yield Span(start, end)
        start = end
    yield Span(start, sentence.end)


def entities_in(reading: Reading, span: Span) -> list[Entity]:
    """The entities of the reading that share a letter with `span`, found without looking at the others."""
    found = reading.entities
    at = bisect_left(found, span.start - _LONGEST, key=lambda each: each.span.start)
    end = bisect_left(found, span.end, lo=at, key=lambda each: each.span.start)
    return [each for each in found[at:end] if each.span.overlaps(span)]


def first_phrases(text: str, section: Section) -> Iterator[Span]:
    """The phrase that each line or item of the section opens with, where it is short enough to name a problem."""
    body = section.body.of(text)
    for found in _FIRST_PHRASE.finditer(body):
        if len(found[1].split()) <= _MOST_WORDS:
            yield Span(found.start(1) + section.body.start, found.end(1) + section.body.start)


def clause(text: str, reading: Reading, span: Span, sentence: Span) -> Span:
    """The part of the sentence that speaks of the problem in `span`.

    Its phrase, short additions after commas ("asthma, mild persistent"), and a problem tied to it by "with".
    """
    before = [each.end() for each in _CLAUSE_END.finditer(text, sentence.start, span.start)]
    start = before[-1] if before else sentence.start
    here = entities_in(reading, sentence)
    things = [each for each in here if sentence.contains(each.span) and not is_course(each)]
    inside = [each.span for each in things]
    end = max([span.end, *(each.end for each in inside if tied(text, span, each))])
    while (stop := _CLAUSE_END.search(text, end, sentence.end)) and stop.group() == ",":
        addition = _ADDITION.match(text, stop.end(), sentence.end)
        # A place is told of the problem before it: "abdominal pain, right lower quadrant".
        others = [each.span for each in things if each.label is not Label.ANATOMY]
        taken = addition and any(each.overlaps(Span(*addition.span())) for each in others)
        if addition is None or taken:
            break
        end = addition.end()
    return Span(start, stop.start() if stop else max(sentence.end, end))


def tied(text: str, span: Span, other: Span) -> bool:
    """Whether "with", "due to" or the like joins the problem in `other` to the one in `span` before it."""
    return other.start >= span.end and _TIED.fullmatch(text, span.end, other.start) is not None


def apart(text: str, entity: Entity, other: Entity) -> bool:
    """Whether `other` is a thing of its own, so that its words say nothing of the problem `entity`."""
    if other is entity or other.span.overlaps(entity.span):
        return False
    return not tied(text, entity.span, other.span)


def between(phrase: Span, elsewhere: Sequence[Span], span: Span) -> Span:
    """The phrase cut where another thing begins: in "chronic warfarin for fibrillation" the drug is chronic."""
    starts = [each.end for each in elsewhere if phrase.start < each.end <= span.start]
    ends = [each.start for each in elsewhere if span.end <= each.start < phrase.end]
    return Span(max([phrase.start, *starts]), min([phrase.end, *ends]))


def is_course(entity: Entity) -> bool:
    """Whether the entity tells how a problem goes, such as "in remission" or "nonunion", and is no thing of its own."""
    told = entity.label is Label.VALUE and not any(letter.isdigit() for letter in entity.text)
    return told or entity.text.lower() in _HEALING


def denied(text: str, sentence: Span) -> list[Span]:
    """The parts of the sentence that say what is not there."""
    found = _DENIED.finditer(text, sentence.start, sentence.end)
    return [Span(each.start(), each.end()) for each in found]


def words_in(text: str, within: Span) -> tuple[Word, ...]:
    """The words that begin in `within`."""
    said = _all_words(text)
    first, last = (bisect_left(said, at, key=lambda word: word.start) for at in (within.start, within.end))
    return said[first:last]


@lru_cache(2)
def _all_words(text: str) -> tuple[Word, ...]:
    """The words of one whole report, which each of its mentions asks for."""
    return words(text)


def words_outside(text: str, within: Span, spans: Sequence[Span]) -> list[Word]:
    """The words in `within` that none of `spans` covers."""
    covered = sorted(each for each in spans if each.overlaps(within))
    found: list[Word] = []
    at = 0
    for word in words_in(text, within):
        while at < len(covered) and covered[at].end <= word.start:
            at += 1
        if at == len(covered) or covered[at].start >= word.end:
            found.append(word)
    return found


def guard(text: str, span: Span, sentence: Span) -> str:
    """Whether the words around the mention deny it ("barred"), doubt it ("uncertain") or neither ("")."""
    before = plain(text[sentence.start : span.start])
    after = plain(text[span.end : max(sentence.end, span.end)])
    guards = _guards()
    if guards["near 3"].search(before) or guards["sentence"].search(before) or guards["after"].search(after):
        return "barred"
    doubted = guards["uncertain 4"].search(before) or guards["uncertain after"].search(after)
    return "uncertain" if doubted else ""


def is_anothers(text: str, entity: Entity) -> bool:
    """Whether the problem is that of somebody who is no blood relative."""
    cues = [span.of(text).lower() for assertion, span in entity.cues if assertion is Assertion.FAMILY]
    return bool(cues) and all(cue in _NO_RELATIVES for cue in cues)


def only_resolved(text: str, entity: Entity) -> bool:
    """Whether the problem is denied by nothing but its being over: it was there and was treated."""
    cues = [span.of(text).lower() for assertion, span in entity.cues if assertion is Assertion.NEGATED]
    return bool(cues) and all(_OVER.search(cue) for cue in cues)


def is_plain(text: str, span: Span) -> bool:
    """Whether nothing in `span` denies, doubts or dates what it names."""
    said = plain(span.of(text))
    return not _hedges().search(said)


@cache
def _hedges() -> re.Pattern[str]:
    whole = [line for line in lines("guards.txt") if not line.startswith("[")]
    any_of = "|".join(re.escape(each) for each in (*whole, "history of", "status post", "s/p", "post", "prior", "past"))
    return re.compile(rf"(?<![\w-])(?:{any_of})(?![\w-])")


@cache
def _guards() -> dict[str, re.Pattern[str]]:
    parts: dict[str, list[str]] = {}
    part = ""
    for line in lines("guards.txt"):
        if line.startswith("["):
            part = line.strip("[]")
        else:
            parts.setdefault(part, []).append(re.escape(line))
    return {name: _pattern(name, phrases) for name, phrases in parts.items()}


def _pattern(name: str, phrases: list[str]) -> re.Pattern[str]:
    any_of = "|".join(sorted(phrases, key=len, reverse=True))
    if name.endswith("after"):
        return re.compile(rf"^[^,.;]{{0,25}}\b(?:{any_of})\b")
    reach = name.partition(" ")[2]
    limit = rf"(?:\s+[\w/-]+){{0,{int(reach) - 1}}}\s*$" if reach else ""
    return re.compile(rf"\b(?:{any_of})\b{limit}")
