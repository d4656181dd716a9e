"""Reads the official tabular XML of ICD-10-CM: codes, titles, terms, notes and 7th characters."""

from __future__ import annotations

import lzma
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from transcribe.errors import UnusableInput

NOTE_KINDS = {
    "includes": "includes",
    "excludes1": "excludes1",
    "excludes2": "excludes2",
    "codeFirst": "code first",
    "useAdditionalCode": "use additional",
    "codeAlso": "code also",
    "notes": "note",
}
_RANGE = re.compile(
    r"\b([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)(?:\.?-(?![A-Z]\d))?(?:\s*-\s*([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?))?"
)


# "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death ..., or 8 - ..."
_NOT_APPLICABLE = re.compile(
    r"7th characters (?P<seventh>\w) and (?P<other>\w) do not apply to codes in category (?P<category>\w{3})"
    r" with 6th character (?P<sixth>.*)"
)


@dataclass(frozen=True, slots=True)
class Note:
    """One note of the tables; `ranges` are the codes it names, each as (first, last) beginnings of codes."""

    kind: str
    text: str
    ranges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One code of the tabular list, billable or not; `seventh` are the 7th characters it asks for."""

    code: str
    parent: str
    group: str
    title: str
    leaf: bool
    inclusion: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    seventh: Mapping[str, str] = field(default_factory=dict)

    @property
    def billable(self) -> bool:
        """Whether the code may be used as it stands, without a further character."""
        return self.leaf and not self.seventh


@dataclass(frozen=True, slots=True)
class Group:
    """A chapter ("chapter 4") or section ("E08-E13") of the tabular list; `parent` is its chapter."""

    name: str
    parent: str
    title: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Tabular:
    """One release of the tabular list; `year` is the fiscal year that the file names."""

    year: str
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]


def read_xml(path: Path) -> ElementTree.Element:
    """The root element of an XML file, also of one packed as .xz; UnusableInput when it is neither."""
    opened = lzma.open if path.suffix == ".xz" else open
    try:
        with opened(path, "rb") as stream:
            return ElementTree.parse(stream).getroot()  # noqa: S314 - see the import
    except (ElementTree.ParseError, lzma.LZMAError, EOFError) as error:
        raise UnusableInput(f"{path} cannot be read as XML: {error}. Download the file again.") from error
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from error


def parse_tabular(root: ElementTree.Element, path: Path) -> Tabular:
    """Everything in the `ICD10CM.tabular` element of `path`; UnusableInput when no code stands in it."""
    groups: list[Group] = []
    nodes: list[Node] = []
    for chapter in root.iter("chapter"):
        name = f"chapter {_text(chapter, 'name')}"
        groups.append(Group(name, "", _text(chapter, "desc"), _notes(chapter)))
        for section in chapter.iter("section"):
            identity = section.get("id", "")
            groups.append(Group(identity, name, _text(section, "desc"), _notes(section)))
            for diag in section.findall("diag"):
                nodes.extend(_nodes(diag, "", identity, {}))
    nodes = list(_applicable(nodes))
    if not nodes:
        raise UnusableInput(f"{path} holds no code; it is not a release of ICD-10-CM.")
    return Tabular(_text(root, "version"), tuple(groups), tuple(nodes))


def _nodes(diag: ElementTree.Element, parent: str, group: str, inherited: Mapping[str, str]) -> Iterator[Node]:
    code = _text(diag, "name")
    children = diag.findall("diag")
    seventh = _seventh(diag) or inherited
    yield Node(
        code=code,
        parent=parent,
        group=group,
        title=_text(diag, "desc"),
        leaf=not children,
        inclusion=tuple(_clean(note.text) for note in diag.findall("inclusionTerm/note")),
        notes=_notes(diag),
        seventh=seventh,
    )
    for child in children:
        yield from _nodes(child, code, group, seventh)


def _applicable(nodes: list[Node]) -> Iterator[Node]:
    """The nodes without the 7th characters that a note of their category takes away."""
    found = [_NOT_APPLICABLE.match(note.text) for node in nodes for note in node.notes]
    barred = {
        match["category"]: ({match["seventh"], match["other"]}, set(re.findall(r"\b(\d) - ", match["sixth"])))
        for match in found
        if match
    }
    for node in nodes:
        seventh, sixth = barred.get(node.code[:3], (set(), set()))
        if seventh and node.code[6:7] in sixth:
            node = replace(node, seventh={key: text for key, text in node.seventh.items() if key not in seventh})
        yield node


def _seventh(diag: ElementTree.Element) -> dict[str, str]:
    return {each.get("char", ""): _clean(each.text) for each in diag.findall("sevenChrDef/extension")}


def _notes(element: ElementTree.Element) -> tuple[Note, ...]:
    return tuple(
        Note(kind, _clean(note.text), ranges(note.text or ""))
        for tag, kind in NOTE_KINDS.items()
        for note in element.findall(f"{tag}/note")
    )


def ranges(text: str) -> tuple[tuple[str, str], ...]:
    """The codes that a note names: "(S79.1-)", "(P35-P39)", "(E10.2, E11.2)" as (first, last), both included."""
    return tuple((first, last or first) for first, last in _RANGE.findall(text))


def _text(element: ElementTree.Element, tag: str) -> str:
    return _clean(element.findtext(tag))


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())
