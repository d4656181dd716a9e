"""Joins what the lexicons and rules found in a sentence with what the trained component found."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from transcribe.clinical.lexicon import Kind
from transcribe.clinical.mentions import Chunk, Mention, Sentence
from transcribe.domain import Label

Named = tuple[int, int, Label]
"""The words `[first, last)` that the trained component gave a label."""

_BODY = Kind.ANATOMY | Kind.ADJECTIVE
# What is done to a part of the body names it, too: a chest x-ray is no chest.
_DONE = frozenset({Label.TEST, Label.PROCEDURE})
LABELS = (Label.PROBLEM, Label.DRUG, Label.ANATOMY)
"""What can be learned, in the order of the network's output."""


def added(sentence: Sentence, learned: Iterable[Named]) -> list[Mention]:
    """The mentions of a sentence of a report, in order and without overlap: what was learned adds to the rules'."""
    return _joined(sentence.mentions, _names(sentence, learned))


def weighed(sentence: Sentence, learned: Iterable[Named], is_sure: Callable[[Mention], bool]) -> list[Mention]:
    """The mentions of a sentence of an article, in order and without overlap.

    It is learned there what a problem, a drug or a part of the body is: a mention of the lexicons stands against it
    only if it `is_sure`, or if it is a test or procedure where nothing was learned. A problem or drug keeps what the
    rules find behind its name, such as a stage, a complication or a salt.
    """
    first: list[Mention] = []
    rest: list[Mention] = []
    for mention in sentence.mentions:
        (first if is_sure(mention) else rest).append(mention)
    done = [each for each in rest if each.label in _DONE]
    whole = [
        _whole(sentence.chunks, name, rest)
        for name in _names(sentence, learned)
        if name.label is not Label.ANATOMY or not any(_within(name, each) for each in done)
    ]
    return _joined(_joined(first, whole), (each for each in rest if each.label not in LABELS or each.substance))


def _names(sentence: Sentence, learned: Iterable[Named]) -> list[Mention]:
    """What was learned as mentions, each with its site."""
    return [_mention(sentence.chunks, *_named(sentence, each)) for each in learned]


def _within(inner: Mention, outer: Mention) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last


def _named(sentence: Sentence, name: Named) -> Named:
    """The learned name as a problem where it was learned as a part of the body and the rules know better: a tumor."""
    first, last, label = name
    if label is not Label.ANATOMY or not any(
        each.label is Label.PROBLEM and first < each.last == last and each.last - each.first > 1
        for each in sentence.mentions
    ):
        return name
    is_ill = any(first <= chunk.first < last and chunk.kind & Kind.PROBLEM for chunk in sentence.chunks)
    return first, last, Label.PROBLEM if is_ill else label


def _whole(chunks: list[Chunk], name: Mention, rules: Iterable[Mention]) -> Mention:
    """The learned mention of a problem or drug to the end of the one that the rules found at its place."""
    if name.label is Label.ANATOMY:
        return name
    same = [each for each in rules if each.label is name.label and each.first < name.last and name.first < each.last]
    end = max((each.last for each in same), default=name.last)
    ahead = any(chunk.first == name.last and chunk.kind & Kind.HEAD for chunk in chunks)
    return _mention(chunks, name.first, end, name.label) if end > name.last and not ahead else name


def _joined(first: Iterable[Mention], more: Iterable[Mention]) -> list[Mention]:
    """The mentions of both, an earlier one before one that overlaps it."""
    kept = list(first)
    for each in more:
        if not any(each.first < other.last and other.first < each.last for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: each.first)


def _mention(chunks: list[Chunk], first: int, last: int, label: Label) -> Mention:
    """A mention with its site: the last stretch of anatomy among its words."""
    inside = [chunk for chunk in chunks if chunk.first < last and first < chunk.last]
    while inside and not inside[-1].kind & _BODY:
        inside.pop()
    at = len(inside)
    while at > 0 and inside[at - 1].kind & _BODY:
        at -= 1
    site = (max(first, inside[at].first), min(last, inside[-1].last)) if inside else (0, 0)
    return Mention(first, last, label, site=site)
