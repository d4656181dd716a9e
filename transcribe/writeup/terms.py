"""What was nearly heard becomes the medical term it sounds like, or a question where another meaning is possible."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from transcribe.domain import MarkKind
from transcribe.writeup.context import TITLES
from transcribe.writeup.items import Item, Trail, keys
from transcribe.writeup.lexicon import common, is_form, is_listed, is_word, medical, pairs, respelled
from transcribe.writeup.sounds import likeness, sound
from transcribe.writeup.tables import listed, table

SURE = 0.5
"""From this probability on the term takes the place of what was heard."""

ASKED = 0.35
"""From this probability on the editor is asked about a word that no list knows."""

_SHORTEST = 5
_SHORTEST_STRANGE = 4
_RUN_ON = ("not", "no", "never", "left", "right", "denied", "denies")
_NEAREST = 8
_LONGEST_ENDING = 3
_LONG = 12
_LEAST = 0.7
_LONGEST_PHRASE = 4
_SOUND_CUTOFF = 0.6
_CLEAR = 0.05
_SHORTEST_JOINED = 10
_PHRASED, _PHRASED_WORD = 0.58, 0.74
_JOINED, _JOINED_WORDS = 0.86, 0.92
_NEAR = 0.12
"""A confusable word whose likeness is so near to the best one's may have been meant as well."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """What the words `[at, end)` may have been, and how probably."""

    end: int
    written: str
    probability: float


def repair_terms(items: Sequence[Item], trail: Trail) -> list[Item]:
    """`items` with what was nearly heard in the place of what was not; each change is put before the editor."""
    out: list[Item] = []
    index = 0
    while index < len(items):
        guess = _guess(items, index)
        if guess is None or guess.probability < ASKED:
            out.append(items[index])
            index += 1
            continue
        index = _settle(items, index, guess, out, trail)
    return out


def strange_words(items: Sequence[Item]) -> frozenset[int]:
    """The first heard words of the words that no list has, the names of people behind a title left out.

    Two words run together ("notbeen") are strange where the first one denies or names a side.
    """
    return frozenset(
        item.first
        for at, item in enumerate(items)
        if item.is_word and not item.settled and not item.heading and _is_strange(items, at)
    )


def _is_strange(items: Sequence[Item], at: int) -> bool:
    word = items[at].key
    if len(word) < _SHORTEST_STRANGE or not word.isalpha() or _is_name(items, at):
        return False
    first = next((front for front in _RUN_ON if word.startswith(front)), "")
    return not is_word(word) or (bool(first) and not is_listed(word) and word.removeprefix(first) in common())


def _settle(items: Sequence[Item], at: int, guess: _Guess, out: list[Item], trail: Trail) -> int:
    """Write the guess in the place of the words at `at`, or ask about them; where to go on."""
    source = items[at : guess.end]
    heard = " ".join(item.text for item in source)
    if guess.probability < SURE or _is_risky(heard.lower(), guess.written):
        trail.ask(items[at], MarkKind.QUERY, f'Heard "{heard}"; was "{guess.written}" said? Listen.')
        out.extend(source)
        return guess.end
    first, last = items[at].first, source[-1].last
    trail.note("term", source, guess.written)
    reason = f'Heard "{heard}"; taken for "{guess.written}" ({guess.probability:.0%}).'
    trail.ask(items[at], MarkKind.CORRECTION, reason)
    words = guess.written.split()
    if source[0].text[:1].isupper() and len(source) == 1:
        words[0] = words[0][:1].upper() + words[0][1:]
    out.extend(Item(word, first, last) for word in words)
    return guess.end


def _guess(items: Sequence[Item], at: int) -> _Guess | None:
    """The most probable term that starts at `at`."""
    item = items[at]
    if not item.is_word or item.settled or not item.key.isalpha():
        return None
    guesses = (_from_phrase(items, at), _run_apart(items, at), _by_itself(items, at))
    return max((guess for guess in guesses if guess), key=lambda guess: guess.probability, default=None)


