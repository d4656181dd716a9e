"""The Word document says what the report says, looks the same each time, and marks a draft as a draft."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.delivery.examples import with_everywhere
from tests.naughty import TEXTS
from transcribe.document import render
from transcribe.document.words import printable
from transcribe.domain import (
    AcceptedCode,
    Addendum,
    Band,
    Category,
    CodeSuggestion,
    CodeSystem,
    Dictation,
    Draft,
    Flaw,
    FlawKind,
    Header,
    Mark,
    MarkKind,
    Match,
    Reading,
    Report,
    Section,
    Signature,
    Span,
    Status,
    Token,
    Transcript,
    Word,
)
from transcribe.report import read_header
from transcribe.work_types import work_type

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.toml"))

TEXT = "ASSESSMENT:\n\n1. Left knee pain.\n2. Gout.\n\nPLAN:\n\nRest.\nIce."
KNEE = Span(TEXT.index("Left"), TEXT.index(".\n2"))
HEADER = Header(
    patient="Ann Example",
    record_number="17",
    author="Bo Example, MD",
    author_initials="BE",
    transcriptionist_initials="mt",
    clinic="Example Clinic",
    copies_to=("C. One", "D. Two"),
    date_of_service=date(2026, 5, 18),
    dictated_at=datetime(2026, 5, 18, 16, 42),
    transcribed_at=datetime(2026, 5, 19, 8, 0, tzinfo=UTC),
)


def report(text: str = TEXT, header: Header = HEADER) -> Report:
    """A report of `text` alone: nothing read, nothing coded, nothing heard."""
    kind = work_type(header.work_type or "progress_note")
    return Report(Dictation("visit", header), kind, Draft(text, ()), Reading((), ()), (), (), {})


def full() -> Report:
    """A report with audio, one code and three marks."""
    words = tuple(Word(text, 62.5 + place, 63 + place, 0.9) for place, text in enumerate(("left", "knee", "pain")))
    places = (Span(KNEE.start + low, KNEE.start + high) for low, high in ((0, 4), (5, 9), (10, 14)))
    tokens = tuple(Token(place, (number, number + 1)) for number, place in enumerate(places))
    code = CodeSuggestion(
        *(CodeSystem.ICD10CM, "M25.562", "Pain in left knee", "2026", 0.9, Band.SUGGESTED, Match("pain", "index")),
        evidence=(KNEE,),
        messages=("Is gout the cause?",),
        alternatives=("M25.569",),
    )
    return replace(
        report(),
        draft=Draft(TEXT, tokens),
        transcript=Transcript(words, 70, "demo 1"),
        codes=(code, replace(code, code="L1810", system=CodeSystem.HCPCS, band=Band.POSSIBLE)),
        reading=Reading((Section("ASSESSMENT", Category.ASSESSMENT, Span(0, 43), Span(13, 43)),), ()),
        marks=(
            Mark(Span(KNEE.start, KNEE.start + 4), MarkKind.QUERY, "which side?", (62.5, 63.0)),
            Mark(Span(KNEE.start + 2, KNEE.start + 9), MarkKind.CHECK, "second look"),
            Mark(Span(len(TEXT), len(TEXT)), MarkKind.MISSING_HEADING, "SUBJECTIVE is missing"),
        ),
        made_by={"recogniser": "demo 1", "codes": "2026"},
    )


def read(made: Report) -> Document:
    return docx.Document(io.BytesIO(render(made)))


def body(document: Document) -> list[str]:
    """The paragraphs between the patient table and the line to sign on."""
    texts = []
    for paragraph in document.paragraphs[2:]:
        if paragraph._p.find(f".//{qn('w:pBdr')}") is not None:
            return texts
        texts.append(paragraph.text)
    raise AssertionError("there is no line to sign on")


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("name", NAMES)
def test_text_of_a_sample_comes_back_unchanged(name: str) -> None:
    """Every line of the report is a paragraph with exactly its words; numbers of list items are text."""
    text = (SAMPLES / f"{name}.report.txt").read_text("utf-8").strip()
    assert body(read(report(text, read_header(SAMPLES / f"{name}.toml")))) == lines(text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters() | st.sampled_from("\n\n\tA:1. \x00\x0b\r\ud800\uffff"), max_size=60))
def test_any_text_comes_back(text: str) -> None:
    """Whatever the characters, lines come back; those that XML cannot hold become U+FFFD one for one."""
    legal = re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    assert body(read(report(text))) == lines(legal)


def test_headings_are_headings() -> None:
    """The title is the first level of the outline and headings in capitals are the second; list items are a list."""
    styles = {paragraph.text: paragraph.style.name for paragraph in read(report()).paragraphs if paragraph.style}
    assert styles["PROGRESS NOTE"] == "Heading 1"
    assert styles["ASSESSMENT:"] == styles["PLAN:"] == "Heading 2"
    assert styles["1. Left knee pain."] == "List Paragraph"
    assert styles["Rest."] == "Normal"


def test_draft_says_so_on_every_page() -> None:
    """Both page headers of a draft say that it is one; a released report is not signed yet."""
    for status, said in (
        (Status.DRAFT, "DRAFT – not signed"),
        (Status.RELEASED, "DRAFT – released, not signed"),
        (Status.SIGNED, ""),
    ):
        section = read(replace(full(), status=status)).sections[0]
        assert section.different_first_page_header_footer
        for place in (section.first_page_header, section.header):
            assert place.paragraphs[0].text.split("\t")[1] == said


def test_signed_report_has_no_pages_for_the_office() -> None:
    """Queries, codes and highlights are the draft's; they do not go out with a signed report."""
    document = read(replace(full(), status=Status.SIGNED))
    assert len(document.tables) == 1
    assert not any(run.font.highlight_color for paragraph in document.paragraphs for run in paragraph.runs)


