"""What a report says of the patient as FHIR resources; what it denies, doubts in time or tells of others is none.

A wrong fact in a chart harms: only entities that the text asserts, in the sections where such facts stand, are told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.delivery.fhir.pieces import (
    LOINC,
    SYSTEMS,
    Entries,
    Resource,
    coding,
    concept,
    day_or_moment,
    tables,
    terms,
)
from transcribe.domain import AcceptedCode, Assertion, CodeSystem, Entity, Label, Report, Span, Status

_NUMBER = re.compile(r"\d+(\.\d+)?")
_PRESSURE = re.compile(r"(\d{2,3})/(\d{2,3})")


@dataclass(frozen=True)
class Facts:
    """References to what was found, each with the place in the text that says it, where there is one."""

    placed: tuple[tuple[Resource, Span | None], ...]

    @property
    def all(self) -> list[Resource]:
        """Every reference."""
        return [reference for reference, _ in self.placed]

    def inside(self, span: Span) -> list[Resource]:
        """References to what the text says in `span`."""
        return [reference for reference, place in self.placed if place and span.contains(place)]


def facts(entries: Entries, people: dict[str, Resource]) -> Facts:
    """Add conditions, medication statements, procedures and observations to the entries."""
    report = entries.report
    told = [entity for entity in report.reading.entities if _is_told(entity, report)]
    makers = {
        Label.DRUG: _medication,
        Label.PROCEDURE: _procedure,
        Label.TEST: _observation,
    }
    found: list[tuple[Resource, Span | None]] = []
    for condition, place in _conditions(report, [entity for entity in told if entity.label is Label.PROBLEM], people):
        found.append((entries.add(condition), place))
    for entity in told:
        if entity.label in makers:
            found.append((entries.add(makers[entity.label](entity, report, people)), entity.span))
    return Facts(tuple(found))


def _is_told(entity: Entity, report: Report) -> bool:
    """Whether the entity is a fact about the patient now, in a section where such facts stand."""
    allowed = {Assertion.UNCERTAIN} if entity.label is Label.PROBLEM else set()
    if entity.section not in tables()["found_in"].get(entity.label, ()) or entity.assertions - allowed:
        return False
    heading = _heading(entity, report)
    if entity.label is Label.PROBLEM:
        return heading not in tables()["before"]["headings"]
    if entity.label is Label.TEST:
        return "value" in entity.attributes
    return entity.label is not Label.PROCEDURE or heading in tables()["done"]["headings"]


def _heading(entity: Entity, report: Report) -> str:
    inside = (section.heading for section in report.reading.sections if section.span.contains(entity.span))
    return next(inside, "").rstrip(":").upper()


def _conditions(
    report: Report, problems: list[Entity], people: dict[str, Resource]
) -> list[tuple[Resource, Span | None]]:
    """Each accepted diagnosis in the words it rests on, and each problem that no accepted code stands for, once.

    A code may be right for billing where the text only says "probable": the words decide how sure the fact is.
    """
    accepted = [code for code in report.accepted if code.system is CodeSystem.ICD10CM and code.code.strip()]
    made: list[tuple[Resource, Span | None]] = []
    for code in accepted:
        words = " … ".join(span.of(report.text) for span in code.evidence) or code.title or code.code
        doubted = any(_doubts(entity, code.evidence) for entity in report.reading.entities)
        place = code.evidence[0] if code.evidence else None
        made.append((_condition(report, words, people, code=code, doubted=doubted), place))
    evidence = [span for code in accepted for span in code.evidence]
    said = {span.of(report.text).lower() for span in evidence}
    for entity in problems:
        if entity.text.lower() not in said and not any(span.overlaps(entity.span) for span in evidence):
            said.add(entity.text.lower())
            made.append((_condition(report, entity.text, people, doubted=_doubts(entity, (entity.span,))), entity.span))
    return made


def _doubts(entity: Entity, places: Sequence[Span]) -> bool:
    return Assertion.UNCERTAIN in entity.assertions and any(place.overlaps(entity.span) for place in places)


def _condition(
    report: Report, words: str, people: dict[str, Resource], *, code: AcceptedCode | None = None, doubted: bool
) -> Resource:
    sure = report.status is Status.SIGNED and not doubted
    codings = [coding(SYSTEMS[code.system], code.code, code.title)] if code else []
    return {
        "resourceType": "Condition",
        "clinicalStatus": terms("condition-clinical", "active"),
        "verificationStatus": terms("condition-ver-status", "confirmed" if sure else "provisional"),
        "category": [terms("condition-category", "encounter-diagnosis")],
        "code": concept(words, *codings),
        "subject": people["patient"],
        "encounter": people.get("encounter"),
        "recordedDate": day_or_moment(report.dictation.header.dictated_at),
    }


def _medication(entity: Entity, report: Report, people: dict[str, Resource]) -> Resource:
    words = (entity.attributes.get(key, "") for key in ("dose", "route", "frequency"))
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": concept(entity.text),
        "subject": people["patient"],
        "context": people.get("encounter"),
        "effectiveDateTime": _service(report),
        "dosage": [{"text": " ".join(filter(None, words))}],
    }


def _procedure(entity: Entity, report: Report, people: dict[str, Resource]) -> Resource:
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(entity.text),
        "subject": people["patient"],
        "encounter": people.get("encounter"),
        "performedDateTime": _service(report),
    }


def _observation(entity: Entity, report: Report, people: dict[str, Resource]) -> Resource:
    vital = tables()["vital_sign"].get(entity.text.lower(), "")
    kind = "vital-signs" if vital else "laboratory" if "LABORATOR" in _heading(entity, report) else ""
    return {
        "resourceType": "Observation",
        "status": "final" if report.status is Status.SIGNED else "preliminary",
        "category": [terms("observation-category", kind)] if kind else [],
        "code": concept(entity.text, *([coding(LOINC, vital)] if vital else [])),
        "subject": people["patient"],
        "encounter": people.get("encounter"),
        "effectiveDateTime": _service(report),
        **_value(entity),
    }


def _value(entity: Entity) -> Resource:
    """A number is a quantity in the unit that was said, a blood pressure its two parts, all else the words."""
    value, unit = entity.attributes["value"], entity.attributes.get("unit", "")
    if pressure := _PRESSURE.fullmatch(value):
        parts = (("8480-6", "Systolic blood pressure"), ("8462-4", "Diastolic blood pressure"))
        return {
            "component": [
                {"code": concept(name, coding(LOINC, code)), "valueQuantity": _quantity(number, unit or "mmHg")}
                for (code, name), number in zip(parts, pressure.groups(), strict=True)
            ]
        }
    if _NUMBER.fullmatch(value):
        return {"valueQuantity": _quantity(value, unit)}
    return {"valueString": f"{value} {unit}".strip()}


def _quantity(number: str, unit: str) -> Resource:
    return {"value": float(number) if "." in number else int(number), "unit": unit}


def _service(report: Report) -> str:
    header = report.dictation.header
    return day_or_moment(header.date_of_service or header.dictated_at)
