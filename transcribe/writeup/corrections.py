"""What the speaker takes back: whole sentences, or the words that a correction replaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from transcribe.domain import MarkKind
from transcribe.writeup.dates import MONTHS
from transcribe.writeup.items import Item, Kind, Trail, keys
from transcribe.writeup.numerals import number_end, ordinal_at
from transcribe.writeup.tables import table
from transcribe.writeup.units import is_measured, unit_at

_REACH = 12
"""A correction is looked for in so many words before it."""
_SHORTEST_DENIED = 5


_Run = tuple[int, int]
_EndOf = Callable[[Sequence[Item], int], int]


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a correction takes of the words said: `[start, keep)` goes, `[keep, upto)` stays, the rest goes.

    The replacement ends before `resume`.
    """

    start: int
    keep: int
    upto: int
    resume: int


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
    end = past_own_marks(items, end)
    spoken = _before_commas(out)
    before = _sentence_start(out, spoken)
    found = _replaced(out[before:spoken], items, end)
    if found is None:
        return 0
    cut, resume = found.start, found.resume
    dropped = [*out[before + cut : before + found.keep], *out[before + found.upto : spoken]]
    tail = out[before + found.keep : before + found.upto]
    # The replacement also answers for what it replaces, so that times never go backwards.
    first = min([item.first for item in dropped] + [items[end].first])
    new = [replace(item, first=first) for item in items[end:resume]]
    trail.note("command: correction", [*dropped, *out[spoken:], *items[start:end]], " ".join(i.text for i in new))
    trail.ask(new[0], MarkKind.CHECK, "The speaker corrected this; listen whether the right words were replaced.")
    del out[before + cut :]
    out.extend(new)
    out.extend(tail)
    return resume


def past_own_marks(items: Sequence[Item], at: int) -> int:
    """The index after the marks at `at` that the recogniser set by itself."""
    while at < len(items) and items[at].kind is Kind.MARK and not items[at].spoken:
        at += 1
    return at


def _before_commas(out: Sequence[Item]) -> int:
    """Where the commas that `out` ends in begin."""
    end = len(out)
    while end and out[end - 1].kind is Kind.MARK and out[end - 1].text == ",":
        end -= 1
    return end


def _sentence_start(out: Sequence[Item], end: int) -> int:
    at = end
    while at and end - at < _REACH and not _is_edge(out[at - 1]):
        at -= 1
    return at


def _replaced(said: Sequence[Item], items: Sequence[Item], at: int) -> _Cut | None:
    """What of `said` goes, and where the replacement in `items[at:]` ends."""
    if at >= len(items) or not items[at].is_word:
        return None
    if _schedule_end(items, at) > at:
        return _last_of_kind(said, items, at, _schedule_end)
    if day := _last_of_kind(said, items, at, _day_end):
        return day
    number = number_end(items, at)
    if number > at:
        return _number_replaced(said, items, at, number)
    restated = _restatement(said, items, at)
    if restated is not None:
        return restated
    group = _contrasts().get(items[at].key)
    for back in range(len(said) - 1, -1, -1):
        word = said[back].key
        alike = group is not None and _contrasts().get(word) == group
        if alike or (said[back].is_word and _is_counterpart(said[back], items[at])):
            return _cut(said, back, back + 1, items, at + 1)
    for back in range(len(said) - 1, -1, -1):
        if said[back].is_word and said[back].key == items[at].key:
            return _Cut(back, len(said), len(said), at + 1)
    return None


def is_restated(out: Sequence[Item], items: Sequence[Item], at: int) -> bool:
    """Whether what follows at `at` only says over again, with another side or the like, what `out` ends in."""
    at, spoken = past_own_marks(items, at), _before_commas(out)
    if at >= len(items) or not items[at].is_word:
        return False
    said = out[_sentence_start(out, spoken) : spoken]
    if _restatement(said, items, at) or _is_begun_again(said, items, at):
        return True
    if any(_last_of_kind(said, items, at, kind) for kind in (_schedule_end, _day_end)):
        return True
    group = _contrasts().get(items[at].key)
    return group is not None and any(_is_counterpart(item, items[at]) for item in said)


