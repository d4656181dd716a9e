"""Lays a report out in the house style: running lines, patient, text and ending; `sheet` adds what a draft needs."""

from __future__ import annotations

from docx.document import Document
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Inches, Pt
from docx.text.paragraph import Paragraph

from transcribe.document import body, parts, sheet
from transcribe.document.blank import RED, TEXT_WIDTH, blank
from transcribe.document.words import BLANK, NOT_KNOWN, notice, numerals, printable, standing
from transcribe.domain import Report, Status


def lay_out(report: Report, *, codes_page: bool = False) -> bytes:
    """The whole document, saved."""
    document = blank()
    _running_lines(document, report)
    _title(document, report)
    _missing(document, report)
    _patient(document, report)
    add = body.adding(document, document.add_paragraph)
    body.add_text(report, add)
    body.add_ending(report, add)
    if report.status is Status.DRAFT:
        sheet.add_queries(document, report)
        sheet.add_codes(document, report)
    elif codes_page:
        sheet.add_accepted(document, report)
    return parts.finish(document, report)


def _running_lines(document: Document, report: Report) -> None:
    """The clinic above the first page, the patient above the others; on all the page number and what is not signed."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    header = report.dictation.header
    who = (header.patient, header.record_number, report.work_type.title, numerals(header.date_of_service, blank=""))
    for place, left in ((section.first_page_header, header.clinic), (section.header, " · ".join(filter(None, who)))):
        line = place.paragraphs[0]
        line.add_run(printable(left) + "\t")
        emphasise(line, standing(report))
    recogniser = report.made_by.get("recogniser", "")
    for line in (section.first_page_footer.paragraphs[0], section.footer.paragraphs[0]):
        line.add_run((f"Heard by {printable(recogniser)}" if recogniser else "") + "\tPage ")
        parts.add_field(line, "PAGE")
        line.add_run(" of ")
        parts.add_field(line, "NUMPAGES")


def emphasise(paragraph: Paragraph, text: str) -> None:
    """Add `text` in bold red."""
    run = paragraph.add_run(text)
    run.bold, run.font.color.rgb = True, RED


def _title(document: Document, report: Report) -> None:
    title = document.add_paragraph(report.work_type.title.upper(), style="Heading 1")
    if report.dictation.header.stat:
        title.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
        title.add_run("\t")
        emphasise(title, "STAT")
    if said := notice(report):
        title.paragraph_format.space_after = Pt(2)
        emphasise(document.add_paragraph(style="Caption"), printable(said))


def _missing(document: Document, report: Report) -> None:
    """What did not arrive of the recording, in front of everything, until a person has dealt with it."""
    if report.status is Status.DRAFT and report.transcript:
        for flaw in report.transcript.flaws:
            if flaw.audio:
                minute = sheet.minute(flaw.audio)
                emphasise(document.add_paragraph(style="Caption"), f"At {minute} {flaw.reason}.")


def _patient(document: Document, report: Report) -> None:
    """Who, when and by whom, in two columns of names and values."""
    header = report.dictation.header
    # Until it is signed a person may fill in by hand what is not known.
    blank = NOT_KNOWN if report.status is Status.SIGNED else BLANK
    facts = (
        ("Patient", header.patient or blank, "Record number", header.record_number or blank),
        ("Date of birth", numerals(header.date_of_birth, blank=blank), "Sex", header.sex or blank),
        ("Date of service", numerals(header.date_of_service, blank=blank), "Encounter", header.encounter or blank),
        ("Author", header.author or blank, "Referring", header.referring or blank),
        ("Clinic", header.clinic or blank, "Work type", report.work_type.title),
    )
    table = document.add_table(rows=len(facts), cols=4)
    parts.shape_table(table, [Inches(width) for width in (1.05, 2.25, 1.1, 2.1)], caption="Patient and visit")
    for row, texts in zip(table.rows, facts, strict=True):
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            sheet.fill(cell, text, style="Normal" if column % 2 else "Caption")
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    document.add_paragraph().paragraph_format.space_after = Pt(0)
