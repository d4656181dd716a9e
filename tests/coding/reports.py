"""Reports for tests: a text with its problems in braces becomes a text and the reading of it."""

from __future__ import annotations

import re

from transcribe.domain import Assertion, Category, Entity, Label, Reading, Section, Span

CATEGORIES = {
    "ASSESSMENT": Category.ASSESSMENT,
    "DIAGNOSIS": Category.ASSESSMENT,
    "PREOPERATIVE DIAGNOSIS": Category.ASSESSMENT,
    "POSTOPERATIVE DIAGNOSIS": Category.ASSESSMENT,
    "ADMITTING DIAGNOSIS": Category.ASSESSMENT,
    "DISCHARGE DIAGNOSIS": Category.ASSESSMENT,
    "PLAN": Category.PLAN,
    "ASSESSMENT AND PLAN": Category.ASSESSMENT_AND_PLAN,
    "IMPRESSION": Category.IMPRESSION,
    "FINDINGS": Category.FINDINGS,
    "CLINICAL INDICATION": Category.FINDINGS,
    "INDICATIONS": Category.PROCEDURE,
    "HISTORY OF PRESENT ILLNESS": Category.HISTORY_OF_PRESENT_ILLNESS,
    "CHIEF COMPLAINT": Category.CHIEF_COMPLAINT,
    "PAST MEDICAL HISTORY": Category.PAST_MEDICAL_HISTORY,
    "FAMILY HISTORY": Category.FAMILY_HISTORY,
    "REVIEW OF SYSTEMS": Category.REVIEW_OF_SYSTEMS,
    "MEDICATIONS": Category.MEDICATIONS,
    "PHYSICAL EXAMINATION": Category.PHYSICAL_EXAMINATION,
    "PROCEDURES": Category.PROCEDURE,
    "HOSPITAL COURSE": Category.HOSPITAL_COURSE,
}
_BRACED = re.compile(r"\{([^{}|]*)((?:\|[^{}|]*)*)\}")
_HEADING = re.compile(r"^([A-Z &/]+):$", re.MULTILINE)


def report(marked: str) -> tuple[str, Reading]:
    """The text without braces and its reading.

    `{pneumonia}` is a problem; `{pneumonia|negated}` carries an assertion, `{insulin|DRUG}` another label,
    `{pain|side=left}` an attribute.
    """
    text = ""
    entities: list[tuple[int, int, list[str]]] = []
    at = 0
    for found in _BRACED.finditer(marked):
        text += marked[at : found.start()]
        entities.append((len(text), len(text) + len(found[1]), [each for each in found[2].split("|") if each]))
        text += found[1]
        at = found.end()
    text += marked[at:]
    sections = _sections(text)
    return text, Reading(sections, tuple(_entity(text, sections, *each) for each in entities))


def _sections(text: str) -> tuple[Section, ...]:
    headings = list(_HEADING.finditer(text))
    ends = [*(each.start() for each in headings[1:]), len(text)][: len(headings)]
    return tuple(
        Section(each[1], CATEGORIES.get(each[1], Category.OTHER), Span(each.start(), end), Span(each.end(), end))
        for each, end in zip(headings, ends, strict=True)
    )


def _entity(text: str, sections: tuple[Section, ...], start: int, end: int, marks: list[str]) -> Entity:
    span = Span(start, end)
    label = next((Label(each) for each in marks if each.isupper()), Label.PROBLEM)
    attributes = dict(each.split("=") for each in marks if "=" in each)
    assertions = frozenset(Assertion(each) for each in marks if each.islower() and "=" not in each)
    section = next((each.category for each in sections if each.body.contains(span)), Category.OTHER)
    return Entity(span, label, span.of(text), assertions, section, attributes)
