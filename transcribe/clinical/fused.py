"""Joins what the lexicons and rules found in a sentence with what the trained component found."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from transcribe.clinical.lexicon import Kind
from transcribe.clinical.mentions import Chunk, Mention, Sentence
from transcribe.domain import Label

_BODY = Kind.ANATOMY | Kind.ADJECTIVE
_V = os.environ.get("V", "")

Named = tuple[int, int, Label]


def fused(sentence: Sentence, learned: list[Named], has_result: Callable[[int], bool]) -> list[Mention]:
    kept: list[Mention] = []
    rules = list(sentence.mentions)
    for first, last, label in learned:
        near = [m for m in rules if m.first < last and first < m.last]
        mention = Mention(first, last, label, site=_site(sentence.chunks, first, last))
        if label is Label.ANATOMY:
            if "a" in _V:
                near2 = near
            else:
                near2 = [m for m in near if m.label is not Label.ANATOMY]
            if any(m.label is not Label.ANATOMY for m in near2):
                continue
        elif label is Label.DRUG:
            tests = [m for m in near if m.label is Label.TEST]
            if tests and ("t" in _V or any(has_result(m.last) for m in tests)):
                continue
            if has_result(last) and "d" in _V:
                continue
        elif any(m.label in (Label.PROCEDURE, Label.TEST, Label.DRUG) for m in near) and "p" in _V:
            continue
        if label is Label.PROBLEM:
            same = [m for m in near if m.label is Label.PROBLEM]
            if "l" in _V and same:
                a, b = min([first, *(m.first for m in same)]), max([last, *(m.last for m in same)])
                mention = Mention(a, b, label, site=_site(sentence.chunks, a, b))
            elif "r" in _V and same:
                continue
            elif "e" in _V and same:
                b = max([last, *(m.last for m in same)])
                mention = Mention(first, b, label, site=_site(sentence.chunks, first, b))
        rules = [m for m in rules if not (m.first < mention.last and mention.first < m.last)]
        kept = [m for m in kept if not (m.first < mention.last and mention.first < m.last)]
        kept.append(mention)
    return sorted([*rules, *kept], key=lambda m: m.first)


def _site(chunks: list[Chunk], first: int, last: int) -> tuple[int, int]:
    """The words of the last stretch of anatomy among the words `[first, last)`."""
    inside = [chunk for chunk in chunks if chunk.first < last and first < chunk.last]
    while inside and not inside[-1].kind & _BODY:
        inside.pop()
    at = len(inside)
    while at > 0 and inside[at - 1].kind & _BODY:
        at -= 1
    return (max(first, inside[at].first), min(last, inside[-1].last)) if inside else (0, 0)
