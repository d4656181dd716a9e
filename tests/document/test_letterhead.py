"""A clinic's own Word template is filled with the report whole, and one that could do harm is refused with a reason."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from tests.delivery.examples import SIGNED, TEXT, amended, signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.document.letterhead import Desk
from transcribe.document.letterhead.package import MAX_BYTES
from transcribe.document.words import printable
from transcribe.domain import Status
from transcribe.errors import TranscribeError, UnusableInput


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as made:
        yield made


def template(*paragraphs: str, header: str = "{{ clinic }}") -> bytes:
    """A Word document as a clinic would write it, with a line of its own letterhead in the page header."""
    document = docx.Document()
    document.core_properties.author = "Somebody at the clinic"
    document.core_properties.comments = "made at home"
    document.sections[0].header.paragraphs[0].text = header
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def saved(document: Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


PLAIN = template("{{ patient }}", "{{ body }}")
WHOLE = template(
    "Re: {{ patient|upper }}, {{ record_number }}",
    "{% for name in copies_to %}{{ name }}{% if not loop.last %}; {% endif %}{% endfor %}",
    "{{ body }}",
    "Kind regards",
    "{{ ending }}",
)


def paragraphs(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


def test_report_stands_in_the_letterhead(desk: Desk) -> None:
    """Fields are filled, the text is there to the letter with its headings as headings, and the ending where asked."""
    made = docx.Document(io.BytesIO(desk.fill(WHOLE, signed())))
    shown = [paragraph.text for paragraph in made.paragraphs]
    start, end = 2, shown.index("Kind regards")
    assert shown[:start] == ["Re: ANN EXAMPLE, 17", "Di Copy, MD; El Copy"]
    assert shown[start:end] == [line for line in TEXT.split("\n") if line]
    assert shown[end + 1] == "Electronically signed by Bo Q. Example, MD"
    assert shown[-1].endswith(signed().digest)
    assert made.sections[0].header.paragraphs[0].text == "Example Clinic"
    styles = {paragraph.text: paragraph.style.name for paragraph in made.paragraphs if paragraph.style}
    assert (styles["ASSESSMENT:"], styles["2. No fracture."]) == ("Heading 2", "List Paragraph")


def test_ending_follows_the_text_where_no_place_is_given(desk: Desk) -> None:
    """A template without a place for the signature still shows it, with addenda."""
    shown = paragraphs(desk.fill(PLAIN, amended()))
    assert "Electronically signed by Bo Q. Example, MD" in shown
    assert "The knee was rested." in shown


def test_a_letterhead_cannot_hide_what_became_of_a_report(desk: Desk) -> None:
    """Where its template does not show the notice, it stands above the text, and on every page where nothing counts."""
    gone = docx.Document(io.BytesIO(desk.fill(PLAIN, replace(signed(), withdrawn_at=SIGNED.signed_at))))
    assert gone.sections[0].header.paragraphs[0].text.startswith("WITHDRAWN")
    assert any(each.text.startswith("WITHDRAWN 05/19/2026") for each in gone.paragraphs)
    newer = replace(signed(), version=2, replaces=SIGNED)
    shown = paragraphs(desk.fill(template("{{ notice }}", "{{ body }}"), newer))
    assert [each.startswith("AMENDED REPORT, replaces the report signed") for each in shown].count(True) == 1


def test_fields_are_listed_before_they_are_used(desk: Desk) -> None:
    """Examining tells which fields are used and which there are not, and shows an example where all are known."""
    known = desk.examine(WHOLE)
    assert known.used == ("body", "clinic", "copies_to", "ending", "patient", "record_number")
    assert known.unknown == ()
    assert "Pat Placeholder & Son".upper() in paragraphs(known.preview)[0]
    unknown = desk.examine(template("{{ patient_name }}", "{{ body }}", header="{{ logo }}"))
    assert (unknown.used, unknown.unknown) == (("body", "logo", "patient_name"), ("logo", "patient_name"))
    assert unknown.preview == b""
    with pytest.raises(UnusableInput, match="undefined"):
        desk.fill(template("{{ patient_name }}", "{{ body }}"), signed())


def test_fields_in_margins_and_tables_are_filled(desk: Desk) -> None:
    """A field may stand in a table, in the footer, or be split over runs as Word does."""
    document = docx.Document()
    document.sections[0].footer.paragraphs[0].text = "{{ sha256 }}"
    document.add_table(1, 1).cell(0, 0).text = "{{ body }}"
    split = document.add_paragraph()
    for piece in ("{", "{ pat", "ient }", "}"):
        split.add_run(piece)
    made = docx.Document(io.BytesIO(desk.fill(saved(document), signed())))
    cell = [paragraph.text for paragraph in made.tables[0].cell(0, 0).paragraphs]
    assert cell[: len(TEXT.split("\n\n"))][0] == "MEDICATIONS:"
    assert made.sections[0].footer.paragraphs[0].text == signed().digest
    assert made.paragraphs[0].text == "Ann Example"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RELEASED])
def test_unsigned_letter_says_so_on_every_page(desk: Desk, status: Status) -> None:
    """Whatever the template shows, first, even and other pages of an unsigned report are marked."""
    made = docx.Document(io.BytesIO(desk.fill(PLAIN, replace(signed(), status=status))))
    section = made.sections[0]
    for place in (section.header, section.first_page_header, section.even_page_header):
        assert place.paragraphs[0].text.startswith("DRAFT")
    assert (
        not docx.Document(io.BytesIO(desk.fill(PLAIN, signed()))).sections[0].header.paragraphs[0].text.startswith("D")
    )


def test_nothing_personal_of_the_template_stays(desk: Desk) -> None:
    """Who wrote the template, with what and when, is not in what goes out."""
    made = desk.fill(PLAIN, signed())
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert [name for name in package.namelist() if name.startswith("docProps/")] == ["docProps/core.xml"]
    properties = docx.Document(io.BytesIO(made)).core_properties
    assert (properties.author, properties.comments) == ("Example Clinic", "")
    assert properties.identifier == f"sha256:{signed().digest}"


def test_same_report_gives_the_same_bytes(desk: Desk) -> None:
    """A letter rendered again is the same file, in another process too."""
    first = desk.fill(WHOLE, signed())
    with Desk() as another:
        assert another.fill(WHOLE, signed()) == first == desk.fill(WHOLE, signed())


def test_naughty_texts_come_back(desk: Desk) -> None:
    """Whatever stands in a field is shown to the letter and is neither markup nor a field itself."""
    listed = template("{%p for name in copies_to %}", "[{{ name }}]", "{%p endfor %}", "{{ body }}")
    header = replace(signed().dictation.header, copies_to=TEXTS)
    shown = paragraphs(desk.fill(listed, signed("The text.", header)))
    assert shown[: len(TEXTS) + 1] == [*(f"[{printable(text)}]" for text in TEXTS), "The text."]


@pytest.mark.parametrize(
    "text", ["{{ body }}", "{_{ patient }_}", "|^~\\& <w:p/> ]]>", "a\nb\tc", "\x00\ud800", "\ufdd0"]
)
def test_naughty_texts_come_back_everywhere(desk: Desk, text: str) -> None:
    """The same holds for the page header and the text itself."""
    made = docx.Document(io.BytesIO(desk.fill(PLAIN, with_everywhere(text))))
    known = printable(text)
    shown = [paragraph.text for paragraph in made.paragraphs]
    shown.remove("ADDENDUM at the end of this report.")
    assert shown[: 1 + len(known.split("\n"))] == [known, *known.split("\n")]
    assert made.sections[0].header.paragraphs[0].text == known


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ patient.__class__.__init__.__globals__ }}", "unsafe"),
        ("{{ patient|attr('__class__') }}", "No filter named 'attr'"),
        ("{{ ''.join(['a']) }}", "calls a function"),
        ("{{ cycler() }}", "calls a function"),
        ("{{ self.__init__ }}", "unsafe|undefined|cannot be filled"),
        ("{% for i in range(9) %}{% endfor %}", "calls a function"),
        ("{{ 'a' * 999999999 }}", "calculates"),
        ("{{ 9 ** 9 ** 9 }}", "calculates"),
        ("{{ patient|safe }}", "No filter named 'safe'"),
        ("{% autoescape false %}{{ patient }}{% endautoescape %}", "switches escaping"),
        ("{% include 'x' %}", "takes in another file"),
        ("{% import 'x' as y %}", "takes in another file"),
        ("{% extends 'x' %}", "takes in another file"),
        ("{% macro m() %}{% endmacro %}", "defines a macro"),
        ("{% if patient %}", "end of template"),
        ("{{ patient", "cannot be filled"),
        ("{{ patient.nothing }}", "no attribute"),
    ],
)
def test_templates_that_are_programs_are_refused(desk: Desk, tag: str, reason: str) -> None:
    """A template shows, repeats and leaves out; what reaches further is refused with its reason."""
    with pytest.raises(UnusableInput, match=reason):
        desk.examine(template(tag, "{{ body }}"))


@pytest.mark.slow
def test_template_that_takes_too_much_is_stopped(desk: Desk) -> None:
    """Loops in loops run into the limits of time or memory, and the desk goes on."""
    loops = "{% for a in copies_to %}" * 18 + "x" * 200 + "{% endfor %}" * 18
    with pytest.raises(TranscribeError):
        desk.fill(template("{% set copies_to = [1,2,3,4,5,6] %}" + loops, "{{ body }}"), signed())
    grow = "{% set a = patient %}" + "{% set a = a ~ a ~ a ~ a ~ a ~ a ~ a ~ a ~ a ~ a %}" * 10
    with pytest.raises(TranscribeError, match="memory"):
        desk.fill(template(grow, "{{ body }}"), signed())
    assert desk.fill(PLAIN, signed())


@pytest.mark.parametrize(
    ("tags", "header"),
    [
        (("{{ patient }}",), ""),
        (("{{ body }}", "{{ body }}"), ""),
        (("Text: {{ body }}",), ""),
        (("{{ body }}",), "{{ body }}"),
        (("{{ body }}", "{{ ending }} and {{ ending }}"), ""),
        (("{% if stat == 'never' %}", "{{ body }}", "{% endif %}"), ""),
    ],
)
def test_report_must_be_shown_once_and_whole(desk: Desk, tags: tuple[str, ...], header: str) -> None:
    """A template that would leave out the text, show it twice or squeeze it into a line is refused."""
    with pytest.raises(UnusableInput, match="body"):
        desk.examine(template(*tags, header=header))


def with_part(name: str, content: bytes, *, content_type: str = "") -> bytes:
    """PLAIN with one more (or another) part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename == name:
                continue
            kept = old.read(info.filename)
            if info.filename == "[Content_Types].xml" and content_type:
                kept = kept.replace(
                    b"</Types>", f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'.encode()
                )
            new.writestr(info.filename, kept)
        if content is not None:
            new.writestr(name, content)
    return out.getvalue()


