"""Reads the indexes of ICD-10-CM: the Alphabetic Index, and the tables of neoplasms, drugs and external causes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transcribe.coding.build import Entry
from transcribe.coding.words import stems
from transcribe.errors import UnusableInput

INDEX = "index"
NEOPLASMS, DRUGS, CAUSES = "neoplasm table", "drug table", "external cause index"
SOURCES = (INDEX, NEOPLASMS, DRUGS, CAUSES)
_DEEPEST_REFERENCE = 3
# What the columns of the two tables mean, in the words of a report.
_NEOPLASM_COLUMNS = {
    "2": ("malignant neoplasm", "cancer"),
    "3": ("metastasis", "secondary malignant neoplasm"),
    "4": ("carcinoma in situ",),
    "5": ("benign neoplasm",),
    "6": ("neoplasm of uncertain behavior",),
    "7": ("neoplasm",),
}
_DRUG_COLUMNS = {"2": ("poisoning by", "overdose of"), "6": ("adverse effect of",), "7": ("underdosing of",)}


@dataclass(frozen=True, slots=True)
class _Path:
    """One line of the index with the lines above it."""

    titles: tuple[str, ...]
    extras: tuple[str, ...]
    code: str
    see: str
    manifestation: str = ""

    @property
    def text(self) -> str:
        return ", ".join(self.titles)


def parse_index(root: ElementTree.Element, path: Path) -> tuple[str, tuple[Entry, ...]]:
    """Which of `SOURCES` an `ICD10CM.index` element is, and its searchable entries; lines without a code are left out.

    Raises UnusableInput for a table of columns that is neither of neoplasms nor of drugs.
    """
    if root.find(".//cell") is None:
        kind = CAUSES if "EXTERNAL" in (root.findtext("title") or "").upper() else INDEX
        return kind, tuple(_of_lines(root, kind))
    heading = (root.findtext("indexHeading/head") or "").lower()
    if heading == "neoplasm":
        return NEOPLASMS, tuple(_of_cells(root, NEOPLASMS, _NEOPLASM_COLUMNS))
    if heading == "substance":
        return DRUGS, tuple(_of_cells(root, DRUGS, _DRUG_COLUMNS))
    raise UnusableInput(f"{path} is no table of ICD-10-CM that can be read: its columns are unknown.")


def _of_lines(root: ElementTree.Element, kind: str) -> Iterator[Entry]:
    paths = [path for term in root.iter("mainTerm") for path in _paths(term, (), ())]
    by_key: dict[tuple[str, ...], _Path] = {}
    for path in paths:
        by_key.setdefault(_key(path.text), path)
    for path in paths:
        target = _target(path, by_key)
        if target is not None:
            yield Entry(target.code, path.text, kind, " ".join(path.extras), target.manifestation)


def _of_cells(root: ElementTree.Element, kind: str, columns: dict[str, tuple[str, ...]]) -> Iterator[Entry]:
    """An entry for each column of each line: what the column means, then the titles of the line."""
    for term in root.iter("mainTerm"):
        yield from _cells(term, (), kind, columns)


def _cells(
    term: ElementTree.Element, titles: tuple[str, ...], kind: str, columns: dict[str, tuple[str, ...]]
) -> Iterator[Entry]:
    title = term.find("title")
    if title is None:
        return
    # The one main term of the neoplasm table only says what the table is about.
    own = "" if not titles and kind == NEOPLASMS else _first_form(" ".join((title.text or "").split()))
    titles = (*titles, own)
    for cell in term.findall("cell"):
        code = _plain_code(cell.text)
        for meaning in columns.get(cell.get("col", ""), ()) if code else ():
            yield Entry(code, ", ".join(filter(None, (meaning, *titles))), kind)
    for child in term.findall("term"):
        yield from _cells(child, titles, kind, columns)


def _plain_code(written: str | None) -> str:
    """The code of a cell without its trailing dash; "" where the cell is empty ("--")."""
    return (written or "").strip().rstrip("-").rstrip(".")


def _paths(term: ElementTree.Element, titles: tuple[str, ...], extras: tuple[str, ...]) -> Iterator[_Path]:
    title = term.find("title")
    if title is None:
        return
    optional = " ".join((each.text or "") for each in title.findall("nemod"))
    plain = " ".join(((title.text or "") + " " + " ".join(each.tail or "" for each in title)).split())
    titles = (*titles, _first_form(plain))
    extras = (*extras, *stems(optional), *stems(plain[len(titles[-1]) :]))
    code, manifestation = (_plain_code(term.findtext(tag)) for tag in ("code", "manif"))
    children = term.findall("term")
    # "See also" is the answer only where the line has none of its own.
    see = term.findtext("see") or ("" if children else term.findtext("seeAlso")) or ""
    yield _Path(titles, extras, code, see.strip(), manifestation)
    for child in children:
        yield from _paths(child, titles, extras)


def _first_form(title: str) -> str:
    """The first form where a title names one thing twice ("Diabetes, diabetic"), else the whole title."""
    first, comma, second = title.partition(", ")
    alike = comma and re.match(re.escape(first[:4].lower()), second.lower())
    return first if alike and " " not in second else title


def _key(text: str) -> tuple[str, ...]:
    return tuple(sorted(stems(text)))


def _target(path: _Path, by_key: dict[tuple[str, ...], _Path], depth: int = 0) -> _Path | None:
    """The line with the code: this one, or the one that its "see" names; None when there is none."""
    if path.code:
        return path
    target = by_key.get(_key(path.see)) if path.see and depth < _DEEPEST_REFERENCE else None
    return _target(target, by_key, depth + 1) if target is not None else None
