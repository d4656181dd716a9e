"""How alike two words are to the ear and to the eye."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rapidfuzz.distance import OSA, Levenshtein

from transcribe.writeup.tables import table


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), written) for pattern, written in table("sounds")["rules"])


@lru_cache(maxsize=20_000)
def sound(words: str) -> str:
    """The sound of `words` (lower case) in a few letters, alike where the ear takes one word for the other."""
    heard = re.sub("[^a-z]", "", words)
    for pattern, written in _rules():
        heard = pattern.sub(written, heard)
    return heard


def likeness(heard: str, meant: str) -> float:
    """From 0 to 1, how well `heard` could be `meant`: half by its letters, half by its sound; blanks do not count."""
    letters = OSA.normalized_similarity(heard.replace(" ", ""), meant.replace(" ", ""))
    return float(letters + Levenshtein.normalized_similarity(sound(heard), sound(meant))) / 2
