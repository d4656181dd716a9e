"""The fields that a clinic's template may use, and the example that shows them filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from transcribe.document.words import moment, notice, numerals, printable, standing
from transcribe.domain import (
    AcceptedCode,
    CodeSystem,
    Dictation,
    Draft,
    Header,
    Reading,
    Report,
    Signature,
    Status,
)
from transcribe.work_types import work_type

BLOCKS = ("body", "ending")
"""Fields that become paragraphs: the text, and what stands under it from the signature on."""

_FIELDS: Mapping[str, Callable[[Report], object]] = {
    "patient": lambda report: report.dictation.header.patient,
    "record_number": lambda report: report.dictation.header.record_number,
    "date_of_birth": lambda report: numerals(report.dictation.header.date_of_birth, blank=""),
    "sex": lambda report: report.dictation.header.sex,
    "encounter": lambda report: report.dictation.header.encounter,
    "author": lambda report: report.dictation.header.author,
    "author_initials": lambda report: report.dictation.header.author_initials,
    "transcriptionist_initials": lambda report: report.dictation.header.transcriptionist_initials,
    "clinic": lambda report: report.dictation.header.clinic,
    "referring": lambda report: report.dictation.header.referring,
    "copies_to": lambda report: list(report.dictation.header.copies_to),
    "stat": lambda report: "STAT" if report.dictation.header.stat else "",
    "work_type": lambda report: report.work_type.title,
    "date_of_service": lambda report: numerals(report.dictation.header.date_of_service, blank=""),
    "dictated_at": lambda report: moment(report.dictation.header.dictated_at),
    "transcribed_at": lambda report: moment(report.dictation.header.transcribed_at),
    "report": lambda report: report.identity,
    "version": lambda report: str(report.version),
    "status": standing,
    "notice": notice,
    "sha256": lambda report: report.digest,
    "signed_by": lambda report: [signature.printed for signature in report.signatures],
    "signed_at": lambda report: [moment(signature.signed_at) for signature in report.signatures],
    "codes": lambda report: [
        {"system": str(code.system), "code": code.code, "title": code.title} for code in report.accepted
    ],
}

NAMES = frozenset(_FIELDS).union(BLOCKS)
"""Every field there is."""


def values(report: Report) -> dict[str, object]:
    """Every field but the blocks with its text, its list of texts or its list of rows."""
    return {name: _clean(value(report)) for name, value in _FIELDS.items()}


def _clean(value: object) -> object:
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    return printable(str(value))


def example() -> Report:
    """A signed report about nobody, with something in every field."""
    signed = Signature("Ada Example", "author", datetime(2026, 5, 19, 8, 5, tzinfo=UTC), "MD")
    header = Header(
        patient="Pat Placeholder & Son",
        record_number="0000",
        date_of_birth=date(1960, 1, 31),
        sex="female",
        encounter="E-0000",
        author="Ada Example, MD",
        author_initials="AE",
        transcriptionist_initials="mt",
        clinic="Example Clinic",
        referring="Bo Example, MD",
        copies_to=("Bo Example, MD",),
        stat=True,
        date_of_service=date(2026, 5, 18),
        dictated_at=datetime(2026, 5, 18, 16, 42),
        transcribed_at=datetime(2026, 5, 18, 18, 3),
    )
    text = "SUBJECTIVE:\n\nThis is an example.\n\nASSESSMENT:\n\n1. Nothing.\n2. Nobody.\n\nPLAN:\n\nNone."
    return Report(
        Dictation("example", header),
        work_type("progress_note"),
        Draft(text, ()),
        Reading((), ()),
        codes=(),
        marks=(),
        made_by={},
        status=Status.SIGNED,
        identity="EXAMPLE",
        version=2,
        replaces=replace(signed, signed_at=datetime(2026, 5, 18, 20, 30, tzinfo=UTC)),
        signatures=(signed,),
        accepted=(AcceptedCode(CodeSystem.ICD10CM, "Z00.00", "Example", "2026"),),
    )