def _is_begun_again(said: Sequence[Item], items: Sequence[Item], at: int) -> bool:
    """Whether the word at `at` was said before with another number behind it: "lisinopril ten", "lisinopril twenty"."""
    if number_end(items, at + 1) == at + 1:
        return False
    return any(said[back].key == items[at].key and number_end(said, back + 1) > back + 1 for back in range(len(said)))


def is_given_again(out: Sequence[Item], items: Sequence[Item], at: int) -> bool:
    """Whether a phrase of its own at `at` only replaces a part of the last sentence of `out`.

    It starts with a number in a unit of that sentence ("40 mg daily. Scratch that. 20 mg daily."), or it is
    the whole of a restatement.
    """
    at = past_own_marks(items, at)
    said = out[_sentence_start(out, len(out)) :]
    end = number_end(items, at)
    unit = unit_at(items, end) if end > at else None
    if unit is None:
        return end == at and at < len(items) and items[at].is_word and _restatement(said, items, at) is not None
    units = (unit_at(said, number_end(said, back)) for back in range(len(said)) if number_end(said, back) > back)
    return any(found is not None and found[0] == unit[0] for found in units)


def _is_counterpart(one: Item, other: Item) -> bool:
    """Whether the two words are different ones of the same group, "left" and "right", or one denies the other."""
    group = _contrasts().get(one.key)
    if group is not None and group == _contrasts().get(other.key):
        return one.key != other.key
    return _denies(one.key, other.key) or _denies(other.key, one.key)


def _denies(word: str, plain: str) -> bool:
    """Whether `word` is `plain` with a syllable of denial before it: "irreducible" and "reducible"."""
    fronts = table("corrections")["contrasts"]["denials"]
    return len(plain) >= _SHORTEST_DENIED and any(word == front + plain for front in fronts)


def _restatement(said: Sequence[Item], items: Sequence[Item], at: int) -> _Cut | None:
    """What the phrase at `at` says again with one word changed: "the left leg" in place of "the right leg".

    Both begin with the same word and have the contrast in the same place; the words behind it that are said
    again are replaced as well, and what was said after those stays.
    """
    phrase = _phrase(items, at)
    for back in range(len(said) - 1, -1, -1):
        turn = next(
            (
                n
                for n, item in enumerate(phrase)
                if said[back + n : back + n + 1] != [] and _is_counterpart(said[back + n], item)
            ),
            0,
        )
        if not turn or keys(said[back : back + turn]) != keys(phrase[:turn]):
            continue
        same = turn + 1
        while same < len(phrase) and keys(said[back + same : back + same + 1]) == keys(phrase[same : same + 1]):
            same += 1
        return _Cut(back, back + same, len(said), at + same) if same == len(phrase) else None
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


def _last_of_kind(said: Sequence[Item], items: Sequence[Item], at: int, end_of: _EndOf) -> _Cut | None:
    """The last one in `said` of what stands at `at`: "b i d" for "t i d", "march third" for "march fourth"."""
    end = end_of(items, at)
    if end == at:
        return None
    for back in range(len(said) - 1, -1, -1):
        stop = end_of(said, back)
        if stop > back:
            return _Cut(back, stop, len(said), end)
    return None


def _day_end(items: Sequence[Item], at: int) -> int:
    """The index after the month and day said at `at`; `at` itself where there is none."""
    month, ordinal = keys(items[at : at + 1]), ordinal_at(items, at + 1)
    if not month or month[0] not in MONTHS:
        return at
    end = ordinal[1] if ordinal else number_end(items, at + 1)
    return end if end > at + 1 else at


