"""The words that the recogniser is told to expect: the author's own first, then those of the kind of report."""

from __future__ import annotations

from collections.abc import Iterable

from transcribe.domain import WorkType
from transcribe.writeup.tables import table
from transcribe.writeup.wordbook import Wordbook

_ROOM = 223
"""Tokens that Whisper reads of them; the rest is cut off, in the middle of a word."""

_LETTERS_PER_TOKEN = 2.5
"""Whisper spells rare words in pieces of three or four letters; fewer are assumed, so that nothing is cut off."""


def hot_words(book: Wordbook, work_type: WorkType | None = None) -> tuple[str, ...]:
    """The most useful words that fit, none twice, the author's first."""
    specialty = table("hotwords").get(work_type.key, []) if work_type else []
    wanted = dict.fromkeys((*book.words, *book.replace.values(), *specialty))
    return tuple(_fitting(wanted))


def _fitting(words: Iterable[str]) -> Iterable[str]:
    left = float(_ROOM)
    for word in words:
        left -= len(word) / _LETTERS_PER_TOKEN + 1
        if left < 0:
            return
        yield word
