"""Walks from a code of the tables down to a billable one by the side, kind and encounter in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from transcribe.coding.advice import say
from transcribe.coding.build import ABSENT, ASIDE
from transcribe.coding.tables import Code, CodeTables, seventh_code
from transcribe.coding.words import lexicon, stems
from transcribe.domain import Span

_SIDES = ("right", "left", "bilateral")
_UNSAID = re.compile(r"unspecified|not specified|\bNOS\b", re.IGNORECASE)
# The words (as stems) that tell the encounter, the telling ones first; without any of them it is A.
_COURSES = (
    ("S", frozenset({"sequela", "residual"})),
    ("K", frozenset({"nonunion"})),
    ("P", frozenset({"malunion"})),
    ("G", frozenset({"delayed"})),
    ("D", frozenset({"healing", "healed", "subsequent", "aftercare"})),
    ("B", frozenset({"open"})),
)
_MOST_ALTERNATIVES = 5
_NONDOMINANT = re.compile(r"\bnon-?dominant\b", re.IGNORECASE)
_DOMINANT = re.compile(r"(?<!non-)(?<!non)\bdominant\b", re.IGNORECASE)
# Facts that tell siblings apart, by the words of their titles.
_FACTS = (
    ("stage", frozenset({"stage"})),
    ("severity", frozenset({"mild", "moderate", "severe"})),
    ("acuity", frozenset({"acute", "chronic"})),
    ("kind", frozenset({"persistent", "paroxysmal", "permanent", "systolic", "diastolic", "primary", "secondary"})),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the report says about one mention: words and the places they stand, words denied, the side.

    `close` are those of the words that stand in the phrase of the problem itself, here or where the report names
    it again. `course` is the 7th character that the report tells for its injuries, "" while treatment is active.
    """

    words: Mapping[str, Span]
    denied: frozenset[str] = frozenset()
    side: str = ""
    side_span: Span | None = None
    close: frozenset[str] = frozenset()
    course: str = ""
    course_span: Span | None = None

    def spans(self, used: Iterable[str]) -> tuple[Span, ...]:
        """Where the `used` words stand."""
        return tuple(self.words[word] for word in used if word in self.words)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A billable code, the words that led to it, and what was missing on the way."""

    code: str
    title: str
    used: tuple[Span, ...] = ()
    messages: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(slots=True)
class _Way:
    used: list[Span] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)


def descend(tables: CodeTables, code: str, facts: Facts) -> tuple[Leaf, ...]:
    """The billable codes under `code` that fit `facts`.

    One code as a rule; two, right and left, where both sides are affected and the tables know no bilateral
    code; none where a fact is missing that the tables have no "unspecified" for.
    """
    if facts.side == "bilateral" and _one_sided_only(tables, code):
        sides = (replace(facts, side=side) for side in ("right", "left"))
        return tuple(leaf for each in sides for leaf in descend(tables, code, each))
    own = _walk(tables, tables.look_up(code), facts)
    above = _above_unspecified(tables, code)
    if above is not None and above.code != code:
        phrase = {word: span for word, span in facts.words.items() if word in facts.close}
        better = _walk(tables, above, replace(facts, words=phrase))
        if any(leaf.used for leaf in better):
            return better
    return own


def _walk(tables: CodeTables, node: Code | None, facts: Facts) -> tuple[Leaf, ...]:
    way = _Way()
    while node is not None and not node.billable:
        children = tables.children(node.code)
        node = _choose(tables, node, children, facts, way) if children else _seventh(tables, node, facts, way)
    if node is None:
        return ()
    others = tuple(dict.fromkeys(way.alternatives))[:_MOST_ALTERNATIVES]
    return (Leaf(node.code, node.title, tuple(way.used), tuple(way.messages), others),)


def _above_unspecified(tables: CodeTables, code: str) -> Code | None:
    """The code to start from: where a term answers with an "unspecified" code, the report may still say the kind."""
    node = tables.look_up(code)
    while node is not None and node.parent and _UNSAID.search(node.title):
        above = tables.look_up(node.parent)
        if above is None or not (_own(node.title) <= _own(above.title) or _by_sides(tables, above)):
            break
        node = above
    return node


def _by_sides(tables: CodeTables, node: Code) -> bool:
    return any(side_of(each.title) for each in tables.children(node.code))


def side_of(title: str) -> str:
    """The side that a title names: "right", "left", "bilateral" or none."""
    found = set(re.findall(r"\b(right|left|bilateral)\b", title.lower()))
    return found.pop() if len(found) == 1 else ""


def _one_sided_only(tables: CodeTables, code: str) -> bool:
    """Whether the codes under `code` ask for a side and none of them means both."""
    sides: set[str] = set()
    level: tuple[Code, ...] = tables.children(code)
    while level and not sides:
        sides = {side_of(each.title) for each in level} - {""}
        level = tables.children(level[0].code)
    return bool(sides) and "bilateral" not in sides


def _choose(tables: CodeTables, node: Code, children: Sequence[Code], facts: Facts, way: _Way) -> Code | None:
    sided = {side_of(each.title) for each in children} - {""}
    if sided and not side_of(node.title):
        children = _by_side(children, facts, way)
    best = (
        _by_dominance(children, facts) or _by_denial(children, facts) or _by_words(tables, node, children, facts, way)
    )
    chosen = best or usual(tables, node, children)
    if chosen is not None and best is None and len(children) > 1:
        way.alternatives.extend(each.code for each in children if each is not chosen)
        way.messages.extend(_questions(children))
    return chosen


def _questions(children: Sequence[Code]) -> Iterator[str]:
    """The question to ask where the children differ in a fact that reports can tell."""
    said = [_own(each.title) for each in children]
    for fact, telling in _FACTS:
        if sum(bool(words & telling) for words in said) > 1:
            yield say("kind-missing", fact=fact)
            return


def _by_side(children: Sequence[Code], facts: Facts, way: _Way) -> Sequence[Code]:
    named = [each for each in children if side_of(each.title) == facts.side]
    if facts.side and named:
        if facts.side_span is not None:
            way.used.append(facts.side_span)
        return named
    if not facts.side:
        way.messages.append(say("side-missing"))
        way.alternatives.extend(each.code for each in children if side_of(each.title))
    return [each for each in children if not side_of(each.title)]


def _by_words(tables: CodeTables, node: Code, children: Sequence[Code], facts: Facts, way: _Way) -> Code | None:
    """The child whose own words, those that tell it from its siblings, are mostly in the report."""
    own = {each.code: _own(each.title) for each in children}
    common = _own(node.title) | (frozenset.intersection(*own.values()) if own else frozenset())
    # What a sibling is called without more ("Erythema NOS") tells none of them apart.
    common = common.union(*(_own(term) for each in children for term in tables.inclusion(each.code) if _is_bare(term)))
    best: tuple[float, Code, frozenset[str]] | None = None
    for each in children:
        telling = own[each.code] - common
        said = telling & facts.words.keys()
        if each.title.lower().startswith("other ") or not said:
            continue
        total = sum(tables.weight(word) for word in telling)
        matched = sum(tables.weight(word) for word in said)
        if matched >= 0.6 * total and (best is None or matched > best[0]):
            best = (matched, each, said)
    if best is None:
        return None
    way.used.extend(facts.spans(best[2]))
    return best[1]


def _by_dominance(children: Sequence[Code], facts: Facts) -> Code | None:
    """The child for the dominant side, as the right one counts where nothing is said (guideline I.C.6.a)."""
    dominant = [each for each in children if _DOMINANT.search(each.title)]
    others = [each for each in children if _NONDOMINANT.search(each.title)]
    if len(dominant) != 1 or len(others) != 1 or facts.side not in ("right", "left"):
        return None
    said = facts.words.keys() & {"dominant", "nondominant"}
    is_dominant = "dominant" in said if len(said) == 1 else facts.side == "right"
    return dominant[0] if is_dominant else others[0]


def _by_denial(children: Sequence[Code], facts: Facts) -> Code | None:
    """The child "without" what the report denies, such as "concussion without loss of consciousness"."""
    for each in children:
        absent = ABSENT.search(each.title)
        told = frozenset(stems(absent.group())) - {"without"} if absent else frozenset()
        if told and told <= facts.denied:
            return each
    return None


@lru_cache(16384)
def _own(title: str) -> frozenset[str]:
    return frozenset(stems(ASIDE.sub("", ABSENT.sub("", title)))) - lexicon().side


def usual(tables: CodeTables, node: Code, children: Sequence[Code]) -> Code | None:
    """The child that stands for "nothing more was said": unspecified, "NOS", without complication; else none.

    A fracture not said to be displaced or not counts as displaced (guideline I.C.19.c).
    """
    if len(children) == 1:
        return children[0]
    own = _own(node.title)
    tests = (
        lambda each: each.title.lower() == f"{node.title.lower()}, uncomplicated",
        lambda each: each.title.lower().endswith("status unknown"),
        lambda each: _UNSAID.search(each.title) and not each.title.lower().startswith("other "),
        lambda each: any(_is_nos(term, own) for term in tables.inclusion(each.code)),
        lambda each: _own(each.title) == own,
        lambda each: ABSENT.search(each.title) or each.title.lower().startswith("displaced "),
        lambda each: _UNSAID.search(each.title),
        lambda each: any(_UNSAID.search(term) for term in tables.inclusion(each.code)),
    )
    for test in tests:
        fitting = [each for each in children if test(each)]
        if fitting:
            return min(fitting, key=_said_least)
    return None


def _is_bare(term: str) -> bool:
    return term.endswith(" NOS") and len(_own(term)) == 1


def _is_nos(term: str, own: frozenset[str]) -> bool:
    return term.endswith(" NOS") and _own(term) <= own


def _said_least(each: Code) -> tuple[int, int, str]:
    return -each.title.lower().count("unspecified"), len(_own(each.title)), each.code


def _seventh(tables: CodeTables, node: Code, facts: Facts, way: _Way) -> Code | None:
    """The code with its 7th character (guideline I.C.19.a: A while treatment is active)."""
    letter = _encounter(node.seventh, facts, way) if "A" in node.seventh else _by_text(node.seventh, facts, way)
    return tables.look_up(seventh_code(node.code, letter)) if letter else None


def _encounter(letters: Mapping[str, str], facts: Facts, way: _Way) -> str:
    if facts.course in letters and facts.course_span is not None:
        way.used.append(facts.course_span)
        return facts.course
    for letter, telling in _COURSES:
        said = telling & facts.words.keys()
        if said and letter in letters:
            way.used.extend(facts.spans(said))
            return letter
    return "A"


def _by_text(letters: Mapping[str, str], facts: Facts, way: _Way) -> str:
    if facts.side and any(side_of(text) for text in letters.values()):
        return next((letter for letter, text in letters.items() if side_of(text) == facts.side), "")
    for letter, text in letters.items():
        telling = frozenset(stems(ABSENT.sub("", text))) - {"stage", "eye"}
        if telling and telling <= facts.words.keys():
            way.used.extend(facts.spans(telling))
            return letter
    usual_letters = [letter for letter, text in letters.items() if _UNSAID.search(text) or ABSENT.search(text)]
    return usual_letters[0] if usual_letters else ""
