"""How text, dates, signers and states read on paper, whichever form the report takes."""

from __future__ import annotations

import re
from datetime import date, datetime

from transcribe.domain import Addendum, Report, Signature, Status

_UNPRINTABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

BLANK = "_" * 14
NOT_KNOWN = "–"
_UNSIGNED = {Status.DRAFT: "DRAFT – not signed", Status.RELEASED: "DRAFT – released, not signed"}


def printable(text: str) -> str:
    """`text` with every character that XML 1.0 cannot hold replaced by U+FFFD, so that positions stay."""
    return _UNPRINTABLE.sub("\ufffd", text)


def numerals(day: date | None, *, blank: str = BLANK) -> str:
    """A date as 05/18/2026; `blank` where it is not known."""
    return f"{day:%m/%d/%Y}" if day else blank


def moment(at: datetime | None) -> str:
    """A date with its time as 05/18/2026 16:42, with the zone where it is known; a blank where nothing is."""
    return f"{at:%m/%d/%Y %H:%M} {at:%Z}".rstrip() if at else BLANK


def signing(signature: Signature) -> tuple[str, ...]:
    """The lines of one electronic signature: printed name, meaning, date and time."""
    return (
        f"Electronically signed by {signature.printed}",
        f"Meaning: {signature.meaning}",
        f"Signed: {moment(signature.signed_at)}",
    )


def standing(report: Report) -> str:
    """What every page says of a report that is not, or no longer, to be relied on; nothing where it may be."""
    if report.withdrawn_at:
        return "WITHDRAWN – does not count"
    if report.replaced_by:
        return "SUPERSEDED – was corrected"
    return _UNSIGNED.get(report.status, "")


def notice(report: Report) -> str:
    """What a reader must know before the first word: what this replaces, what was added, and what became of it."""
    at = moment(report.withdrawn_at)
    gone = f"WITHDRAWN {at}: this report does not count any more." if report.withdrawn_at else ""
    newer = f"SUPERSEDED by the report {_signed(report.replaced_by)}." if report.replaced_by else ""
    number = report.version - 1
    older = f"replaces the report {_signed(report.replaces)}" if report.replaces else f"replaces version {number}"
    amended = f"AMENDED REPORT, {older}." if number else ""
    added = "ADDENDUM at the end of this report." if report.addenda else ""
    return " ".join(filter(None, (gone, newer, amended, added)))


def _signed(signature: Signature) -> str:
    return f"signed {moment(signature.signed_at)} by {signature.printed}"


def addendum_title(number: int, addendum: Addendum) -> str:
    """The heading above one addendum."""
    return f"ADDENDUM {number}, {moment(addendum.signature.signed_at)}:"


def of_record(report: Report) -> str:
    """Which version this is and what its text hashes to, so that anybody can check that a copy is true."""
    name = f"Report {report.identity}, version" if report.identity else "Version"
    return f"{name} {report.version}\nSHA-256 of the text: {report.digest}"
