"""Accepted codes as a draft FHIR Claim: ready for a biller to complete, and nothing that anybody would pay."""

from __future__ import annotations

from datetime import datetime

from transcribe.delivery.fhir.bundle import add_people
from transcribe.delivery.fhir.pieces import (
    SYSTEMS,
    Entries,
    Resource,
    coding,
    concept,
    day_or_moment,
    instant,
    terms,
    urn,
)
from transcribe.domain import AcceptedCode, CodeSystem, Report


def claim_bundle(report: Report, made_at: datetime) -> Resource:
    """A Bundle of type collection with the Claim first, then patient, author, clinic and visit.

    Payer, charges and the diagnoses that each service is for are not known here and stand empty or as not known.
    """
    entries = Entries(report)
    people = add_people(entries)
    entries.add(_claim(report, people, made_at), first=True)
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": urn(report, "claim bundle")},
        "type": "collection",
        "timestamp": instant(made_at),
        "entry": entries.made,
    }


def _claim(report: Report, people: dict[str, Resource], made_at: datetime) -> Resource:
    codes = [code for code in report.accepted if code.code.strip()]
    diagnoses = [code for code in codes if code.system is CodeSystem.ICD10CM]
    services = [code for code in codes if code.system is not CodeSystem.ICD10CM]
    day = report.dictation.header.date_of_service
    return {
        "resourceType": "Claim",
        "status": "draft",
        "type": terms("claim-type", "professional"),
        "use": "claim",
        "patient": people["patient"],
        "created": instant(made_at),
        "provider": people.get("clinic", people["author"]),
        "priority": terms("processpriority", "normal"),
        "diagnosis": [
            {"sequence": number, "diagnosisCodeableConcept": _concept(code)}
            for number, code in enumerate(diagnoses, start=1)
        ],
        # A Claim must name an insurance; who pays is the biller's knowledge.
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "not known"}}],
        "item": [
            {
                "sequence": number,
                "productOrService": _concept(code),
                "servicedDate": day_or_moment(day),
                "encounter": [people["encounter"]] if "encounter" in people else [],
            }
            for number, code in enumerate(services, start=1)
        ],
    }


def _concept(code: AcceptedCode) -> Resource:
    return concept(code.title, coding(SYSTEMS[code.system], code.code, code.title))