def test_every_page_has_its_number_and_the_patient() -> None:
    """Page numbers are fields that count; later pages name patient, record and visit; the recogniser is named."""
    section = read(full()).sections[0]
    for footer in (section.first_page_footer, section.footer):
        fields = footer._element.findall(f".//{qn('w:fldSimple')}")
        assert [field.get(qn("w:instr")) for field in fields] == ["PAGE", "NUMPAGES"]
        assert "".join(text.text for text in footer._element.iter(qn("w:t"))) == "Heard by demo 1Page 1 of 1"
    assert section.header.paragraphs[0].text.startswith("Ann Example · 17 · Progress Note · 05/18/2026\t")
    assert section.first_page_header.paragraphs[0].text.startswith("Example Clinic\t")


def test_ending_names_signer_dates_initials_and_copies() -> None:
    """After the line to sign on: printed name, initials, date dictated, date transcribed, copies."""
    texts = [paragraph.text for paragraph in read(report()).paragraphs]
    start = texts.index("Bo Example, MD")
    assert texts[start : start + 7] == [
        *("Bo Example, MD", "", "BE:mt", "D: 05/18/2026 16:42", "T: 05/19/2026 08:00 UTC", "cc: C. One", "cc: D. Two")
    ]


def test_what_is_not_known_is_a_blank_to_fill() -> None:
    """A report without any header shows blank rules in the table and under the text, never None."""
    with zipfile.ZipFile(io.BytesIO(render(report(header=Header())))) as package:
        everything = b"".join(package.read(name) for name in package.namelist() if name.endswith(".xml"))
    assert b"None" not in everything
    document = read(report(header=Header()))
    values = [row.cells[column].text for row in document.tables[0].rows for column in (1, 3)]
    assert [bool(re.fullmatch("_+", value)) for value in values] == [True] * 9 + [False]
    assert "D: ______________" in [paragraph.text for paragraph in document.paragraphs]
    signed = read(replace(report(header=Header()), status=Status.SIGNED))
    assert signed.tables[0].rows[0].cells[1].text == "–"


def test_a_recording_that_did_not_arrive_whole_is_told_in_front_of_everything() -> None:
    """A draft says above the patient what is missing and where; a released report is a person's work."""
    lost = Flaw(FlawKind.CUT_SHORT, 10.0, "the recording breaks off after 75.0 s", (75.0, 75.0))
    made = replace(report(), transcript=Transcript((), 75.0, "replay", flaws=(lost,)))
    said = "At 1:15 the recording breaks off after 75.0 s."
    assert [paragraph.text for paragraph in read(made).paragraphs][1] == said
    assert said not in [paragraph.text for paragraph in read(replace(made, status=Status.RELEASED)).paragraphs]


def test_stat_is_seen_in_the_title() -> None:
    """An urgent report says STAT beside its title; another does not."""
    assert read(report(header=replace(HEADER, stat=True))).paragraphs[0].text == "PROGRESS NOTE\tSTAT"
    assert read(report()).paragraphs[0].text == "PROGRESS NOTE"


def test_marked_words_are_highlighted_and_no_others() -> None:
    """Overlapping marks highlight exactly the characters they cover."""
    runs = [run for paragraph in read(full()).paragraphs for run in paragraph.runs]
    assert "".join(run.text for run in runs if run.font.highlight_color) == "Left knee"


def test_queries_say_place_words_minute_and_reason() -> None:
    """Each mark is a row for the editor; a missing heading has no place."""
    rows = [[cell.text for cell in row.cells] for row in read(full()).tables[1].rows]
    assert rows == [
        ["No.", "Kind", "Section", "Words", "Audio", "Reason"],
        ["1", "Query", "ASSESSMENT", "“Left”", "1:02", "which side?"],
        ["2", "Check", "ASSESSMENT", "“ft knee”", "", "second look"],
        ["3", "Missing heading", "", "", "", "SUBJECTIVE is missing"],
    ]


