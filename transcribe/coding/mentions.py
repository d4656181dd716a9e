"""Chooses what in a report may be coded: the problems its author assessed, with the words around them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from transcribe.coding.leaf import Facts
from transcribe.coding.words import Word, lexicon, lines, plain, stems, words
from transcribe.domain import Assertion, CareSetting, Category, Entity, Label, Reading, Section, Span

ASSESSED = frozenset({Category.ASSESSMENT, Category.PLAN, Category.ASSESSMENT_AND_PLAN, Category.IMPRESSION})
# An earlier diagnosis gives way to the later one of the same report.
_YIELDS = {"PREOPERATIVE DIAGNOSIS": "POSTOPERATIVE DIAGNOSIS", "ADMITTING DIAGNOSIS": "DISCHARGE DIAGNOSIS"}
_INDICATION = frozenset({"INDICATIONS", "CLINICAL INDICATION"})
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9])|\n")
_CLAUSE_END = re.compile(r"[.;:,()\n]| and | or | but | versus | status post ")
_TIED = re.compile(r",?\s+(?:with|due to|secondary to|complicated by|associated with)\s+(?:[a-z-]+\s+){0,2}")
_ADDITION = re.compile(r"\s*[\w-]+(?:\s+[\w-]+){0,3}(?=[,.;:\n]|$)")
_UNSAID = re.compile(r"\b(?:without|no|not|denies|negative for|absent)\b[^,.;:\n]*")
_SIDES = frozenset({"right", "left", "bilateral"})
_BEFORE, _AFTER = 4, 6


@dataclass(frozen=True, slots=True)
class Mention:
    """A problem to find a code for: the words that name it, and what is said around it.

    `near` are words of the same phrase, `facts` what the sentence adds; `uncertain` and `history` are
    the assertions that decide which codes may be used.
    """

    span: Span
    named: tuple[str, ...]
    near: frozenset[str]
    facts: Facts
    uncertain: bool = False
    historical: bool = False
    family: bool = False


def mentions(text: str, reading: Reading, setting: CareSetting) -> tuple[Mention, ...]:
    """The codable mentions of the report in text order; uncertain ones only where the setting allows it."""
    spans = _sentences(text)
    starts = [span.start for span in spans]
    found: list[Mention] = []
    for entity in reading.entities:
        section = _section(reading, entity)
        if entity.label is not Label.PROBLEM or section is None or not _may_be_coded(section, reading):
            continue
        sentence = spans[bisect_right(starts, entity.span.start) - 1]
        mention = _mention(text, reading, entity, sentence)
        if mention is not None and not (mention.uncertain and setting is CareSetting.OUTPATIENT):
            found.append(mention)
    return tuple(found)


def _section(reading: Reading, entity: Entity) -> Section | None:
    return next((each for each in reading.sections if each.body.contains(entity.span)), None)


def _may_be_coded(section: Section, reading: Reading) -> bool:
    """Whether the author's conclusions stand in this section, and no later section replaces them."""
    heading = section.heading.rstrip(":").upper()
    later = _YIELDS.get(heading)
    if later and any(each.heading.rstrip(":").upper() == later for each in reading.sections):
        return False
    if heading == "INDICATIONS":
        return not any(each.category in ASSESSED for each in reading.sections)
    return section.category in ASSESSED


def _mention(text: str, reading: Reading, entity: Entity, sentence: Span) -> Mention | None:
    said = entity.assertions
    guarded = _guard(text, entity.span, sentence)
    if guarded == "barred" or said & {Assertion.NEGATED, Assertion.HYPOTHETICAL}:
        return None
    named = tuple(word.stem for word in words(entity.span.of(text)) if word.stem not in lexicon().empty)
    others = [each.span for each in reading.entities if _apart(text, entity, each)]
    denied = _denied(text, sentence)
    clause = _clause(text, reading, entity, sentence)
    near = _words_outside(text, clause, [*others, *denied])
    return Mention(
        span=entity.span,
        named=named,
        near=frozenset(word.stem for word in _beside(near, entity.span)),
        facts=_facts(text, entity, near, _words_outside(text, sentence, [*others, *denied]), denied),
        uncertain=Assertion.UNCERTAIN in said or guarded == "uncertain",
        historical=Assertion.HISTORICAL in said,
        family=Assertion.FAMILY in said,
    )


