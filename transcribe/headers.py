"""Fills the header of a dictation from what is known elsewhere: the file's name, a CSV list, HL7 messages.

Nothing is guessed: what does not fit, or fits two visits, fills nothing. Messages name lines and fields, no values.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from transcribe.domain import CareSetting, Header
from transcribe.errors import UnusableInput, UsageError
from transcribe.work_types import work_type

Fields = Mapping[str, Any]
"""Values for fields of `Header`, by their names."""

_EMPTY = Header()
_FIELDS = {each.name: str(each.type) for each in fields(Header)}
_CONTROL = {code: " " for code in (*range(32), *range(127, 160))}
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit of an import; `file` or `order` names the recording it is for, where it says."""

    fields: Fields
    file: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class NamePattern:
    """How a clinic names its files; see `name_pattern`."""

    expression: re.Pattern[str]
    forms: Mapping[str, str]


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("transcribe").joinpath("headers.toml").read_text("utf-8"))


@cache
def _columns() -> dict[str, str]:
    """The field of each column title."""
    return {title: field for field, titles in _tables()["columns"].items() for title in titles}


def filled(header: Header, known: Fields) -> Header:
    """The header with `known` for the fields that it leaves open; what it says itself stands."""
    new = {name: value for name, value in known.items() if getattr(header, name) == getattr(_EMPTY, name)}
    return replace(header, **new)


def name_pattern(text: str) -> NamePattern:
    """The pattern that `text` writes: fields in braces, and between them what stands in every name.

    ``{record_number}_{date_of_service:%Y%m%d}_{author}`` fits ``1002_20260527_Okonedo.wav``; ``{*}`` is anything.
    Raises `UsageError` for a field that is not known, stands twice, or follows another without anything between them.
    """
    pieces = re.findall(r"([^{}]*)(?:\{([^{}]*)\})?", text)
    expression, forms = "", {}
    for (literal, field), (behind, following) in pairwise([*pieces, ("", "")]):
        expression += re.escape(literal)
        if not field:
            continue
        name, _, form = field.partition(":")
        if name != "*" and (name not in _FIELDS or name in forms):
            raise UsageError(f"The pattern of file names has '{name}', which is no field or stands there twice.")
        if following and not behind:
            raise UsageError(f"In the pattern of file names something must stand between '{field}' and '{following}'.")
        forms[name] = form
        # A field ends where what follows it first stands, so no name can be read in two ways, or slowly.
        inside = _form(form) if form else f"(?:(?!{re.escape(behind)}).)+" if behind else ".+"
        expression += f"(?:{inside})" if name == "*" else f"(?P<{name}>{inside})"
    if not forms:
        raise UsageError("The pattern of file names has no field; write one in braces, as in {record_number}.")
    forms.pop("*", None)
    return NamePattern(re.compile(expression, re.IGNORECASE | re.DOTALL), forms)


def _form(form: str) -> str:
    """What a day or a moment in the form of `strptime` looks like."""
    widths = {"Y": r"\d{4}", "b": r"\w{3}", "B": r"\w{3,9}"}
    return "".join(
        widths.get(code, r"\d{2}") if code else re.escape(plain) for code, plain in re.findall(r"%(\w)|(.)", form)
    )


def from_name(name: str, pattern: NamePattern) -> Fields:
    """What the name of a file says by the clinic's pattern; nothing when it does not fit in every part."""
    readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    fits = pattern.expression.fullmatch(PurePath(readable.replace("\\", "/")).stem) if len(readable) <= 255 else None
    if not fits:
        return {}
    found = {field: _value(field, text, pattern.forms[field]) for field, text in fits.groupdict().items()}
    return {} if None in found.values() else found


def from_csv(content: bytes) -> list[Entry]:
    """The visits of a list with a line of titles; commas, semicolons, tabs or bars between columns.

    Raises `UnusableInput`, which names the line and the column, for a value that cannot be understood.
    """
    text = _decoded(content)
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnusableInput("The list is not CSV: a quotation mark is missing, or a field is too long.") from error
    titles = (
        [_columns().get(_clean(title).lower().replace("_", " ").replace("-", " "), "") for title in rows[0]]
        if rows
        else []
    )
    named = [title for title in titles if title]
    if not named or len(set(named)) < len(named):
        raise UnusableInput("The first line of the list must name its columns, each once; known are: " + _known() + ".")
    return [_entry(titles, row, number) for number, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]


