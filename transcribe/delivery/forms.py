"""Every form that a report can be exported in, by its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from transcribe import document, report
from transcribe.delivery import codes, pdf
from transcribe.delivery.attachment import DOCX, PDF, Attachment
from transcribe.delivery.fhir import claim_bundle, document_bundle
from transcribe.delivery.hl7 import Envelope, Event, control_id, mdm
from transcribe.domain import Report
from transcribe.errors import UsageError

FHIR = "application/fhir+json"


def export(
    exported: Report,
    form: str,
    made_at: datetime,
    *,
    archival: bool = False,
    render: Callable[[Report], bytes] = document.render,
) -> Attachment:
    """The report in the form that `FORMS` lists; the same report and moment give the same bytes, but for a PDF.

    `render` makes the DOCX, which a PDF is made of, too; `archival` makes a PDF that is PDF/A. Raises `UsageError` for
    another form and `MissingPart` for a PDF without LibreOffice.
    """
    if form == "docx":
        return Attachment(render(exported), DOCX)
    if form == "pdf":
        return Attachment(pdf.convert(render(exported), archival=archival), PDF)
    if form not in _MAKERS:
        raise UsageError(f"There is no form '{form}'; choose one of: {', '.join(FORMS)}.")
    media_type, make = _MAKERS[form]
    return Attachment(make(exported, made_at), media_type)


def _json(plain: Any) -> bytes:
    # What JSON cannot say in UTF-8, half a surrogate pair, it says as an escape.
    return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def _hl7(exported: Report, made_at: datetime) -> bytes:
    identity = control_id(exported.identity or exported.dictation.name, str(exported.version), "export", Event.NEW)
    return mdm(exported, Event.NEW, Envelope(identity, made_at)).encode("utf-8")


_MAKERS: Mapping[str, tuple[str, Callable[[Report, datetime], bytes]]] = {
    "json": ("application/json", lambda exported, _: _json(report.to_json(exported))),
    "fhir": (FHIR, lambda exported, made_at: _json(document_bundle(exported, made_at))),
    "claim": (FHIR, lambda exported, made_at: _json(claim_bundle(exported, made_at))),
    "hl7": ("x-application/hl7-v2+er7", _hl7),
    "csv": ("text/csv; charset=utf-8", lambda exported, _: codes.as_csv(exported).encode("utf-8")),
    "837p": ("application/json", lambda exported, _: _json(codes.as_837p(exported))),
}

FORMS = ("docx", "pdf", *_MAKERS)
"""The names of the forms."""

SUFFIXES = {"fhir": "fhir.json", "claim": "claim.json", "837p": "837p.json"}
"""How the names of files end whose form is not their suffix."""
