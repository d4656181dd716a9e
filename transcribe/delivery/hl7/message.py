"""A report as an HL7 v2.5.1 message: MDM, which tells what happens to a document, or ORU, which tells a result.

Segments and tables are those of HL7 v2.5.1, chapters 2, 3, 7 and 9.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files

from transcribe.delivery.attachment import Attachment
from transcribe.delivery.hl7.text import ENCODING_CHARACTERS, escape, field, repeated, segment, stamp
from transcribe.document.words import signing
from transcribe.domain import Addendum, CareSetting, Header, Report, Signature, Status
from transcribe.errors import UsageError


class Event(StrEnum):
    """What happened to the document, as the trigger event of an MDM message."""

    NEW = "T02"
    STATUS = "T04"
    ADDENDUM = "T06"
    EDIT = "T08"
    REPLACE = "T10"
    CANCEL = "T11"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends to whom under which id, and whether it counts ("P") or is a trial ("T").

    A message that is sent again keeps `control_id` (20 characters at most) and `made_at`, so that it is the same.
    """

    control_id: str
    made_at: datetime
    sending_application: str = "TRANSCRIBE"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    processing: str = "P"


def control_id(*parts: str) -> str:
    """The id of a message, 20 characters, that depends on nothing but `parts`: report, version, target, event."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20].upper()


def mdm(
    report: Report, event: Event, envelope: Envelope, *, attachment: Attachment | None = None, reason: str = ""
) -> str:
    """The message that tells of `event`, its segments ended by carriage returns.

    The document travels as formatted text, or in base64 where an `attachment` is given. An addendum is a document of
    its own that names the report as its parent: the last one is sent. A cancellation carries no document; `reason`
    says why (also for an edit or a replacement). Raises `UsageError` for an addendum or a replacement of nothing.
    """
    addendum = _addendum(report) if event is Event.ADDENDUM else None
    if event is Event.REPLACE and report.version < 2:
        raise UsageError("The first version of a report replaces nothing; send it as new.")
    structure = "MDM_T01" if event is Event.CANCEL else "MDM_T02"
    documents = [] if event is Event.CANCEL else _observations(report, addendum, attachment)
    return _joined(
        _msh(envelope, field("MDM", event, structure)),
        segment("EVN", f1=event, f2=stamp(envelope.made_at)),
        _pid(report.dictation.header),
        _pv1(report.dictation.header),
        _txa(report, event, addendum, envelope, attachment, reason),
        *documents,
    )


def oru(report: Report, envelope: Envelope, *, attachment: Attachment | None = None, withdrawn: bool = False) -> str:
    """The report with its addenda as a result (ORU^R01), its segments ended by carriage returns.

    One that is `withdrawn` has no text and says that what was posted was wrong.
    """
    header = report.dictation.header
    observed = stamp(header.date_of_service or header.dictated_at)
    request = segment(
        "OBR",
        f1="1",
        f3=field(document_number(report), envelope.sending_application),
        f4=_kind(report),
        f7=observed,
        f16=_person(header.referring),
        f22=stamp(_last_signed(report) or header.transcribed_at),
        f25="X" if withdrawn else _result_status(report),
        f32=_interpreter(header.author),
    )
    head = (_msh(envelope, field("ORU", "R01", "ORU_R01")), _pid(header), _pv1(header), request)
    if withdrawn:
        return _joined(*head, segment("OBX", f1="1", f2="FT", f3=_kind(report), f4="1", f11="W"))
    observations = _observations(report, None, attachment)
    for addendum in () if attachment else report.addenda:
        observations.append(_text(report, len(observations) + 1, _content(addendum.text, (addendum.signature,))))
    return _joined(*head, *observations)


def _joined(*segments: str) -> str:
    return "".join(f"{each}\r" for each in segments)


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("transcribe.delivery.hl7").joinpath("tables.toml").read_text("utf-8"))


def _addendum(report: Report) -> Addendum:
    if not report.addenda:
        raise UsageError("The report has no addendum to send.")
    return report.addenda[-1]


def document_number(report: Report, addendum: Addendum | None = None) -> str:
    """The number that a receiver knows the version, or the addendum to it, by."""
    name = report.identity or report.dictation.name
    if addendum is not None:
        return addendum.identity or f"{name}-A{report.addenda.index(addendum) + 1}"
    return name if report.version == 1 else f"{name}-{report.version}"


def _msh(envelope: Envelope, kind: str) -> str:
    fields = segment(
        "MSH",
        f1=ENCODING_CHARACTERS,
        f2=field(envelope.sending_application),
        f3=field(envelope.sending_facility),
        f4=field(envelope.receiving_application),
        f5=field(envelope.receiving_facility),
        f6=stamp(envelope.made_at),
        f8=kind,
        f9=escape(envelope.control_id),
        f10=escape(envelope.processing),
        f11="2.5.1",
        f17="UNICODE UTF-8",
    )
    return fields  # MSH counts the separator behind its name as its first field, so all stand one further.


def _pid(header: Header) -> str:
    number = header.record_number
    return segment(
        "PID",
        f1="1",
        f3=field(number, "", "", header.clinic, "MR") if number else "",
        f5=field(*name_of(header.patient)),
        f7=stamp(header.date_of_birth),
        f8=_tables()["sex"].get(header.sex.strip().lower(), "U" if header.sex else ""),
    )


def _pv1(header: Header) -> str:
    return segment(
        "PV1",
        f1="1",
        f2="I" if header.setting is CareSetting.INPATIENT else "O",
        f8=_person(header.referring),
        f19=field(header.encounter),
    )


def name_of(name: str) -> tuple[str, str]:
    """Family and given name of "Ann Example" or "Example, Ann"; one word is a family name."""
    family, _, given = name.partition(", ")
    if not (family and given):
        given, _, family = name.rpartition(" ")
    return (family, given) if family and given else (name, "")


def _person(name: str, *, identifier: str = "") -> str:
    """A person of data type XCN; what follows the comma behind a clinician's name are degrees."""
    if not name and not identifier:
        return ""
    plain, degree = _degree_apart(name)
    return field(identifier, *name_of(plain), "", "", "", degree)


