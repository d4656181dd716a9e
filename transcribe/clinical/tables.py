"""Puts what a report says into tables: medications, problems, allergies, vital signs, laboratory values."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from transcribe.clinical.allergies import allergens, denies, says_none
from transcribe.domain import (
    Allergy,
    Assertion,
    Category,
    Condition,
    Entity,
    Label,
    Measurement,
    Medication,
    Section,
    Span,
    Tables,
)
from transcribe.usual_values import known

Row = TypeVar("Row", Medication, Condition, Allergy, Measurement)

_NOT_THEIRS = frozenset({Assertion.NEGATED, Assertion.FAMILY, Assertion.HYPOTHETICAL})
_LISTED = frozenset(
    {
        Category.ASSESSMENT,
        Category.ASSESSMENT_AND_PLAN,
        Category.IMPRESSION,
        Category.PAST_MEDICAL_HISTORY,
    }
)
_NO_DRUG_LIST = frozenset({Category.ALLERGIES, Category.FAMILY_HISTORY, Category.SOCIAL_HISTORY})
_TO_ALLERGY = re.compile(r"\b(?:allerg(?:y|ic|ies)|intoleran(?:t|ce)|sensitiv(?:e|ity)|reactions?) to\b[\w\s,]*$", re.I)
_ALLERGY_TAIL = re.compile(r"\s+(?:allerg(?:y|ies)|intolerance|hypersensitivity)$", re.I)


def tables(text: str, sections: tuple[Section, ...], entities: tuple[Entity, ...]) -> Tables:
    """The tables of a text from what was read in it; a row that says nothing new is left out."""
    bodies = [section.body for section in sections if section.category is Category.ALLERGIES]
    denied = all(map(says_none, (body.of(text) for body in bodies))) if bodies else denies(text)
    allergies = tuple(_once(_allergies(text, bodies, entities)))
    return Tables(
        medications=tuple(_once(_medications(entities, {row.span for row in allergies}))),
        problems=tuple(_once(_problems(entities))),
        allergies=allergies,
        vitals=tuple(_measurements(entities, vital=True)),
        laboratory=tuple(_measurements(entities, vital=False)),
        no_known_allergies=denied and not allergies,
    )


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows without those that agree with an earlier one in all that they tell."""
    seen: set[Hashable] = set()
    for row in rows:
        told = tuple(str(getattr(row, name)).lower() for name in row.__slots__ if name != "span")
        if told not in seen:
            seen.add(told)
            yield row


def _medications(entities: tuple[Entity, ...], taken: set[Span]) -> Iterator[Medication]:
    """The drugs of medication lists, and those given or prescribed elsewhere with a dose or a frequency."""
    for entity in entities:
        theirs = entity.label is Label.DRUG and not entity.assertions & _NOT_THEIRS
        if not theirs or entity.section in _NO_DRUG_LIST or entity.span in taken:
            continue
        told = {name: entity.attributes.get(name, "") for name in ("dose", "route", "frequency", "reason")}
        if entity.section is Category.MEDICATIONS or told["dose"] or told["frequency"]:
            yield Medication(entity.span, entity.text, **told)


def _problems(entities: tuple[Entity, ...]) -> Iterator[Condition]:
    """The problems of assessments and histories; where a text has no such section, all that are the patient's."""
    theirs = [each for each in entities if each.label is Label.PROBLEM and not each.assertions & _NOT_THEIRS]
    listed = [entity for entity in theirs if entity.section in _LISTED]
    for entity in listed or theirs:
        told = {name: entity.attributes.get(name, "") for name in ("site", "side", "severity")}
        if entity.section is not Category.ALLERGIES and not _ALLERGY_TAIL.search(entity.text):
            yield Condition(entity.span, entity.text, _status(entity), **told)


def _status(entity: Entity) -> str:
    if Assertion.UNCERTAIN in entity.assertions:
        return "suspected"
    return "past" if Assertion.HISTORICAL in entity.assertions else "active"


def _allergies(text: str, bodies: list[Span], entities: tuple[Entity, ...]) -> Iterator[Allergy]:
    """What stands in a list of allergies, and what the patient is said to be allergic to elsewhere."""
    found = [entity for entity in entities if _is_allergen(text, entity)]
    spans = {entity.span: _ALLERGY_TAIL.sub("", entity.text) for entity in found}
    spans |= {span: span.of(text) for body in bodies for span in _other_allergens(text, body, spans)}
    order = sorted(spans)
    for at, span in enumerate(order):
        until = order[at + 1].start if at + 1 < len(order) else len(text)
        yield Allergy(span, spans[span], _reaction(text, span, until, entities))


def _is_allergen(text: str, entity: Entity) -> bool:
    if entity.assertions & {Assertion.NEGATED, Assertion.FAMILY}:
        return False
    if _ALLERGY_TAIL.search(entity.text):
        return True
    if entity.label is not Label.DRUG:
        return False
    before = text[max(0, entity.span.start - 60) : entity.span.start].rpartition(".")[2]
    return entity.section is Category.ALLERGIES or _TO_ALLERGY.search(before) is not None


def _other_allergens(text: str, body: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """Allergens that are no drugs, among the words of a list of allergies."""
    words = list(re.finditer(r"[A-Za-z]+", body.of(text)))
    at = 0
    while at < len(words):
        for length in (2, 1):
            last = words[min(at + length, len(words)) - 1]
            span = Span(body.start + words[at].start(), body.start + last.end())
            if span.of(text).lower() in allergens() and not any(span.overlaps(other) for other in taken):
                yield span
                at += length - 1
                break
        at += 1


def _reaction(text: str, span: Span, until: int, entities: tuple[Entity, ...]) -> str:
    """The first problem between the allergen and the next one, in the same sentence."""
    for entity in entities:
        near = span.end <= entity.span.start < until and entity.label is Label.PROBLEM
        if near and not re.search(r"[.;\n]", text[span.end : entity.span.start]):
            return entity.text
    return ""


def _measurements(entities: tuple[Entity, ...], *, vital: bool) -> Iterator[Measurement]:
    """The tests with a value that are vital signs, or else those that are known laboratory tests."""
    for entity in entities:
        about = known(entity.text)
        if entity.label is not Label.TEST or about is None or about.vital is not vital:
            continue
        told = {name: entity.attributes.get(name, "") for name in ("value", "unit", "flag")}
        if told["value"]:
            yield Measurement(entity.span, about.name, **told)
