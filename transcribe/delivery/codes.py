"""Accepted codes for those who bill: a table for people and the fields of an 837P claim; nothing is billed here."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from transcribe.delivery.hl7.message import name_of
from transcribe.domain import AcceptedCode, CodeSystem, Report

COLUMNS = (
    *("report", "version", "date_of_service", "record_number", "encounter", "author"),
    *("system", "code", "title", "release", "evidence"),
)

_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_MAX_DIAGNOSES = 12  # Of one 837P claim.


def as_csv(report: Report) -> str:
    """One line for each accepted code under `COLUMNS` (RFC 4180).

    What a spreadsheet would take for a formula has an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for code in report.accepted:
        writer.writerow([_harmless(text) for text in _row(report, code)])
    return out.getvalue()


def _row(report: Report, code: AcceptedCode) -> tuple[str, ...]:
    header = report.dictation.header
    return (
        report.identity,
        str(report.version),
        header.date_of_service.isoformat() if header.date_of_service else "",
        header.record_number,
        header.encounter,
        header.author,
        str(code.system),
        code.code,
        code.title,
        code.release,
        " … ".join(span.of(report.text) for span in code.evidence),
    )


def _harmless(text: str) -> str:
    """`text` with the apostrophe where a spreadsheet would calculate; without what no file in UTF-8 can hold."""
    plain = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return f"'{plain}" if _FORMULA.match(plain) else plain


def as_837p(report: Report) -> dict[str, Any]:
    """What this product knows of a professional claim (ASC X12N 837, 005010X222A1), by element, and what it does not.

    `missing` names what a biller must add; which diagnoses a service is for is a person's judgement.
    """
    header = report.dictation.header
    family, given = name_of(header.patient)
    diagnoses = [code.code for code in report.accepted if code.system is CodeSystem.ICD10CM]
    services = [code for code in report.accepted if code.system is not CodeSystem.ICD10CM]
    day = f"{header.date_of_service:%Y%m%d}" if header.date_of_service else ""
    missing = ["payer", "subscriber", "billing provider", "charges", "place of service", "diagnosis pointers"]
    missing += ["service lines"] * (not services) + ["diagnoses"] * (not diagnoses) + ["date of service"] * (not day)
    return {
        "CLM01": _x12(report.identity)[:38],
        "NM103": _x12(family)[:60],
        "NM104": _x12(given)[:35],
        "DMG02": f"{header.date_of_birth:%Y%m%d}" if header.date_of_birth else "",
        "DMG03": {"female": "F", "male": "M"}.get(header.sex.strip().lower(), "U"),
        "HI": [
            {"qualifier": "ABF" if number else "ABK", "code": _x12(code).replace(".", "")}
            for number, code in enumerate(diagnoses[:_MAX_DIAGNOSES])
        ],
        "more_diagnoses": [_x12(code).replace(".", "") for code in diagnoses[_MAX_DIAGNOSES:]],
        "SV1": [
            {"LX01": number, "qualifier": "HC", "code": _x12(code.code), "DTP03": day}
            for number, code in enumerate(services, start=1)
        ],
        "missing": missing,
    }


def _x12(text: str) -> str:
    """`text` in capitals without the characters that end something in an X12 file, and without line ends."""
    return " ".join(re.sub(r"[*~:^>|\x00-\x1f\x7f]", " ", text).upper().split())
