"""Reads a word that no list has as the word of the tables that it nearly is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from itertools import groupby

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from transcribe.coding.words import lines, stems
from transcribe.english import english

# Shorter words are near too many others; longer ones may be two letters off.
SHORTEST, _LONG = 6, 9
_NEAREST = 12
_ALIKE = (
    ("ph", "f"),
    ("x", "ks"),
    ("ch", "k"),
    ("qu", "k"),
    ("c", "k"),
    ("z", "s"),
    ("t", "s"),
    ("d", "s"),
    ("n", "m"),
)


def nearest(word: str, known: Collection[str]) -> str:
    """The one of the `known` words that `word` (lower case) is a slip of, or "".

    None where two are as near, where the word is English as it stands, and where what sets two words apart that
    sound alike, such as "hyper" and "hypo", is itself in doubt.
    """
    if len(word) < SHORTEST or not word.isalpha() or is_english(word):
        return ""
    most = 1 if len(word) < _LONG else 2
    # Nobody misses the first letter and little else; asking for it leaves a small part to compare.
    near = extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=_NEAREST)
    ranked = sorted((distance, found) for found, distance, _ in near if found[0] == word[0])
    if not ranked:
        return ""
    distance, best = ranked[0]
    as_near = {stems(found) for each, found in ranked if each == distance}
    doubtful = any(OSA.distance(word, twin) <= distance + 1 for twin in _twins(best) if twin in known)
    crossed = any(OSA.distance(twin, best) < distance for twin in _twins(word))
    return "" if doubtful or crossed or len(as_near) > 1 or not _is_slip(word, best) else best


def _is_slip(word: str, meant: str) -> bool:
    """Whether hand or ear may have made the one of the other: letters lost, doubled, turned round, like sounds."""
    if sorted(word) == sorted(meant) or _sound(word) == _sound(meant):
        return len(word) >= _LONG - 1 or len(word) != len(meant) or sorted(word) == sorted(meant)
    return OSA.distance(word, meant) == 1 and len(word) != len(meant)


def _sound(word: str) -> str:
    """The consonants of a word, those that sound alike as one, without doubles."""
    for written, heard in _ALIKE:
        word = word.replace(written, heard)
    return "".join(letter for letter, _ in groupby(each for each in word if each not in "aeiouyh"))


def is_english(word: str) -> bool:
    """Whether `word` (lower case), or what it is the plural of, is a word of written English."""
    return word in english() or word.removesuffix("s") in english() or word.removesuffix("es") in english()


def _twins(word: str) -> Iterator[str]:
    """The words that sound like `word` and mean something else."""
    for one, other in _pairs():
        for mine, its in ((one, other), (other, one)):
            if mine in word:
                yield word.replace(mine, its, 1)


@cache
def _pairs() -> tuple[tuple[str, str], ...]:
    rows = (line.split() for line in lines("twins.txt"))
    return tuple((one, other) for one, other in rows)
