"""Proposes ICD-10-CM codes for a report: looked up in the tables, with the words they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from transcribe.coding.leaf import Leaf, descend
from transcribe.coding.mentions import Mention, mentions
from transcribe.coding.rules import With, belongs_to_disease, has, history_of, rules, under
from transcribe.coding.tables import CodeTables, Found
from transcribe.coding.words import lexicon, stems
from transcribe.domain import (
    Assertion,
    Band,
    CareSetting,
    Category,
    CodeSuggestion,
    CodeSystem,
    Label,
    Match,
    Reading,
    Span,
)

FLOOR = 0.4
SUGGESTED = 0.55
# Chapters that apply only to some patients, and the words of a report that tell it is about one of them.
_ONLY_FOR = {
    "O": frozenset(
        {"pregnancy", "gestation", "obstetric", "trimester", "postpartum", "puerperium", "gravida", "labor"}
    ),
    "P": frozenset({"newborn", "neonate", "neonatal", "neonatu"}),
}
# External causes and the factors of chapter 21 are named by our synonyms or in the very words, never guessed.
_NEVER = ("V", "W", "X", "Y")
_TO_THE_WORD = 0.95
_EXACT_CHAPTERS = ("Z", "Q", "T", "U", "P", "O")
_MOST_ALTERNATIVES = 5
_NEARLY = 0.6


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A code on its way to becoming a suggestion."""

    code: str
    title: str
    score: float
    match: Match
    evidence: tuple[Span, ...]
    messages: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    only_possible: bool = False
    place: tuple[int, int] = field(default=(0, 0))


def suggest(
    text: str,
    reading: Reading,
    tables: CodeTables,
    *,
    setting: CareSetting = CareSetting.OUTPATIENT,
    date_of_service: date | None = None,
) -> tuple[CodeSuggestion, ...]:
    """The codes that the report's own conclusions support, in the order of the report, each once.

    Only conclusions are looked at: assessment, impression, diagnoses, plan; for a procedure its indication.
    What is denied, hypothetical or, in an outpatient setting (guideline IV.H), uncertain is not coded.
    """
    kind = _kind_of_patient(text)
    found: list[_Proposal] = []
    for mention in mentions(text, reading, setting):
        found.extend(_propose(tables, mention, kind))
    found = _distinct(found)
    found = _combined(tables, found)
    found = _without_symptoms(found)
    found = _without_vaguer(found)
    found.extend(_drugs(tables, reading, text, found))
    found = [_noted(tables, each, found) for each in found]
    notice = (tables.notice_for(date_of_service),) if tables.notice_for(date_of_service) else ()
    found.sort(key=lambda each: each.place)
    return tuple(_suggestion(tables, each, _joined(text, each.evidence), notice) for each in found)


def _kind_of_patient(text: str) -> frozenset[str]:
    said = frozenset(stems(text))
    return frozenset(letter for letter, telling in _ONLY_FOR.items() if said & telling)


def _propose(tables: CodeTables, mention: Mention, kind: frozenset[str]) -> Iterator[_Proposal]:
    """What one mention supports; nothing where no term of the tables agrees well enough."""
    if not _says_enough(mention):
        return
    sides = frozenset({mention.facts.side}) - {""}
    answers = [each for each in tables.find(mention.named, mention.near | sides) if _plausible(each, kind)]
    for place, answer in enumerate(answers[:3]):
        leaves = _leaves(tables, mention, answer)
        if answer.score < FLOOR:
            return
        if leaves:
            others = _others(tables, mention, leaves, answers[place + 1 :])
            yield from (_proposal(mention, answer, leaf, others) for leaf in leaves)
            return


def _says_enough(mention: Mention) -> bool:
    """Whether the mention names more than "pain" or "mass": a kind, or a place beside it."""
    lists = lexicon()
    telling = [word for word in mention.named if word not in lists.soft | lists.side]
    if not telling:
        return False
    if any(word not in lists.vague for word in telling):
        return True
    return len(telling) > 1 or bool(mention.near - set(mention.named) - lists.soft - lists.empty - lists.side)


def _plausible(answer: Found, kind: frozenset[str]) -> bool:
    letter = answer.code[0]
    if letter in _NEVER or (letter in _ONLY_FOR and letter not in kind):
        return False
    return letter not in _EXACT_CHAPTERS or answer.score >= _TO_THE_WORD or letter in kind


def _leaves(tables: CodeTables, mention: Mention, answer: Found) -> tuple[Leaf, ...]:
    if mention.historical or mention.family:
        code = history_of(answer.code, "family" if mention.family else "personal")
        return descend(tables, code, mention.facts) if code else ()
    return descend(tables, answer.code, mention.facts)


def _others(tables: CodeTables, mention: Mention, leaves: Sequence[Leaf], answers: Sequence[Found]) -> tuple[str, ...]:
    """What else the mention may mean: the siblings passed on the way, then other answers nearly as good."""
    taken = {leaf.code for leaf in leaves}
    near = [each.code for each in answers if each.score >= _NEARLY and not taken & _above(each.code, taken)]
    codes = [code for leaf in leaves for code in leaf.alternatives] + near
    billable = [leaf.code for code in codes for leaf in descend(tables, code, mention.facts)[:1]]
    return tuple(code for code in dict.fromkeys(billable) if code not in taken)[:_MOST_ALTERNATIVES]


def _above(code: str, taken: set[str]) -> set[str]:
    return {each for each in taken if each.startswith(code)}


