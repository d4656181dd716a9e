"""The empty page of the house layout: paper, margins and the few styles that a report uses."""

from __future__ import annotations

import io
from functools import cache

import docx
from docx.document import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from transcribe.document import parts

INK = RGBColor(0x1F, 0x2A, 0x44)
GREY = RGBColor(0x59, 0x59, 0x59)
RED = RGBColor(0xA6, 0x1B, 0x1B)
FONT = "Arial"
TEXT_WIDTH = Inches(6.5)

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

# Every paragraph looks its style up among all there are, so the others of python-docx's template cost time and size.
_KEPT = {name.title() for name in ("Default Paragraph Font", "Normal Table", "No List", *(row[0] for row in STYLES))}


def blank() -> Document:
    """A new empty document."""
    return docx.Document(io.BytesIO(_saved()))


@cache
def _saved() -> bytes:
    document = docx.Document()
    _page(document)
    for row in STYLES:
        style(document, *row)
    styles = document.styles.element
    for unused in [each for each in styles.findall(qn("w:style")) if each.name_val.title() not in _KEPT]:
        styles.remove(unused)
    styles.remove(styles.find(qn("w:latentStyles")))
    return parts.save(document)


def _page(document: Document) -> None:
    """US Letter with one-inch margins."""
    section = document.sections[0]
    section.page_width, section.page_height = Inches(8.5), Inches(11)
    section.left_margin = section.right_margin = Inches(1)
    section.top_margin = section.bottom_margin = Inches(1)
    section.header_distance = section.footer_distance = Inches(0.5)


def style(
    document: Document, name: str, size: float, bold: bool, colour: RGBColor | None, before: float, after: float
) -> None:
    """Give the style `name` of `document` the look of one row of `STYLES`."""
    found = document.styles[name]
    assert isinstance(found, ParagraphStyle)
    parts.strip(found)
    # The style that Word puts after a heading may not be there.
    for following in found.element.xpath("w:next | w:link"):
        found.element.remove(following)
    found.font.name, found.font.size, found.font.bold = FONT, Pt(size), bold
    found.font.color.rgb = colour
    shape = found.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), 1.1
    shape.widow_control = True
    shape.keep_with_next = name.startswith("Heading")
    if name == "List Paragraph":
        shape.left_indent, shape.first_line_indent = Inches(0.22), Inches(-0.16)
    if name in ("Header", "Footer"):
        shape.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
