"""Telling a command from the same words in ordinary use, by the words around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from transcribe.writeup.items import Item, keys, sentence_start
from transcribe.writeup.tables import table

TITLES = frozenset({"dr", "mr", "mrs", "ms", "jr", "sr", "st", "vs", "prof"})
_STAGED = frozenset({"vitamin", "hepatitis", "type", "grade", "class", "group", "influenza", "stage", "phase"})
_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})


def is_ordinary(phrase: str, items: Sequence[Item], start: int, end: int) -> bool:
    """Whether the words `items[start:end]`, a command by their letters, are meant as plain words here."""
    rule = table("commands")["ordinary"].get(phrase)
    if rule is None:
        return False
    before, after = _before(items, start), _after(items, end)
    special = _SPECIAL.get(phrase)
    if special is not None:
        verdict = special(items, start, before, after)
        if verdict is not None:
            return verdict
    return before[-1] in rule["before"] or after[0] in rule["after"]


def determiners() -> frozenset[str]:
    """Words that open a noun phrase."""
    return _neighbours("determiners")


@cache
def _neighbours(kind: str) -> frozenset[str]:
    return frozenset(table("commands")["neighbours"][kind])


def _before(items: Sequence[Item], start: int) -> list[str]:
    """The four words before, "" where a mark or a break stands."""
    found = keys(items[max(0, start - 4) : start])
    return [""] * (4 - len(found)) + found


def _after(items: Sequence[Item], end: int) -> list[str]:
    found = keys(items[end : end + 3])
    return found + [""] * (3 - len(found))


def _phrase_since_mark(before: list[str]) -> list[str]:
    """The words of `before` that no mark cuts off."""
    cut = len(before) - before[::-1].index("") if "" in before else 0
    return before[cut:]


def _period(items: Sequence[Item], start: int, before: list[str], after: list[str]) -> bool | None:
    """A span of time, or the end of a sentence; None leaves it to the neighbours' table."""
    rule = table("commands")["ordinary"]["period"]
    last, near = before[-1], _phrase_since_mark(before)
    said = any(word in determiners() for word in near)
    if last == "a" and before[-2] in _STAGED:
        return False
    if last in determiners():
        return _after_determiner(items, start, before, after)
    if last in rule["described"]:
        return said
    if last in _TIMES:
        return said or before[-2] not in ("one", "a", "an", "per", "each", "every", "1")
    if after[0] == "of":
        return after[1] in rule["amounts"] or (said and after[1] != "note")
    return None


def _after_determiner(items: Sequence[Item], start: int, before: list[str], after: list[str]) -> bool:
    last = before[-1]
    if last in ("a", "an", "the", "each", "every", "another", "any", "same", "no"):
        return True
    if before[-2] in _neighbours("prepositions") or after[0] in ("of", "in", "during", "when"):
        return True
    return sentence_start(items, start - 1)


def _colon(items: Sequence[Item], start: int, before: list[str], after: list[str]) -> bool | None:
    """The organ, or the mark."""
    rule = table("commands")["ordinary"]["colon"]
    if after[0] == "colon":
        return False
    if start == 0 or before[-1] == "":
        return True
    if before[-1] in rule["sided"]:
        return not sentence_start(items, start - 1)
    return None


_Special = Callable[[Sequence[Item], int, list[str], list[str]], bool | None]
_SPECIAL: dict[str, _Special] = {"period": _period, "colon": _colon}
