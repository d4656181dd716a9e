"""Builds mentions of problems, drugs, tests, procedures and anatomy from the lexicons' words.

A mention is a noun phrase: modifiers and parts of the body, then a core ("left knee" + "osteoarthritis"),
then perhaps where it is ("fracture" + "of the left hip") or what it comes with.
"""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.clinical.lexicon import Kind, kind_by_ending, lexicon
from transcribe.clinical.words import Words
from transcribe.domain import Category, Label

_BEFORE = Kind.MODIFIER | Kind.LOOSE | Kind.ANATOMY | Kind.ADJECTIVE | Kind.SIDE
_BODY = Kind.ANATOMY | Kind.ADJECTIVE
_ALONE = Kind.PROBLEM | Kind.TEST | Kind.PROCEDURE | Kind.SUBSTANCE | Kind.DRUG | Kind.NORMAL
_STARTS = _BEFORE | _ALONE | Kind.CHEMICAL
_HEADS = Kind.HEAD | Kind.TEST_HEAD | Kind.PROCEDURE_HEAD
_PLACES = frozenset(
    {
        "of",
        "in",
        "to",
        "at",
        "over",
        "on",
        "involving",
        "within",
        "throughout",
        "around",
        "along",
        "about",
        "near",
        "through",
    }
)
_ARTICLES = frozenset({"the", "his", "her", "a", "an", "this", "that", "their", "its", "your", "my"})
_VITALS = {"T": ((93.0, 108.0), (34.0, 42.0)), "P": ((30.0, 250.0),), "R": ((6.0, 60.0),)}
_STAGES = frozenset({"type", "stage", "grade", "class", "nyha"})
# After these a head says enough: "no drainage", "denies any discharge".
_DENIALS = frozenset({"no", "any", "without", "denies", "denied", "or", "nor"})
_VAGUE = frozenset(
    {"difficulty", "problem", "sign", "symptom", "complaint", "change", "process", "event", "episode"}
    | {"disease", "disorder", "syndrome", "illness", "state", "pathology", "limitation", "damage"}
)
# Heads that take an unlisted name before them along, and capitalised words that are no such name.
_NAMED = frozenset({"syndrome", "disease", "disorder", "deficiency", "anomaly", "dystrophy", "phenotype"})
_NO_NAMES = frozenset({"this", "that", "these", "those", "with", "other", "such", "from", "also", "and", "has"})
# Heads that make a problem of a drug before them ("penicillin allergy").
_DRUG_HEADS = frozenset(
    {
        "allergy",
        "abuse",
        "overdose",
        "toxicity",
        "intolerance",
        "dependence",
        "withdrawal",
        "addiction",
        "misuse",
        "hypersensitivity",
        "reaction",
        "poisoning",
        "intoxication",
        "overuse",
    }
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A phrase of the lexicons, or one other word, at the words `[first, last)`."""

    first: int
    last: int
    kind: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A medical thing at the words `[first, last)`.

    `substance`: it may be a drug as well as a test; `site`: the words that name a part of the body, without
    the side; empty when no part is named.
    """

    first: int
    last: int
    label: Label
    substance: bool = False
    site: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Sentence:
    """The words `[first, last)` of a sentence in a section, the phrases they are cut into and the mentions found."""

    first: int
    last: int
    category: Category
    chunks: list[Chunk]
    mentions: list[Mention]


def chunks(words: Words, first: int, last: int) -> list[Chunk]:
    """The words `[first, last)` cut into the longest phrases that the lexicons know."""
    known = lexicon()
    found: list[Chunk] = []
    at = first
    while at < last:
        match = known.longest(words, at, last)
        if match is None:
            found.append(Chunk(at, at + 1, _vital(words, at, last) or kind_by_ending(words.folded[at])))
        else:
            found.append(Chunk(at, match[0], match[1]))
        at = found[-1].last
    return found


def _vital(words: Words, at: int, last: int) -> int:
    """A test where a letter stands for a vital sign before a figure that it can have ("T 98.4, P 72, R 16")."""
    limits = _VITALS.get(words.written[at])
    figure = words.written[at + 1] if at + 1 < last else ""
    if limits is None or not figure.replace(".", "", 1).isdigit():
        return Kind.NONE
    return Kind.TEST if any(low <= float(figure) <= high for low, high in limits) else Kind.NONE


def mentions(words: Words, parts: list[Chunk]) -> list[Mention]:
    """The mentions among the chunks of a sentence, in order and without overlap."""
    reader = _Reader(words, parts)
    found: list[Mention] = []
    at = 0
    while at < len(parts):
        if not parts[at].kind & (_STARTS | _HEADS) or parts[at].kind & Kind.NEVER:
            at += 1
            continue
        at = reader.phrase(at, found)
    return found


class _Reader:
    """Reads one noun phrase after the other from the chunks of a sentence."""

    def __init__(self, words: Words, parts: list[Chunk]) -> None:
        self._words = words
        self._parts = parts

    def kind(self, at: int) -> int:
        """What chunk `at` can be; nothing beyond the end and for phrases that are never a mention."""
        if at >= len(self._parts) or self._parts[at].kind & Kind.NEVER:
            return Kind.NONE
        return self._parts[at].kind

    def word(self, at: int) -> str:
        """The folded word of a chunk of one word, else nothing."""
        if not 0 <= at < len(self._parts):
            return ""
        part = self._parts[at]
        return self._words.folded[part.first] if part.last - part.first == 1 else ""

    def phrase(self, begin: int, found: list[Mention]) -> int:
        """Append the mentions of the noun phrase that begins at chunk `begin`; return the chunk after it."""
        core = begin
        while self._goes_before(core):
            core += 1
        if not self._is_core(core, begin):
            self._bare_anatomy(begin, core, found)
            return max(core, begin + 1)
        if self.kind(core) & Kind.NORMAL and not self.kind(core) & (_ALONE & ~Kind.NORMAL):
            self._bare_anatomy(begin, core, found)
            begin = core
        end, label = self._extended(core)
        end = self._with_tail(end, core, label)
        start = begin
        while start < core and self.kind(start) & Kind.LOOSE:
            start += 1
        if label is Label.PROBLEM and start == begin and self.word(core) in _NAMED:
            start = self._named(start)
        substance = end == core + 1 and bool(self.kind(core) & Kind.SUBSTANCE) and start == core
        if label is Label.DRUG:
            start = core
        found.append(
            Mention(self._parts[start].first, self._parts[end - 1].last, label, substance, self._site(start, end))
        )
        return end

    def _is_denied(self, at: int) -> bool:
        """Whether the chunk follows a word of denial and is more than a word like "problems"."""
        return self.word(at - 1) in _DENIALS and self.word(at) not in _VAGUE

    def _named(self, start: int) -> int:
        """The first of the unlisted names right before "syndrome" or the like ("Canavan disease")."""
        first = start
        while first > 0 and not self.kind(first - 1) and self._is_name(self._parts[first - 1].first):
            first -= 1
        return first

    def _is_name(self, at: int) -> bool:
        word = self._words.written[at]
        return word[0].isupper() and len(word) > 3 and self._words.folded[at] not in _NO_NAMES

    def _site(self, begin: int, end: int) -> tuple[int, int]:
        """The words of the last stretch of anatomy among the chunks."""
        last = end
        while last > begin and not self.kind(last - 1) & _BODY:
            last -= 1
        first = last
        while first > begin and self.kind(first - 1) & _BODY:
            first -= 1
        if first < last:
            return self._parts[first].first, self._parts[last - 1].last
        return self._site_within(self._parts[begin].first, self._parts[end - 1].last)

    def _site_within(self, first: int, last: int) -> tuple[int, int]:
        """The first part of the body inside phrases that are listed whole ("carpal tunnel syndrome")."""
        for at in range(first, last if last - first > 1 else first):
            match = lexicon().longest(self._words, at, last if at > first else last - 1)
            if match is not None and not match[1] & _BODY and match[0] > at + 1:
                match = lexicon().longest(self._words, at, match[0] - 1)
            if match is not None and match[1] & _BODY:
                return at, match[0]
        return 0, 0

    def _goes_before(self, at: int) -> bool:
        """Whether chunk `at` only leads up to a core: "renal", "diabetic" before an ulcer, "lead" before its level."""
        kind = self.kind(at)
        if kind & Kind.CHEMICAL and not kind & _ALONE:
            return bool(self.kind(at + 1) & Kind.TEST_HEAD)
        if not kind & _BEFORE:
            return False
        if not kind & (_ALONE | _HEADS):
            return True
        if kind & _ALONE and not kind & (Kind.PROBLEM | Kind.TEST):
            return False
        following = self.kind(at + 1)
        return bool(following & (_ALONE | _HEADS)) and not following & Kind.DRUG

    def _is_core(self, at: int, begin: int) -> bool:
        """Whether chunk `at` can carry a mention: alone, or as a head with something before or after it."""
        kind = self.kind(at)
        if kind & _ALONE:
            return True
        if not kind & _HEADS:
            return False
        if at > begin:
            return True
        if kind & Kind.HEAD and (self._is_denied(at) or self._place(at + 1) > at + 1):
            return True
        return self.word(at) in _NAMED and self._named(at) < at

    def _extended(self, core: int) -> tuple[int, Label]:
        """The end of the core with the heads after it, and what it is then."""
        kind = self.kind(core)
        label = _label(kind)
        end = core + 1
        if label is Label.DRUG:
            while self.kind(end) & Kind.SALT:
                end += 1
            if not (self.word(end) in _DRUG_HEADS or self.kind(end) & Kind.TEST_HEAD):
                return end, label
        while self.kind(end) & _HEADS:
            label = _head_label(self.kind(end), label)
            end += 1
        return end, label

    def _with_tail(self, end: int, core: int, label: Label) -> int:
        """The end with what follows and belongs: a stage, a place, a complication."""
        if label is Label.DRUG:
            return end
        end = self._stage(end)
        if self.kind(end - 1) & Kind.OF_HEAD and self.word(end) == "of":
            after = self._run(end + 1)
            if self.kind(after) & Kind.PROBLEM:
                return self._stage(after + 1)
        if label is Label.VALUE:
            return end
        if label is not Label.PROBLEM or self.kind(end - 1) & Kind.ADJECTIVAL:
            end = self._body(end)
        end = self._place(end)
        if label is Label.PROBLEM and self.word(end) == "with":
            after = self._run(end + 1)
            if self.kind(after) & Kind.COMPLICATION:
                return after + 1
        return self._stage(end)

    def _stage(self, at: int) -> int:
        """The end with "type 2" or ", stage III" taken in."""
        following = at + 1 if self.word(at) == "," else at
        if self.kind(following) & Kind.MODIFIER and self._first_word(following) in _STAGES:
            return following + 1
        return at

    def _first_word(self, at: int) -> str:
        return self._words.folded[self._parts[at].first]

    def _place(self, at: int) -> int:
        """The end with "of the left knee", "in both hands", or ", left knee" taken in."""
        end = at
        while self.word(end) in _PLACES:
            begin = end + 1
            if self.word(begin) in _ARTICLES:
                begin += 1
            after = self._body(begin)
            if after == begin:
                break
            end = after
        if end == at and self.word(at) == "," and self.kind(at + 1) & Kind.SIDE:
            after = self._body(at + 1)
            if after > at + 1 and self.word(after) in {"", ".", ",", ";"}:
                return after
        return end

    def _body(self, at: int) -> int:
        """The end of the part of the body that begins at chunk `at`, "and" with another part included."""
        end = self._run(at)
        if end == at or self.kind(end) & (_ALONE | _HEADS) or not self.kind(end - 1) & Kind.ANATOMY:
            return at
        if self.word(end) in {"and", "or"}:
            after = self._run(end + 1)
            ends_well = after > end + 1 and self.kind(after - 1) & Kind.ANATOMY
            if ends_well and not self.kind(after) & (_ALONE | _HEADS):
                return after
        return end

    def _run(self, at: int) -> int:
        """The end of the modifiers and parts of the body from chunk `at` on."""
        while self.kind(at) & Kind.MODIFIER or (self.kind(at) & _BEFORE and not self.kind(at) & (_ALONE & ~Kind.TEST)):
            at += 1
        return at

    def _bare_anatomy(self, begin: int, end: int, found: list[Mention]) -> None:
        """Append the part of the body between the chunks, with the side and place words before it."""
        last = end
        while last > begin and not self.kind(last - 1) & _BODY:
            last -= 1
        start = begin
        while start < last and self.kind(start) & Kind.LOOSE and not self.kind(start) & _BODY:
            start += 1
        if start < last:
            site = self._site(start, last)
            words = self._parts[start].first, self._parts[last - 1].last
            found.append(Mention(*words, Label.ANATOMY, site=site))


def _label(kind: int) -> Label:
    """What a core of this kind is by itself; a head counts as what it builds."""
    order = (
        (Kind.DRUG, Label.DRUG),
        (Kind.PROBLEM, Label.PROBLEM),
        (Kind.TEST | Kind.SUBSTANCE, Label.TEST),
        (Kind.PROCEDURE, Label.PROCEDURE),
        (Kind.NORMAL, Label.VALUE),
    )
    return next((label for kinds, label in order if kind & kinds), _head_label(kind, Label.PROBLEM))


def _head_label(kind: int, before: Label) -> Label:
    """What a head of this kind makes of what stands before it."""
    if kind & Kind.HEAD and before is Label.PROBLEM:
        return Label.PROBLEM
    if kind & Kind.PROCEDURE_HEAD:
        return Label.PROCEDURE
    if kind & Kind.TEST_HEAD:
        return Label.TEST
    return Label.PROBLEM
