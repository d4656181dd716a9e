"""Pieces of WordprocessingML that python-docx has no word for, and a save that gives the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, time

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length
from docx.styles.style import ParagraphStyle
from docx.table import Table
from docx.text.paragraph import Paragraph

from transcribe.document.words import printable
from transcribe.domain import Header, Report

RULE_COLOUR = "A6ACBA"

# The first moment a zip archive can hold.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

# What a template says of the program, the company and the page it was once saved from.
_OF_THE_TEMPLATE = {
    RELATIONSHIP_TYPE.EXTENDED_PROPERTIES,
    RELATIONSHIP_TYPE.CUSTOM_PROPERTIES,
    RELATIONSHIP_TYPE.THUMBNAIL,
}

_MODE = 'w:compat/w:compatSetting[@w:name="compatibilityMode"]'


def element(name: str, **attributes: str) -> BaseOxmlElement:
    """A new element of the `w:` namespace with attributes of the same."""
    made: BaseOxmlElement = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def strip(style: ParagraphStyle) -> None:
    """Take from a built-in style all formatting but its outline level: theme fonts would win over ours."""
    for part in style.element.xpath("w:rPr/* | w:pPr/*[not(self::w:outlineLvl)]"):
        part.getparent().remove(part)


def add_field(paragraph: Paragraph, instruction: str) -> None:
    """A field that Word fills when it lays out the page, PAGE for instance."""
    field = element("fldSimple", instr=instruction)
    paragraph.add_run("1")
    field.append(paragraph.runs[-1]._r)
    paragraph._p.append(field)


def rule_below(paragraph: Paragraph) -> None:
    """A line under `paragraph`, as wide as it is, to sign on."""
    border = element("pBdr")
    border.append(element("bottom", val="single", sz="6", space="1", color="000000"))
    # The schema wants it before spacing and indents.
    paragraph._p.get_or_add_pPr().insert_element_before(
        border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def shape_table(table: Table, widths: Sequence[Length], *, caption: str) -> None:
    """Fixed column widths, thin horizontal rules, room in the cells, and a caption for screen readers."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    borders = element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(element(side, val="single", sz="4", space="0", color=RULE_COLOUR))
    margins = element("tblCellMar")
    for side, twentieths in (("top", "50"), ("left", "80"), ("bottom", "50"), ("right", "80")):
        margins.append(element(side, w=twentieths, type="dxa"))
    properties = table._tbl.tblPr
    properties.insert_element_before(borders, "w:tblLayout", "w:tblLook")
    properties.insert_element_before(margins, "w:tblLook")
    properties.append(element("tblCaption", val=caption))


def keep_rows_whole(table: Table) -> None:
    """No row is cut by the end of a page, and the first is repeated on each page as the table's header."""
    for row in table.rows:
        row._tr.get_or_add_trPr().append(element("cantSplit"))
    table.rows[0]._tr.get_or_add_trPr().append(element("tblHeader"))


def finish(document: Document, report: Report) -> bytes:
    """The saved document; its properties say what was rendered, nothing of the machine, the patient or the hour."""
    header = report.dictation.header
    moment = (_made(header) or datetime(*_ZIP_EPOCH)).replace(microsecond=0)
    properties = document.core_properties
    properties.title, properties.author = printable(report.work_type.title)[:255], printable(header.clinic)[:255]
    properties.last_modified_by = properties.comments = properties.subject = properties.keywords = ""
    properties.category, properties.content_status = "", str(report.status)
    properties.identifier, properties.version = f"sha256:{report.digest}", str(report.version)
    properties.language, properties.revision = "en-US", 1
    properties.created = properties.modified = moment.astimezone(UTC) if moment.tzinfo else moment
    return save(document)


def _made(header: Header) -> datetime | None:
    if header.transcribed_at or header.dictated_at:
        return header.transcribed_at or header.dictated_at
    return datetime.combine(header.date_of_service, time()) if header.date_of_service else None


def save(document: Document) -> bytes:
    """The document without what its template was saved with; the same document gives the same bytes."""
    package = document.part.package
    for relation in [found for found in package.rels.values() if found.reltype in _OF_THE_TEMPLATE]:
        package.rels.pop(relation.rId)
    for mode in document.settings.element.xpath(_MODE):
        mode.set(qn("w:val"), "15")  # Word 2013 and later; otherwise Word opens it in compatibility mode
    saved = io.BytesIO()
    document.save(saved)
    return _same_each_time(saved)


def _same_each_time(saved: io.BytesIO) -> bytes:
    """The archive with the clock's traces taken out."""
    again = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return again.getvalue()