def test_codes_stand_on_a_page_of_their_own_with_their_evidence() -> None:
    """Codes begin a page, quote the text with its minute of audio, and say that nothing is billed."""
    document = read(full())
    rows = [[cell.text for cell in row.cells] for row in document.tables[-1].rows]
    notes = "Is gout the cause?\nOr M25.569."
    assert rows == [
        ["Code", "Title", "Band", "Evidence", "Notes"],
        ["M25.562", "Pain in left knee", "Suggested", "“Left knee pain” (1:02)", notes],
        ["L1810\nHCPCS", "Pain in left knee", "Possible", "“Left knee pain” (1:02)", notes],
    ]
    texts = [paragraph.text for paragraph in document.paragraphs]
    title = document.paragraphs[texts.index("SUGGESTED CODES")]
    assert title.paragraph_format.page_break_before
    assert texts[texts.index("SUGGESTED CODES") + 1].startswith("Suggestions for a coder; nothing is billed.")
    assert texts[-1] == "Made by recogniser: demo 1; codes: 2026."


def test_no_code_is_said_plainly() -> None:
    """A draft without suggestions says so instead of showing an empty table."""
    document = read(report())
    assert "No code is suggested." in [paragraph.text for paragraph in document.paragraphs]
    assert len(document.tables) == 1


