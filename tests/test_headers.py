"""Headers that nobody types: from file names, lists and messages, and never under another patient's name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transcribe.domain import CareSetting, Header
from transcribe.errors import TranscribeError, UnusableInput, UsageError
from transcribe.headers import Entry, filled, find, from_csv, from_hl7, from_name, name_pattern

HOSTILE = [
    "'; DROP TABLE jobs--",
    '<img src=x onerror="alert(1)">',
    "{{7*7}}",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "CON",
    "=cmd|'/c calc'!A0",
    "Ó Súilleabháin",
    "王小明",
    "عبد الله",
    "\u202eevil",
    "İstanbul 👩\u200d⚕️ e\u0301",
]


def test_a_clinics_file_names_fill_the_header() -> None:
    """Fields, dates in the clinic's own form and what does not matter are told apart by what stands between them."""
    pattern = name_pattern("{record_number}_{date_of_service:%d%m%y}_{author}-{work_type}_{*}")
    assert from_name("1002_270526_Samuel Okonedo-operative report_0001.dss", pattern) == {
        "record_number": "1002",
        "date_of_service": date(2026, 5, 27),
        "author": "Samuel Okonedo",
        "work_type": "operative_report",
    }
    recorder = name_pattern("DS{author_initials}_{dictated_at:%Y%m%d_%H%M%S}")
    assert from_name("dsSO_20260527_164200.ds2", recorder)["dictated_at"] == datetime(2026, 5, 27, 16, 42)


@pytest.mark.parametrize(
    "name", ["", "note.wav", "1002_.wav", "1002_31312026.wav", "1002_20260527_x_y.wav", "a" * 5000]
)
def test_a_name_that_does_not_fit_in_every_part_fills_nothing(name: str) -> None:
    """Half a fit is no fit, and neither is a date that is none."""
    assert from_name(name, name_pattern("{record_number}_{date_of_service:%Y%m%d}")) == {}


@pytest.mark.parametrize("text", ["", "plain", "{colour}", "{author}{clinic}", "{author}_{author}"])
def test_a_pattern_that_cannot_work_is_refused(text: str) -> None:
    """Unknown and repeated fields, and fields that nothing separates, are told when the pattern is set."""
    with pytest.raises(UsageError):
        name_pattern(text)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_text_wherever_it_comes_from(value: str) -> None:
    """Markup, commands, paths and any script come out of names, lists and messages as they went in."""
    if "/" not in value:
        assert from_name(f"7_{value}.wav", name_pattern("{record_number}_{patient}"))["patient"] == value
    quoted = value.replace('"', '""')
    (entry,) = from_csv(f'patient,mrn\n"{quoted}",7\n'.encode())
    assert entry.fields["patient"] == value
    escaped = value.replace("\\", "\\E\\").replace("|", "\\F\\").replace("^", "\\S\\").replace("&", "\\T\\")
    (entry,) = from_hl7(f"MSH|^~\\&|A\rPID|||7||{escaped}\r".encode())
    assert entry.fields["patient"] == value


def test_a_name_with_line_ends_and_half_characters_becomes_one_line() -> None:
    """Control characters become blanks and bytes that are no character become the sign for it."""
    found = from_name("7_a\r\nSet-Cookie: x\0\udcff.wav", name_pattern("{record_number}_{patient}"))
    assert found["patient"] == "a  Set-Cookie: x �"
    found["patient"].encode()


def test_a_list_fills_headers_whatever_its_columns_are_called() -> None:
    """Titles, order and separators differ from system to system; columns that nobody knows are left out."""
    content = "\ufeffFile Name;MRN;Last Name;First-Name;DOB;Sex;Visit_Number;Priority;Patient Class;Room\r\n"
    content += (
        "dict001.wav;1002;Placeholder;Edgar;11/03/1951;M;V77;STAT;I;12\r\n\r\n;1003;Other;Ann;1960-01-02;F;V78;;O;\r\n"
    )
    first, second = from_csv(content.encode())
    assert first == Entry(
        {
            "record_number": "1002",
            "patient": "Edgar Placeholder",
            "date_of_birth": date(1951, 11, 3),
            "sex": "male",
            "encounter": "V77",
            "stat": True,
            "setting": CareSetting.INPATIENT,
        },
        file="dict001.wav",
    )
    assert (second.file, second.fields["patient"], second.fields.get("stat", False)) == ("", "Ann Other", False)


