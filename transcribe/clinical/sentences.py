"""Splits the words of a report into sentences, list items and lines."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from transcribe.clinical.words import Words

_MOST_WORDS = 250
_STOPS = frozenset(".?!")
_ABBREVIATIONS = frozenset(
    {
        "dr",
        "drs",
        "mr",
        "mrs",
        "ms",
        "st",
        "vs",
        "no",
        "fig",
        "approx",
        "jr",
        "sr",
        "prof",
        "inc",
        "etc",
        "dept",
        "wt",
        "ht",
        "temp",
        "resp",
        "tab",
        "cap",
        "inj",
    }
)


def sentences(words: Words, edges: Iterable[int]) -> list[tuple[int, int]]:
    """Ranges `[first, last)` of words, one for each sentence.

    `edges` are character positions that no sentence crosses, such as the beginnings of headings and of
    the texts under them.
    """
    small = _in_small_letters(words)
    firsts = {0} | {at for at in range(1, len(words)) if _begins(words, at, small=small)} | _at_edges(words, edges)
    order = sorted(first for first in firsts if first < len(words))
    order = [first for first in order if not _after_number(words, first, firsts)]
    ranges = pairwise([*order, len(words)])
    # Text that nobody punctuated must not make one sentence in which everything bears on everything.
    return [(at, min(at + _MOST_WORDS, last)) for first, last in ranges for at in range(first, last, _MOST_WORDS)]


def _after_number(words: Words, at: int, firsts: set[int]) -> bool:
    """Whether word `at` follows the number that begins a list item ("1. Hypertension")."""
    return at - 2 in firsts and words.written[at - 1] == "." and words.written[at - 2].isdigit()


def _in_small_letters(words: Words) -> bool:
    """Whether most of what stands behind a full stop is written without a capital: so are its sentences."""
    behind = [words.written[at + 1] for at in range(len(words) - 1) if words.written[at] == "."]
    return sum(word[0].islower() for word in behind) > len(behind) / 2


def _begins(words: Words, at: int, *, small: bool) -> bool:
    """Whether word `at` begins a sentence, judged by the words beside it; in `small` letters none needs a capital."""
    word, before = words.written[at], words.written[at - 1]
    upper = word[0].isupper() or word[0].isdigit() or not word[0].isalnum()
    if at in words.breaks:
        return upper or before in _STOPS or before in ":;"
    if words.starts[at] == words.ends[at - 1] or not (upper or small):
        return False
    if before in _STOPS:
        return at < 2 or before != "." or words.folded[at - 2] not in _ABBREVIATIONS
    # "b.i.d. She": the point of the abbreviation also ends the sentence.
    return len(before) > 2 and before[-1] == "." and word[0].isupper()


def _at_edges(words: Words, edges: Iterable[int]) -> set[int]:
    """The first word at or after each character position."""
    found: set[int] = set()
    wanted = sorted(set(edges))
    at = 0
    for edge in wanted:
        while at < len(words) and words.starts[at] < edge:
            at += 1
        found.add(at)
    return found
