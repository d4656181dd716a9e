"""Heard words become items: recogniser's own marks are split from the words they hang on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcribe.writeup.items import Item, Kind
from transcribe.writeup.tables import table

_PARTS = re.compile(r"^([(\[\"“‘]*)(.*?)([.,;:?!)\]\"”…]*)$", re.DOTALL)
_DOTTED = re.compile(r"^(?:[a-z]{1,2}\.){2,}$|^q\.\d+(?:-\d+)?(?:h|hr)?\.$", re.IGNORECASE)
_RUN_TOGETHER = frozenset({"hyphen", "dash", "fullstop"})
"""Commands that a recogniser hangs on the words beside them: "mineral-hyphen rich"."""
_GLUED = re.compile(r"^(\d+(?:\.\d+)?)(mg|mcg|ml|mm|cm|kg)$", re.IGNORECASE | re.ASCII)
_STOPS = frozenset(".,;:?!")
_PLAIN_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


def is_punctuated(words: Sequence[str]) -> bool:
    """Whether the recogniser wrote case and marks by itself; else everything was spoken.

    One odd word among fifty bare ones does not make it so, nor do abbreviations and codes like b.i.d. or L4-L5.
    """
    signs = sum(_is_cased(word) or (word[-1:] in _STOPS and not _keeps_dot(word)) for word in words)
    return signs > 0 and signs * 50 >= len(words)


def _is_cased(word: str) -> bool:
    return word != word.lower() and not word.isupper() and not any(letter.isdigit() for letter in word)


def read(words: Sequence[str]) -> list[Item]:
    """The items behind `words`; a word and the marks on it share its index."""
    return [item for index, word in enumerate(words) for item in _split(word.strip(), index)]


def _split(word: str, index: int) -> list[Item]:
    before, core, after = _parts(word)
    if "-" in core and _RUN_TOGETHER & set(core.lower().split("-")):
        pieces = [Item(piece, index, index + 1) for piece in core.split("-") if piece]
        return pieces + [Item(mark, index, index + 1, Kind.MARK) for mark in after]
    items = [Item(mark, index, index + 1, Kind.OPEN) for mark in before]
    glued = _GLUED.match(core)
    if glued:
        items.extend(Item(piece, index, index + 1) for piece in glued.groups())
    elif core in ("-", "–", "—"):
        items.append(Item("-", index, index + 1, Kind.DASH))
    elif core:
        items.append(Item(core, index, index + 1))
    elif not (before or after):
        return []
    return items + [Item(mark, index, index + 1, Kind.MARK) for mark in after]


def _parts(word: str) -> tuple[str, str, str]:
    word = word.translate(_PLAIN_QUOTES)
    match = _PARTS.match(word)
    before, core, after = match.groups() if match else ("", word, "")
    if after.startswith(".") and _keeps_dot(core + "."):
        core, after = core + ".", after[1:]
    return before, core, after.replace("...", "…")


def _keeps_dot(word: str) -> bool:
    return _DOTTED.match(word) is not None or word.lower() in table("phrases")["dotted"]["words"]
