"""Decides what the words around a mention say about it: negated, uncertain, past, conditional, another's."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from transcribe.clinical.trie import Trie
from transcribe.clinical.words import Words, fold
from transcribe.domain import Assertion, Category


@dataclass(frozen=True, slots=True)
class Rule:
    """How the cues of one rule reach: the assertion they make, which way, and how many words at most."""

    assertion: Assertion
    forward: bool
    words: int
    problems_only: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """What a phrase does: the rules it is a cue of, and whether it ends the reach of others.

    A pseudo-cue has no rules and stops nothing; it only keeps its words from being a cue.
    """

    rules: tuple[Rule, ...] = ()
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A signal at the words `[first, last)`."""

    first: int
    last: int
    signal: Signal


@dataclass(frozen=True, slots=True)
class Reach:
    """The words `[first, last)` that the cue at `[cue_first, cue_last)` speaks about."""

    rule: Rule
    first: int
    last: int
    cue_first: int
    cue_last: int

    def covers(self, first: int, last: int, *, problem: bool) -> bool:
        """Whether a mention at `[first, last)` is spoken about."""
        if self.rule.problems_only and not problem:
            return False
        return last > self.first and first < self.last


@cache
def _cues() -> tuple[Trie[Signal], frozenset[str], dict[Category, Assertion]]:
    """The signals by phrase, the folded words that begin a clause, and the assertions of sections."""
    table = tomllib.loads(files("transcribe.clinical").joinpath("cues.toml").read_text("utf-8"))
    trie: Trie[Signal] = Trie()
    for row in table["rule"]:
        rules = () if row["assertion"] == "none" else (_rule(row),)
        for phrase in row["cues"]:
            before = trie.get(phrase) or Signal()
            trie.add(phrase, Signal(before.rules + rules))
    for phrase in table["stops"]["cues"]:
        trie.add(phrase, Signal((trie.get(phrase) or Signal()).rules, stop=True))
    verbs = frozenset(map(fold, table["clause"]["verbs"]))
    sections = {Category(name): Assertion(value) for name, value in table["sections"].items()}
    return trie, verbs, sections


def _rule(row: dict[str, object]) -> Rule:
    return Rule(
        Assertion(str(row["assertion"])),
        row["direction"] == "forward",
        int(str(row["words"])),
        bool(row.get("problems_only", False)),
    )


def section_assertion(category: Category) -> Assertion | None:
    """What standing in a section of this category says of everything in it."""
    return _cues()[2].get(category)


def reaches(words: Words, first: int, last: int, taken: Sequence[tuple[int, int]]) -> list[Reach]:
    """What the cues in the sentence `[first, last)` speak about.

    `taken` are the words of the mentions, which are not searched for cues.
    """
    cues = _find(words, first, last, taken)
    if not any(cue.signal.rules for cue in cues):
        return []
    sentence = _Sentence(words, first, last, cues, taken)
    return [
        sentence.forward(cue, rule) if rule.forward else sentence.backward(cue, rule)
        for cue in cues
        for rule in cue.signal.rules
    ]


def _find(words: Words, first: int, last: int, taken: Sequence[tuple[int, int]]) -> list[Cue]:
    """The cues and stops of the sentence; a phrase may begin before a mention and run into it."""
    trie = _cues()[0]
    inside = {at for begin, end in taken for at in range(begin, end)}
    found: list[Cue] = []
    at = first
    while at < last:
        match = None if at in inside else trie.longest(words, at, last)
        if match is None:
            at += 1
            continue
        found.append(Cue(at, match[0], match[1]))
        at = match[0]
    return found


class _Sentence:
    """One sentence with its cues, and where clauses begin in it."""

    def __init__(
        self, words: Words, first: int, last: int, cues: list[Cue], taken: Sequence[tuple[int, int]]
    ) -> None:
        self._folded = words.folded
        self._first, self._last = first, last
        self._starts = {cue.first: cue for cue in cues}
        self._ends = {cue.last: cue for cue in cues}
        self._mentioned = {at for begin, end in taken for at in range(begin, end)}

    def forward(self, cue: Cue, rule: Rule) -> Reach:
        """From the cue to the next stop, clause or the end of its length."""
        limit = min(self._last, cue.last + rule.words)
        at, depth = cue.last, 0
        while at < limit:
            depth += (self._folded[at] == "(") - (self._folded[at] == ")")
            if depth < 0 or (at > cue.last and self._ends_at(at, rule)):
                break
            at += 1
        return Reach(rule, cue.last, at, cue.first, cue.last)

    def _ends_at(self, at: int, rule: Rule) -> bool:
        """Whether a forward reach of `rule` ends before word `at`."""
        here = self._starts.get(at)
        if here is not None and (here.signal.stop or any(_same(rule, other) for other in here.signal.rules)):
            return True
        if self._folded[at] == "and":
            return self._opens_clause(at + 1)
        if self._folded[at] != ",":
            return False
        following = self._starts.get(at + 1)
        if following is not None and any(other.forward for other in following.signal.rules):
            return True
        return self._has_verb(at + 1, 1)

    def _opens_clause(self, at: int) -> bool:
        return at < self._last and self._folded[at] in _cues()[1]

    def _has_verb(self, at: int, step: int) -> bool:
        """Whether a verb or subject stands between `at` and the next comma or stop towards `step`."""
        verbs = _cues()[1]
        while self._first <= at < self._last and self._folded[at] not in {",", ";", ":"}:
            if at in self._starts and self._starts[at].signal.stop:
                return False
            if self._folded[at] in verbs and at not in self._mentioned:
                return True
            at += step
        return False

    def backward(self, cue: Cue, rule: Rule) -> Reach:
        """From the cue back to the last stop, clause or the end of its length."""
        limit = max(self._first, cue.first - rule.words)
        at = cue.first
        while at > limit:
            before = self._ends.get(at)
            colon = self._folded[at - 1] == ":" and at == cue.first
            if before is not None and before.signal.stop and not colon:
                break
            joint = at < cue.first and self._folded[at - 1] in {",", "and", "with"}
            if joint and self._has_verb(at - 2, -1):
                break
            at -= 1
        return Reach(rule, at, cue.first, cue.first, cue.last)


def _same(rule: Rule, other: Rule) -> bool:
    return rule.assertion is other.assertion and other.forward
