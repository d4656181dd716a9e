"""Decides what the words around a mention say about it: negated, uncertain, past, conditional, another's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import product

from transcribe.clinical.trie import Trie
from transcribe.clinical.words import Words, fold
from transcribe.domain import Assertion, Category, Span

_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_REACH = 5
_QUESTION_REACH = 12
_LEAD_REACH = 12
_MOST_BETWEEN = 4
_MOST_OF_SUBJECT = 6
_MOST_OF_APPOSITION = 8
_OUTWEIGHS = ((Assertion.NEGATED, Assertion.UNCERTAIN), (Assertion.FAMILY, Assertion.HISTORICAL))
_SPARES_THE_KNOWN = frozenset({Assertion.NEGATED, Assertion.UNCERTAIN, Assertion.HYPOTHETICAL})
_RELATIVE = frozenset({"that"})
_PARTING = frozenset({",", ".", ";", ":", "and", "or"})
_LISTING = frozenset({"or", "nor", "and", "no"})
_INDEFINITE = frozenset({"a", "an"})
_ILL_THEMSELVES = (["who", "has"], ["who", "had"], ["who", "have"])


@dataclass(frozen=True, slots=True)
class Rule:
    """How the cues of one rule reach: the assertion they make, which way, and how many words at most.

    The cue of one that `opens` says nothing right behind a mention: "fever resolved, cough persists"; that of one
    that `leads` speaks of what follows where nothing was mentioned before: "as a child he had asthma"; that of one
    that `answers` speaks only as the whole answer: "fever: no".
    """

    assertion: Assertion
    forward: bool
    words: int
    problems_only: bool
    opens: bool = False
    leads: bool = False
    never_problems: bool = False
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """What a phrase does: the rules it is a cue of, and whose reach it ends.

    One that `heads` makes what follows it a mere complement: "the cause of the fever was not found"; what follows one
    that is `given` is known whatever else is denied: "no bleeding from the ulcer".

    A pseudo-cue has no rules and stops nothing; it only keeps its words from being a cue.
    """

    rules: tuple[Rule, ...] = ()
    stops: frozenset[Assertion] = frozenset()
    heads: bool = False
    given: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A signal at the words `[first, last)`."""

    first: int
    last: int
    signal: Signal

    def ends_backward(self, rule: Rule) -> bool:
        """Whether a backward reach of `rule` ends behind this cue: what follows it is spoken of already."""
        forward = any(other.forward and other.assertion is rule.assertion for other in self.signal.rules)
        return forward or rule.assertion in self.signal.stops


