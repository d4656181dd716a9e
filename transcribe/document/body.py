"""The text of a report and what stands under it as paragraphs, on the house page or inside a clinic's letterhead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_COLOR_INDEX
from docx.shared import Inches, Pt
from docx.text.paragraph import Paragraph

from transcribe.document import parts
from transcribe.document.words import BLANK, addendum_title, moment, of_record, printable, signing
from transcribe.domain import Report, Span, Status

Add = Callable[[str], Paragraph]
"""Adds an empty paragraph of the style it is given, after the ones it added before."""


def adding(document: Document, new: Callable[[], Paragraph]) -> Add:
    """Adds what `new` makes, looking each style of `document` up once: python-docx would search it every time."""
    ids = {style.name: style.style_id for style in document.styles if style.type is WD_STYLE_TYPE.PARAGRAPH}

    def add(style: str) -> Paragraph:
        paragraph = new()
        if style != "Normal":
            paragraph._p.style = ids[style]
        return paragraph

    return add


ITEM = re.compile(r"\d+\. ")


def add_text(report: Report, add: Add) -> None:
    """Every line of the text as a paragraph; the places that a draft's marks point at are highlighted."""
    marked = [mark.span for mark in report.marks] if report.status is Status.DRAFT else []
    _add_lines(report.text, add, marked)


def _add_lines(text: str, add: Add, marked: list[Span]) -> None:
    """The lines as paragraphs, the last of which stays with the signature under it: none stands on a page alone."""
    paragraph = None
    for line, style, ends_block in _lines(text):
        paragraph = add(style)
        if ends_block and style == "List Paragraph":
            paragraph.paragraph_format.space_after = Pt(6)
        if not ends_block and style == "Normal":
            paragraph.paragraph_format.space_after = Pt(0)
        for piece, highlighted in _pieces(line, marked):
            run = paragraph.add_run(printable(piece.of(text)))
            if highlighted:
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
    if paragraph is not None:
        paragraph.paragraph_format.keep_with_next = True


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


def add_ending(report: Report, add: Add) -> None:
    """The signature or the line to sign on, initials, dates and copies; then the addenda and the text's hash."""
    signatures = report.signatures if report.status is Status.SIGNED else ()
    if not signatures:
        _line_to_sign_on(add)
    header = report.dictation.header
    signed = [line for signature in signatures for line in ("", *signing(signature))][1:]
    printed = signed or [header.author or f"Name: {BLANK}"]
    end = _add_together(
        add,
        *printed,
        "",
        f"{header.author_initials or '____'}:{header.transcriptionist_initials or '____'}",
        f"D: {moment(header.dictated_at)}",
        f"T: {moment(header.transcribed_at)}",
        *(f"cc: {name}" for name in header.copies_to),
        space_before=14 if signatures else 0,
    )
    for number, addendum in enumerate(report.addenda, start=1):
        title = add("Heading 2")
        title.add_run(addendum_title(number, addendum))
        title.paragraph_format.space_before = Pt(16)
        _add_lines(addendum.text, add, [])
        end = _add_together(add, *signing(addendum.signature), space_before=8)
    if report.status is not Status.DRAFT:
        end.paragraph_format.keep_with_next = True
        last = add("Caption")
        last.add_run(printable(of_record(report))).font.size = Pt(8)
        last.paragraph_format.space_before = Pt(12)


def _line_to_sign_on(add: Add) -> None:
    rule = add("Normal")
    rule.paragraph_format.space_before, rule.paragraph_format.space_after = Pt(30), Pt(2)
    rule.paragraph_format.right_indent = Inches(3.5)
    rule.paragraph_format.keep_with_next = True
    parts.rule_below(rule)


def _add_together(add: Add, *lines: str, space_before: float) -> Paragraph:
    """Lines that no page break parts; the last of them."""
    paragraphs = [add("Normal") for _ in lines]
    for paragraph, line in zip(paragraphs, lines, strict=True):
        paragraph.add_run(printable(line))
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.keep_with_next = paragraph is not paragraphs[-1]
    paragraphs[0].paragraph_format.space_before = Pt(space_before)
    return paragraphs[-1]