def with_relation(kind: str, target: str, *, external: bool) -> bytes:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as package:
        relations = package.read("word/_rels/document.xml.rels")
    mode = ' TargetMode="External"' if external else ""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    more = f'<Relationship Id="rId99" Type="{office}/{kind}" Target="{target}"{mode}/></Relationships>'
    return with_part("word/_rels/document.xml.rels", relations.replace(b"</Relationships>", more.encode()))


def with_xml(xml: str) -> bytes:
    """A template with a piece of WordprocessingML in its last paragraph."""
    document = docx.Document()
    document.add_paragraph("{{ body }}")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paragraph = parse_xml(f"<w:p {space}>{xml}</w:p>")
    document.element.body.insert(0, paragraph)
    return saved(document)


def with_field(*instructions: str, simple: bool = False) -> bytes:
    if simple:
        return with_xml(f'<w:fldSimple w:instr="{instructions[0]}"><w:r><w:t>x</w:t></w:r></w:fldSimple>')
    runs = "".join(f"<w:r><w:instrText>{each}</w:instrText></w:r>" for each in instructions)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return with_xml(begin + runs + end)


ATTACKS = {
    "macros": (with_part("word/vbaProject.bin", b"x"), "macros"),
    "macro type": (
        with_part("word/x.xml", b"<x/>", content_type="application/vnd.ms-word.document.macroEnabled.main+xml"),
        "macros",
    ),
    "OLE": (with_part("word/embeddings/oleObject1.bin", b"x"), "OLE"),
    "ActiveX": (with_part("word/activeX/activeX1.xml", b"<x/>"), "ActiveX"),
    "comments": (with_part("word/comments.xml", b"<x/>"), "comments"),
    "template link": (
        with_relation("attachedTemplate", "https://evil.example/x.dotm", external=True),
        "attachedTemplate",
    ),
    "picture link": (with_relation("image", "http://evil.example/x.png", external=True), "image"),
    "hyperlink": (with_relation("hyperlink", "https://evil.example", external=True), "hyperlink"),
    "file link": (with_relation("image", "file:///etc/passwd", external=True), "image"),
    "altChunk part": (with_relation("aFChunk", "chunk.html", external=False), "altChunk"),
    "altChunk": (with_xml("<w:altChunk/>"), "altChunk"),
    "OLE object": (with_xml("<w:r><w:object/></w:r>"), "OLE"),
    "mail merge": (with_xml("<w:mailMerge/>"), "mail merge"),
    "tracked change": (with_xml('<w:ins w:author="Somebody"><w:r><w:t>x</w:t></w:r></w:ins>'), "tracked changes"),
    "DDE": (with_field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"), "DDEAUTO"),
    "split DDE": (with_field("D", "DEAU", "TO cmd"), "DDEAUTO"),
    "simple DDE": (with_field("DDE cmd", simple=True), "DDE"),
    "INCLUDETEXT": (with_field('INCLUDETEXT "/etc/passwd"'), "INCLUDETEXT"),
    "INCLUDEPICTURE": (with_field('  INCLUDEPICTURE "http://evil.example"'), "INCLUDEPICTURE"),
    "HYPERLINK": (with_field('HYPERLINK "http://evil.example"'), "a field"),
    "DATE": (with_field("DATE"), "DATE"),
    "entity": (
        with_part("word/x.xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'),
        "document type",
    ),
    "path": (with_part("../../evil.xml", b"<x/>"), "outside"),
    "bomb": (with_part("word/media/x.png", b"\0" * 30_000_000), "unpacks"),
    "many bombs": (with_part("word/media/x.png", b"\0" * 60_000_000), "unpacks"),
    "no document": (with_part("[Content_Types].xml", b"<Types/>"), "plain Word document"),
    "broken XML": (with_part("word/x.xml", b"<x>"), "no XML"),
    "no archive": (b"PK\x03\x04 nothing", "no Word document"),
    "empty": (b"", "no Word document"),
    "cut": (PLAIN[: len(PLAIN) // 2], "no Word document"),
    "too large": (b"x" * (MAX_BYTES + 1), "larger"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused_with_a_reason(desk: Desk, name: str) -> None:
    """What could run, fetch, hide or burst is refused, and the reason says which."""
    content, reason = ATTACKS[name]
    with pytest.raises(UnusableInput, match=re.escape(reason)) as refused:
        desk.examine(content)
    assert "evil" not in str(refused.value)


def test_attack_is_refused_at_any_time(desk: Desk) -> None:
    """A template is checked again whenever it is filled: it may have been kept for years."""
    with pytest.raises(UnusableInput, match="macros"):
        desk.fill(ATTACKS["macros"][0], signed())


def test_page_numbers_are_allowed(desk: Desk) -> None:
    """The fields of a plain letterhead are no attack."""
    for content in (with_field("PAGE"), with_field("NUM", "PAGES \\* MERGEFORMAT"), with_field("PAGE", simple=True)):
        assert desk.fill(content, signed())


def test_damage_anywhere_is_refused(desk: Desk) -> None:
    """A template with a few wrong bytes is filled, refused or found damaged; nothing else happens."""
    random = Random(7)
    for _ in range(25):
        damaged = bytearray(PLAIN)
        for _ in range(random.randint(1, 9)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        try:
            desk.fill(bytes(damaged), signed())
        except UnusableInput as error:
            assert str(error).startswith("The template")


def test_archive_that_lies_about_its_size_is_refused(desk: Desk) -> None:
    """A part that unpacks to more than it claims is damage, not an explosion."""
    content = bytearray(with_part("word/media/x.png", b"\0" * 900_000))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        info = package.getinfo("word/media/x.png")
    size = info.file_size.to_bytes(4, "little")
    lie = bytes(content).replace(size, (100).to_bytes(4, "little"))
    with pytest.raises(UnusableInput, match="damaged"):
        desk.examine(lie)


def test_template_without_styles_gets_those_it_lacks(desk: Desk) -> None:
    """A file in which nobody ever made a heading shows the report's headings all the same."""
    document = docx.Document()
    document.add_paragraph("{{ body }}")
    for style in list(document.styles.element.findall(qn("w:style"))):
        if style.name_val.lower() in ("heading 2", "list paragraph", "caption"):
            document.styles.element.remove(style)
    made = docx.Document(io.BytesIO(desk.fill(saved(document), signed())))
    (heading,) = [paragraph for paragraph in made.paragraphs if paragraph.text == "PLAN:"]
    assert heading.style is not None
    assert heading.style.name == "Heading 2"
    assert heading.style.element.find(f".//{qn('w:outlineLvl')}").get(qn("w:val")) == "1"
    assert heading.style.font.bold


def test_process_that_dies_is_told_and_replaced() -> None:
    """Should the warm process end, the question in hand fails plainly and the next is answered by a new one."""
    with Desk() as desk:
        assert desk.fill(PLAIN, signed())
        assert desk._process
        desk._process.kill()
        desk._process.wait()
        with pytest.raises(TranscribeError, match="try again"):
            desk.fill(PLAIN, signed())
        assert desk.fill(PLAIN, signed())


def test_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the one who asks is not that of the one who fills."""
    monkeypatch.setenv("TRANSCRIBE_SECRET", "canary")
    with Desk() as desk:
        desk.fill(PLAIN, signed())
        assert desk._process
        environment = Path(f"/proc/{desk._process.pid}/environ")
        if environment.exists():
            assert b"canary" not in environment.read_bytes()


def seconds_of_children(process: int) -> float:
    """Processor time of the forks that the process has waited for, to a hundredth."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processor time in /proc")
def test_warm_desk_answers_at_once(desk: Desk) -> None:
    """A letter takes under a third of a second once the process is there (processor time: machines are busy)."""
    desk.fill(WHOLE, signed())
    assert desk._process
    began = seconds_of_children(desk._process.pid)
    for _ in range(5):
        desk.fill(WHOLE, signed())
    assert 0 < (seconds_of_children(desk._process.pid) - began) / 5 < 0.3
