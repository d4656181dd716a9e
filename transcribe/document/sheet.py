"""The last pages of a draft: what the editor is asked to look at, and the codes that a coder is offered."""

from __future__ import annotations

from collections.abc import Sequence

from docx.document import Document
from docx.shared import Inches
from docx.table import _Cell

from transcribe.document import parts
from transcribe.document.words import printable
from transcribe.domain import CodeSuggestion, CodeSystem, Mark, MarkKind, Report, Span

Row = Sequence[Sequence[str]]
"""The cells of one row, each a sequence of paragraphs."""

# Column titles and widths in inches.
QUERY_COLUMNS = (("No.", 0.45), ("Kind", 0.9), ("Section", 1.45), ("Words", 1.35), ("Audio", 0.6), ("Reason", 1.75))
ACCEPTED_COLUMNS = (("Code", 0.9), ("System", 1.1), ("Title", 2.3), ("Evidence", 2.2))
CODE_COLUMNS = (("Code", 0.8), ("Title", 1.75), ("Band", 0.85), ("Evidence", 1.9), ("Notes", 1.2))

QUOTED = 90
"""Characters of the text that are quoted for one place; more would not help to find it."""


def add_queries(document: Document, report: Report) -> None:
    """A page with every mark in text order: where it is, the words, the minute of audio and the reason."""
    if not report.marks:
        return
    said = "The words are highlighted in the text. This page is not part of the report."
    _begin_page(document, "QUERIES FOR THE EDITOR", said)
    rows = [_query(number, mark, report) for number, mark in enumerate(report.marks, start=1)]
    _add_table(document, QUERY_COLUMNS, rows, caption="Queries for the editor")


def _begin_page(document: Document, title: str, said: str) -> None:
    document.add_paragraph(title, "Heading 1").paragraph_format.page_break_before = True
    document.add_paragraph(printable(said), "Caption")


def _query(number: int, mark: Mark, report: Report) -> Row:
    words = mark.span.of(report.text).strip(" \n.,;:")
    return (
        (str(number),),
        (str(mark.kind).replace("_", " ").capitalize(),),
        (_section_of(mark, report),),
        (quoted(words) if words else "",),
        (minute(mark.audio),),
        (mark.reason,),
    )


def _section_of(mark: Mark, report: Report) -> str:
    """The heading above the marked words; what is missing, and what concerns the whole text, stands nowhere."""
    if mark.kind is MarkKind.MISSING_HEADING or mark.span == Span(0, 0):
        return ""
    return next((part.heading for part in report.reading.sections if part.span.contains(mark.span)), "")


def quoted(text: str) -> str:
    """`text` on one line in quotation marks, shortened where it is long."""
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= QUOTED else f"“{line[: QUOTED - 1].rstrip()}…”"


def minute(audio: tuple[float, float] | None) -> str:
    """Where the words begin in the recording, as 1:23; nothing where it is not known."""
    if audio is None:
        return ""
    minutes, seconds = divmod(int(audio[0]), 60)
    return f"{minutes}:{seconds:02}"


def add_codes(document: Document, report: Report) -> None:
    """A page with the suggested codes, the words they rest on, and what made this draft."""
    releases = sorted({f"{code.system} {code.release}." for code in report.codes})
    said = ("Suggestions for a coder; nothing is billed.", "This page is not part of the report.", *releases)
    _begin_page(document, "SUGGESTED CODES", " ".join(said))
    if report.codes:
        rows = [_code(code, report) for code in report.codes]
        _add_table(document, CODE_COLUMNS, rows, caption="Suggested codes with their evidence")
    else:
        document.add_paragraph("No code is suggested.")
    made = "; ".join(f"{step}: {name}" for step, name in report.made_by.items() if name)
    if made:
        document.add_paragraph(printable(f"Made by {made}."), "Caption").paragraph_format.space_before = Inches(0.15)


def _code(code: CodeSuggestion, report: Report) -> Row:
    usual = code.system is CodeSystem.ICD10CM
    return (
        (code.code,) if usual else (code.code, str(code.system)),
        (code.title,),
        (str(code.band).capitalize(),),
        [_evidence(span, report) for span in code.evidence],
        (*code.messages, *(f"Or {other}." for other in code.alternatives)),
    )


def add_accepted(document: Document, report: Report) -> None:
    """A page with the codes that a person accepted and the words they rest on; none without such codes."""
    if not report.accepted:
        return
    _begin_page(document, "CODES", "Accepted by a coder; nothing is billed. This page is not part of the report.")
    rows: list[Row] = [
        (
            (code.code,),
            (f"{code.system} {code.release}",),
            (code.title,),
            [quoted(at.of(report.text)) for at in code.evidence] or ("",),
        )
        for code in report.accepted
    ]
    _add_table(document, ACCEPTED_COLUMNS, rows, caption="Accepted codes with their evidence")


def _evidence(span: Span, report: Report) -> str:
    heard_at = minute(report.draft.audio(span, report.transcript))
    return f"{quoted(span.of(report.text))} ({heard_at})" if heard_at else quoted(span.of(report.text))


def _add_table(document: Document, columns: Sequence[tuple[str, float]], rows: Sequence[Row], *, caption: str) -> None:
    """A table whose titles are repeated on each page; its first column is bold."""
    table = document.add_table(rows=len(rows) + 1, cols=len(columns))
    parts.shape_table(table, [Inches(width) for _, width in columns], caption=caption)
    parts.keep_rows_whole(table)
    titles: Row = [(title,) for title, _ in columns]
    # A table's `rows` and `cells` are searched anew at each access, so each is asked for once.
    for number, (row, texts) in enumerate(zip(table.rows, (titles, *rows), strict=True)):
        for column, (cell, paragraphs) in enumerate(zip(row.cells, texts, strict=True)):
            fill(cell, *paragraphs, bold=number == 0 or column == 0)


def fill(cell: _Cell, *texts: str, style: str = "Body Text", bold: bool = False) -> None:
    """An empty cell gets one paragraph for each text."""
    for number, text in enumerate(texts):
        paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
        paragraph.style = style
        paragraph.paragraph_format.space_after = 0
        paragraph.add_run(printable(text)).bold = bold or None
