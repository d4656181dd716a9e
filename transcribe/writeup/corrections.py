"""What the speaker takes back: whole sentences, or the words that a correction replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from transcribe.domain import MarkKind
from transcribe.writeup.items import Item, Kind, Trail, keys
from transcribe.writeup.numerals import number_end
from transcribe.writeup.tables import table

_REACH = 12
"""A correction is looked for in so many words before it."""


def erase(out: list[Item], command: Sequence[Item], trail: Trail, *, sentence: bool) -> None:
    """Take back what `out` holds since the last spoken mark, or since the sentence before began.

    Marks that the recogniser set by itself bound nothing but a sentence.
    """
    end = len(out)
    while end and out[end - 1].kind is Kind.MARK:
        end -= 1
    at = end
    while at and not _is_edge(out[at - 1]) and (sentence or not _is_spoken_mark(out[at - 1])):
        at -= 1
    trail.note("command: scratch that", [*out[at:], *command], "")
    del out[at:]


def _is_edge(item: Item) -> bool:
    return item.ends_sentence or (item.kind is Kind.MARK and item.text == ":")


def _is_spoken_mark(item: Item) -> bool:
    return item.spoken and item.kind is Kind.MARK


@cache
def _contrasts() -> dict[str, int]:
    """Each word that is corrected by another of its group, with the group's number."""
    groups = table("corrections")["contrasts"]["groups"]
    return {word: number for number, group in enumerate(groups) for word in group}


def correct(out: list[Item], items: Sequence[Item], start: int, end: int, trail: Trail) -> int:
    """Let what follows `items[start:end]` ("no make that") replace the like of it in `out`.

    Returns where to go on, or 0 when nothing said before is like it: then the words were no command.
    """
    while end < len(items) and items[end].kind is Kind.MARK and not items[end].spoken:
        end += 1
    spoken = len(out)
    while spoken and out[spoken - 1].kind is Kind.MARK and out[spoken - 1].text == ",":
        spoken -= 1
    before = _sentence_start(out, spoken)
    found = _replaced(out[before:spoken], items, end)
    if found is None:
        return 0
    cut, keep, resume = found
    dropped, tail = out[before + cut : before + keep], out[before + keep : spoken]
    # The replacement also answers for what it replaces, so that times never go backwards.
    first = min([item.first for item in dropped] + [items[end].first])
    new = [replace(item, first=first) for item in items[end:resume]]
    trail.note("command: correction", [*dropped, *out[spoken:], *items[start:end]], " ".join(i.text for i in new))
    trail.ask(new[0], MarkKind.CHECK, "The speaker corrected this; listen whether the right words were replaced.")
    del out[before + cut :]
    out.extend(new)
    out.extend(tail)
    return resume


def _sentence_start(out: Sequence[Item], end: int) -> int:
    at = end
    while at and end - at < _REACH and not _is_edge(out[at - 1]):
        at -= 1
    return at


def _replaced(said: Sequence[Item], items: Sequence[Item], at: int) -> tuple[int, int, int] | None:
    """What of `said` goes (from, to) and where the replacement in `items[at:]` ends."""
    if at >= len(items) or not items[at].is_word:
        return None
    number = number_end(items, at)
    if number > at:
        return _number_replaced(said, items, at, number)
    group = _contrasts().get(items[at].key)
    for back in range(len(said) - 1, -1, -1):
        word = said[back].key
        if group is not None and _contrasts().get(word) == group:
            return back, _restated(said, back + 1, items, at + 1), at + 1
    for back in range(len(said) - 1, -1, -1):
        if said[back].is_word and said[back].key == items[at].key:
            return back, len(said), at + 1
    return None


def _number_replaced(said: Sequence[Item], items: Sequence[Item], at: int, end: int) -> tuple[int, int, int] | None:
    """The last value in `said`; its unit stays unless the speaker says it again.

    A pair such as "one twenty over eighty" is replaced by a pair, and by a single number in its last part only.
    """
    pair = _value_end(items, at)
    measure = number_end if pair == end else _value_end
    run: tuple[int, int] | None = None
    back = 0
    while back < len(said):
        stop = measure(said, back)
        if stop > back:
            run = (back, stop)
        back = max(stop, back + 1)
    if run is None:
        return None
    return run[0], _restated(said, run[1], items, pair), pair


def _value_end(items: Sequence[Item], at: int) -> int:
    """The index after the number at `at` and the numbers tied to it by "over", "by" or a slash."""
    end = number_end(items, at)
    while at < end < len(items) and (items[end].key in ("over", "by", "x") or items[end].text == "/"):
        more = number_end(items, end + 1)
        if more == end + 1:
            break
        end = more
    return end


def _restated(said: Sequence[Item], tail: int, items: Sequence[Item], following: int) -> int:
    """Where the dropped part ends: at `tail`, or at the end when the words after it are said again."""
    if tail >= len(said) or following >= len(items):
        return min(tail, len(said))
    again = keys(items[following : following + 1])[0]
    return len(said) if again and again in keys(said[tail:]) else tail
