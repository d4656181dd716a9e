"""Puts a file into a folder that another program watches, under a name made by a template, complete or not at all."""

from __future__ import annotations

import os
import re
import string
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

from transcribe.domain import Report
from transcribe.errors import NotAllowed, TryLater, UsageError

_FIELDS: Mapping[str, Callable[[Report], object]] = {
    "report": lambda report: report.identity,
    # What an addendum was added to is another file than the version without it.
    "version": lambda report: f"{report.version}{f'-A{len(report.addenda)}' if report.addenda else ''}",
    "work_type": lambda report: report.work_type.key,
    "status": lambda report: report.status,
    "patient": lambda report: report.dictation.header.patient,
    "record_number": lambda report: report.dictation.header.record_number,
    "encounter": lambda report: report.dictation.header.encounter,
    "author": lambda report: report.dictation.header.author,
    "clinic": lambda report: report.dictation.header.clinic,
    "date_of_service": lambda report: report.dictation.header.date_of_service or "",
}
_NEEDED = ("report", "version")

_UNSAFE = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 80


def name(template: str, report: Report, ending: str) -> str:
    """The path under the folder, as in "{date_of_service}/{record_number}_{report}_{version}" with ".ending" behind.

    A value never adds a folder, a hidden file or a name that a system keeps for itself. Raises `UsageError` for a
    template with an unknown field or without `{report}` and `{version}`, by which two reports never have one name.
    """
    used = refuse_template(template)
    parts = [part for part in template.split("/") if part]
    values = {field: _safe(str(value(report))) for field, value in _FIELDS.items() if field in used}
    named = [_component(part.format_map(values)) for part in parts]
    return "/".join(named) + f".{_safe(ending)}"


def refuse_template(template: str) -> set[str]:
    """The fields that a template of names uses; raises as `name` does."""
    used = {field for part in template.split("/") for field in _fields(part)}
    if missing := [field for field in _NEEDED if field not in used]:
        raise UsageError(f"A template of names needs {{{missing[0]}}}, so that no report takes another's place.")
    return used


def _fields(part: str) -> set[str]:
    """The fields that one part of a template uses; a template can do nothing but name them."""
    try:
        parsed = list(string.Formatter().parse(part))
    except ValueError as error:
        raise UsageError("The template of names has a brace without its other half.") from error
    for _, field, form, conversion in parsed:
        if field is not None and (field not in _FIELDS or form or conversion):
            raise UsageError(f"A template of names may use: {', '.join(f'{{{known}}}' for known in _FIELDS)}.")
    return {field for _, field, _, _ in parsed if field}


def _safe(text: str) -> str:
    """Letters, digits, dots and dashes of `text`, in one form whatever way they were typed."""
    return _UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip("._")


def _component(text: str) -> str:
    """One name of a path, of at most 200 bytes."""
    safe = _safe(text) or "_"
    safe = f"_{safe}" if _RESERVED.match(safe) else safe
    while len(safe.encode("utf-8")) > 200:
        safe = safe[: len(safe) // 2]
    return safe


def drop(root: Path, path: str, content: bytes) -> Path:
    """Write `content` to `path` under `root`; whoever watches sees all of it or nothing.

    The same content again changes nothing. Raises `NotAllowed` for a path that leads out of `root`, by a link too,
    and `TryLater` where nothing can be written.
    """
    try:
        top = root.resolve(strict=True)
        place = top / path
        if not place.parent.resolve().is_relative_to(top) or place.is_symlink() or ".." in Path(path).parts:
            raise NotAllowed("The name leads out of the folder.")
        place.parent.mkdir(parents=True, exist_ok=True)
        if not (place.is_file() and place.read_bytes() == content):
            _replace(place, content)
    except OSError as error:
        raise TryLater(f"The folder {root} cannot be written to: {error.strerror}.") from error
    return place


def _replace(place: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(place)
    finally:
        Path(temporary).unlink(missing_ok=True)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # Else the new name may be lost with the power.
    finally:
        os.close(folder)
