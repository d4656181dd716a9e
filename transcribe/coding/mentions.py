"""Chooses what in a report may be coded: the problems its author assessed, with the words around them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from transcribe.coding.context import (
    apart,
    between,
    clause,
    denied,
    entities_in,
    first_phrases,
    guard,
    is_anothers,
    is_course,
    is_plain,
    only_resolved,
    sentences,
    within_reach,
    words_in,
    words_outside,
)
from transcribe.coding.leads import Outline, encounter, outline, phrases
from transcribe.coding.leaf import Facts
from transcribe.coding.tables import CodeTables
from transcribe.coding.words import Word, lexicon, words
from transcribe.domain import Assertion, Category, Entity, Label, Reading, Section, Span

CONCLUSIONS = frozenset({Category.ASSESSMENT, Category.ASSESSMENT_AND_PLAN, Category.IMPRESSION})
# An earlier diagnosis gives way to the later one of the same report.
_YIELDS = (
    (re.compile(r"PRE-? ?(?:OP|PROC)"), re.compile(r"POST-? ?(?:OP|PROC)")),
    (re.compile(r"ADMI(?:T|SSION)"), re.compile(r"(?:DISCHARGE|FINAL|PRINCIPAL) DIAGNOS")),
)
# Headings that make a text the report of a visit, and those whose contents a narrative does not conclude.
_OF_A_VISIT = frozenset(
    {Category.CHIEF_COMPLAINT, Category.HISTORY_OF_PRESENT_ILLNESS, Category.REVIEW_OF_SYSTEMS, Category.ALLERGIES}
)
_NOT_TOLD = frozenset({Category.FAMILY_HISTORY, Category.SOCIAL_HISTORY, Category.MEDICATIONS})
_SHORTEST_STORY = 80
_INDICATIONS = frozenset({"INDICATIONS", "CLINICAL INDICATION"})
_PAST = re.compile(
    r"(?:status post|s/p|history of|prior|previous|(?:aftercare|follow-?up) (?:following|after))\s+(?:[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_SIDES = frozenset({"right", "left", "bilateral"})
_BEFORE, _AFTER = 4, 6
_DIRECTLY_BEFORE = 2
# Terms searched for in a text without headings: words in a row, letters between two of them, letters of one alone.
_LONGEST_TERM, _WIDEST_GAP, _LONG_WORD = 4, 4, 6
# The attributes by which the reading says what an abbreviation means, or that it may mean several things.
_READ = frozenset({"means", "unclear"})
_NO_DISEASE = frozenset("OPVWXYZ")
_JOINT = re.compile(r"\s+(?:with|and|due to|secondary to|complicated by)\s+|\s*/\s*")
_PLACED = re.compile(r"\s+(?:of|in|at|on|over|along|involving|within|to|around|near)\b|,")


class Standing(StrEnum):
    """How far the place of a mention makes it the author's conclusion; all but the first only allow "possible".

    The values are ids of messages.
    """

    CONCLUDED = ""
    DISCUSSED = "discussed-only"
    PLANNED = "planned-only"
    COURSE = "course-only"
    UNTITLED = "untitled"
    COMPLAINT = "complaint-only"
    INSTEAD = "symptom-instead"
    MENTIONED = "mentioned"


@dataclass(frozen=True, slots=True)
class Mention:
    """A problem to find a code for.

    `named` are the words that name it, `near` other words of the same phrase, `attached` those of them right
    before it or after an "of" or "in", `site` those of `named` that follow such a word, `facts` what the
    sentence adds. An `unread` one is an item of the assessment that the reading found no problem in, a
    `resolved` one is over. A `past_operation` is a procedure done before, which only a status code may stand
    for. `parts` are the problems that "with" and the like join in one mention. `respelled`: words of no list, as read.
    """

    span: Span
    named: tuple[str, ...]
    near: frozenset[str]
    attached: tuple[str, ...]
    site: tuple[str, ...]
    facts: Facts
    standing: Standing = Standing.CONCLUDED
    uncertain: bool = False
    resolved: bool = False
    historical: bool = False
    family: bool = False
    unread: bool = False
    past_operation: bool = False
    meanings: str = ""
    parts: tuple[Mention, ...] = ()
    respelled: tuple[tuple[str, str], ...] = ()


def mentions(text: str, reading: Reading, tables: CodeTables) -> tuple[Mention, ...]:
    """The mentions that the author's conclusions rest on, in text order; uncertain ones included.

    A text without headings is searched for the very terms of the tables as well: the reading knows reports.
    """
    places = _places(reading)
    if Standing.UNTITLED in places.values():
        found = (*reading.entities, *_unread_terms(text, reading, tables))
        reading = replace(reading, entities=tuple(sorted(found, key=lambda each: each.span)))
    return _mentions(text, reading, places, tables)


def _unread_terms(text: str, reading: Reading, tables: CodeTables) -> Iterator[Entity]:
    """The longest runs of words outside the entities that are a term of the tables for a disease or a finding."""
    lists = lexicon()
    for sentence in sentences(text):
        absent = denied(text, sentence)
        taken = [each.span for each in entities_in(reading, sentence)]
        said = [word for word in words_outside(text, sentence, [*taken, *absent]) if word.stem not in lists.empty]
        at = 0
        while at < len(said):
            most = min(_LONGEST_TERM, len(said) - at)
            run = next((size for size in range(most, 0, -1) if _is_term(said[at : at + size], tables)), 0)
            if run:
                span = Span(said[at].start, said[at + run - 1].end)
                yield Entity(span, Label.PROBLEM, span.of(text))
            at += run or 1


def _is_term(run: Sequence[Word], tables: CodeTables) -> bool:
    """Whether the words stand together and are a term that names a disease or a finding."""
    lists = lexicon()
    telling = {word.stem for word in run} - lists.side - lists.soft - lists.vague
    together = all(after.start - before.end <= _WIDEST_GAP for before, after in pairwise(run))
    long_enough = len(telling) > 1 or any(len(word) >= _LONG_WORD for word in telling)
    if not (telling and together and long_enough):
        return False
    return any(code[0] not in _NO_DISEASE for code in tables.knows(word.stem for word in run))


def complaints(text: str, reading: Reading, tables: CodeTables, *, instead: bool) -> tuple[Mention, ...]:
    """The problems that brought the patient: what is left to code where no diagnosis was established.

    They are coded `instead` where the diagnosis is doubtful and there is no other.
    """
    places = {
        section: Standing.INSTEAD if instead and section.category is Category.CHIEF_COMPLAINT else Standing.COMPLAINT
        for section in reading.sections
        if section.category is Category.CHIEF_COMPLAINT or _title(section) in _INDICATIONS
    }
    return _mentions(text, reading, places, tables)


def histories(text: str, reading: Reading, tables: CodeTables) -> tuple[Mention, ...]:
    """The problems that the past history lists."""
    past = (each for each in reading.sections if each.category is Category.PAST_MEDICAL_HISTORY)
    return _mentions(text, reading, dict.fromkeys(past, Standing.MENTIONED), tables)


def _places(reading: Reading) -> dict[Section, Standing]:
    """The sections to look in: conclusions and plan, else the indication, else the course, else an untitled text."""
    # "Postoperative diagnosis: same" replaces nothing.
    named = {_title(section) for section in reading.sections if _names_a_problem(section, reading)}
    conclusions = [
        section
        for section in reading.sections
        if section.category in CONCLUSIONS and not _yields(_title(section), named)
    ]
    plans = [section for section in reading.sections if section.category is Category.PLAN]
    if conclusions or plans:
        planned = Standing.PLANNED if conclusions else Standing.CONCLUDED
        return dict.fromkeys(plans, planned) | dict.fromkeys(conclusions, Standing.CONCLUDED)
    indications = [section for section in reading.sections if _title(section) == "INDICATIONS"]
    if indications:
        return dict.fromkeys(indications, Standing.CONCLUDED)
    courses = [section for section in reading.sections if section.category is Category.HOSPITAL_COURSE]
    if not courses and _is_narrative(reading):
        return {each: Standing.UNTITLED for each in reading.sections if each.category not in _NOT_TOLD}
    if courses or any(_title(section) for section in reading.sections):
        return dict.fromkeys(courses, Standing.COURSE)
    return dict.fromkeys(reading.sections, Standing.UNTITLED)


def _is_narrative(reading: Reading) -> bool:
    """Whether the report begins without a heading and has none that a visit's report has."""
    first = reading.sections[0] if reading.sections else None
    begins = first is not None and not _title(first) and first.body.end - first.body.start >= _SHORTEST_STORY
    return begins and not any(each.category in _OF_A_VISIT for each in reading.sections)


