"""Reads abbreviations that a text explains itself: "chronic kidney disease (CKD)", and CKD ever after.

After Schwartz and Hearst, A simple algorithm for identifying abbreviation definitions in biomedical
text (2003): the letters of the abbreviation occur in this order in the words before the bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from transcribe.clinical.entities import Found
from transcribe.domain import Label, Span

_DEFINITION = re.compile(r"\s*\(\s*([A-Z][A-Za-z0-9-]{1,7})\s*[);,]")
_EXPLAINED = frozenset({Label.PROBLEM, Label.DRUG, Label.TEST, Label.PROCEDURE, Label.ANATOMY})


def explained(text: str, found: Iterable[Found]) -> dict[str, Label]:
    """Each abbreviation that stands in brackets behind the entity it is short for."""
    names: dict[str, Label] = {}
    for item in found:
        match = _DEFINITION.match(text, item.span.end) if item.label in _EXPLAINED else None
        if match is None or sum(char.isupper() for char in match[1]) < 2:
            continue
        if _stands_for(match[1], item.span.of(text)):
            names.setdefault(match[1], item.label)
    return names


def uses(text: str, names: dict[str, Label], taken: Iterable[Span]) -> Iterator[Found]:
    """Where the abbreviations stand outside the spans that are taken already."""
    if not names:
        return
    spans = sorted(taken)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?=s?(?![\w-]))")
    for match in pattern.finditer(text):
        end = match.end() + text.startswith("s", match.end())
        span = Span(match.start(), end)
        if not any(span.overlaps(other) for other in spans):
            yield Found(span, names[match[0]])


def _stands_for(short: str, long: str) -> bool:
    """Whether the letters of `short` occur in this order in `long`, the first at its beginning."""
    letters = [char for char in short.lower() if char.isalnum()]
    low = long.lower()
    at = -1
    for letter in letters:
        at = low.find(letter, at + 1)
        if at < 0:
            return False
    return any(word.startswith(letters[0]) for word in low.replace("-", " ").split())