def _interpreter(name: str) -> str:
    """A person of data type NDL, whose first component has parts of its own."""
    plain, degree = _degree_apart(name)
    return "&".join(map(escape, ("", *name_of(plain), "", "", "", degree))).rstrip("&")


def _degree_apart(name: str) -> tuple[str, str]:
    plain, _, degree = name.partition(", ")
    return (plain, degree) if plain and degree else (name, "")


def _txa(
    report: Report,
    event: Event,
    addendum: Addendum | None,
    envelope: Envelope,
    attachment: Attachment | None,
    reason: str,
) -> str:
    header = report.dictation.header
    author = _person(header.author, identifier=header.author_initials)
    signatures = (addendum.signature,) if addendum else _signatures(report)
    application = envelope.sending_application
    return segment(
        "TXA",
        f1="1",
        f2=_tables()["document_type"].get(report.work_type.key, "CN"),
        f3="AP" if attachment else "FT",
        f4=stamp(header.date_of_service),
        f5=author,
        f6=stamp(header.dictated_at),
        f7=stamp(header.transcribed_at),
        f8=stamp(envelope.made_at) if event in (Event.EDIT, Event.REPLACE) else "",
        f9=author,
        f10=author,
        f11=_person("", identifier=header.transcriptionist_initials),
        f12=field(document_number(report, addendum), application),
        f13=field(parent, application) if (parent := _parent(report, event)) else "",
        f17=_completion(report, addendum),
        f18="U",
        f19="CA" if event is Event.CANCEL else "AV",
        f21=field(reason),
        f22=repeated(_authenticated(signature) for signature in signatures),
        f23=repeated(_person(name) for name in header.copies_to),
    )


def _parent(report: Report, event: Event) -> str:
    if event is Event.ADDENDUM:
        return document_number(report)
    if event not in (Event.EDIT, Event.REPLACE) or report.version == 1:
        return ""
    return document_number(replace(report, version=report.version - 1))


def _completion(report: Report, addendum: Addendum | None) -> str:
    """Table 0271: legally authenticated, documented, in progress."""
    if addendum or report.status is Status.SIGNED:
        return "LA"
    return "DO" if report.status is Status.RELEASED else "IP"


def _authenticated(signature: Signature) -> str:
    """Data type PPN: who, and as its 15th component when."""
    name, degree = _degree_apart(signature.name)
    return field("", *name_of(name), "", "", "", signature.credentials or degree, *[""] * 7, stamp(signature.signed_at))


def _signatures(report: Report) -> tuple[Signature, ...]:
    return report.signatures if report.status is Status.SIGNED else ()


def _last_signed(report: Report) -> datetime | None:
    signatures = _signatures(report)
    return signatures[-1].signed_at if signatures else None


def _kind(report: Report) -> str:
    return field(report.work_type.loinc, report.work_type.title, "LN")


def _observations(report: Report, addendum: Addendum | None, attachment: Attachment | None) -> list[str]:
    """The document as one segment that shows it, with who signed it beneath."""
    if attachment:
        kind, _, subtype = attachment.media_type.partition("/")
        data = base64.b64encode(attachment.content).decode("ascii")
        return [_observation(report, 1, "ED", field("", kind, subtype, "Base64", data))]
    if addendum:
        return [_text(report, 1, _content(addendum.text, (addendum.signature,)))]
    return [_text(report, 1, _content(report.text, _signatures(report)))]


def _content(text: str, signatures: Sequence[Signature]) -> str:
    blocks = (text, *("\n".join(signing(signature)) for signature in signatures))
    return "\n\n".join(blocks)


def _text(report: Report, number: int, text: str) -> str:
    return _observation(report, number, "FT", escape(text, formatted=True))


def _observation(report: Report, number: int, kind: str, value: str) -> str:
    return segment(
        "OBX",
        f1=str(number),
        f2=kind,
        f3=_kind(report),
        f4=str(number),
        f5=value,
        f11=_result_status(report),
        f14=stamp(report.dictation.header.date_of_service or report.dictation.header.dictated_at),
        f16=_person(report.dictation.header.author),
    )


def _result_status(report: Report) -> str:
    """Table 0085: corrected, final, preliminary."""
    if report.status is not Status.SIGNED:
        return "P"
    return "C" if report.version > 1 else "F"
