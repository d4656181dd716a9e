"""Lays a report out as a page: running lines, patient, text, signature and dates; `sheet` adds what a draft needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import pairwise

import docx
from docx.document import Document
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_COLOR_INDEX, WD_TAB_ALIGNMENT
from docx.shared import Inches, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from transcribe.document import parts, sheet
from transcribe.document.parts import printable
from transcribe.domain import Header, Report, Span, Status

INK = RGBColor(0x1F, 0x2A, 0x44)
GREY = RGBColor(0x59, 0x59, 0x59)
RED = RGBColor(0xA6, 0x1B, 0x1B)
FONT = "Arial"
TEXT_WIDTH = Inches(6.5)
UNSIGNED = {Status.DRAFT: "DRAFT – not signed", Status.RELEASED: "Not signed"}
BLANK = "_" * 14

# Name, size in points, bold, colour, points before and after; all but Normal follow Normal.
STYLES: tuple[tuple[str, float, bool, RGBColor | None, float, float], ...] = (
    ("Normal", 10.5, False, None, 0, 6),
    ("Heading 1", 15, True, INK, 0, 8),
    ("Heading 2", 10.5, True, INK, 8, 3),
    ("List Paragraph", 10.5, False, None, 0, 2),
    ("Body Text", 9.5, False, None, 0, 0),
    ("Header", 9, False, GREY, 0, 0),
    ("Footer", 8.5, False, GREY, 0, 0),
    ("Caption", 9, False, GREY, 0, 6),
)

ITEM = re.compile(r"\d+\. ")


def lay_out(report: Report) -> bytes:
    """The whole document, saved."""
    document = docx.Document()
    _page(document)
    for row in STYLES:
        _style(document, *row)
    _running_lines(document, report)
    _title(document, report)
    _missing(document, report)
    _patient(document, report)
    _body(document, report)
    _signature(document, report)
    if report.status is Status.DRAFT:
        sheet.add_queries(document, report)
        sheet.add_codes(document, report)
    header = report.dictation.header
    return parts.finish(document, title=report.work_type.title, author=header.clinic, made=_made(header))


def _made(header: Header) -> datetime | None:
    if header.transcribed_at or header.dictated_at:
        return header.transcribed_at or header.dictated_at
    return datetime.combine(header.date_of_service, time()) if header.date_of_service else None


def _page(document: Document) -> None:
    """US Letter with one-inch margins."""
    section = document.sections[0]
    section.page_width, section.page_height = Inches(8.5), Inches(11)
    section.left_margin = section.right_margin = Inches(1)
    section.top_margin = section.bottom_margin = Inches(1)
    section.header_distance = section.footer_distance = Inches(0.5)


def _style(
    document: Document, name: str, size: float, bold: bool, colour: RGBColor | None, before: float, after: float
) -> None:
    style = document.styles[name]
    assert isinstance(style, ParagraphStyle)
    parts.strip(style)
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.color.rgb = colour
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), 1.1
    shape.widow_control = True
    shape.keep_with_next = name.startswith("Heading")
    if name == "List Paragraph":
        shape.left_indent, shape.first_line_indent = Inches(0.22), Inches(-0.16)
    if name in ("Header", "Footer"):
        shape.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)


def _running_lines(document: Document, report: Report) -> None:
    """The clinic above the first page, the patient above the others; on all the page number and what is not signed."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    header = report.dictation.header
    who = (header.patient, header.record_number, report.work_type.title, numerals(header.date_of_service, blank=""))
    for place, left in ((section.first_page_header, header.clinic), (section.header, " · ".join(filter(None, who)))):
        line = place.paragraphs[0]
        line.add_run(printable(left) + "\t")
        _emphasis(line, UNSIGNED.get(report.status, ""))
    recogniser = report.made_by.get("recogniser", "")
    for line in (section.first_page_footer.paragraphs[0], section.footer.paragraphs[0]):
        line.add_run((f"Heard by {printable(recogniser)}" if recogniser else "") + "\tPage ")
        parts.add_field(line, "PAGE")
        line.add_run(" of ")
        parts.add_field(line, "NUMPAGES")


def _emphasis(paragraph: Paragraph, text: str) -> None:
    run = paragraph.add_run(text)
    run.bold, run.font.color.rgb = True, RED


