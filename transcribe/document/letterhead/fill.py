"""Fills a Word template; runs in the limited process, because a template is a program that a stranger wrote."""

from __future__ import annotations

import io
import secrets
from collections.abc import Collection, Mapping
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from docxtpl import DocxTemplate
from jinja2 import ChainableUndefined, StrictUndefined, TemplateError, Undefined, meta, nodes
from jinja2.filters import FILTERS
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from transcribe.document import body, parts
from transcribe.document.blank import STYLES, style
from transcribe.document.layout import emphasise
from transcribe.document.letterhead import fields, package
from transcribe.document.words import notice, printable, standing
from transcribe.domain import Report
from transcribe.errors import UnusableInput

# Those that only turn one short text into another.
_FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default", "join", "replace", "first", "last", "length")

_FORBIDDEN: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Call, "calls a function"),
    (nodes.Pow, "calculates"),
    (nodes.Mul, "calculates"),
    (nodes.EvalContextModifier, "switches escaping"),
    (nodes.ScopedEvalContextModifier, "switches escaping"),
    (nodes.Include, "takes in another file"),
    (nodes.Import, "takes in another file"),
    (nodes.FromImport, "takes in another file"),
    (nodes.Extends, "takes in another file"),
    (nodes.Macro, "defines a macro"),
)


class _Template(DocxTemplate):  # type: ignore[misc]
    """Rendered without docxtpl's own escapes, which would change a value that happens to look like one."""

    def __init__(self, template: bytes) -> None:
        super().__init__(io.BytesIO(template))
        self.used: set[str] = set()

    def render_xml_part(self, src_xml: str, part: object, context: Mapping[str, object], jinja_env: Any = None) -> Any:
        """One part of the document, filled; what it uses is remembered."""
        tree = jinja_env.parse(src_xml)
        for kind, what in _FORBIDDEN:
            if tree.find(kind):
                raise UnusableInput(f"The template {what}; it may only show fields, repeat them or leave them out.")
        self.used |= meta.find_undeclared_variables(tree)
        return self.resolve_listing(jinja_env.from_string(src_xml).render(context))

    def render_properties(self, context: Mapping[str, object], jinja_env: Any = None) -> None:
        """Properties are not the template's business: they are set anew."""


def used_fields(template: bytes) -> set[str]:
    """The names that the template uses, known or not. Raises `UnusableInput` for a template that is refused."""
    package.check(template)
    made = _rendered(template, fields.values(fields.example()) | dict.fromkeys(fields.BLOCKS, ""), ChainableUndefined)
    return made.used


def filled(template: bytes, report: Report) -> bytes:
    """The template as .docx with the report in it; the same two give the same bytes.

    Raises `UnusableInput` for a template that is refused or cannot show the report whole.
    """
    package.check(template)
    places = {name: secrets.token_hex(16) for name in fields.BLOCKS}
    made = _rendered(template, fields.values(report) | places, StrictUndefined)
    saved = io.BytesIO()
    made.docx.save(saved)
    document = docx.Document(saved)
    _add_styles(document)
    text = _place(document, places["body"])
    if text is None:
        raise UnusableInput("The template does not show the report: put {{ body }} in a paragraph of its own.")
    ending = _place(document, places["ending"])
    if "notice" not in made.used and (said := notice(report)):
        emphasise(text.insert_paragraph_before(), printable(said))
    body.add_text(report, body.adding(document, text.insert_paragraph_before))
    body.add_ending(report, body.adding(document, (ending or text).insert_paragraph_before))
    for place in filter(None, (text, ending)):
        place._p.getparent().remove(place._p)
    _refuse_left_over(document, places.values())
    _mark(document, report)
    return parts.finish(document, report)


def _rendered(template: bytes, context: Mapping[str, object], undefined: type[Undefined]) -> _Template:
    """The template with its fields filled."""
    environment = SandboxedEnvironment(autoescape=True, undefined=undefined)
    environment.globals.clear()
    environment.filters = {name: FILTERS[name] for name in _FILTERS}
    try:
        made = _Template(template)
        made.render(dict(context), environment, autoescape=True)
    except TemplateError as error:
        said = str(error.message).rstrip(".")
        raise UnusableInput(f"The template cannot be filled: {said}.") from error
    except etree.XMLSyntaxError as error:
        raise UnusableInput(
            "The template cannot be filled: a tag begins in one paragraph and ends in another."
        ) from error
    return made


def _add_styles(document: Document) -> None:
    """The styles of the house that the clinic's file lacks; those it has keep the clinic's look."""
    there = {each.name for each in document.styles}
    for row in STYLES:
        name = row[0]
        if name not in there and name not in ("Normal", "Header", "Footer"):
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=True)
            style(document, *row)
            document.styles[name].font.name = None
            if name.startswith("Heading"):
                outline = parts.element("outlineLvl", val=str(int(name[-1]) - 1))
                document.styles[name].element.get_or_add_pPr().append(outline)


def _place(document: Document, words: str) -> Paragraph | None:
    """The paragraph that is nothing but `words`; None where there is none."""
    found = [
        Paragraph(each, document._body)
        for each in document.element.body.iter(qn("w:p"))
        if words in "".join(each.itertext(qn("w:t")))
    ]
    if not found:
        return None
    if len(found) > 1 or found[0].text.strip() != words:
        raise UnusableInput("{{ body }} and {{ ending }} each stand once, in a paragraph of their own.")
    return found[0]


def _refuse_left_over(document: Document, words: Collection[str]) -> None:
    for part in document.part.package.iter_parts():
        if any(each.encode() in part.blob for each in words):
            raise UnusableInput("{{ body }} and {{ ending }} stand in the document itself, not in its margins.")


def _mark(document: Document, report: Report) -> None:
    """Until it is signed, and when it does not count any more, every page says so, whatever the template shows."""
    said = standing(report)
    if not said:
        return
    for number, section in enumerate(document.sections):
        for place in (section.header, section.first_page_header, section.even_page_header):
            if number == 0 or not place.is_linked_to_previous:
                emphasise(place.paragraphs[0].insert_paragraph_before(), said)