def _apart(text: str, entity: Entity, other: Entity) -> bool:
    """Whether `other` is a thing of its own and its words say nothing of `entity`.

    A place belongs to the problem beside it; so does a second problem that "with" and the like tie to it.
    """
    if other is entity or other.label is Label.ANATOMY or other.span.overlaps(entity.span):
        return False
    return other.span.start < entity.span.end or not _tied(text, entity.span, other.span)


def _tied(text: str, span: Span, other: Span) -> bool:
    return _TIED.fullmatch(text, span.end, other.start) is not None


def _beside(near: list[Word], span: Span) -> list[Word]:
    before = [word for word in near if word.end <= span.start][-_BEFORE:]
    after = [word for word in near if word.start >= span.end][:_AFTER]
    return before + after


def _denied(text: str, sentence: Span) -> list[Span]:
    found = _UNSAID.finditer(text.lower(), sentence.start, sentence.end)
    return [Span(each.start(), each.end()) for each in found]


def _words_outside(text: str, within: Span, spans: list[Span]) -> list[Word]:
    found = words(within.of(text), within.start)
    return [word for word in found if not any(each.overlaps(Span(word.start, word.end)) for each in spans)]


def _facts(text: str, entity: Entity, near: list[Word], said: list[Word], denied: list[Span]) -> Facts:
    """The words of the sentence with their places; for the side, the phrase speaks before the sentence."""
    side = _side(near) or entity.attributes.get("side", "") or _side(said)
    spans = {word.stem: Span(word.start, word.end) for word in reversed(said)}
    spans.update({word.stem: Span(word.start, word.end) for word in near})
    unsaid = frozenset(word for each in denied for word in stems(each.of(text)))
    return Facts(spans, unsaid, side, spans.get(side))


def _side(said: list[Word]) -> str:
    sides = {word.stem for word in said if word.stem in _SIDES}
    if sides == {"left", "right"}:
        return "bilateral"
    return sides.pop() if len(sides) == 1 else ""


def _sentences(text: str) -> list[Span]:
    """The sentences and list items of the text, in order, without gaps but for the blanks between them."""
    found: list[Span] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        # "1. Asthma" is one item, not a sentence "1." and another.
        if re.fullmatch(r"\s*\d{1,2}\.", text[start : end.start()]) and end.group() != "\n":
            continue
        found.append(Span(start, end.start()))
        start = end.end()
    return [*found, Span(start, len(text))]


def _clause(text: str, reading: Reading, entity: Entity, sentence: Span) -> Span:
    """The part of the sentence that speaks of `entity`.

    Its phrase, short additions after commas ("asthma, mild persistent"), and a problem tied to it by "with".
    """
    span = entity.span
    before = [each.end() for each in _CLAUSE_END.finditer(text, sentence.start, span.start)]
    start = before[-1] if before else sentence.start
    tied = [each.span.end for each in reading.entities if each.span.start >= span.end and _tied(text, span, each.span)]
    end = max([span.end, *(each for each in tied if each <= sentence.end)])
    while (stop := _CLAUSE_END.search(text, end, sentence.end)) and stop.group() == ",":
        addition = _ADDITION.match(text, stop.end(), sentence.end)
        taken = addition and any(each.span.overlaps(Span(*addition.span())) for each in reading.entities)
        if addition is None or taken:
            break
        end = addition.end()
    return Span(start, stop.start() if stop else max(sentence.end, end))


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
    kind, _, reach = name.partition(" ")
    any_of = "|".join(sorted(phrases, key=len, reverse=True))
    if kind == "after":
        return re.compile(rf"^[^,.;]{{0,25}}\b(?:{any_of})\b")
    limit = rf"(?:\s+[\w/-]+){{0,{int(reach) - 1}}}\s*$" if reach else ""
    return re.compile(rf"\b(?:{any_of})\b{limit}")


def _guard(text: str, span: Span, sentence: Span) -> str:
    """Whether the words around the mention deny it ("barred"), doubt it ("uncertain") or neither ("")."""
    before = plain(text[sentence.start : span.start])
    after = plain(text[span.end : max(sentence.end, span.end)])
    guards = _guards()
    if guards["near 3"].search(before) or guards["sentence"].search(before) or guards["after"].search(after):
        return "barred"
    return "uncertain" if guards["uncertain 4"].search(before) else ""