def _by_itself(items: Sequence[Item], at: int) -> _Guess | None:
    """The term that the word at `at`, which does not exist, is most like."""
    if not _is_odd(items, at):
        return None
    found = _best(items[at].key)
    if found is None:
        return None
    term, alike, lead = found
    if alike < _LEAST or _differ_in_ending(items[at].key, term) or _holds_more(items[at].key, term):
        return None
    before, after = keys(items[max(0, at - 1) : at]), keys(items[at + 1 : at + 2])
    beside = (*before, term) in pairs() or (term, *after) in pairs()
    return _Guess(at + 1, term, _probability(items[at].key, alike, lead, beside=beside))


def _holds_more(heard: str, term: str) -> bool:
    """Whether `heard` is the term with another word run into it, which would be lost: "socialdevelopmental"."""
    rest = heard.removesuffix(term) if heard.endswith(term) else heard.removeprefix(term)
    return rest != heard and len(rest) >= _SHORTEST_STRANGE and is_listed(rest)


def _differ_in_ending(heard: str, term: str) -> bool:
    """Whether the two are forms of one stem: "colonoscope" is a word that the list with "colonoscopy" has not."""
    alike = next((at for at, (one, other) in enumerate(zip(heard, term, strict=False)) if one != other), len(heard))
    longest = max(len(heard), len(term)) - alike
    slip = sound(heard) == sound(term) and heard[-1] not in "aeiouy"
    return alike >= _SHORTEST and longest <= _LONGEST_ENDING and not slip


def _run_apart(items: Sequence[Item], at: int) -> _Guess | None:
    """The term that was heard as two words: "talo navicular", "cranial caudal"."""
    words = keys(items[at : at + 2])
    if len(words) < 2 or not words[1].isalpha() or set(words) & _untouchable() or tuple(words) in pairs():
        return None
    both = words[0] + words[1]
    odd = not all(is_word(word) for word in words)
    if len(both) < _SHORTEST_JOINED or is_word(both) or min(map(len, words)) < _SHORTEST - 1:
        return None
    found = _best(both)
    if found is None or found[1] < (_JOINED if odd else _JOINED_WORDS) or words[0] == found[0] or words[1] == found[0]:
        return None
    return _Guess(at + 2, found[0], min(0.97, 0.8 + (found[1] - _JOINED)))


def _probability(heard: str, alike: float, lead: float, *, beside: bool) -> float:
    """How probably a term was meant by `heard`: by its likeness, its lead over the next one, and its neighbours.

    A logistic curve whose weights were fitted on recognised dictation of three models; two in three of the repairs that
    it calls likelier than not were what had been said, and of the others two in five or fewer.
    """
    size = min(len(heard), _LONG) / _LONG
    return 1 / (1 + math.exp(-(12.9 * (alike - 0.85) + 6.4 * min(lead, 0.2) + 2.8 * beside + 3.9 * size - 3.1)))


def _is_odd(items: Sequence[Item], at: int) -> bool:
    """Whether the word at `at` is none that exists, nor the name of a person behind a title."""
    item = items[at]
    if len(item.key) < _SHORTEST or is_word(item.key):
        return False
    return not _is_name(items, at)


def _is_name(items: Sequence[Item], at: int) -> bool:
    """Whether a title stands before the word at `at`."""
    before = items[at - 1].key.rstrip(".") if at else ""
    return before in TITLES | {"doctor", "mister"}


@lru_cache(maxsize=10_000)
def _best(word: str) -> tuple[str, float, float] | None:
    """The medical word most like `word`, its likeness, and its lead over the next one."""
    terms, sounds = _terms()
    near = process.extract(
        sound(word), sounds, scorer=Levenshtein.normalized_similarity, limit=_NEAREST, score_cutoff=_SOUND_CUTOFF
    )
    ranked = sorted(((likeness(word, terms[index]), terms[index]) for _, _, index in near), reverse=True)
    if not ranked:
        return None
    alike, term = ranked[0]
    return term, alike, alike - ranked[1][0] if len(ranked) > 1 else alike


@cache
def _terms() -> tuple[list[str], list[str]]:
    """The medical words that can have been meant, and their sounds."""
    terms = sorted(word for word in medical() - common() if len(word) >= _SHORTEST)
    return terms, [sound(word) for word in terms]


