"""What every FHIR resource is made of: names, codes, moments, narrative, and ids that are the same each time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5
from xml.sax.saxutils import escape as escape_xml

from transcribe.delivery.hl7.message import name_of
from transcribe.document.words import printable
from transcribe.domain import CodeSystem, Report

Resource = dict[str, Any]

LOINC = "http://loinc.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
SYSTEMS = {
    CodeSystem.ICD10CM: "http://hl7.org/fhir/sid/icd-10-cm",
    CodeSystem.CPT: "http://www.ama-assn.org/go/cpt",
    CodeSystem.HCPCS: f"{TERMINOLOGY}/HCPCS-all-codes",
}

# Any fixed one will do: with it, an id depends on nothing but what it identifies.
_NAMESPACE = UUID("6f6f5d1e-3c0a-5d0e-9b0e-7a1f6f0f8a11")


@cache
def tables() -> dict[str, Any]:
    """The table of words and codes beside this module."""
    return tomllib.loads(files("transcribe.delivery.fhir").joinpath("tables.toml").read_text("utf-8"))


def urn(report: Report, *parts: object) -> str:
    """The URN of something of this version of the report; the same each time."""
    name = "\0".join((report.identity or report.dictation.name, str(report.version), *map(str, parts)))
    return uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex()).urn


@dataclass
class Entries:
    """The entries of a Bundle as they are made."""

    report: Report
    made: list[Resource] = field(default_factory=list)

    def add(self, resource: Resource, *, first: bool = False) -> Resource:
        """Take the resource in and return a reference to it."""
        kind = resource["resourceType"]
        number = sum(each["resource"]["resourceType"] == kind for each in self.made)
        url = urn(self.report, kind, number)
        identified = {"resourceType": kind, "id": url.removeprefix("urn:uuid:"), **resource}
        entry = {"fullUrl": url, "resource": without_blanks(identified)}
        self.made.insert(0 if first else len(self.made), entry)
        return {"reference": url}


def without_blanks(value: Any) -> Any:
    """The value without what is empty, which FHIR forbids, and without characters that its strings cannot hold."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        kept = {key: without_blanks(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if not _empty(each)}
    if isinstance(value, (list, tuple)):
        return [each for each in map(without_blanks, value) if not _empty(each)]
    return value


def _empty(value: object) -> bool:
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def concept(text: str, *codings: Resource) -> Resource:
    """A CodeableConcept."""
    return {"coding": list(codings), "text": text}


def coding(system: str, code: str, display: str = "") -> Resource:
    """A Coding; a code has no blanks but single ones inside."""
    return {"system": system, "code": " ".join(code.split()), "display": display}


def terms(table: str, code: str) -> Resource:
    """A CodeableConcept with one code of a table of terminology.hl7.org."""
    return {"coding": [coding(f"{TERMINOLOGY}/{table}", code)]}


def human_name(name: str) -> Resource:
    """The name as it was given, and its parts as far as blanks and commas tell them."""
    plain, _, suffix = name.partition(", ") if re.search(r", [A-Z]{2,}", name) else (name, "", "")
    family, given = name_of(plain)
    return {"text": name, "family": family, "given": given.split(), "suffix": [suffix]}


def day_or_moment(at: date | None) -> str:
    """A dateTime; without a zone FHIR allows no hour."""
    if not isinstance(at, datetime):
        return at.isoformat() if at else ""
    return at.isoformat(timespec="seconds") if at.tzinfo else at.date().isoformat()


def instant(at: datetime) -> str:
    """An instant; a moment that knows no zone is taken for one of UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def narrative(lines: Iterable[str]) -> Resource:
    """Lines of text as XHTML in which nothing that was dictated is markup; nothing for lines without a word."""
    paragraphs = [f"<p>{escape_xml(printable(line))}</p>" for line in lines if line.strip()]
    if not paragraphs:
        return {}
    # The words are those of the author, not made from coded data.
    return {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(paragraphs)}</div>'}