def _proposal(mention: Mention, answer: Found, leaf: Leaf, others: tuple[str, ...]) -> _Proposal:
    messages = list(leaf.messages)
    if mention.uncertain:
        messages.append("documented as uncertain; coded as if established (inpatient, guideline II.H)")
    return _Proposal(
        code=leaf.code,
        title=leaf.title,
        score=answer.score,
        match=answer.match,
        evidence=(mention.span, *mention.facts.spans(answer.words - set(mention.named)), *leaf.used),
        messages=tuple(messages),
        alternatives=others,
        only_possible=mention.family,
        place=(mention.span.start, 0),
    )


def _distinct(found: Sequence[_Proposal]) -> list[_Proposal]:
    """Each code once, at its first mention, with the evidence of every mention."""
    kept: dict[str, _Proposal] = {}
    for each in found:
        first = kept.get(each.code)
        if first is None:
            kept[each.code] = each
        else:
            best = max(first, each, key=lambda one: one.score)
            evidence = tuple(dict.fromkeys(first.evidence + each.evidence))
            kept[each.code] = replace(best, evidence=evidence, place=min(first.place, each.place))
    return list(kept.values())


def _combined(tables: CodeTables, found: list[_Proposal]) -> list[_Proposal]:
    for rule in rules().combinations:
        codes = [each.code for each in found]
        if all(has(codes, condition) for condition in rule.when):
            found = _replaced(tables, found, rule)
    return _distinct(found)


def _replaced(tables: CodeTables, found: list[_Proposal], rule: With) -> list[_Proposal]:
    """`found` after one combination: the new code stands before the codes that it combines."""
    part = [each for each in found if any(has([each.code], condition) for condition in rule.when)]
    code = tables.look_up(rule.by)
    if code is None or not code.billable:
        return found
    leading = next(each for each in part if has([each.code], rule.when[0]))
    combined = replace(
        leading,
        code=code.code,
        title=code.title,
        evidence=tuple(dict.fromkeys(span for each in part for span in each.evidence)),
        messages=(f"{rule.id}: the classification presumes the link (guideline I.A.15)",),
        alternatives=(),
        place=min((each.place[0], -1) for each in part),
    )
    gone = (rule.replace, *rule.drop)
    return [combined, *(each for each in found if not under(each.code, gone))]


def _without_symptoms(found: Sequence[_Proposal]) -> list[_Proposal]:
    codes = [each.code for each in found]
    return [each for each in found if not belongs_to_disease(each.code, codes)]


def _without_vaguer(found: Sequence[_Proposal]) -> list[_Proposal]:
    """Without an unspecified code beside a more specific one of the same category."""
    return [each for each in found if not any(_says_more(other, each) for other in found)]


def _says_more(other: _Proposal, each: _Proposal) -> bool:
    if other.code == each.code or other.code[:3] != each.code[:3]:
        return False
    if "side not documented" in each.messages:
        return "side not documented" not in other.messages and other.code[:5] == each.code[:5]
    catch_all = each.code == f"{each.code[:3]}.9" or (
        "unspecified" in each.title.lower() and other.code[:5] == each.code[:5]
    )
    return catch_all and "unspecified" not in other.title.lower()


def _drugs(tables: CodeTables, reading: Reading, text: str, found: Sequence[_Proposal]) -> Iterator[_Proposal]:
    """Codes for the long-term use of drugs that the report names beside the disease they treat."""
    codes = [each.code for each in found]
    for rule in rules().drugs:
        named = [
            each.span
            for each in reading.entities
            if each.label is Label.DRUG
            and each.section is not Category.ALLERGIES
            and not each.assertions & {Assertion.NEGATED, Assertion.HISTORICAL, Assertion.HYPOTHETICAL}
            and rule.names & set(each.span.of(text).lower().split())
        ]
        code = tables.look_up(rule.code)
        disease = next((each for each in found if under(each.code, rule.needs)), None)
        if named and code is not None and disease is not None and code.code not in codes:
            match = Match(code.title, "title")
            place = (disease.place[0], 1)
            yield _Proposal(
                code.code,
                code.title,
                0.5,
                match,
                (named[0], *disease.evidence),
                only_possible=True,
                place=place,
            )


def _noted(tables: CodeTables, each: _Proposal, found: Sequence[_Proposal]) -> _Proposal:
    """The proposal with what the tables' notes say of it beside the other codes."""
    messages = list(each.messages)
    for note in tables.notes(each.code):
        if note.kind not in ("excludes1", "code first"):
            continue
        for other in found:
            if other.code == each.code or not _named(other.code, note.ranges):
                continue
            if note.kind == "excludes1" or other.place > each.place:
                words = "not together with" if note.kind == "excludes1" else "code first:"
                messages.append(f"{words} {other.code} ({note.kind} note: {note.text})")
    return replace(each, messages=tuple(dict.fromkeys(messages)))


def _named(code: str, ranges: Sequence[tuple[str, str]]) -> bool:
    return any(first <= code[: len(first)] and code[: len(last)] <= last for first, last in ranges)


def _joined(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans in order of importance, the first mention ahead; neighbours and overlaps become one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if joined and not text[joined[-1].end : span.start].strip(" -"):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(sorted(joined, key=lambda span: not span.contains(spans[0])))


def _suggestion(
    tables: CodeTables, each: _Proposal, evidence: tuple[Span, ...], notice: tuple[str, ...]
) -> CodeSuggestion:
    good = each.score >= SUGGESTED and not each.only_possible
    return CodeSuggestion(
        system=CodeSystem.ICD10CM,
        code=each.code,
        title=each.title,
        release=tables.release,
        score=round(each.score, 3),
        band=Band.SUGGESTED if good else Band.POSSIBLE,
        matched=each.match,
        evidence=evidence,
        messages=each.messages + notice,
        alternatives=each.alternatives,
    )
