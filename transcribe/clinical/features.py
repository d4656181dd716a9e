"""What the trained component sees of each token: its letters, and what lexicons and rules make of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from spacy.lang.lex_attrs import word_shape
from spacy.strings import hash_string  # type: ignore[attr-defined]
from spacy.tokens import Doc

from transcribe.clinical.docs import content_words, remembered, starts_of, written_tokens
from transcribe.clinical.words import Words
from transcribe.domain import Label

COLUMNS = ("word", "beginning", "ending", "long_ending", "shape", "kind", "mention")
"""The columns of the features, in order."""

_DIGIT = re.compile(r"\d")
_LABELS = {label: at for at, label in enumerate(Label)}


def features(doc: Doc) -> npt.NDArray[np.uint64]:
    """One row for each token and one column for each of `COLUMNS`; the numbers are hashes or small codes."""
    starts = starts_of(doc)
    tokens = written_tokens(doc, starts)
    rows = np.zeros((len(tokens), len(COLUMNS)), dtype="uint64")
    if tokens:
        rows[:, :5] = [_letters(token) for token in tokens]
        kinds, mentions = _known(doc, content_words(doc, starts), starts)
        rows[:, 5] = kinds
        rows[:, 6] = mentions
    return rows


def _known(doc: Doc, words: Words, starts: list[int]) -> tuple[list[int], list[int]]:
    """For each token the kinds of its phrase and the label of its mention; the first of each is marked as such."""
    at = [bisect_left(starts, start) for start in words.starts]
    kinds, mentions = [0] * len(starts), [0] * len(starts)
    for sentence in remembered(doc):
        for chunk in sentence.chunks:
            for word in range(chunk.first, chunk.last):
                kinds[at[word]] = 2 * chunk.kind + (word == chunk.first) + 1
        for mention in sentence.mentions:
            first, last = at[mention.first], at[mention.last - 1]
            code = 2 * _LABELS[mention.label] + 2
            mentions[first : last + 1] = [code] * (last + 1 - first)
            mentions[first] = code + 1
    return kinds, mentions


def mentioned(doc: Doc, label: Label) -> list[tuple[int, int]]:
    """The tokens `[first, last)` of each mention of this label that the lexicons and rules found."""
    starts = starts_of(doc)
    words = content_words(doc, starts)
    return [
        (bisect_left(starts, words.starts[mention.first]), bisect_left(starts, words.starts[mention.last - 1]) + 1)
        for sentence in remembered(doc)
        for mention in sentence.mentions
        if mention.label is label
    ]


@lru_cache(maxsize=65536)
def _letters(token: str) -> tuple[int, int, int, int, int]:
    """The columns that a token has by itself, whatever its case but for the shape."""
    low = _DIGIT.sub("0", token.lower())
    parts = (low, f"^{low[:3]}", f"{low[-3:]}$", f"{low[-5:]}$", word_shape(token))
    word, beginning, ending, long_ending, shape = map(hash_string, parts)
    return word, beginning, ending, long_ending, shape
