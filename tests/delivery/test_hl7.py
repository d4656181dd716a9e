"""Reports leave as HL7 messages that other programs read as they were meant, and clinics' messages are understood."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, date, datetime

import hl7
import pytest
from hl7apy.core import Message
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.examples import HEADER, TEXT, amended, signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.delivery.attachment import PDF, Attachment
from transcribe.delivery.hl7 import Envelope, Event, acknowledge, control_id, mdm, oru, read
from transcribe.delivery.hl7.read import parse
from transcribe.delivery.hl7.text import escape, unescape
from transcribe.domain import CareSetting, Report, Status
from transcribe.errors import UnusableInput, UsageError

ENVELOPE = Envelope("0123456789ABCDEF0123", datetime(2026, 5, 19, 9, 0, tzinfo=UTC), receiving_facility="CLINIC")
SIGNATURE = "\n\nElectronically signed by Bo Q. Example, MD\nMeaning: author\nSigned: 05/19/2026 08:05 UTC"


def names(message: str) -> list[str]:
    return [str(segment[0][0]) for segment in hl7.parse(message)]


def told(message: str, name: str, number: int, part: int = 0, again: int = 0, nth: int = 0) -> str:
    """What python-hl7 reads in a component; it takes a break for a carriage return, we mean a line feed."""
    parsed = hl7.parse(message)
    field = parsed.segments(name)[nth][number]
    if part:
        field = field[again][part - 1][0] if isinstance(field[again], list) else field[again]
    return str(parsed.unescape(str(field))).replace("\r", "\n")


@pytest.mark.parametrize("event", Event)
def test_every_event_is_a_valid_message(event: Event) -> None:
    """An independent validator of version 2.5.1 finds the structure of each event in order."""
    message = parse_message(mdm(amended(), event, ENVELOPE, reason="asked for"))
    assert message.name == ("MDM_T01" if event is Event.CANCEL else "MDM_T02")
    assert message.validate()


def test_result_is_a_valid_message() -> None:
    """A clinic that takes results instead gets the text and each addendum as an observation."""
    message = oru(amended(), ENVELOPE)
    assert parse_message(message).validate()
    assert names(message) == ["MSH", "PID", "PV1", "OBR", "OBX", "OBX"]
    assert (told(message, "OBR", 25), told(message, "OBX", 11)) == ("C", "C")
    assert message.split("\r")[3].split("|")[32] == "&Example&Bo Q.&&&&MD"
    assert told(message, "OBX", 5, nth=1).startswith("The knee was rested.\n\nElectronically signed")


def test_document_is_told_completely() -> None:
    """Kind, times, author, typist, number, completion, availability, who signed when, and copies stand in TXA."""
    message = mdm(signed(), Event.NEW, ENVELOPE)
    assert names(message) == ["MSH", "EVN", "PID", "PV1", "TXA", "OBX"]
    txa = message.split("\r")[4].split("|")
    author = "BE^Example^Bo Q.^^^^MD"
    assert txa == [
        *("TXA", "1", "PN", "FT", "20260518", author, "20260518164200", "20260518180300", "", author, author, "mt"),
        *("R-1^TRANSCRIBE", "", "", "", "", "LA", "U", "AV", "", ""),
        "^Example^Bo Q.^^^^MD^^^^^^^^20260519080500+0000",
        "^Copy^Di^^^^MD~^Copy^El",
    ]
    assert told(message, "OBX", 5) == TEXT + SIGNATURE
    assert message.split("\r")[2] == "PID|1||17^^^Example Clinic^MR||Example^Ann||19600131|F"


def test_versions_and_addenda_name_their_parents() -> None:
    """An addendum, an edited text and a replacement are documents of their own that name the one they belong to."""
    for event, number, parent in (
        (Event.ADDENDUM, "R-1-A", "R-1-2"),
        (Event.REPLACE, "R-1-2", "R-1"),
        (Event.EDIT, "R-1-2", "R-1"),
        (Event.CANCEL, "R-1-2", ""),
    ):
        message = mdm(amended(), event, ENVELOPE)
        assert told(message, "TXA", 12).partition("^")[0] == number
        assert told(message, "TXA", 13).partition("^")[0] == parent
        assert told(message, "TXA", 19) == ("CA" if event is Event.CANCEL else "AV")
    with pytest.raises(UsageError):
        mdm(signed(), Event.REPLACE, ENVELOPE)
    with pytest.raises(UsageError):
        mdm(signed(), Event.ADDENDUM, ENVELOPE)


@pytest.mark.parametrize(("status", "completion", "result"), [("draft", "IP", "P"), ("released", "DO", "P")])
def test_unsigned_reports_are_not_told_as_signed(status: str, completion: str, result: str) -> None:
    """Without a signature the document is in progress or documented, its result preliminary, and nobody signed."""
    message = mdm(replace(signed(), status=Status(status)), Event.NEW, ENVELOPE)
    assert (told(message, "TXA", 17), told(message, "OBX", 11)) == (completion, result)
    assert "signed" not in message
    assert len(message.split("\r")[4].split("|")) == 24
    assert told(message, "TXA", 22) == ""


def test_file_travels_in_base64() -> None:
    """A file comes out of its observation byte for byte."""
    message = mdm(signed(), Event.NEW, ENVELOPE, attachment=Attachment(b"%PDF\r|^~\\&\x1c", PDF))
    assert names(message)[-1] == "OBX"
    _, kind, subtype, encoding, data = str(hl7.parse(message)["OBX"][0][5]).split("^")
    assert (kind, subtype, encoding) == ("application", "pdf", "Base64")
    assert base64.b64decode(data) == b"%PDF\r|^~\\&\x1c"
    assert parse_message(message).validate()


def carried(text: str) -> str:
    """What a message can carry: half a surrogate pair is no character."""
    return text.replace("\ud800", "\ufffd")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_texts_come_back(text: str) -> None:
    """Whatever stands in a field, two other programs find the same segments and read the same words."""
    report = with_everywhere(text)
    known = carried(text).replace("\r", "\n")
    parsed = parse_message(mdm(report, Event.NEW, ENVELOPE, reason=text), find_groups=False)
    assert [child.name for child in parsed.children] == ["MSH", "EVN", "PID", "PV1", "TXA", "OBX"]
    for event in (Event.NEW, Event.ADDENDUM):
        message = mdm(report, event, ENVELOPE, reason=text)
        assert names(message) == ["MSH", "EVN", "PID", "PV1", "TXA", "OBX"]
        assert told(message, "OBX", 5).startswith(f"{known}\n\nElectronically signed by {known}")
        assert told(message, "TXA", 21) == known
        assert told(message, "PV1", 19) == known
        assert told(message, "PID", 3, 1) == known
        assert known in person(message, "PID", 5, 1)
        for name, number, again in (("PV1", 8, 0), ("TXA", 9, 0), ("TXA", 23, 0), ("TXA", 23, 1)):
            assert known in person(message, name, number, 2, again)
        assert told(message, "TXA", 12, 1) == known


def person(message: str, name: str, number: int, first: int, again: int = 0) -> set[str]:
    """The ways in which a reader may put a name together again; `first` is the component of the family name."""
    parsed = hl7.parse(message)
    parts = parsed.segments(name)[0][number][again]
    raw = [str(part[0]) for part in parts] if isinstance(parts, list) else [str(parts)]
    family, given, _, _, _, degree, *_ = [str(parsed.unescape(each)) for each in raw][first - 1 :] + [""] * 6
    plain = {family, f"{given} {family}", f"{family}, {given}"}
    ways = plain | {f"{each}, {degree}" for each in plain}
    return {each.replace("\r", "\n") for each in ways}


def test_repeat_is_the_same_message() -> None:
    """What is sent again is the same to the byte; the id depends on report, version, target and event alone."""
    assert mdm(signed(), Event.NEW, ENVELOPE) == mdm(signed(), Event.NEW, ENVELOPE)
    ids = {control_id(*parts) for parts in (("R", "1", "a"), ("R", "2", "a"), ("R1", "", "a"), ("R", "1", "a"))}
    assert len(ids) == 3
    assert all(len(each) == 20 for each in ids)


@settings(deadline=None)
@given(st.text())
def test_escaping_is_undone(text: str) -> None:
    """Any text comes back, and what travels holds no separator, line end or frame."""
    safe = escape(text, formatted=True)
    assert not set(safe) & set("|^~&\r\n\x0b\x1c")
    assert unescape(safe) == text
    assert safe.encode("utf-8").decode("utf-8") == safe


@settings(deadline=None)
@given(st.text(st.sampled_from("MSH|^~\\&PIDOBX19\r\n") | st.characters(), max_size=80))
def test_any_message_is_read_or_refused(text: str) -> None:
    """Nothing that a sender sends is an error nobody foresaw."""
    for given_text in (text, "MSH|^~\\&|a|b\r" + text, ("MSH|^~\\&|||||||ADT^A08\r" + text).encode("utf-8", "replace")):
        try:
            read(given_text)
        except UnusableInput:
            continue


ADT = (
    "MSH|^~\\&|EHR|NORTH|TRANSCRIBE||20260518120000||ADT^A08^ADT_A01|77|P|2.5.1\r"
    "EVN|A08|20260518120000\r"
    "PID|1||X1^^^OTHER^PI~17^^^NORTH^MR||O'Ne\\T\\il^Ann^Q^III||19600131|F|||||||||||ACC1\r"
    "PV1|1|I|W^1||||9^Example^Bo^Q^^Dr^MD|8^Test^Cy^^^^DO|||||||||||E-9|||||||||||||||||||||||||202605171300\r"
)


def test_patient_and_visit_are_read() -> None:
    """The record number is the medical one; names are put together as people write them."""
    incoming = read(ADT)
    assert (incoming.event, incoming.control_id) == ("ADT^A08", "77")
    assert incoming.header == replace(
        type(HEADER)(),
        patient="Ann Q O'Ne&il III",
        record_number="17",
        date_of_birth=date(1960, 1, 31),
        sex="female",
        encounter="E-9",
        author="Bo Q Example, MD",
        clinic="NORTH",
        referring="Cy Test, DO",
        setting=CareSetting.INPATIENT,
        date_of_service=date(2026, 5, 17),
    )


def test_order_of_another_program_is_read() -> None:
    """An order that hl7apy built gives patient, order numbers, who ordered, when, and that it is urgent."""
    order = Message("ORM_O01", version="2.5.1")
    order.msh.msh_9 = "ORM^O01^ORM_O01"
    order.msh.msh_10 = "5"
    order.orm_o01_patient.pid = "PID|1||17^^^NORTH^MR||Example^Ann||1960|M"
    order.orm_o01_order.orc = "ORC|NW|P-1|F-1||||^^^^^S"
    order.orm_o01_order.orm_o01_order_detail.obr = "OBR|1|P-1|F-1|X^Knee|||20260518|||||||||8^Test^Cy^^^^DO"
    incoming = read(order.to_er7())
    assert (incoming.event, incoming.placer_order, incoming.filler_order) == ("ORM^O01", "P-1", "F-1")
    header = incoming.header
    assert (header.patient, header.referring, header.stat) == ("Ann Example", "Cy Test, DO", True)
    assert (header.date_of_service, header.date_of_birth, header.sex) == (date(2026, 5, 18), None, "male")


def test_old_character_sets_are_read() -> None:
    """A name in Latin-1 from a sender that names no character set is the same name."""
    latin, modern = (ADT.replace("Ann", "Zoë").encode(charset) for charset in ("latin-1", "utf-8"))
    assert read(latin).header.patient == read(modern).header.patient == "Zoë Q O'Ne&il III"


def test_merge_names_the_number_that_goes() -> None:
    """A merge tells which record number is no longer valid."""
    assert read(ADT.replace("A08", "A40") + "MRG|16^^^NORTH^MR\r").merged_from == "16"


def test_other_separators_are_honoured() -> None:
    """A sender may choose its separators, and line feeds for line ends."""
    odd = "MSH#*!@%#EHR#NORTH####20260518##ADT*A04#9#P#2.5.1\nPID#1##17***N*MR##Ex@S@ample*Ann".replace("####", "###")
    assert read(odd).header.patient == "Ann Ex*ample"


@pytest.mark.parametrize(
    "message", ["", "PID|1", "MSH", "MSH|", "MSH|^~\\&|", "\x00" * 9, mdm(signed(), Event.NEW, ENVELOPE)]
)
def test_what_is_no_message_from_a_clinic_is_refused(message: str) -> None:
    """Noise, half a message and our own reports are refused without a word of them."""
    with pytest.raises(UnusableInput) as refused:
        read(message)
    assert "Example" not in str(refused.value)


def test_answer_goes_back_to_the_sender() -> None:
    """The answer swaps sender and receiver and names the message it answers; a text cannot forge another segment."""
    answer = acknowledge(ADT, "AE", ENVELOPE.made_at, text="no\rMSA|AA|77")
    assert names(answer) == ["MSH", "MSA"]
    assert parse_message(answer).validate()
    assert [told(answer, "MSH", number) for number in (3, 5, 6)] == ["TRANSCRIBE", "EHR", "NORTH"]
    assert [parse(answer).value("MSA", number) for number in (1, 2, 3)] == ["AE", "77", "no\rMSA|AA|77"]


def test_draft_says_nothing_of_a_signature_it_does_not_have() -> None:
    """A report that was opened again keeps no signature of the version before in what it sends."""
    opened: Report = replace(signed(), status=Status.RELEASED)
    assert "20260519080500" not in mdm(opened, Event.STATUS, ENVELOPE).split("\r")[4]
