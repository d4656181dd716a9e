"""What an HL7 message from a clinic says of a patient, a visit or an order, and the answer to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from transcribe.delivery.hl7.text import ENCODING_CHARACTERS, escape, field, segment, stamp, unescape
from transcribe.domain import CareSetting, Header
from transcribe.errors import UnusableInput

_SEXES = {"F": "female", "M": "male", "O": "other", "A": "ambiguous"}
_INPATIENT = {"I"}  # Table 0004; preadmissions, emergencies and obstetrics may still turn out either way.


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message as segments of fields, as they were sent, with the separators it names."""

    segments: tuple[tuple[str, ...], ...]
    separators: str

    def raw(self, name: str, number: int, *, nth: int = 0) -> str:
        """The field as it was sent; empty where there is none. `nth` counts the segments of that name."""
        found = [each for each in self.segments if each[0] == name]
        return found[nth][number] if nth < len(found) and number < len(found[nth]) else ""

    def components(self, name: str, number: int, *, repetition: int = 0) -> tuple[str, ...]:
        """The components of one repetition of a field, as they were meant; of a subdivided one the first part."""
        _, component, again, _, part = tuple(self.separators)
        repetitions = self.raw(name, number).split(again)
        chosen = repetitions[repetition] if repetition < len(repetitions) else ""
        return tuple(unescape(each.split(part)[0], self.separators) for each in chosen.split(component))

    def value(self, name: str, number: int, part: int = 1) -> str:
        """One component of the first repetition, counted from 1; the null of HL7 ("") is empty."""
        components = self.components(name, number)
        found = components[part - 1] if part <= len(components) else ""
        return "" if found == '""' else found


def parse(message: str | bytes) -> Parsed:
    """The message taken apart. Raises `UnusableInput`, which repeats nothing of it, for what is none."""
    text = _decoded(message) if isinstance(message, bytes) else message
    lines = [line for line in re.split("\r\n|\r|\n", text) if line]
    if not lines or not re.match(r"MSH[^\w\s][^\w\s]{3,}", lines[0]):
        raise UnusableInput("This is no HL7 message: it does not begin with MSH and its separators.")
    mark = lines[0][3]
    separators = mark + lines[0][4:].split(mark)[0].ljust(4, "&")[:4]
    # The separator itself is the first field of MSH.
    fields = [tuple(line.split(mark)) for line in lines]
    return Parsed((("MSH", mark, *fields[0][1:]), *fields[1:]), separators)


def _decoded(message: bytes) -> str:
    """Many senders name no character set (MSH-18); what is no UTF-8 is taken for Latin-1, in which nothing fails."""
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        return message.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message read: its event as in "ADT^A08", its id, what it tells of the next dictations, and order numbers.

    `merged_from` is the record number that a merge makes invalid.
    """

    event: str
    control_id: str
    header: Header
    placer_order: str = ""
    filler_order: str = ""
    merged_from: str = ""


def read(message: str | bytes) -> Incoming:
    """What an ADT or ORM message says. Raises `UnusableInput` for another, or for one without a record number."""
    parsed = parse(message)
    kind, event = parsed.value("MSH", 9), parsed.value("MSH", 9, 2)
    if kind not in ("ADT", "ORM"):
        raise UnusableInput("Only ADT and ORM messages are read here.")
    header = _header(parsed)
    if not header.record_number:
        raise UnusableInput("The message has no record number in PID-3.")
    return Incoming(
        event=f"{kind}^{event}",
        control_id=parsed.value("MSH", 10),
        header=header,
        placer_order=parsed.value("ORC", 2) or parsed.value("OBR", 2),
        filler_order=parsed.value("ORC", 3) or parsed.value("OBR", 3),
        merged_from=parsed.value("MRG", 1),
    )


def _header(parsed: Parsed) -> Header:
    sex = parsed.value("PID", 8)
    return Header(
        patient=_name(parsed.components("PID", 5)),
        record_number=_record_number(parsed),
        date_of_birth=_day(parsed.value("PID", 7)),
        sex=_SEXES.get(sex.upper(), ""),
        encounter=parsed.value("PV1", 19) or parsed.value("PID", 18),
        author=_clinician(parsed.components("PV1", 7)),
        clinic=parsed.value("MSH", 4),
        referring=_clinician(parsed.components("PV1", 8)) or _clinician(parsed.components("OBR", 16)),
        setting=CareSetting.INPATIENT if parsed.value("PV1", 2) in _INPATIENT else CareSetting.OUTPATIENT,
        date_of_service=_day(parsed.value("PV1", 44)) or _day(parsed.value("OBR", 7)),
        stat=parsed.value("OBR", 5) == "S" or _priority(parsed) == "S",
    )


def _priority(parsed: Parsed) -> str:
    """The sixth component of quantity and timing, which an order carries in ORC-7 or OBR-27."""
    return parsed.value("ORC", 7, 6) or parsed.value("OBR", 27, 6)


def _record_number(parsed: Parsed) -> str:
    """The identifier of type MR among those of the patient, else the first."""
    again = parsed.separators[2]
    every = [parsed.components("PID", 3, repetition=number) for number in range(len(parsed.raw("PID", 3).split(again)))]
    medical = [components[0] for components in every if len(components) > 4 and components[4] == "MR"]
    return next(iter(medical), every[0][0] if every else "")


def _name(components: tuple[str, ...]) -> str:
    """Given, further and family name with the suffix, as people write it."""
    family, given, further, suffix = (*components, "", "", "", "")[:4]
    return " ".join(filter(None, (given, further, family, suffix)))


def _clinician(components: tuple[str, ...]) -> str:
    """The name of an XCN, whose first component is a number, with the degree behind a comma."""
    _, family, given, further, suffix, _, degree = (*components, *[""] * 7)[:7]
    name = _name((family, given, further, suffix))
    return f"{name}, {degree}" if name and degree else name


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date() if re.match("[0-9]{8}", text) else None
    except ValueError:
        return None


def acknowledge(message: str | bytes, code: str, made_at: datetime, *, text: str = "") -> str:
    """The answer to `message`: AA (taken), AE (its content is at fault) or AR (not now), for the one that sent it.

    Raises `UnusableInput` for what is no message: there is nobody to answer.
    """
    parsed = parse(message)
    identity = parsed.value("MSH", 10)
    back = [field(parsed.value("MSH", number)) for number in (5, 6, 3, 4)]
    event = parsed.value("MSH", 9, 2)
    head = segment(
        "MSH",
        f1=ENCODING_CHARACTERS,
        **{f"f{number}": each for number, each in enumerate(back, start=2)},
        f6=stamp(made_at),
        f8=field("ACK", event, "ACK"),
        f9=escape(identity),
        f10=field(parsed.value("MSH", 11) or "P"),
        f11="2.5.1",
        f17="UNICODE UTF-8",
    )
    return f"{head}\r{segment('MSA', f1=code, f2=escape(identity), f3=escape(text))}\r"