def _yields(title: str, others: set[str]) -> bool:
    return any(earlier.match(title) and any(later.match(other) for other in others) for earlier, later in _YIELDS)


def _names_a_problem(section: Section, reading: Reading) -> bool:
    return any(
        each.label is Label.PROBLEM and Assertion.NEGATED not in each.assertions and section.body.contains(each.span)
        for each in reading.entities
    )


def _title(section: Section) -> str:
    return section.heading.rstrip(":").upper()


def _mentions(
    text: str, reading: Reading, places: Mapping[Section, Standing], tables: CodeTables
) -> tuple[Mention, ...]:
    spans = sentences(text)
    found: list[Mention] = []
    for section, standing in places.items():
        inside = [entity for entity in reading.entities if section.body.contains(entity.span)]
        plan = outline(text, section, inside, spans) if section.category in CONCLUSIONS else Outline((), False)
        read = [
            mention
            for entity, unread in _entities(text, section, inside, standing)
            if (mention := _whole_mention(text, reading, entity, spans, section, standing, unread)) is not None
        ]
        read = [each if plan.names(each.span) else replace(each, standing=Standing.DISCUSSED) for each in read]
        found.extend(_joined(text, reading, plan, read, spans, section, standing, tables))
    return tuple(sorted(found, key=lambda mention: mention.span))


