"""What a FHIR client is shown when it asks: what there is to ask for, single documents, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from transcribe.delivery.fhir.bundle import document_bundle, replaces
from transcribe.delivery.fhir.pieces import Resource, instant, without_blanks
from transcribe.domain import Report

FORMS = {"docx": "the report as a Word document", "pdf": "the report as PDF", "txt": "the text of the report"}
"""The files of a report that can be fetched as a Binary, by the ending of its id."""

SEARCHED = {
    "_id": "token", "identifier": "token", "patient.identifier": "token", "patient:identifier": "token",
    "type": "token", "status": "token", "date": "date",
}  # fmt: skip
"""What documents can be looked for by, with the type of each parameter."""

_MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
}


def capabilities(base: str, version: str, made_at: datetime) -> Resource:
    """The CapabilityStatement of the server at `base`."""
    reads = [{"code": "read"}]
    search = [{"name": name, "type": kind} for name, kind in SEARCHED.items()]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(made_at),
        "kind": "instance",
        "software": {"name": "Transcribe", "version": version},
        "implementation": {"description": "Signed reports of a clinic", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "A bearer token of this service in the header Authorization."},
                "resource": [
                    {
                        "type": "DocumentReference",
                        "interaction": [*reads, {"code": "search-type"}],
                        "searchParam": search,
                    },
                    {"type": "Bundle", "interaction": reads},
                    {"type": "Binary", "interaction": reads},
                ],
            }
        ],
    }


def document(report: Report, made_at: datetime, *, withdrawn: bool = False) -> Resource:
    """The document Bundle under the id by which it is asked for."""
    return document_bundle(report, made_at, withdrawn=withdrawn) | {"id": _id(report)}


def _id(report: Report) -> str:
    """What it is asked for by: a version that another took the place of has its number behind that of the report."""
    return f"{report.identity}-{report.version}" if report.replaced_by else report.identity


def reference(report: Report, base: str, made_at: datetime, *, pdf: bool, withdrawn: bool = False) -> Resource:
    """The DocumentReference alone: whom it is about is said in it, and its files are links to `base`."""
    bundle = document_bundle(report, made_at, withdrawn=withdrawn)
    resources = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    found: Resource = next(each for each in resources.values() if each["resourceType"] == "DocumentReference")
    forms = [form for form in FORMS if not withdrawn and (pdf or form != "pdf")]
    links = [
        {"contentType": _MEDIA[form], "url": f"{base}/Binary/{_id(report)}-{form}", "title": FORMS[form]}
        for form in forms
    ]
    whole = {
        "contentType": "application/fhir+json",
        "url": f"{base}/Bundle/{_id(report)}",
        "title": "FHIR document",
    }
    content = [{"attachment": each} for each in (*links, whole)]
    said: Resource = without_blanks(_said(found, resources))
    earlier = f"{base}/DocumentReference/{report.identity}-{report.version - 1}"
    relates = {"relatesTo": [replaces(earlier)]} if report.version > 1 and not withdrawn else {}
    return said | relates | {"id": _id(report), "date": instant(made_at), "content": content}


def _said(value: object, resources: dict[str, Resource]) -> object:
    """The value with who and what is meant in the place of references into a Bundle that is not there."""
    if isinstance(value, dict):
        if "reference" in value:
            return _meant(resources[value["reference"]])
        return {key: _said(each, resources) for key, each in value.items()}
    return [_said(each, resources) for each in value] if isinstance(value, list) else value


def _meant(resource: Resource) -> Resource:
    names = resource.get("name", "")
    display = names if isinstance(names, str) else names[0].get("text", "") if names else ""
    identifier = next(iter(resource.get("identifier", ())), None)
    return {"type": resource["resourceType"], "identifier": identifier, "display": display or "not known"}


def listed(references: Sequence[Resource], base: str, link: str, following: str) -> Resource:
    """The page of a search; `link` is what was asked, `following` the page after it, if there is one."""
    links = [{"relation": "self", "url": link}, *([{"relation": "next", "url": following}] if following else [])]
    entries = [
        {"fullUrl": f"{base}/DocumentReference/{each['id']}", "resource": each, "search": {"mode": "match"}}
        for each in references
    ]
    page: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return page | ({"entry": entries} if entries else {})


def outcome(code: str, text: str) -> Resource:
    """An OperationOutcome: why something was refused."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