def _known() -> str:
    return ", ".join(titles[0] for titles in _tables()["columns"].values())


def _entry(titles: list[str], row: list[str], number: int) -> Entry:
    texts = {title: _clean(text) for title, text in zip(titles, row, strict=False) if title and text.strip()}
    file, order = texts.pop("file", ""), texts.pop("order", "")
    names = [texts.pop(part, "") for part in ("given", "family")]
    if any(names) and "patient" not in texts:
        texts["patient"] = " ".join(filter(None, names))
    found = {}
    for field, text in texts.items():
        found[field] = _value(field, text)
        if found[field] is None:
            raise UnusableInput(f"Line {number} of the list: the column for '{field}' cannot be understood.")
    return Entry(found, file, order)


def from_hl7(content: bytes) -> list[Entry]:
    """The visits of HL7 version 2 messages (ADT, ORM, OMG …): patient from PID, visit from PV1, order from ORC and OBR.

    Who attends is not taken for who dictates. Raises `UnusableInput` for what is no message, or a date that is none.
    """
    text = _hl7_text(content)
    starts = [found.start() for found in re.finditer(r"^MSH[^\n]", text, re.MULTILINE)]
    if not starts:
        raise UnusableInput("This is no HL7 message: no line begins with MSH.")
    return [_visit(text[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]


def find(entries: Iterable[Entry], *, file: str = "", order: str = "", known: Fields | None = None) -> Entry | None:
    """The one visit that a recording belongs to: by its file name, its order, its encounter, or else its record number.

    None when no visit fits, or more than one: a report under another patient's name is worse than one without.
    """
    entries, known = list(entries), known or {}
    stem = PurePath(file).stem.casefold()
    tests = (
        (stem, lambda entry: PurePath(entry.file).stem.casefold()),
        (order, lambda entry: entry.order),
        (known.get("encounter"), lambda entry: entry.fields.get("encounter")),
        (known.get("record_number"), lambda entry: entry.fields.get("record_number")),
    )
    for wanted, of in tests:
        if wanted and (fitting := [entry for entry in entries if of(entry) == wanted]):
            return fitting[0] if len(fitting) == 1 else None
    return None


def _clean(text: str) -> str:
    """The text on one line, without control characters, which no database and no document can hold."""
    return text.translate(_CONTROL).strip()


def _value(field: str, text: str, form: str = "") -> Any:
    """The text as the value of `field`, a day or moment written in `form`; None when it cannot be one."""
    text, kind = _clean(text), _FIELDS[field]
    if kind.startswith("datetime"):
        return _moment(text, form)
    if kind.startswith("date"):
        moment = _first(text, [form] if form else _tables()["written"]["days"])
        return moment.date() if moment else None
    if kind == "tuple[str, ...]":
        return tuple(filter(None, map(str.strip, text.split(";"))))
    if field == "stat":
        return {"true": True, "false": False}.get(_listed("stat", text))
    if field == "setting":
        return CareSetting(found) if (found := _listed("setting", text)) else None
    if field == "sex":
        return _listed("sex", text) or text
    return _work_type(text) if field == "work_type" else text


def _listed(table: str, text: str) -> str:
    """The key of the table under which `text` stands; nothing when it stands nowhere."""
    return next((key for key, ways in _tables()[table].items() if text.lower() in ways), "")


def _moment(text: str, form: str) -> datetime | None:
    return _first(text, [form] if form else [*_tables()["written"]["moments"], *_tables()["written"]["days"]])


def _first(text: str, forms: Iterable[str]) -> datetime | None:
    """The moment that `text` writes in the first of the forms that fits."""
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _work_type(text: str) -> str | None:
    try:
        return work_type(text).key
    except UsageError:
        return None


def _decoded(content: bytes) -> str:
    """Text as spreadsheets save it: UTF-8, UTF-16 with its mark, or else the code page of Western Windows."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _hl7_text(content: bytes) -> str:
    """The messages with one segment a line, without the frame that MLLP puts around them."""
    plain = content.replace(b"\x0b", b"").replace(b"\x1c", b"")
    try:
        text = plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = plain.decode("latin-1")
    return re.sub(r"\r\n?", "\n", text)


class _Segment:
    """One segment: its fields by number, as HL7 counts them."""

    def __init__(self, line: str, marks: str) -> None:
        self._marks = marks
        self._fields = line.split(marks[0])

    def text(self, field: int, component: int = 1, *, repetition: str | None = None) -> str:
        """A component of a field, unescaped; nothing where there is none."""
        found = (repetition if repetition is not None else next(iter(self.repetitions(field)), "")).split(
            self._marks[1]
        )
        raw = found[component - 1] if len(found) >= component else ""
        return _clean(_unescaped(raw.split(self._marks[4])[0], self._marks)) if raw != '""' else ""

    def repetitions(self, field: int) -> list[str]:
        """The repetitions of a field."""
        return self._fields[field].split(self._marks[2]) if len(self._fields) > field else []


def _unescaped(text: str, marks: str) -> str:
    """The text with HL7's escapes undone (version 2.5.1, chapter 2.7); formatting becomes a blank."""
    plain = {"F": marks[0], "S": marks[1], "R": marks[2], "E": marks[3], "T": marks[4]}
    escape = re.escape(marks[3])
    return re.sub(f"{escape}([^{escape}]*){escape}", lambda found: plain.get(found[1], " "), text)


def _visit(message: str) -> Entry:
    lines = [line for line in message.split("\n") if len(line) > 3]
    marks = lines[0][3:8].ljust(5, "\0")
    if len(set(marks)) < 5 or "\0" in marks:
        marks = marks[0] + "^~\\&"
    segments: dict[str, _Segment] = {}
    for line in lines:
        segments.setdefault(line[:3], _Segment(line, marks))
    empty = _Segment("", marks)
    pid, pv1, orc, obr = (segments.get(name, empty) for name in ("PID", "PV1", "ORC", "OBR"))
    found = dict(_patient(pid))
    inpatient = _listed("setting", pv1.text(2)) == CareSetting.INPATIENT
    service = obr.text(7) or ("" if inpatient else pv1.text(44))
    found |= {
        "encounter": pv1.text(19) or pid.text(18),
        "setting": CareSetting.INPATIENT if inpatient else "",
        "referring": _doctor(pv1, 8) or _doctor(obr, 16),
        "stat": "S" in (obr.text(5), obr.text(27, 6), orc.text(7, 6)),
        "date_of_service": _hl7_day(service, "OBR-7 or PV1-44"),
    }
    return Entry({field: value for field, value in found.items() if value}, order=orc.text(2) or obr.text(2))


def _patient(pid: _Segment) -> Iterator[tuple[str, Any]]:
    numbers = pid.repetitions(3)
    number = next((each for each in numbers if pid.text(3, 5, repetition=each) == "MR"), next(iter(numbers), ""))
    yield "record_number", pid.text(3, repetition=number)
    yield "patient", " ".join(filter(None, (pid.text(5, part) for part in (2, 3, 1, 4))))
    yield "date_of_birth", _hl7_day(pid.text(7), "PID-7")
    yield "sex", _listed("sex", pid.text(8))


def _doctor(segment: _Segment, field: int) -> str:
    """A person of HL7's type XCN as a header names one: given and family name, then the degree."""
    name = " ".join(filter(None, (segment.text(field, part) for part in (3, 4, 2, 5))))
    return ", ".join(filter(None, (name, segment.text(field, 7))))


def _hl7_day(text: str, where: str) -> date | None:
    """The day of a time stamp; None for one that names no day."""
    if len(text) < 8:
        return None
    if (moment := _first(text[:8], ["%Y%m%d"])) is None:
        raise UnusableInput(f"In an HL7 message the date of {where} is none.")
    return moment.date()