def _schedule_end(items: Sequence[Item], at: int) -> int:
    """The index after the schedule said at `at`; `at` itself where there is none."""
    schedules = table("corrections")["schedules"]["phrases"]
    found = (phrase.split() for phrase in schedules)
    return max((at + len(words) for words in found if keys(items[at : at + len(words)]) == words), default=at)


def _number_replaced(said: Sequence[Item], items: Sequence[Item], at: int, end: int) -> _Cut | None:
    """The last value in `said`; its unit stays unless the speaker says it again.

    A pair such as "one twenty over eighty" is replaced by a pair, and by a single number in its last part only.
    """
    pair = _value_end(items, at)
    measure = number_end if pair == end else _value_end
    runs: list[_Run] = []
    back = 0
    while back < len(said):
        stop = measure(said, back)
        if stop > back:
            runs.append((back, stop))
        back = max(stop, back + 1)
    if not runs:
        return None
    if pair > end:
        runs = [run for run in runs if number_end(said, run[0]) < run[1]] or runs
    run = _meant(said, runs, items, pair)
    if run is None:
        return None
    units = unit_at(said, run[1]), unit_at(items, pair)
    if units[0] is not None and units[1] is not None:
        return _cut(said, run[0], units[0][1], items, units[1][1])
    if _named_alike(said, run[1], items, pair):
        return _cut(said, run[0], run[1] + 1, items, pair + 1)
    return _cut(said, run[0], run[1], items, pair)


def _meant(said: Sequence[Item], runs: Sequence[_Run], items: Sequence[Item], at: int) -> _Run | None:
    """The number of `runs` that the new one before `at` replaces: milligrams give way to milligrams, days to days.

    A number with a unit of its own is never replaced by one with another kind of unit.
    """
    unit = unit_at(items, at)
    same = [run for run in runs if _named_alike(said, run[1], items, at)]
    if unit is not None:
        same = [run for run in runs if (found := unit_at(said, run[1])) and found[0] == unit[0]]
        same = same or [run for run in runs if unit_at(said, run[1])]
    if not same and is_measured(items, at):
        same = [run for run in runs if not is_measured(said, run[1])]
        return same[-1] if same else None
    return (same or list(runs))[-1]


def _named_alike(said: Sequence[Item], one: int, items: Sequence[Item], other: int) -> bool:
    """Whether the same word stands behind both numbers: days and days, tablets and a tablet."""
    mine, its = keys(said[one : one + 1]), keys(items[other : other + 1])
    return bool(mine and its and mine[0]) and mine[0].rstrip("s") == its[0].rstrip("s") and its[0] not in _bounds()


def _value_end(items: Sequence[Item], at: int) -> int:
    """The index after the number at `at` and the numbers tied to it by "over", "by" or a slash."""
    end = number_end(items, at)
    while at < end < len(items) and (items[end].key in ("over", "by", "x") or items[end].text == "/"):
        more = number_end(items, end + 1)
        if more == end + 1:
            break
        end = more
    return end


def _cut(said: Sequence[Item], start: int, keep: int, items: Sequence[Item], resume: int) -> _Cut:
    """What goes where `said[start:keep]` is replaced: with it what is said again behind it, word by word.

    Of what was said after that only the part from the next word on that is said again goes as well; all of it
    where a phrase was begun again and goes on in other words ("in the lobe", "in the liver").
    """
    first = keep
    while keep < len(said) and resume < len(items) and _is_like(said[keep], items[resume]):
        keep, resume = keep + 1, resume + 1
    again = keys(items[resume : resume + 1])
    if not again or not again[0] or again[0] in _bounds():
        return _Cut(start, keep, len(said), resume)
    rest = keys(said[keep:])
    if again[0] in rest:
        return _Cut(start, keep, keep + rest.index(again[0]), resume)
    return _Cut(start, keep, keep if keep > first and again[0] != "and" else len(said), resume)


def _is_like(one: Item, other: Item) -> bool:
    same = one.is_word and other.is_word and one.key == other.key and one.key not in _bounds()
    return same or _is_counterpart(one, other)