def _whole_mention(
    text: str,
    reading: Reading,
    entity: Entity,
    spans: Sequence[Span],
    section: Section,
    standing: Standing,
    unread: bool,
) -> Mention | None:
    """The mention of an entity, with those of the problems that it joins."""
    whole = spans[bisect_right(spans, entity.span.start, key=lambda span: span.start) - 1]
    sentence = within_reach(text, entity.span, whole)
    mention = _mention(text, reading, entity, sentence, section, standing, unread)
    if mention is None:
        return None
    parts = (_mention(text, reading, each, sentence, section, standing, unread) for each in _parts(entity))
    return replace(mention, parts=tuple(part for part in parts if part is not None))


def _joined(
    text: str,
    reading: Reading,
    plan: Outline,
    read: list[Mention],
    spans: Sequence[Span],
    section: Section,
    standing: Standing,
    tables: CodeTables,
) -> list[Mention]:
    """The mentions, those of one heading made parts of the whole heading: the tables may know it as it stands."""
    for lead in plan.leads:
        for phrase in phrases(text, lead):
            parts = [each for each in read if phrase.contains(each.span)]
            said = is_plain(text, Span(lead.start, phrase.end)) and not _qualified(reading, phrase)
            reason = encounter(text, phrase, tables)
            if not reason and (not parts or not said or _covers(text, parts, phrase)):
                continue
            heading = Entity(phrase, Label.PROBLEM, phrase.of(text))
            whole = _whole_mention(text, reading, heading, spans, section, standing, True)
            if whole is not None:
                read = [each for each in read if each not in parts]
                read.append(replace(whole, parts=tuple(parts), named=reason or whole.named))
    return read


def _qualified(reading: Reading, phrase: Span) -> bool:
    """Whether the reading says of anything in the phrase that it is not simply there, or what its letters mean."""
    return any(each.assertions or each.attributes.keys() & _READ for each in entities_in(reading, phrase))


def _covers(text: str, parts: Sequence[Mention], phrase: Span) -> bool:
    """Whether one mention holds every word of the phrase that tells something."""
    lists = lexicon()
    left = words_outside(text, phrase, [parts[0].span]) if len(parts) == 1 else ()
    return len(parts) == 1 and all(word.stem in lists.side | lists.empty for word in left)


def _entities(
    text: str, section: Section, inside: Sequence[Entity], standing: Standing
) -> Iterator[tuple[Entity, bool]]:
    """The problems and operations of the section, and the items of an assessment in which nothing was read."""
    yield from ((entity, False) for entity in inside if entity.label in (Label.PROBLEM, Label.PROCEDURE))
    if standing is Standing.CONCLUDED and section.category in CONCLUSIONS:
        for span in first_phrases(text, section):
            if not any(entity.span.overlaps(span) for entity in inside if entity.label is not Label.ANATOMY):
                yield Entity(span, Label.PROBLEM, span.of(text)), True


def _parts(entity: Entity) -> Iterator[Entity]:
    """The problems that one mention joins: "diabetes with kidney disease" holds two."""
    joints = list(_JOINT.finditer(entity.text))
    starts = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(entity.text)]
    if joints and entity.label is Label.PROBLEM:
        for start, end in zip(starts, ends, strict=True):
            span = Span(entity.span.start + start, entity.span.start + end)
            yield replace(entity, span=span, text=entity.text[start:end])