def test_a_list_from_an_old_spreadsheet_keeps_its_accents() -> None:
    """What is no UTF-8 is read as Western Windows, and UTF-16 by its mark."""
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        (entry,) = from_csv("patient,mrn\nJosé Núñez,7\n".encode(encoding))
        assert entry.fields["patient"] == "José Núñez"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "first line"),
        ("colour,room\nred,1\n", "first line"),
        ("mrn,mrn\n1,2\n", "first line"),
        ('mrn,patient\n1,"Edgar', "quotation mark"),
        ("mrn,dob\n1,1951-11-03\n2,tomorrow\n", "Line 3 of the list: the column for 'date_of_birth'"),
        ("mrn,type\n1,poem\n", "Line 2 of the list: the column for 'work_type'"),
        ("mrn,stat\n1,perhaps\n", "'stat'"),
    ],
)
def test_a_list_that_cannot_be_understood_is_refused_by_its_line(content: str, reason: str) -> None:
    """The sentence names line and column and repeats no value."""
    with pytest.raises(UnusableInput, match=reason) as caught:
        from_csv(content.encode())
    assert not any(value in str(caught.value) for value in ("tomorrow", "poem", "perhaps", "Edgar"))


ADT = (
    "MSH|^~\\&|ADT1|CLINIC|||20260527||ADT^A04|1|P|2.5\r"
    "EVN|A04|20260527\r"
    "PID|1||X9^^^A^PI~1002^^^A^MR||O\\T\\Neil&O^Edgar^J^Jr^Dr||19511103|M|||||||||ACC5\r"
    "PV1|1|I|W^1^2||||77^Attending^Anna|88^Referring^Rosa^^^Dr^MD|||||||||||V77|||||||||||||||||||||||||202605260800\r"
)
ORM = (
    "MSH|^~\\&|ORD|CLINIC|||20260527||ORM^O01|2|P|2.3\r"
    'PID|||1003||Other^Ann||""|F\r'
    "PV1||O|||||||||||||||||V78\r"
    "ORC|NW|A123||||\r"
    "OBR|1|A123||CXR^Chest|||20260528093000|||||||||99^Ordering^Olaf|||||||||||^^^^^S\r"
)


def test_admissions_and_orders_fill_patient_and_encounter() -> None:
    """An ADT and an ORM, in one file and framed for the wire: who, which visit, which order, how urgent."""
    admitted, ordered = from_hl7(b"\x0b" + ADT.encode() + b"\x1c\r\x0b" + ORM.encode() + b"\x1c\r")
    assert admitted == Entry(
        {
            "record_number": "1002",
            "patient": "Edgar J O&Neil Jr",
            "date_of_birth": date(1951, 11, 3),
            "sex": "male",
            "encounter": "V77",
            "setting": CareSetting.INPATIENT,
            "referring": "Rosa Referring, MD",
        }
    )
    assert ordered.order == "A123"
    assert ordered.fields == {
        "record_number": "1003",
        "patient": "Ann Other",
        "sex": "female",
        "encounter": "V78",
        "referring": "Olaf Ordering",
        "stat": True,
        "date_of_service": date(2026, 5, 28),
    }


def test_who_attends_is_not_taken_for_who_dictates() -> None:
    """No message names the author of a dictation that it knows nothing of."""
    assert "author" not in from_hl7(ADT.encode())[0].fields


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "no HL7"), (b"hello", "no HL7"), (b"MSH|^~\\&|\rPID|||1||||19511399\r", "PID-7")]
)
def test_what_is_no_message_is_refused(content: bytes, reason: str) -> None:
    """Texts without MSH, and dates that are none, are told without a value."""
    with pytest.raises(UnusableInput, match=reason) as caught:
        from_hl7(content)
    assert "1951" not in str(caught.value)


@given(st.binary(max_size=300) | st.text(alphabet='MSHPID|^~\\&\r\n,;"EF123', max_size=300).map(str.encode))
@example(b"MSH")
def test_any_bytes_end_in_entries_or_a_sentence(content: bytes) -> None:
    """A list or a message of chance never ends in anything but values for known fields or a refusal."""
    for read in (from_csv, from_hl7, lambda data: from_hl7(b"MSH|^~\\&|" + data)):
        try:
            entries: list[Any] = read(content)
        except TranscribeError as error:
            assert error.exit_status == 3
        else:
            assert all(filled(Header(), entry.fields) for entry in entries)


def test_what_a_header_says_itself_stands() -> None:
    """Only what is open is filled."""
    header = filled(Header(patient="Edgar Placeholder"), {"patient": "Other", "encounter": "V77"})
    assert (header.patient, header.encounter) == ("Edgar Placeholder", "V77")


def test_a_visit_is_found_or_nothing_is() -> None:
    """By file name, order, encounter, then record number; two visits that fit are none."""
    first = Entry({"record_number": "1", "encounter": "V1"}, file="Note1.WAV")
    second = Entry({"record_number": "1", "encounter": "V2"}, order="A2")
    entries = [first, second]
    assert find(entries, file="note1.dss") is first
    assert find(entries, order="A2") is second
    assert find(entries, file="other.wav", known={"encounter": "V2"}) is second
    assert find(entries, known={"record_number": "1"}) is None
    assert find([first], known={"record_number": "1"}) is first
    assert find(entries) is None
