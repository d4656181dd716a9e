"""What the speaker takes back: whole sentences, or the words that a correction replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from transcribe.domain import MarkKind
from transcribe.writeup.items import Item, Kind, Trail, keys
from transcribe.writeup.numerals import number_end
from transcribe.writeup.tables import table
from transcribe.writeup.units import unit_at

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
    if _schedule_end(items, at) > at:
        return _schedule_replaced(said, items, at)
    number = number_end(items, at)
    if number > at:
        return _number_replaced(said, items, at, number)
    restated = _restatement(said, items, at)
    if restated is not None:
        return restated
    group = _contrasts().get(items[at].key)
    for back in range(len(said) - 1, -1, -1):
        word = said[back].key
        if group is not None and _contrasts().get(word) == group:
            return back, _restated(said, back + 1, items, at + 1), at + 1
    for back in range(len(said) - 1, -1, -1):
        if said[back].is_word and said[back].key == items[at].key:
            return back, len(said), at + 1
    return None


def is_restated(out: Sequence[Item], items: Sequence[Item], at: int) -> bool:
    """Whether what follows at `at` only says over again, with another side or the like, what `out` ends in."""
    spoken = len(out)
    while spoken and _is_soft_comma(out[spoken - 1]):
        spoken -= 1
    while at < len(items) and _is_soft_comma(items[at]):
        at += 1
    if at >= len(items) or not items[at].is_word:
        return False
    said = out[_sentence_start(out, spoken) : spoken]
    if (_restatement(said, items, at) or _schedule_replaced(said, items, at)) is not None:
        return True
    group = _contrasts().get(items[at].key)
    return group is not None and any(_is_counterpart(item, items[at]) for item in said)


def _is_soft_comma(item: Item) -> bool:
    return item.kind is Kind.MARK and item.text == "," and not item.spoken


def _is_counterpart(one: Item, other: Item) -> bool:
    """Whether the two words are different ones of the same group: "left" and "right"."""
    group = _contrasts().get(one.key)
    return group is not None and group == _contrasts().get(other.key) and one.key != other.key


def _restatement(said: Sequence[Item], items: Sequence[Item], at: int) -> tuple[int, int, int] | None:
    """What the phrase at `at` says again with one word changed: "the left leg" in place of "the right leg".

    Both begin with the same word and have the contrast in the same place; the words behind it that are said
    again are replaced as well, and what was said after those stays.
    """
    phrase = _phrase(items, at)
    for back in range(len(said) - 1, -1, -1):
        turn = next((n for n, item in enumerate(phrase) if said[back + n : back + n + 1] != [] and
                     _is_counterpart(said[back + n], item)), 0)
        if not turn or keys(said[back : back + turn]) != keys(phrase[:turn]):
            continue
        same = turn + 1
        while same < len(phrase) and keys(said[back + same : back + same + 1]) == keys(phrase[same : same + 1]):
            same += 1
        return (back, back + same, at + same) if same == len(phrase) else None
    return None


def _phrase(items: Sequence[Item], at: int) -> Sequence[Item]:
    """The words from `at` to the next mark, break or command that sets one."""
    end = at
    while end < len(items) and end - at < _REACH and items[end].is_word and items[end].key not in _bounds():
        end += 1
    return items[at:end]


@cache
def _bounds() -> frozenset[str]:
    return frozenset(table("commands")["neighbours"]["boundaries"])


def _schedule_replaced(said: Sequence[Item], items: Sequence[Item], at: int) -> tuple[int, int, int] | None:
    """The last schedule of a dose in `said` where another one stands at `at`: "b i d" and "t i d"."""
    end = _schedule_end(items, at)
    if end == at:
        return None
    for back in range(len(said) - 1, -1, -1):
        stop = _schedule_end(said, back)
        if stop > back:
            return back, stop, end
    return None


def _schedule_end(items: Sequence[Item], at: int) -> int:
    """The index after the schedule said at `at`; `at` itself where there is none."""
    schedules = table("corrections")["schedules"]["phrases"]
    found = (phrase.split() for phrase in schedules)
    return max((at + len(words) for words in found if keys(items[at : at + len(words)]) == words), default=at)


def _number_replaced(said: Sequence[Item], items: Sequence[Item], at: int, end: int) -> tuple[int, int, int] | None:
    """The last value in `said`; its unit stays unless the speaker says it again.

    A pair such as "one twenty over eighty" is replaced by a pair, and by a single number in its last part only.
    """
    pair = _value_end(items, at)
    measure = number_end if pair == end else _value_end
    runs: list[tuple[int, int]] = []
    back = 0
    while back < len(said):
        stop = measure(said, back)
        if stop > back:
            runs.append((back, stop))
        back = max(stop, back + 1)
    if not runs:
        return None
    # Milligrams take the place of milligrams, and days of days.
    like = [run for run in runs if _counts_the_same(said, run[1], items, pair)]
    run = (like or runs)[-1]
    return run[0], _restated(said, run[1], items, pair), pair


def _counts_the_same(said: Sequence[Item], one: int, items: Sequence[Item], other: int) -> bool:
    """Whether the same unit or word stands behind a number in `said` and behind the new one."""
    mine, its = unit_at(said, one), unit_at(items, other)
    if mine is not None or its is not None:
        return mine is not None and its is not None and mine[0] == its[0]
    word = keys(items[other : other + 1])
    return word not in ([], [""]) and word[0] not in _bounds() and keys(said[one : one + 1]) == word


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
