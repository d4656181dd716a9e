"""The words of written English, from the list that the package symspellpy carries."""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

_PACKAGE, _WORDS = "symspellpy", "symspellpy/frequency_dictionary_en_82_765.txt"


@cache
def by_frequency() -> tuple[str, ...]:
    """All 82,765, in lower case, the commonest first."""
    text = Path(str(distribution(_PACKAGE).locate_file(_WORDS))).read_text("utf-8-sig")
    return tuple(line.split(" ", 1)[0] for line in text.splitlines())


@cache
def english() -> frozenset[str]:
    """All of them."""
    return frozenset(by_frequency())
