"""A report as a FHIR document: Composition, DocumentReference, what can be read from it, and who signed it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha1

from transcribe.delivery.attachment import Attachment
from transcribe.delivery.fhir.facts import Facts, facts
from transcribe.delivery.fhir.pieces import (
    LOINC,
    TERMINOLOGY,
    Entries,
    Resource,
    coding,
    concept,
    day_or_moment,
    human_name,
    instant,
    narrative,
    tables,
    terms,
    urn,
)
from transcribe.document.words import addendum_title, signing
from transcribe.domain import CareSetting, Category, Report, Section, Signature, Span, Status

US_CORE = "http://hl7.org/fhir/us/core"
_CLASSES = {CareSetting.INPATIENT: ("IMP", "inpatient encounter"), CareSetting.OUTPATIENT: ("AMB", "ambulatory")}


def document_bundle(
    report: Report, made_at: datetime, *, attachments: Sequence[Attachment] = (), withdrawn: bool = False
) -> Resource:
    """The Bundle of type document; the same report, moment and attachments give the same Bundle.

    Its DocumentReference follows US Core and holds the text and each attachment. One that is `withdrawn` says so and
    holds neither text nor facts: they may be another patient's. Conditions, medication statements,
    procedures and observations are what the clinical reader found in the text without doubt of negation, family or
    time, and the codes a person accepted; a Provenance says that a device read them.
    """
    entries = Entries(report)
    people = add_people(entries)
    if withdrawn:
        return _withdrawn(entries, people, made_at)
    reference = entries.add(_document_reference(report, people, attachments))
    found = facts(entries, people)
    composition = entries.add(_composition(report, people, reference, found, made_at), first=True)
    for signature in report.signatures if report.status is Status.SIGNED else ():
        entries.add(_provenance(signature, [composition, reference]))
    for addendum in report.addenda:
        entries.add(_provenance(addendum.signature, [composition]))
    if found.all:
        entries.add(_read_by_device(report, found.all, reference, made_at, people))
    return _bundle(entries, made_at)


def _bundle(entries: Entries, made_at: datetime) -> Resource:
    name = urn(entries.report, "Bundle")
    return {
        "resourceType": "Bundle",
        "id": name.removeprefix("urn:uuid:"),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": name},
        "type": "document",
        "timestamp": instant(made_at),
        "entry": entries.made,
    }


def _withdrawn(entries: Entries, people: dict[str, Resource], made_at: datetime) -> Resource:
    """The same document, entered in error."""
    report = entries.report
    note = _attachment(Attachment(b"This report does not count any more.", "text/plain"), report)
    gone = {"status": "entered-in-error", "docStatus": "entered-in-error", "content": [{"attachment": note}]}
    reference = entries.add(_document_reference(report, people, ()) | gone)
    whole = _composition(report, people, reference, Facts(()), made_at)
    section = [{"title": "Document", "entry": [reference]}]
    entries.add(whole | {"status": "entered-in-error", "section": section}, first=True)
    return _bundle(entries, made_at)


def add_people(entries: Entries) -> dict[str, Resource]:
    """Patient, author, clinic, visit and software as resources; references to those that are known."""
    report, header = entries.report, entries.report.dictation.header
    gender = tables()["gender"].get(header.sex.strip().lower(), "unknown")
    record_number = (
        {"type": terms("v2-0203", "MR"), "value": header.record_number} if header.record_number.strip() else {}
    )
    patient = {
        "identifier": [record_number],
        "name": [human_name(header.patient)],
        "gender": gender,
        "birthDate": day_or_moment(header.date_of_birth),
    }
    people = {
        "patient": entries.add({"resourceType": "Patient", **patient}),
        "author": entries.add({"resourceType": "Practitioner", "name": [human_name(header.author)]}),
        "device": entries.add(_device(report)),
    }
    if header.clinic.strip():
        people["clinic"] = entries.add({"resourceType": "Organization", "name": header.clinic})
    if header.encounter.strip():
        code, display = _CLASSES[header.setting]
        visit = {
            "resourceType": "Encounter",
            "identifier": [{"value": header.encounter}],
            "status": "unknown",
            "class": coding(f"{TERMINOLOGY}/v3-ActCode", code, display),
            "subject": people["patient"],
        }
        people["encounter"] = entries.add(visit)
    return people


def _device(report: Report) -> Resource:
    names = [f"{step}: {name}" for step, name in report.made_by.items() if name.strip()]
    return {
        "resourceType": "Device",
        "deviceName": [{"name": "Transcribe", "type": "other"}],
        "version": [{"value": name} for name in names],
    }


def _status(report: Report) -> str:
    if report.status is not Status.SIGNED:
        return "preliminary"
    return "amended" if report.version > 1 or report.addenda else "final"


def _type(report: Report) -> Resource:
    return concept(report.work_type.title, coding(LOINC, report.work_type.loinc))


def _document_reference(report: Report, people: dict[str, Resource], attachments: Sequence[Attachment]) -> Resource:
    header = report.dictation.header
    text = Attachment(report.text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
    category = coding(f"{US_CORE}/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note")
    contents = [{"attachment": _attachment(each, report)} for each in (text, *attachments) if each.content]
    visit = {"encounter": [people.get("encounter")], "period": {"start": day_or_moment(header.date_of_service)}}
    return {
        "resourceType": "DocumentReference",
        "meta": {"profile": [f"{US_CORE}/StructureDefinition/us-core-documentreference"]},
        "identifier": [
            {"system": "urn:ietf:rfc:3986", "value": urn(report, "document")},
            {"value": report.identity},
            {"type": {"text": "SHA-256 of the text"}, "value": report.digest},
        ],
        "status": "superseded" if report.replaced_by else "current",
        "docStatus": _status(report),
        "type": _type(report),
        "category": [{"coding": [category]}],
        "subject": people["patient"],
        "author": [people["author"]],
        "authenticator": people["author"] if report.status is Status.SIGNED else None,
        "custodian": people.get("clinic"),
        "relatesTo": [replaces(urn(replace(report, version=report.version - 1), "document"))] * (report.version > 1),
        "content": contents,
        "context": visit,
    }


def replaces(earlier: str) -> Resource:
    """That a DocumentReference takes the place of the one at this address, or of the document of this URN."""
    if earlier.startswith("urn:"):
        return {"code": "replaces", "target": {"identifier": {"system": "urn:ietf:rfc:3986", "value": earlier}}}
    return {"code": "replaces", "target": {"reference": earlier}}


def _attachment(file: Attachment, report: Report) -> Resource:
    return {
        "contentType": file.media_type,
        "language": "en-US",
        "data": base64.b64encode(file.content).decode("ascii"),
        "size": len(file.content),
        # FHIR asks for SHA-1 here; the text's SHA-256 is among the identifiers.
        "hash": base64.b64encode(sha1(file.content, usedforsecurity=False).digest()).decode("ascii"),
        "title": report.work_type.title,
    }


def _composition(
    report: Report, people: dict[str, Resource], reference: Resource, found: Facts, made_at: datetime
) -> Resource:
    header = report.dictation.header
    signatures = report.signatures if report.status is Status.SIGNED else ()
    older = {"code": "replaces", "targetIdentifier": {"value": f"{report.identity} version {report.version - 1}"}}
    return {
        "resourceType": "Composition",
        "language": "en-US",
        "identifier": {"value": report.identity or report.dictation.name},
        "status": _status(report),
        "type": _type(report),
        "subject": people["patient"],
        "encounter": people.get("encounter"),
        "date": day_or_moment(header.transcribed_at or header.dictated_at or made_at),
        "author": [people["author"]],
        "title": report.work_type.title,
        "attester": [
            {"mode": "legal", "time": day_or_moment(signature.signed_at), "party": {"display": signature.printed}}
            for signature in signatures
        ],
        "custodian": people.get("clinic"),
        "relatesTo": [older] if report.version > 1 else [],
        "section": [
            *(_section(section, report, found) for section in _sections(report)),
            *_addenda(report),
            {"title": "Document", "entry": [reference]},
        ],
    }


def _sections(report: Report) -> Sequence[Section]:
    """Those that were read; a text in which none was read is one."""
    if report.reading.sections:
        return report.reading.sections
    whole = Span(0, len(report.text))
    return (Section("", Category.OTHER, whole, whole),) if report.text.strip() else ()


def _section(section: Section, report: Report, found: Facts) -> Resource:
    lines = section.body.of(report.text).split("\n")
    code = tables()["section"].get(section.category, "")
    return {
        "title": section.heading,
        "code": {"coding": [coding(LOINC, code)]} if code else {},
        # A heading without text is still something that was dictated.
        "text": narrative(lines) or narrative([section.heading]),
        "entry": found.inside(section.span),
    }


def _addenda(report: Report) -> list[Resource]:
    return [
        {
            "title": addendum_title(number, addendum),
            "text": narrative((*addendum.text.split("\n"), *signing(addendum.signature))),
        }
        for number, addendum in enumerate(report.addenda, start=1)
    ]


def _provenance(signature: Signature, targets: list[Resource]) -> Resource:
    """Who signed, when and with what meaning; the data of the signature is the hash that binds it to the text."""
    known = tables()["signature"]
    purpose = next((code for word, code in known.items() if word in signature.meaning.lower()), known["verified"])
    who = {"display": signature.printed if signature.printed.strip() else "not known"}
    return {
        "resourceType": "Provenance",
        "target": targets,
        "recorded": instant(signature.signed_at),
        "activity": {"text": signature.meaning},
        "agent": [{"type": terms("provenance-participant-type", "attester"), "who": who}],
        "signature": [
            {
                "type": [coding("urn:iso-astm:E1762-95:2013", purpose)],
                "when": instant(signature.signed_at),
                "who": who,
                "sigFormat": "text/plain" if signature.digest else "",
                "data": base64.b64encode(signature.digest.encode("utf-8", "replace")).decode("ascii"),
            }
        ],
    }


def _read_by_device(
    report: Report, targets: list[Resource], source: Resource, made_at: datetime, people: dict[str, Resource]
) -> Resource:
    return {
        "resourceType": "Provenance",
        "target": targets,
        "recorded": instant(made_at),
        "activity": {"text": "read from the text by a program"},
        "agent": [{"type": terms("provenance-participant-type", "assembler"), "who": people["device"]}],
        "entity": [{"role": "source", "what": source}],
    }