def _title(document: Document, report: Report) -> None:
    title = document.add_paragraph(report.work_type.title.upper(), style="Heading 1")
    if report.dictation.header.stat:
        title.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
        title.add_run("\t")
        _emphasis(title, "STAT")


def _missing(document: Document, report: Report) -> None:
    """What did not arrive of the recording, in front of everything, until a person has dealt with it."""
    if report.status is Status.DRAFT and report.transcript:
        for flaw in report.transcript.flaws:
            if flaw.audio:
                minute = sheet.minute(flaw.audio)
                _emphasis(document.add_paragraph(style="Caption"), f"At {minute} {flaw.reason}.")


def _patient(document: Document, report: Report) -> None:
    """Who, when and by whom, in two columns of names and values."""
    header = report.dictation.header
    facts = (
        ("Patient", header.patient or BLANK, "Record number", header.record_number or BLANK),
        ("Date of birth", numerals(header.date_of_birth), "Sex", header.sex or BLANK),
        ("Date of service", numerals(header.date_of_service), "Encounter", header.encounter or BLANK),
        ("Author", header.author or BLANK, "Referring", header.referring or BLANK),
        ("Clinic", header.clinic or BLANK, "Work type", report.work_type.title),
    )
    table = document.add_table(rows=len(facts), cols=4)
    parts.shape_table(table, [Inches(width) for width in (1.05, 2.25, 1.1, 2.1)], caption="Patient and visit")
    for row, texts in zip(table.rows, facts, strict=True):
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            sheet.fill(cell, text, style="Normal" if column % 2 else "Caption")
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def numerals(day: date | None, *, blank: str = BLANK) -> str:
    """A date as 05/18/2026; `blank` where it is not known."""
    return f"{day:%m/%d/%Y}" if day else blank


def _body(document: Document, report: Report) -> None:
    """Every line of the text as a paragraph; the places that marks point at are highlighted."""
    marked = [mark.span for mark in report.marks]
    for line, style, ends_block in _lines(report.text):
        paragraph = document.add_paragraph(style=style)
        if ends_block and style == "List Paragraph":
            paragraph.paragraph_format.space_after = Pt(6)
        if not ends_block and style == "Normal":
            paragraph.paragraph_format.space_after = Pt(0)
        for piece, highlighted in _pieces(line, marked):
            run = paragraph.add_run(printable(piece.of(report.text)))
            if highlighted and report.status is Status.DRAFT:
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _lines(text: str) -> Iterator[tuple[Span, str, bool]]:
    """The lines that are not empty, each with its style and whether an empty line or the end follows it."""
    start = 0
    for block in text.split("\n\n"):
        end_of_block = start + len(block)
        for line in block.split("\n"):
            span = Span(start, start + len(line))
            if line:
                yield span, _style_of(line, alone=line == block), span.end == end_of_block
            start = span.end + 1
        start = end_of_block + 2


def _style_of(line: str, *, alone: bool) -> str:
    if alone and line.isupper() and line.endswith(":"):
        return "Heading 2"
    return "List Paragraph" if ITEM.match(line) else "Normal"


def _pieces(line: Span, marked: list[Span]) -> Iterator[tuple[Span, bool]]:
    """`line` cut where a mark begins or ends, each piece with whether a mark covers it."""
    inside = {edge for span in marked for edge in (span.start, span.end) if line.start < edge < line.end}
    for start, end in pairwise(sorted({line.start, line.end, *inside})):
        piece = Span(start, end)
        yield piece, any(piece.overlaps(span) for span in marked)


def _signature(document: Document, report: Report) -> None:
    """The line to sign on with the author's name, then initials, dates and copies; never alone on a page."""
    header = report.dictation.header
    rule = document.add_paragraph()
    rule.paragraph_format.space_before, rule.paragraph_format.space_after = Pt(30), Pt(2)
    rule.paragraph_format.right_indent = Inches(3.5)
    parts.rule_below(rule)
    lines = [
        header.author or f"Name: {BLANK}",
        "",
        f"{header.author_initials or '____'}:{header.transcriptionist_initials or '____'}",
        f"D: {numerals(header.dictated_at)}",
        f"T: {numerals(header.transcribed_at)}",
        *(f"cc: {name}" for name in header.copies_to),
    ]
    for line in lines:
        document.add_paragraph(printable(line)).paragraph_format.space_after = Pt(0)
    for paragraph in document.paragraphs[-len(lines) - 2 : -1]:
        paragraph.paragraph_format.keep_with_next = True