@cache
def _phrases() -> dict[tuple[str, ...], list[tuple[str, int]]]:
    """Each term of several words with one or two left out ("" in their place): the words left out."""
    found: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for phrase in listed("term_phrases"):
        words = phrase.lower().split()
        for gap in (1, 2):
            for start in range(len(words) - gap + 1):
                if gap < len(words):
                    pattern = (*words[:start], "", *words[start + gap :])
                    found[pattern].append((" ".join(words[start : start + gap]), len(words)))
    return found


@cache
def _known_phrases() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.lower().split()) for phrase in listed("term_phrases"))


@cache
def _anchors() -> frozenset[str]:
    return frozenset(word for phrase in _known_phrases() for word in phrase)


def _from_phrase(items: Sequence[Item], at: int) -> _Guess | None:
    """The word at `at` as the missing one of a term whose other words stand beside it."""
    heard = items[at].key
    if len(heard) < _SHORTEST - 1 or heard in _untouchable():
        return None
    exists = is_word(heard)
    ranked = sorted(
        (
            (likeness(heard, missing) + 0.08 * (length - 2), missing)
            for missing, length in _missing(items, at)
            if not _holds_more(heard, missing) and (not exists or _may_stand_for(heard, missing, length))
        ),
        reverse=True,
    )
    floor = _PHRASED_WORD if exists else _PHRASED
    if not ranked or ranked[0][0] < floor:
        return None
    alike, missing = ranked[0]
    if any(other != missing and alike - likely < _CLEAR for likely, other in ranked):
        return _Guess(at + 1, missing, ASKED)
    return _Guess(at + 1, missing, min(0.97, 0.8 + (alike - floor) / 2))


def _may_stand_for(heard: str, missing: str, length: int) -> bool:
    """Whether `heard`, a word that exists, can be a slip for what is `missing` in a term of `length` words."""
    if " " in missing or is_form(heard, missing) or is_form(missing, heard) or _differ_in_ending(heard, missing):
        return False
    if missing in respelled(heard):
        return False
    return heard not in medical() or length > 2


def _missing(items: Sequence[Item], at: int) -> Iterator[tuple[str, int]]:
    """What may be missing at `at`, with the length of the term; nothing where the words are a term already."""
    beside = keys(items[max(0, at - 1) : at]) + keys(items[at + 1 : at + 2])
    if not _anchors().intersection(beside):
        return
    found: list[tuple[str, int]] = []
    for length in range(2, _LONGEST_PHRASE + 1):
        for start in range(max(0, at - length + 1), min(at, len(items) - length) + 1):
            window = keys(items[start : start + length])
            if tuple(window) in _known_phrases():
                return
            window[at - start] = ""
            found.extend(_phrases().get(tuple(window), ()))
    yield from found


@cache
def _untouchable() -> frozenset[str]:
    """Words that are never taken for another one where they make sense by themselves."""
    contrasts = table("corrections")["contrasts"]["groups"]
    return frozenset(listed("plain_words")) | {word for group in contrasts for word in group}


def _is_risky(heard: str, term: str) -> bool:
    """Whether what was heard may have been a word that sounds like `term` and means something else."""
    alike = likeness(heard, term)
    others = [other for other in _counterparts(term) if other == heard or likeness(heard, other) > alike - _NEAR]
    return any(other == heard or is_listed(other) for other in others)


def _counterparts(term: str) -> Iterator[str]:
    """The words that are taken for `term`."""
    rules = table("confusable")
    for group in (*rules["words"]["groups"], *rules["drugs"]["groups"]):
        if term in group:
            yield from (other for other in group if other != term)
    for one, other in rules["affixes"]["pairs"]:
        for mine, its in ((one, other), (other, one)):
            if term.startswith(mine):
                yield its + term.removeprefix(mine)
    for one, other in rules["affixes"]["endings"]:
        for mine, its in ((one, other), (other, one)):
            if term.endswith(mine):
                yield term.removesuffix(mine) + its
