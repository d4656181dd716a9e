"""Keeps a licensee's CPT table apart and names the codes of documented procedures, never their descriptors.

CPT is copyright of the American Medical Association. No descriptor leaves the licensee's file by this module: a
suggestion carries the code and the report's own words.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from transcribe.coding.advice import say
from transcribe.coding.context import sentences, within_reach
from transcribe.coding.items import Item, ItemTable, write_items
from transcribe.coding.words import lexicon, stems
from transcribe.domain import (
    Assertion,
    Band,
    Category,
    CodeSuggestion,
    CodeSystem,
    Entity,
    Label,
    Match,
    Reading,
    Span,
)
from transcribe.errors import NotAllowed, UnusableInput

_COLUMNS = ("code", "descriptor")
_CODE = re.compile(r"\d{4}[0-9A-Z]")
_DONE = re.compile(
    r"\b(?:was|were|is|been)\s+(?:\w+\s+)?(?:performed|done|placed|removed|excised|repaired|injected|treated|drained"
    r"|obtained|completed)\b|\bperformed\b|\bunderwent\b|\bdone today\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:will|would|plan|schedul\w+|consider|discuss\w*|recommend\w*|refer\w*|if|may|should|order\w*|candidate"
    r"|history of|status post|s/p|ago|previous\w*|prior|last)\b",
    re.IGNORECASE,
)
_NOT_SO = frozenset({Assertion.NEGATED, Assertion.HYPOTHETICAL, Assertion.HISTORICAL, Assertion.UNCERTAIN})
# The least share of an entry's words that the report must have said.
_FLOOR = 0.6


def import_cpt(path: Path, folder: Path, *, licensed: bool) -> str:
    """Read a licensee's CSV into its own file under `folder`; how many codes it holds, as a sentence.

    The columns are named in the first line: code, descriptor, and where wanted synonyms (separated by
    semicolons), effective and end (YYYY-MM-DD). The licence is confirmed once: `licensed` at the first import.
    Raises NotAllowed without it and UnusableInput for another file.
    """
    items = list(_rows(path))
    target = folder / "cpt.sqlite"
    if not licensed and not target.is_file():
        raise NotAllowed(
            "CPT may only be used under a licence of the American Medical Association."
            " If you have one, confirm it once with --cpt-licence."
        )
    codes = {each.code for each in items}
    about = {"release": f"{date.today():%Y-%m}", "source": path.name, "licence": "confirmed by the importer"}
    write_items(target, items, about, private=True)
    return f"{len(codes)} CPT codes"


def _rows(path: Path) -> Iterator[Item]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not set(_COLUMNS) <= set(reader.fieldnames or ()):
                raise UnusableInput(f"{path} needs a first line that names the columns code and descriptor.")
            for row in reader:
                yield from _entries(row, path, reader.line_num)
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path} cannot be read as a CSV file in UTF-8.") from error


def _entries(row: dict[str, str], path: Path, number: int) -> Iterator[Item]:
    """The descriptor and each synonym of one line."""
    code, descriptor = (row.get("code") or "").strip().upper(), (row.get("descriptor") or "").strip()
    if not _CODE.fullmatch(code) or not descriptor:
        # The line's text is the licensor's and is not repeated.
        raise UnusableInput(f"{path}, line {number}: a code of five characters and a descriptor are needed.")
    begins, ends = (_day(row.get(name), path, number) for name in ("effective", "end"))
    yield Item(code, descriptor, begins, ends)
    for synonym in (row.get("synonyms") or "").split(";"):
        if synonym.strip():
            yield Item(code, descriptor, begins, ends, said=synonym.strip())


def _day(written: str | None, path: Path, number: int) -> date | None:
    try:
        return date.fromisoformat(written.strip()) if written and written.strip() else None
    except ValueError as error:
        raise UnusableInput(f"{path}, line {number}: dates are written YYYY-MM-DD.") from error


def documented(text: str, reading: Reading) -> tuple[Span, ...]:
    """The procedures that the report says were done in the visit, each once, in its order."""
    return tuple(each.span for each in _performed(text, reading))


def _performed(text: str, reading: Reading) -> tuple[Entity, ...]:
    spans = sentences(text)
    found: dict[str, Entity] = {}
    for each in reading.entities:
        if each.label is Label.PROCEDURE and not each.assertions & _NOT_SO and _was_done(text, each, spans):
            found.setdefault(each.text.lower(), each)
    return tuple(found.values())


def _was_done(text: str, each: Entity, spans: list[Span]) -> bool:
    sentence = spans[bisect_right(spans, each.span.start, key=lambda span: span.start) - 1]
    said = within_reach(text, each.span, sentence).of(text)
    if _PLANNED.search(said):
        return False
    return each.section is Category.PROCEDURE or _DONE.search(said) is not None


def procedures(text: str, reading: Reading, table: ItemTable, on: date) -> tuple[CodeSuggestion, ...]:
    """A code of the licensee's table for each documented procedure that one entry answers well; to be checked."""
    found: dict[str, CodeSuggestion] = {}
    for each in _performed(text, reading):
        said = each.attributes.get("means", each.text)
        words = [word for word in stems(said) if word not in lexicon().side]
        answers = [(score, item) for score, item in table.search(words, on) if score >= _FLOOR]
        if answers:
            score, item = answers[0]
            others = tuple(dict.fromkeys(other.code for _, other in answers[1:6] if other.code != item.code))
            found.setdefault(item.code, _suggestion(table, each.span, text, score, item.code, others))
    return tuple(found.values())


def _suggestion(
    table: ItemTable, span: Span, text: str, score: float, code: str, others: tuple[str, ...]
) -> CodeSuggestion:
    return CodeSuggestion(
        system=CodeSystem.CPT,
        code=code,
        title="See the licensee's CPT table",
        release=table.release,
        score=round(score, 3),
        band=Band.POSSIBLE,
        matched=Match(span.of(text), "licensee's CPT table"),
        evidence=(span,),
        messages=(say("procedure-code"),),
        alternatives=others,
    )
