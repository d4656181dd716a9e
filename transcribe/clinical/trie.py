"""Finds phrases of a lexicon in a list of words, the longest at each place."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from transcribe.clinical.words import Words, fold, pieces, words_of

T = TypeVar("T")

_VOWELS = frozenset("aeiouy")
_WORDS = frozenset({"aids", "pots", "gist", "nash", "case", "peep", "tips", "sars", "pets", "hits"})

# Keys that no folded word can be: what a phrase ending here stands for, written anyhow or in capitals.
_ANYHOW, _CAPITALS = 0, 1


def phrase_words(phrase: str) -> list[str]:
    """The folded content words of `phrase`."""
    if phrase.replace(" ", "").isalpha():
        return [fold(word) for word in phrase.split()]  # as nearly all are: ten times as fast
    tokens, blanks = pieces(phrase)
    starts, at = [], 0
    for token, blank in zip(tokens, blanks, strict=True):
        starts.append(at)
        at += len(token) + blank
    return words_of(tokens, starts).folded


def only_in_capitals(phrase: str) -> bool:
    """Whether an abbreviation would be taken for a word in lower case: PE, CAD, AIDS, but not COPD or CXR."""
    if not phrase.isupper():
        return False
    low = phrase.lower()
    return len(low) < 3 or (len(low) == 3 and not _VOWELS.isdisjoint(low)) or low in _WORDS


class Trie(Generic[T]):
    """Phrases and what they stand for; a short abbreviation matches capitals only (PE, not pe)."""

    def __init__(self) -> None:
        self._root: dict[Any, Any] = {}

    def add(self, phrase: str, value: T) -> None:
        """Let `phrase` stand for `value`, instead of what it stood for."""
        node = self._root
        for word in phrase_words(phrase):
            node = node.setdefault(word, {})
        node[_CAPITALS if only_in_capitals(phrase) else _ANYHOW] = value

    def get(self, phrase: str) -> T | None:
        """What exactly `phrase` stands for."""
        node: dict[Any, Any] = self._root
        for word in phrase_words(phrase):
            node = node.get(word, {})
        found: T | None = node.get(_CAPITALS if only_in_capitals(phrase) else _ANYHOW)
        return found

    def longest(self, words: Words, at: int, last: int) -> tuple[int, T] | None:
        """The end and the value of the longest phrase that begins with word `at` and ends by `last`."""
        node = self._root.get(words.folded[at])
        best: tuple[int, T] | None = None
        end = at + 1
        while node is not None:
            if _CAPITALS in node and all(word.rstrip("s").isupper() for word in words.written[at:end]):
                best = end, node[_CAPITALS]
            elif _ANYHOW in node:
                best = end, node[_ANYHOW]
            if end == last:
                break
            node = node.get(words.folded[end])
            end += 1
        return best