@dataclass(frozen=True, slots=True)
class Reach:
    """The words `[first, last)` that the cue at `[cue_first, cue_last)` speaks about."""

    rule: Rule
    first: int
    last: int
    cue_first: int
    cue_last: int
    known: frozenset[int] = frozenset()

    def covers(self, first: int, last: int, *, problem: bool) -> bool:
        """Whether a mention at `[first, last)` is spoken about."""
        if (problem and self.rule.never_problems) or (not problem and self.rule.problems_only):
            return False
        return last > self.first and first < self.last and not (problem and first in self.known)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The rules of cues.toml; all words are folded."""

    signals: Trie[Signal]
    verbs: frozenset[str]
    conditional: frozenset[str]
    subjects: frozenset[str]
    pronouns: frozenset[str]
    regions: frozenset[str]
    copulas: frozenset[str]
    onset: frozenset[str]
    sections: dict[Category, Assertion]
    headings: re.Pattern[str]
    before: frozenset[str]
    between: frozenset[str]
    helpers: frozenset[str]
    after: frozenset[str]
    habits: frozenset[str]
    of_year: frozenset[str]


@cache
def _cues() -> _Tables:
    table = tomllib.loads(files("transcribe.clinical").joinpath("cues.toml").read_text("utf-8"))
    trie: Trie[Signal] = Trie()
    for row in table["rule"]:
        rules = () if row["assertion"] == "none" else (_rule(row),)
        for phrase in _phrases(row["cues"]):
            before = trie.get(phrase) or Signal()
            trie.add(phrase, replace(before, rules=before.rules + rules))
    for name, row in table["stops"].items():
        stops = frozenset(Assertion if name == "any" else map(Assertion, name.split()))
        for phrase in _phrases(row["cues"]):
            before = trie.get(phrase) or Signal()
            trie.add(phrase, replace(before, stops=before.stops | stops))
    for phrase in _phrases(table["clause"]["heads"]):
        trie.add(phrase, replace(trie.get(phrase) or Signal(), heads=True))
    for phrase in _phrases(table["clause"]["given"]):
        trie.add(phrase, replace(trie.get(phrase) or Signal(), given=True))
    bystander = table["bystander"]
    return _Tables(
        signals=trie,
        verbs=frozenset(map(fold, table["clause"]["verbs"])),
        conditional=frozenset(map(fold, table["clause"]["conditional"])),
        subjects=frozenset(map(fold, table["clause"]["subjects"])),
        pronouns=frozenset(map(fold, table["clause"]["pronouns"])),
        regions=frozenset(map(fold, table["clause"]["regions"])),
        copulas=frozenset(map(fold, table["clause"]["copulas"])),
        onset=frozenset(map(fold, table["clause"]["onset"])),
        sections={Category(name): Assertion(value) for name, value in table["sections"].items()},
        headings=_any_of(table["headings"]),
        before=frozenset(map(fold, bystander["before"])),
        between=frozenset(map(fold, bystander["between"])),
        helpers=frozenset(map(fold, bystander["helpers"])),
        after=frozenset(map(fold, bystander["after"])),
        habits=frozenset(map(fold, table["habits"]["words"])),
        of_year=frozenset(map(fold, table["years"]["between"])),
    )


def _phrases(cues: Iterable[str]) -> Iterator[str]:
    """Each phrase that the cues stand for: "no (|new) (rash|cough)" is four."""
    for cue in cues:
        parts = [part.split("|") for part in re.split(r"[()]", cue)]
        yield from (" ".join(words) for words in product(*parts))


def _any_of(names: dict[str, list[str]]) -> re.Pattern[str]:
    """A pattern that finds a word of any of the lists, in a group with the name of its list."""
    groups = (f"(?P<{name}>{'|'.join(map(re.escape, _phrases(words)))})" for name, words in names.items())
    return re.compile(rf"\b(?:{'|'.join(groups)})\b")


def _rule(row: dict[str, object]) -> Rule:
    return Rule(
        Assertion(str(row["assertion"])),
        row["direction"] == "forward",
        int(str(row["words"])),
        bool(row.get("problems_only", False)),
        bool(row.get("opens", False)),
        bool(row.get("leads", False)),
        bool(row.get("never_problems", False)),
        bool(row.get("answers", False)),
    )


def section_assertion(category: Category) -> Assertion | None:
    """What standing in a section of this category says of everything in it."""
    return _cues().sections.get(category)


def heading_assertion(heading: str) -> Assertion | None:
    """What the words of a heading say of every problem under it, whatever its category: "DIFFERENTIAL DIAGNOSIS"."""
    found = _cues().headings.search(heading.lower())
    return Assertion(found.lastgroup) if found and found.lastgroup else None


def settled(cues: dict[Assertion, Span]) -> dict[Assertion, Span]:
    """What is left of the assertions about one mention when the weaker gives way.

    What was suspected and ruled out is ruled out; when a relative fell ill is no history of the patient's.
    """
    weaker = {beaten for winner, beaten in _OUTWEIGHS if winner in cues}
    return {assertion: cue for assertion, cue in cues.items() if assertion not in weaker}


def is_habit(words: Words, first: int, last: int) -> bool:
    """Whether a phrase names nothing but smoking, drinking or the like."""
    return all(word in _cues().habits for word in words.folded[first:last])


def reaches(words: Words, first: int, last: int, taken: Sequence[tuple[int, int]]) -> list[Reach]:
    """What the cues in the sentence `[first, last)` speak about.

    `taken` are the words of the mentions, which are not searched for cues.
    """
    cues = _find(words, first, last, taken)
    if not any(cue.signal.rules for cue in cues):
        return []
    sentence = _Sentence(words, first, last, cues, taken)
    return [
        sentence.forward(cue, rule) if rule.forward or sentence.leads(cue, rule) else sentence.backward(cue, rule)
        for cue in cues
        for rule in cue.signal.rules
    ]


def _find(words: Words, first: int, last: int, taken: Sequence[tuple[int, int]]) -> list[Cue]:
    """The cues and stops of the sentence; a phrase may begin before a mention, or with it, and run on."""
    trie = _cues().signals
    inside = {at for begin, end in taken for at in range(begin, end)}
    ends = dict(taken)
    found: list[Cue] = []
    at = first
    while at < last:
        match = _year(words, first, at, last) or _question(words, at, last) or trie.longest(words, at, last)
        if match is None or (at in inside and match[0] <= ends.get(at, last)):
            at += 1
            continue
        cue = Cue(at, match[0], match[1])
        if _is_part(words, last, cue, ends):
            at += 1
            continue
        at = cue.last
        if not _is_bystander(words, first, last, cue):
            found.append(cue)
    return found


def _is_part(words: Words, last: int, cue: Cue, ends: dict[int, int]) -> bool:
    """Whether a cue for what stands before runs into one for what follows: "there is a possibility of", "is likely"."""
    if not cue.signal.rules or any(rule.forward for rule in cue.signal.rules):
        return False
    inner = (_cues().signals.longest(words, at, last) for at in range(cue.first + 1, cue.last))
    return any(
        any(rule.forward and (end > cue.last or _completes(words, last, rule, end, ends)) for rule in signal.rules)
        for end, signal in filter(None, inner)
    )


def _completes(words: Words, last: int, rule: Rule, at: int, ends: dict[int, int]) -> bool:
    """Whether a doubt that ends before word `at` is one about the mention behind it: "the rash is likely eczema"."""
    if rule.assertion is not Assertion.UNCERTAIN:
        return False
    for behind in range(at, min(at + _MOST_BETWEEN, last)):
        if behind in ends:
            return True
        if words.folded[behind] in _PARTING or _cues().signals.longest(words, behind, last):
            return False
    return False


def _year(words: Words, first: int, at: int, last: int) -> tuple[int, Signal] | None:
    """The signal of "in 1998", "in March of 1998" or "in the 1990s", which says that what stands before is past."""
    if words.folded[at] != "in":
        return None
    year = at + 1
    while year < min(last, at + _MOST_BETWEEN) and words.folded[year] in _cues().of_year:
        year += 1
    if year >= last or not _YEAR.fullmatch(words.folded[year]):
        return None
    if not _cues().onset.isdisjoint(words.folded[max(first, at - _YEAR_REACH) : at]):
        return None  # then it began, and nothing says that it is over
    decade = words.folded[year + 1 : year + 2] == ["s"]
    return year + 1 + decade, Signal((Rule(Assertion.HISTORICAL, False, _YEAR_REACH, False, leads=True),))


def _question(words: Words, at: int, last: int) -> tuple[int, Signal] | None:
    """The signal of a question mark: it asks about what stands before it, or within a sentence what follows."""
    if words.folded[at] != "?":
        return None
    inside = at + 1 < last
    return at + 1, Signal((Rule(Assertion.UNCERTAIN, inside, _QUESTION_REACH, problems_only=True),))


def _is_bystander(words: Words, first: int, last: int, cue: Cue) -> bool:
    """Whether the cue is a relative who tells or comes along."""
    if cue.last - cue.first > 1 or not any(rule.assertion is Assertion.FAMILY for rule in cue.signal.rules):
        return False
    tables = _cues()
    if words.folded[cue.last : min(cue.last + 2, last)] in _ILL_THEMSELVES:
        return False
    # "born to a mother with diabetes", but "came with his mother with a fever"
    indefinite = cue.first > first and words.folded[cue.first - 1] in _INDEFINITE
    if indefinite and cue.last < last and words.folded[cue.last] == "with":
        return False
    at = _behind_apposition(words.folded, cue.last, last)
    while at < last and words.folded[at] in tables.helpers:
        at += 1
    if at < last and (words.folded[at] in tables.after or _tells(words, at, last)):
        return True
    at = cue.first - 1
    while at >= first and words.folded[at] in tables.between:
        at -= 1
    return at >= first and words.folded[at] in tables.before


def _tells(words: Words, at: int, last: int) -> bool:
    """Whether word `at` is the verb of one who tells: "adds that he"."""
    tables = _cues()
    told = words.folded[at + 2] if at + 2 < last else ""
    return words.folded[at + 1 : at + 2] == ["that"] and (told in tables.pronouns or told in tables.subjects)


def _behind_apposition(folded: Sequence[str], at: int, last: int) -> int:
    """Where the sentence goes on behind ", a nurse," at word `at`."""
    if at + 1 < last and folded[at] == "," and folded[at + 1] in _INDEFINITE:
        for behind in range(at + 2, min(at + _MOST_OF_APPOSITION, last)):
            if folded[behind] == ",":
                return behind + 1
    return at


class _Sentence:
    """One sentence with its cues, and where clauses begin in it."""

    def __init__(self, words: Words, first: int, last: int, cues: list[Cue], taken: Sequence[tuple[int, int]]) -> None:
        self._folded = words.folded
        self._first, self._last = first, last
        self._starts = {cue.first: cue for cue in cues}
        self._ends = {cue.last: cue for cue in cues}
        self._mentioned = {at for begin, end in taken for at in range(begin, end)}
        self._given = frozenset(cue.last for cue in cues if cue.signal.given)
        self._inner = {at for begin, end in taken for at in range(begin + 1, end)}

    def leads(self, cue: Cue, rule: Rule) -> bool:
        """Whether a backward `rule` speaks of what follows, as nothing was mentioned before."""
        return rule.leads and not any(at in self._mentioned for at in range(self._first, cue.first))

    def _answers(self, cue: Cue) -> bool:
        """Whether the cue is the whole answer to what stands before it: "fever: no"."""
        asked = cue.first - 1 in self._mentioned or self._folded[cue.first - 1 : cue.first] in ([":"], ["-"], [","])
        closed = cue.last == self._last or self._folded[cue.last] in {".", ";", ","}
        return asked and closed and any(rule.answers for rule in cue.signal.rules)

    def forward(self, cue: Cue, rule: Rule) -> Reach:
        """From the cue to the next stop, clause or the end of its length."""
        limit = min(self._last, cue.last + (_LEAD_REACH if rule.leads else rule.words))
        if (rule.opens and cue.first - 1 in self._mentioned) or self._answers(cue):
            return Reach(rule, cue.last, cue.last, cue.first, cue.last)
        first = self._behind_subject(cue.last) if rule.assertion is Assertion.UNCERTAIN else cue.last
        at, depth, repeated = first, 0, self._is_repeated(cue)
        if rule.assertion is Assertion.FAMILY:
            at = _behind_apposition(self._folded, at, limit)
        while at < limit:
            depth += (self._folded[at] == "(") - (self._folded[at] == ")")
            if depth < 0 or (at > first and (self._ends_at(at, rule) or (repeated and self._ends_list(at)))):
                break
            at += 1
        known = self._given if rule.assertion in _SPARES_THE_KNOWN else frozenset()
        return Reach(rule, first, at, cue.first, cue.last, known)

    def _is_repeated(self, cue: Cue) -> bool:
        """Whether the cue denies another item after a comma as one before it did: "no rales, no rhonchi"."""
        return self._folded[max(self._first, cue.first - 1) : cue.first + 1] == [",", "no"] and any(
            self._folded[other] == "no" for other in self._starts if other < cue.first
        )

    def _ends_list(self, at: int) -> bool:
        """Whether the items from word `at` are told without a "no" where each before had its own."""
        return self._folded[at] == "," and _LISTING.isdisjoint(self._folded[at : self._last])

    def _behind_subject(self, at: int) -> int:
        """Where what is wondered about begins: behind the known "the lump is" of "whether the lump is cancer"."""
        tables = _cues()
        if at < self._last and self._folded[at] in tables.subjects:
            for behind in range(at + 1, min(at + _MOST_OF_SUBJECT, self._last)):
                if self._folded[behind] in tables.copulas:
                    return behind
        return at

    def _ends_at(self, at: int, rule: Rule) -> bool:
        """Whether a forward reach of `rule` ends before word `at`."""
        here = self._starts.get(at)
        if here is not None and (
            rule.assertion in here.signal.stops or any(_same(rule, other) for other in here.signal.rules)
        ):
            return True
        if self._runs_on(at, rule):
            return True
        if self._folded[at] == "and":
            return self._opens_clause(at + 1, rule)
        if self._folded[at] != "," or self._goes_on(at, rule):
            return False
        following = self._starts.get(at + 1)
        if following is not None and any(other.forward for other in following.signal.rules):
            return True
        return self._has_verb(at + 1, 1, rule)

    def _runs_on(self, at: int, rule: Rule) -> bool:
        """Whether a clause begins with word `at` though nothing parts it: "no fever he has a cough"."""
        if rule.assertion is Assertion.HYPOTHETICAL or at - 1 not in self._mentioned or at in self._inner:
            return False
        tables = _cues()
        if self._folded[at] in tables.pronouns:
            return True
        if self._folded[at] in tables.regions:
            return at + 1 not in self._inner and self._folded[at + 1 : at + 2] not in (["or"], ["and"], [","])
        return self._folded[at] in tables.subjects - _RELATIVE and self._has_verb(at, 1, rule)

    def _goes_on(self, comma: int, rule: Rule) -> bool:
        """Whether what follows the comma belongs to it: "no cough, or rash", "her mother, who has diabetes"."""
        following = self._folded[comma + 1 : comma + 2]
        return following in (["or"], ["nor"]) or (rule.assertion is Assertion.FAMILY and following == ["who"])

    def _opens_clause(self, at: int, rule: Rule) -> bool:
        """Whether a clause begins with word `at`, which stands behind "and"."""
        if at >= self._last:
            return False
        if self._folded[at] in _cues().subjects:
            return self._has_verb(at, 1, rule)
        return self._folded[at] in self._verbs(rule)

    def _verbs(self, rule: Rule) -> frozenset[str]:
        """The words that begin a clause which `rule` does not reach into."""
        tables = _cues()
        return tables.verbs - tables.conditional if rule.assertion is Assertion.HYPOTHETICAL else tables.verbs

    def _has_verb(self, at: int, step: int, rule: Rule) -> bool:
        """Whether a verb or subject stands between `at` and the next comma or stop towards `step`."""
        verbs = self._verbs(rule)
        while self._first <= at < self._last and self._folded[at] not in {",", ";", ":"}:
            if at in self._starts and rule.assertion in self._starts[at].signal.stops:
                return False
            if self._folded[at] in verbs and at not in self._mentioned:
                return True
            at += step
        return False

    def backward(self, cue: Cue, rule: Rule) -> Reach:
        """From the cue back to the last stop, clause or the end of its length."""
        limit = max(self._first, cue.first - rule.words)
        at = cue.first
        if rule.answers and not self._answers(cue):
            return Reach(rule, at, at, cue.first, cue.last)
        while at > limit:
            before = self._ends.get(at)
            if before is not None and before.signal.heads:
                return Reach(rule, cue.first, cue.first, cue.first, cue.last)
            colon = self._folded[at - 1] == ":" and at == cue.first
            if before is not None and not colon and before.ends_backward(rule):
                break
            joint = at < cue.first and self._folded[at - 1] in {",", "and", "with"}
            if joint and self._has_verb(at - 2, -1, rule):
                break
            at -= 1
        return Reach(rule, at, cue.first, cue.first, cue.last)


def _same(rule: Rule, other: Rule) -> bool:
    return rule.assertion is other.assertion and other.forward
