"""The last pages of a draft: what the editor is asked to look at, and the codes that a coder is offered."""

from __future__ import annotations

from docx.document import Document
from docx.shared import Inches
from docx.table import _Cell

from transcribe.document import parts
from transcribe.document.parts import printable
from transcribe.domain import CodeSuggestion, CodeSystem, Mark, Report, Span

COLUMNS = (
    ("Code", Inches(0.95)),
    ("Title", Inches(1.8)),
    ("Band", Inches(0.85)),
    ("Evidence", Inches(1.75)),
    ("Notes", Inches(1.15)),
)
QUOTED = 90
"""Characters of the text that are quoted for one place; more would not help to find it."""


def fill(cell: _Cell, *texts: str, style: str = "Normal", bold: bool = False) -> None:
    """The cell with one paragraph for each text and no space after it."""
    cell.paragraphs[0].text = ""
    for number, text in enumerate(texts or ("",)):
        paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
        paragraph.style = style
        paragraph.paragraph_format.space_after = 0
        paragraph.add_run(printable(text)).bold = bold or None


def add_queries(document: Document, report: Report) -> None:
    """A page with every mark in text order: its place, the words, the second of audio and the reason."""
    if not report.marks:
        return
    _page_title(document, "QUERIES FOR THE EDITOR")
    document.add_paragraph("The words are highlighted in the text. This page is not part of the report.", "Caption")
    for number, mark in enumerate(report.marks, start=1):
        document.add_paragraph(printable(f"{number}. {_query(mark, report)}"), "List Paragraph")


def _page_title(document: Document, text: str) -> None:
    document.add_paragraph(text, "Heading 1").paragraph_format.page_break_before = True


def _query(mark: Mark, report: Report) -> str:
    kind = str(mark.kind).replace("_", " ").capitalize()
    section = next((part.heading for part in report.reading.sections if part.span.contains(mark.span)), "")
    place = f"{kind} in {section}" if section else kind
    words = f" {quoted(mark.span.of(report.text))}" if mark.span.of(report.text).strip() else ""
    return f"{place}{words}{_at(mark.audio)}: {mark.reason}"


def quoted(text: str) -> str:
    """`text` on one line in quotation marks, shortened where it is long."""
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= QUOTED else f"“{line[: QUOTED - 1].rstrip()}…”"


def _at(audio: tuple[float, float] | None) -> str:
    """The second where the words begin, as (1:23); nothing where it is not known."""
    if audio is None:
        return ""
    minutes, seconds = divmod(int(audio[0]), 60)
    return f" ({minutes}:{seconds:02})"


def add_codes(document: Document, report: Report) -> None:
    """A page with the suggested codes, the words they rest on, and what made this draft."""
    _page_title(document, "SUGGESTED CODES")
    releases = sorted({f"{code.system} {code.release}" for code in report.codes})
    said = "Suggestions for a coder; nothing is billed. This page is not part of the report."
    document.add_paragraph(printable(" ".join((said, *(f"{release}." for release in releases)))), "Caption")
    if report.codes:
        _code_table(document, report)
    else:
        document.add_paragraph("No code is suggested.")
    made = "; ".join(f"{step}: {name}" for step, name in report.made_by.items() if name)
    if made:
        document.add_paragraph(printable(f"Made by {made}."), "Caption").paragraph_format.space_before = Inches(0.15)


def _code_table(document: Document, report: Report) -> None:
    table = document.add_table(rows=len(report.codes) + 1, cols=len(COLUMNS))
    parts.shape_table(table, tuple(width for _, width in COLUMNS), caption="Suggested codes with their evidence")
    parts.keep_rows_whole(table)
    for cell, (name, _) in zip(table.rows[0].cells, COLUMNS, strict=True):
        fill(cell, name, bold=True)
    for row, code in zip(table.rows[1:], report.codes, strict=True):
        cells = row.cells
        fill(cells[0], *_name(code), bold=True)
        fill(cells[1], code.title)
        fill(cells[2], str(code.band).capitalize())
        fill(cells[3], *(_evidence(span, report) for span in code.evidence))
        fill(cells[4], *code.messages, *(f"Or {other}" for other in code.alternatives))


def _name(code: CodeSuggestion) -> tuple[str, ...]:
    """The code; its system only where it is not the usual one."""
    return (code.code,) if code.system is CodeSystem.ICD10CM else (code.code, str(code.system))


def _evidence(span: Span, report: Report) -> str:
    return quoted(span.of(report.text)) + _at(report.draft.audio(span, report.transcript))
