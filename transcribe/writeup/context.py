"""Telling a command from the same words in ordinary use, by the words around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from transcribe.work_types import headings_by_synonym
from transcribe.writeup.items import Item, Kind, keys
from transcribe.writeup.numerals import ONES, TEENS, TENS
from transcribe.writeup.tables import labels, table

TITLES = frozenset({"dr", "mr", "mrs", "ms", "jr", "sr", "st", "vs", "prof"})
_STAGED = frozenset({"vitamin", "hepatitis", "type", "grade", "class", "group", "influenza", "stage", "phase"})
_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year", "min", "hr", "sec"})
_HYPHENED = tuple(f"-{unit}" for unit in _TIMES)
_NEAR = 4


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
    """The four words before, "" where a mark, a break or a command ends."""
    found = keys(items[max(0, start - _NEAR) : start])
    words = ["" if word in _neighbours("boundaries") else word for word in found]
    return [""] * (_NEAR - len(words)) + words


def _after(items: Sequence[Item], end: int) -> list[str]:
    found = keys(items[end : end + 3])
    return found + [""] * (3 - len(found))


def _since_boundary(items: Sequence[Item], start: int) -> list[str]:
    """The words since the last mark, break or command, at most eight; a comma just before is passed over."""
    start -= 1 if _soft_comma(items, start - 1) else 0
    at = start
    while at and start - at < 8 and items[at - 1].is_word and items[at - 1].key not in _neighbours("boundaries"):
        at -= 1
    return keys(items[at:start])


def _period(items: Sequence[Item], start: int, before: list[str], after: list[str]) -> bool | None:
    """A span of time, or by far more often the end of a sentence."""
    rule = table("commands")["ordinary"]["period"]
    last = before[-1]
    if _period_goes_on(rule, last, after):
        return True
    if _is_last_cycle(rule, before) or (after[0] == "of" and _is_period_of(rule, last, after[1])):
        return True
    if after[0] in ("comma", "semicolon") or (after[0] == "period" and last in rule["within"]):
        return True
    if any(word.endswith(_HYPHENED) for word in before[-2:]):
        return True
    if last in rule["always"] or (last in rule["short"] and {"a", "an"} & set(before[1:3])):
        return True
    if last in rule["described"]:
        return bool({before[-2], before[-3]} & determiners())
    if last == "a" and _STAGED & set(before[1:3]):
        return False
    if last in determiners() and _soft_comma(items, start + 1):
        return True
    if last in determiners():
        return _period_determined(rule, before, after)
    if last in _TIMES and before[-2] not in ("", "a", "an", "per", "the", "each", "every", "one"):
        return _is_number(before[-2]) or before[-2] == "several"
    if last in _TIMES and before[-2] == "one":
        return before[-3] in ("a", "over", "any")
    return last in rule["within"] and _in_time(rule, before[:-1])


def _period_goes_on(rule: dict[str, list[str]], last: str, after: list[str]) -> bool:
    """Whether the sentence needs the noun: "one pad per period", "her last period was"."""
    if last == "per":
        return after[0] in ("period", "comma", "")
    return after[0] in rule["goes_on"] and last in (*rule["within"], "her", "his", "this", "the")


def _is_last_cycle(rule: dict[str, list[str]], before: list[str]) -> bool:
    """Whether "since her last" or the like stands before: a time is counted from it."""
    return tuple(before[-2:]) == ("her", "last") and before[-3] in rule["counted_from"]


def _is_period_of(rule: dict[str, list[str]], last: str, what: str) -> bool:
    """Whether a span of time is meant before "of" and `what`, and no sentence that begins with "of"."""
    if what in rule["amounts"] or last in ("one", ""):
        return True
    return what not in (*rule["asides"], "") and (last in determiners() or _is_number(what))


def _in_time(rule: dict[str, list[str]], before: list[str]) -> bool:
    """Whether a determiner behind a preposition of time stands before: "during the", "over a"."""
    if before[-1] in determiners() and before[-2] in rule["of_time"]:
        return True
    return before[-1] in rule["within"] and before[-2] in determiners() and before[-3] in rule["of_time"]


def _period_determined(rule: dict[str, list[str]], before: list[str], after: list[str]) -> bool:
    """Whether the determiner directly before belongs to "period"."""
    last, earlier = before[-1], before[-2]
    if last in ("the", "another", "every"):
        return True
    if last in ("a", "an"):
        return after[0] in rule["opens"] or earlier in (
            "for",
            "over",
            "within",
            "during",
            "after",
            "in",
            "has",
            "had",
        )
    if earlier == "":
        return last in ("this", "that", "each")
    if last in ("her", "his"):
        return earlier in rule["of_cycle"]
    return earlier in rule["of_time"] or (last == "same" and earlier == "the" and before[-3] in rule["of_time"])


def _spoken_of(items: Sequence[Item], start: int, before: list[str], after: list[str]) -> bool | None:
    """The mark itself as a thing: "shaped like a comma"; not the mark behind "vitamin a"."""
    return True if before[-1] == "a" and not _STAGED & set(before[1:3]) else None


def _is_number(word: str) -> bool:
    return word.isdigit() or word in ONES or word in TEENS or word in TENS


def _colon(items: Sequence[Item], start: int, before: list[str], after: list[str]) -> bool | None:
    """The organ, or the mark."""
    rule = table("commands")["ordinary"]["colon"]
    if after[0] == "colon":
        return False
    phrase = " ".join(_since_boundary(items, start))
    if phrase in headings_by_synonym():
        return after[0] in rule["growths"] and after[1] != "of"
    if phrase in labels():
        return False
    if _soft_comma(items, start - 1):
        return not _soft_mark(items, start + 1) or keys(items[start + 2 : start + 3])[:1] in (["and"], ["or"])
    if after[0].isdigit() and start and _soft_mark(items, start - 1):
        return False
    if before[-1] == "":
        return True
    if before[-1] in rule["sided"]:
        return after[0] in rule["growths"] or not _opens_sentence(items, start - 1)
    if after[0] in rule["verbs"]:
        nouns = table("headings")["grammar"]["nouns"]
        return not any(before[-1].endswith(noun) for noun in nouns)
    return None


def _opens_sentence(items: Sequence[Item], at: int) -> bool:
    """Whether the word at `at` starts a sentence, with the commands before it not yet carried out."""
    return at == 0 or items[at - 1].ends_sentence or items[at - 1].key in _neighbours("ends")


def _soft_mark(items: Sequence[Item], at: int) -> bool:
    """Whether the recogniser set a mark by itself at `at`."""
    return 0 <= at < len(items) and items[at].kind is Kind.MARK and not items[at].spoken


def _soft_comma(items: Sequence[Item], at: int) -> bool:
    return _soft_mark(items, at) and items[at].text == ","


_Special = Callable[[Sequence[Item], int, list[str], list[str]], bool | None]
_SPECIAL: dict[str, _Special] = {"period": _period, "colon": _colon, "comma": _spoken_of, "full stop": _spoken_of}