def test_tables_can_be_read_aloud() -> None:
    """Tables have captions, repeat their titles on each page and cut no row; the language is American English."""
    document = read(full())
    for table in document.tables:
        assert table._tbl.tblPr.find(qn("w:tblCaption")) is not None
    for table in document.tables[1:]:
        assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
        assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
    languages = document.styles.element.findall(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert [language.get(qn("w:val")) for language in languages] == ["en-US"]


def test_same_report_gives_the_same_bytes() -> None:
    """Nothing of the clock or the machine is in the file."""
    assert render(full()) == render(full())


def test_properties_say_what_was_rendered_and_no_more() -> None:
    """Kind, clinic, state, version and hash; no patient, program or picture; the dates are those of the report."""
    with zipfile.ZipFile(io.BytesIO(render(full()))) as package:
        assert [name for name in package.namelist() if name.startswith("docProps/")] == ["docProps/core.xml"]
        assert b"Ann Example" not in package.read("docProps/core.xml")
    properties = read(full()).core_properties
    assert (properties.title, properties.author) == ("Progress Note", "Example Clinic")
    assert (properties.last_modified_by, properties.comments, properties.subject) == ("", "", "")
    assert (properties.content_status, properties.version) == ("draft", "1")
    assert properties.identifier == f"sha256:{sha256(TEXT.encode()).hexdigest()}"
    assert properties.created == properties.modified == datetime(2026, 5, 19, 8, 0, tzinfo=UTC)


SIGNED = replace(
    full(),
    status=Status.SIGNED,
    identity="R-7",
    signatures=(Signature("Bo Example", "author", datetime(2026, 5, 19, 9, 30, tzinfo=UTC), "MD"),),
    accepted=(AcceptedCode(CodeSystem.ICD10CM, "M25.562", "Pain in left knee", "2026", (KNEE,)),),
)


def texts(made: Report, *, codes_page: bool = False) -> list[str]:
    document = docx.Document(io.BytesIO(render(made, codes_page=codes_page)))
    return [paragraph.text for paragraph in document.paragraphs]


def test_signature_is_printed() -> None:
    """A signed report shows who signed, what that means and when, instead of a line to sign on; then the hash."""
    shown = texts(SIGNED)
    start = shown.index("Electronically signed by Bo Example, MD")
    assert shown[start + 1 : start + 4] == ["Meaning: author", "Signed: 05/19/2026 09:30 UTC", ""]
    assert shown[-1] == f"Report R-7, version 1\nSHA-256 of the text: {sha256(TEXT.encode()).hexdigest()}"
    with pytest.raises(AssertionError, match="no line to sign on"):
        body(read(SIGNED))
    assert shown[2:start] == lines(TEXT)


def test_signature_of_an_unsigned_report_is_not_shown() -> None:
    """A report that was opened again shows the line to sign on, whatever it was signed with before."""
    assert "Electronically" not in " ".join(texts(replace(SIGNED, status=Status.RELEASED)))


def test_addenda_follow_with_their_own_signatures() -> None:
    """What was added stands under the report with its date, headings and signature, and is announced at the top."""
    added = Addendum("PLAN:\n\nIce.", Signature("Cy Other", "author", datetime(2026, 5, 21, 7, 0, tzinfo=UTC)))
    shown = texts(replace(SIGNED, addenda=(added,), version=2))
    assert shown[1] == "AMENDED REPORT, replaces version 1. ADDENDUM at the end of this report."
    start = shown.index("ADDENDUM 1, 05/21/2026 07:00 UTC:")
    assert shown[start + 1 : start + 4] == ["PLAN:", "Ice.", "Electronically signed by Cy Other"]
    assert shown[3 : 3 + len(lines(TEXT))] == lines(TEXT)


def test_no_signature_stands_on_a_page_alone() -> None:
    """From the last line of the text on, through each signature, everything stays on a page with what follows it."""
    added = Addendum("PLAN:\n\nIce.", Signature("Cy Other", "author", datetime(2026, 5, 21, 7, 0, tzinfo=UTC)))
    for made in (SIGNED, replace(SIGNED, addenda=(added,))):
        paragraphs = docx.Document(io.BytesIO(render(made))).paragraphs
        at = [number for number, each in enumerate(paragraphs) if each.text.startswith("Electronically signed")]
        for number, until in ((at[0] - 1, at[0] + 5), (at[-1] - 1, len(paragraphs) - 1)):
            assert all(each.paragraph_format.keep_with_next for each in paragraphs[number:until])
        assert "SHA-256" in paragraphs[-1].text


def test_what_does_not_count_any_more_says_so_on_every_page() -> None:
    """Withdrawn, or superseded by a corrected report; who signed the other one and when stands on top."""
    other = Signature("Cy Other", "author", datetime(2026, 5, 21, 7, 0, tzinfo=UTC))
    for made, said, told in (
        (replace(SIGNED, withdrawn_at=other.signed_at), "WITHDRAWN", "WITHDRAWN 05/21/2026 07:00 UTC"),
        (
            replace(SIGNED, replaced_by=other),
            "SUPERSEDED",
            "SUPERSEDED by the report signed 05/21/2026 07:00 UTC by Cy",
        ),
        (replace(SIGNED, version=2, replaces=other), "", "AMENDED REPORT, replaces the report signed 05/21/2026 07:00"),
    ):
        document = docx.Document(io.BytesIO(render(made)))
        section = document.sections[0]
        for place in (section.header, section.first_page_header):
            assert said in place.paragraphs[0].text and "DRAFT" not in place.paragraphs[0].text
        assert document.paragraphs[1].text.startswith(told)
        assert render(made) == render(made)


def test_codes_page_is_asked_for() -> None:
    """Accepted codes are added to a signed report only where that is asked for, on a page of their own."""
    assert "CODES" not in texts(SIGNED)
    document = docx.Document(io.BytesIO(render(SIGNED, codes_page=True)))
    rows = [[cell.text for cell in row.cells] for row in document.tables[-1].rows]
    assert rows[1] == ["M25.562", "ICD-10-CM 2026", "Pain in left knee", "“Left knee pain”"]
    assert "CODES" not in texts(replace(SIGNED, accepted=()), codes_page=True)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_texts_come_back(text: str) -> None:
    """Whatever stands in a field is shown to the letter, but for characters that XML cannot hold."""
    document = docx.Document(io.BytesIO(render(with_everywhere(text), codes_page=True)))
    known = printable(text)
    cells = [row.cells[column].text for row in document.tables[0].rows for column in (1, 3)]
    assert [cells[place] for place in (0, 1, 3, 5, 6, 7, 8)] == [known] * 7
    shown = [paragraph.text for paragraph in document.paragraphs]
    signature = shown.index(f"Electronically signed by {with_everywhere(known).signatures[0].printed}")
    assert shown[3:signature] == lines(known)
    assert f"cc: {known}" in shown
    assert document.tables[-1].rows[1].cells[0].text == known
    with zipfile.ZipFile(io.BytesIO(render(with_everywhere(text)))) as package:
        assert not any(b"External" in package.read(name) for name in package.namelist() if name.endswith(".rels"))


def test_unprintable_and_overlong_header_fields_do_no_harm() -> None:
    """A control character in a name becomes U+FFFD, and a clinic with a very long name is still a clinic."""
    header = replace(HEADER, patient="Ann\x00B", clinic="Clinic " * 60, copies_to=("\x07",))
    document = read(report(header=header))
    assert document.tables[0].rows[0].cells[1].text == "Ann\ufffdB"
    assert len(document.core_properties.author) == 255


@pytest.mark.slow
def test_libreoffice_shows_the_text_and_the_pages(tmp_path: Path) -> None:
    """Another reader of Word files finds every line of the text and lays out report, queries and codes as pages."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-writer")
    path = tmp_path / "report.docx"
    path.write_bytes(render(full()))
    for kind in ("pdf", "txt:Text (encoded):UTF8"):
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [program, profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    shown = path.with_suffix(".txt").read_text("utf-8-sig").split("\n")
    assert set(lines(TEXT)) <= set(shown)
    assert len(re.findall(rb"/Type\s*/Page\b", path.with_suffix(".pdf").read_bytes())) == 3
