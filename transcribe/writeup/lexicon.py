"""Which words exist: English ones, medical ones, and those that are put together from parts that exist."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

from transcribe.english import by_frequency, english
from transcribe.writeup.tables import listed, read_list, table

_SHORTEST_PART = 4
_SHORTEST_HALF = 3


_COMMON = 5000


@cache
def common() -> frozenset[str]:
    """The words of everyday English: nobody means one of them by a word that does not exist."""
    return frozenset(by_frequency()[:_COMMON])


@cache
def medical() -> frozenset[str]:
    """The single words of all medical lists, in lower case."""
    return frozenset(word.lower() for entry in _entries() for word in _words(entry))


@cache
def pairs() -> frozenset[tuple[str, str]]:
    """Words that stand beside each other in a medical term."""
    found: set[tuple[str, str]] = set()
    for entry in _entries():
        words = [word.lower() for word in _words(entry)]
        found.update(pairwise(words))
    return frozenset(found)


@cache
def is_word(word: str) -> bool:
    """Whether `word` (lower case) is one that a speaker may have meant as it stands."""
    if is_listed(word):
        return True
    rules = table("words")
    if any(_exists(variant) for variant in respelled(word)):
        return True
    for ending, replacement in rules["endings"]:
        stem = word.removesuffix(ending) + replacement
        if word.endswith(ending) and (_exists(stem) or any(map(_exists, respelled(stem)))):
            return True
    if any(word.startswith(part) and _can_follow(word[len(part) :]) for part in rules["fronts"]):
        return True
    cuts = range(_SHORTEST_HALF, len(word) - _SHORTEST_HALF + 1)
    return any(word[:cut] in common() and word[cut:] in common() for cut in cuts)


def respelled(word: str) -> Iterator[str]:
    """The word in British spelling where it is American, and the other way round, one place at a time."""
    for one, other in table("words")["spellings"]:
        for mine, its in ((one, other), (other, one)):
            at = word.find(mine)
            while at >= 0:
                yield word[:at] + its + word[at + len(mine) :]
                at = word.find(mine, at + 1)


def _can_follow(word: str) -> bool:
    """Whether `word` makes a word of the front before it."""
    return _exists(word) or word in table("words")["ends"]


def is_form(word: str, stem: str) -> bool:
    """Whether `word` is made of `stem` by an ending: "ligaments" of "ligament"."""
    rules = table("words")["endings"]
    return any(word.endswith(e) and word.removesuffix(e) + instead == stem for e, instead in rules)


def is_listed(word: str) -> bool:
    """Whether a list has `word` (lower case) as it stands."""
    return word in english() or word in medical()


def _exists(word: str) -> bool:
    return len(word) >= _SHORTEST_PART and is_listed(word)


def _entries() -> Iterator[str]:
    """The terms of this package's lists and of the lists by which entities are found."""
    yield from (*listed("terms"), *listed("terms_science"))
    yield from listed("term_phrases")
    yield from listed("brands")
    folder = files("transcribe").joinpath("clinical", "lexicon")
    for name in table("words")["clinical"]:
        yield from read_list(folder.joinpath(f"{name}.txt").read_text("utf-8"))


def _words(entry: str) -> list[str]:
    return [word for word in entry.replace("-", " ").replace("/", " ").split() if word.isalpha()]