def _site(text: str, span: Span) -> tuple[str, ...]:
    """The words of the mention after its first "of", "in", comma or the like: where the problem is."""
    placed = _PLACED.search(text, span.start, span.end)
    return tuple(word.stem for word in words(text[placed.end() : span.end])) if placed else ()


def _mention(
    text: str, reading: Reading, entity: Entity, sentence: Span, section: Section, standing: Standing, unread: bool
) -> Mention | None:
    resolved = only_resolved(text, entity)
    said = entity.assertions - {Assertion.NEGATED} if resolved else entity.assertions
    guarded = guard(text, entity.span, sentence)
    operation = entity.label is Label.PROCEDURE
    past = Assertion.HISTORICAL in said or _PAST.search(text[sentence.start : entity.span.start]) is not None
    absent_or_anothers = said & {Assertion.NEGATED, Assertion.HYPOTHETICAL} or is_anothers(text, entity)
    if guarded == "barred" or absent_or_anothers or (operation and not past):
        return None
    named = tuple(word for word in _called(text, entity) if word not in lexicon().empty)
    absent = denied(text, sentence)
    doubtful = "DIFFERENTIAL" in _title(section)
    beside = [
        each for each in entities_in(reading, sentence) if each.label is not Label.ANATOMY and not is_course(each)
    ]
    elsewhere = [each.span for each in beside if apart(text, entity, each)]
    others = [each.span for each in beside if not each.span.overlaps(entity.span)]
    phrase = between(clause(text, reading, entity.span, sentence), elsewhere, entity.span)
    near = words_outside(text, phrase, [*elsewhere, *absent])
    return Mention(
        span=entity.span,
        named=("status", "post", *named) if operation else named,
        near=frozenset(word.stem for word in _beside(near, entity.span)),
        attached=_attached(text, near, entity.span),
        site=_site(text, entity.span),
        facts=_facts(text, entity, near, words_outside(text, sentence, [*elsewhere, *absent]), absent, others),
        standing=standing,
        uncertain=Assertion.UNCERTAIN in said or guarded == "uncertain" or doubtful,
        resolved=resolved,
        historical=Assertion.HISTORICAL in said and not operation,
        family=Assertion.FAMILY in said or "family history" in text[sentence.start : entity.span.start].lower(),
        unread=unread,
        past_operation=operation,
        meanings=entity.attributes.get("unclear", ""),
    )


def _called(text: str, entity: Entity) -> tuple[str, ...]:
    """The words of the entity, or those that its abbreviation means where the reading says so."""
    means = entity.attributes.get("means")
    said = words(means) if means else words_in(text, entity.span)
    return tuple(word.stem for word in said)


def _beside(near: list[Word], span: Span) -> list[Word]:
    before = [word for word in near if word.end <= span.start][-_BEFORE:]
    after = [word for word in near if word.start >= span.end][:_AFTER]
    return before + after


def _attached(text: str, near: list[Word], span: Span) -> tuple[str, ...]:
    before = [word.stem for word in near if word.end <= span.start][-_DIRECTLY_BEFORE:]
    placed = _PLACED.match(text, span.end)
    after = [word.stem for word in near if placed and word.start >= placed.end()][:_AFTER]
    lists = lexicon()
    told = (word for word in before + after if word not in lists.soft | lists.empty | lists.side)
    return tuple(word for word in told if not word[0].isdigit())


def _facts(
    text: str, entity: Entity, near: list[Word], said: list[Word], absent: list[Span], others: Sequence[Span]
) -> Facts:
    """The words of the sentence with their places; for the side, the phrase speaks before the sentence.

    `others` are the other things that the sentence names.
    """
    # What the problem is called comes first, and another problem's side comes last.
    own = _side(words(entity.span.of(text))) or entity.attributes.get("side", "")
    free = [word for word in near if not any(each.start <= word.start < each.end for each in others)]
    side = own or _side(free) or _side(near) or _side(said)
    spans = {word.stem: Span(word.start, word.end) for word in reversed(said)}
    spans.update({word.stem: Span(word.start, word.end) for word in near})
    unsaid = frozenset(word.stem for each in absent for word in words_in(text, each)) - lexicon().empty
    close = frozenset(word.stem for word in _beside(near, entity.span)).union(_called(text, entity))
    return Facts(spans, unsaid, side, spans.get(side), close)


def _side(said: Sequence[Word]) -> str:
    sides = {word.stem for word in said if word.stem in _SIDES}
    if sides == {"left", "right"}:
        return "bilateral"
    return sides.pop() if len(sides) == 1 else ""
