"""Cuts text into words and folds each to the form that the lexicons are compared in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_PIECE = re.compile(
    r"\s+"
    r"|(?:[^\W\d_]\.){2,}"  # b.i.d.  p.o.  e.g.
    r"|\d+(?:[.,]\d+)*"  # 10,000  0.5
    r"|['’][sS]\b"
    r"|[^\W\d_]+n['’]t\b"  # doesn't stays whole: it is a cue
    r"|[^\W\d_][^\W_]*"  # words, and L4, B12, T2N0
    r"|."
)
_GLUE = frozenset("-‐‑–'’")
_APOSTROPHES = frozenset("'’")
_POSSESSIVE = frozenset({"'s", "’s", "'S", "’S"})
_IRREGULAR = {
    "diseases": "disease",
    "doses": "dose",
    "cases": "case",
    "releases": "release",
    "noses": "nose",
    "vertebrae": "vertebra",
    "bronchi": "bronchus",
    "feet": "foot",
    "teeth": "tooth",
    "thrombi": "thrombus",
    "emboli": "embolus",
    "calculi": "calculus",
    "diverticula": "diverticulum",
    "mellitus": "mellitus",
    "metastases": "metastasis",
    "criteria": "criterion",
    "bacteria": "bacterium",
    "ova": "ovum",
    "axillae": "axilla",
    "bullae": "bulla",
    "fistulae": "fistula",
    "tumour": "tumor",
    "tumours": "tumor",
    "oedema": "edema",
    "anaemia": "anemia",
    "diarrhoea": "diarrhea",
    "haemorrhage": "hemorrhage",
    "haematuria": "hematuria",
    "leukaemia": "leukemia",
    "oesophagus": "esophagus",
    "haemoglobin": "hemoglobin",
    "dyspnoea": "dyspnea",
    "ischaemia": "ischemia",
    "ischaemic": "ischemic",
    "paediatric": "pediatric",
    "oesophageal": "esophageal",
}


def pieces(text: str) -> tuple[list[str], list[bool]]:
    """The words of `text` and whether a blank follows each; joined again they give `text` exactly.

    White space other than one blank between words is a word of its own.
    """
    found: list[str] = []
    blanks: list[bool] = []
    for piece in _PIECE.findall(text):
        if not piece.isspace():
            found.append(piece)
            blanks.append(False)
            continue
        rest = piece
        if found and piece[0] == " " and not found[-1].isspace():
            blanks[-1] = True
            rest = piece[1:]
        if rest:
            found.append(rest)
            blanks.append(False)
    return found, blanks


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """`word` in lower case and, as far as spelling tells, in the singular."""
    low = word.lower().replace("’", "'")
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if len(low) < 4 or not low.endswith("s") or low.endswith(("ss", "us", "is", "n's")):
        return low
    if low.endswith(("oses", "yses", "eses")) and len(low) > 6:
        return low[:-2] + "is"
    if low.endswith("ies"):
        return low[:-3] + "y"
    if low.endswith("aches"):
        return low[:-1]
    if low.endswith(("sses", "xes", "ches", "shes", "uses")):
        return low[:-2]
    return low[:-1]


@dataclass(frozen=True, slots=True)
class Words:
    """The content words of a text, hyphens and possessives left out so that "X-ray" equals "x ray".

    The four lists run side by side: the word as written, its folded form, and its first and last
    character position in the text. White space is left out too, but `breaks` holds the indices of
    words before which a line ended.
    """

    written: list[str]
    folded: list[str]
    starts: list[int]
    ends: list[int]
    breaks: frozenset[int]

    def __len__(self) -> int:
        return len(self.written)


def words_of(tokens: Iterable[str], starts: Iterable[int]) -> Words:
    """The content words among `tokens`, which begin at the character positions `starts`."""
    written: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    breaks: set[int] = set()
    pairs = list(zip(tokens, starts, strict=True))
    for at, (token, start) in enumerate(pairs):
        if token[0].isspace():
            if "\n" in token:
                breaks.add(len(written))
            continue
        if token in _POSSESSIVE or (token in _GLUE and _glued(pairs, at)):
            continue
        if token in _APOSTROPHES and at + 1 < len(pairs) and pairs[at + 1][0] in {"s", "S"}:
            continue  # "Crohn ' s disease", as some programs write it
        if token in {"s", "S"} and at > 0 and pairs[at - 1][0] in _APOSTROPHES:
            continue
        written.append(token)
        begins.append(start)
        ends.append(start + len(token))
    return Words(written, [fold(word) for word in written], begins, ends, frozenset(breaks))


def _glued(pairs: list[tuple[str, int]], at: int) -> bool:
    """Whether the mark at `at` joins two words without blanks, as in "x-ray" or "and/or"."""
    if not 0 < at < len(pairs) - 1:
        return False
    token, start = pairs[at]
    before, begin = pairs[at - 1]
    after, following = pairs[at + 1]
    touching = begin + len(before) == start and following == start + len(token)
    return touching and before[-1].isalnum() and after[0].isalnum()
