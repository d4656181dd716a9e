"""Reads the Alphabetic Index of ICD-10-CM: each path of terms that leads to a code, references resolved."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

from transcribe.coding.build import Entry
from transcribe.coding.words import stems

SOURCE = "index"
_DEEPEST_REFERENCE = 3


@dataclass(frozen=True, slots=True)
class _Path:
    """One line of the index with the lines above it."""

    titles: tuple[str, ...]
    extras: tuple[str, ...]
    code: str
    see: str

    @property
    def text(self) -> str:
        return ", ".join(self.titles)


def parse_index(root: ElementTree.Element) -> tuple[Entry, ...]:
    """The searchable entries of an `ICD10CM.index` element; lines that lead to no code are left out."""
    paths = [path for term in root.iter("mainTerm") for path in _paths(term, (), ())]
    by_key: dict[tuple[str, ...], _Path] = {}
    for path in paths:
        by_key.setdefault(_key(path.text), path)
    found = ((path, _code(path, by_key)) for path in paths)
    return tuple(Entry(code, path.text, SOURCE, " ".join(path.extras)) for path, code in found if code)


def _paths(term: ElementTree.Element, titles: tuple[str, ...], extras: tuple[str, ...]) -> Iterator[_Path]:
    title = term.find("title")
    if title is None:
        return
    optional = " ".join((each.text or "") for each in title.findall("nemod"))
    plain = " ".join(((title.text or "") + " " + " ".join(each.tail or "" for each in title)).split())
    titles = (*titles, _first_form(plain))
    extras = (*extras, *stems(optional), *stems(plain[len(titles[-1]) :]))
    code = (term.findtext("code") or "").strip().rstrip("-").rstrip(".")
    see = (term.findtext("see") or "").strip()
    yield _Path(titles, extras, code, see)
    for child in term.findall("term"):
        yield from _paths(child, titles, extras)


def _first_form(title: str) -> str:
    """The first form where a title names one thing twice ("Diabetes, diabetic"), else the whole title."""
    first, comma, second = title.partition(", ")
    alike = comma and re.match(re.escape(first[:4].lower()), second.lower())
    return first if alike and " " not in second else title


def _key(text: str) -> tuple[str, ...]:
    return tuple(sorted(stems(text)))


def _code(path: _Path, by_key: dict[tuple[str, ...], _Path], depth: int = 0) -> str:
    """The code of a line, or of the line that its "see" names; "" when there is none."""
    if path.code or not path.see or depth == _DEEPEST_REFERENCE:
        return path.code
    target = by_key.get(_key(path.see))
    return _code(target, by_key, depth + 1) if target is not None else ""
