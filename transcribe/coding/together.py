"""Makes the codes of one report fit together: combined, without repeats and parts, with companions and warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from transcribe.coding.advice import say, speaks
from transcribe.coding.causes import causes
from transcribe.coding.finding import Proposal
from transcribe.coding.patient import Patient, conflicts, patient
from transcribe.coding.rules import With, belongs_to_disease, has, rules, under
from transcribe.coding.tables import CodeTables, is_among
from transcribe.domain import Assertion, Category, Label, Match, Reading, Span

_BODY_MASS = re.compile(r"\b(?:BMI|body mass index)\b[^.;\n\d]{0,25}(?P<value>\d{2}(?:\.\d+)?)\b", re.IGNORECASE)
_JUST_REPLACED = re.compile(
    r"\b(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[- ](?:day|week)s?,?[- ]"
    r"(?:status[- ]post|s/p|after|out|following|from|post-?op\w*)\b[^.;\n]{0,60}?"
    r"\b(?:replacement|arthroplasty|TKA|THA|TKR|THR)\b",
    re.IGNORECASE,
)
_WEIGHT_DIAGNOSES = ("E66", "E43", "E44", "E46", "R63.6")


def fit(tables: CodeTables, text: str, reading: Reading, found: Sequence[Proposal]) -> list[Proposal]:
    """The proposals of a report as they belong together, in its order."""
    kept = _combined(tables, _without_parts(tables, _distinct(found)))
    kept = _without_vaguer(_without_symptoms(kept))
    kept.extend(_drugs(tables, reading, text, kept))
    kept.extend(_body_mass(tables, text, kept))
    kept.extend(_aftercare(tables, text, kept))
    kept.extend(causes(tables, text, reading, kept))
    kept = [_yielding(tables, each, kept) for each in kept]
    who = patient(text)
    return sorted((_noted(tables, each, kept, who) for each in kept), key=lambda each: each.place)


def _distinct(found: Sequence[Proposal]) -> list[Proposal]:
    """Each code once, at its first mention, with the evidence of every mention."""
    kept: dict[str, Proposal] = {}
    for each in found:
        first = kept.setdefault(each.code, each)
        if first is not each:
            best = max(first, each, key=lambda one: (not one.only_possible, one.score))
            evidence = tuple(dict.fromkeys(first.evidence + each.evidence))
            kept[each.code] = replace(best, evidence=evidence, place=min(first.place, each.place))
    return list(kept.values())


def _without_parts(tables: CodeTables, found: Sequence[Proposal]) -> list[Proposal]:
    """Without a problem whose words another code has already used, unless the tables ask for its code as well."""
    return [each for each in found if not any(_is_part(tables, each, other) for other in found)]


def _is_part(tables: CodeTables, each: Proposal, other: Proposal) -> bool:
    if each.code == other.code or each.evidence[0] == other.evidence[0]:
        return False
    used = {(span.start, span.end) for span in other.evidence[1:]}
    words = [span for span in other.evidence[1:] if each.evidence[0].contains(span)]
    if (each.evidence[0].start, each.evidence[0].end) not in used and sum(
        span.end - span.start for span in words
    ) < 0.5 * (each.evidence[0].end - each.evidence[0].start):
        return False
    notes = (note for note in tables.notes(other.code) if note.kind in ("use additional", "code also"))
    return not any(is_among(each.code, note.ranges) for note in notes)


def _combined(tables: CodeTables, found: list[Proposal]) -> list[Proposal]:
    for rule in rules().combinations:
        codes = [each.code for each in found]
        if all(has(codes, condition) for condition in rule.when):
            found = _replaced(tables, found, rule)
    return _distinct(found)


def _replaced(tables: CodeTables, found: list[Proposal], rule: With) -> list[Proposal]:
    """`found` after one combination: the new code stands before the codes that it combines."""
    code = tables.look_up(rule.by)
    if code is None or not code.billable:
        return found
    part = [each for each in found if any(has([each.code], condition) for condition in rule.when)]
    leading = next(each for each in part if has([each.code], rule.when[0]))
    combined = replace(
        leading,
        code=code.code,
        title=code.title,
        evidence=tuple(dict.fromkeys(span for each in part for span in each.evidence)),
        messages=(say("presumed-link", rule=rule.id),),
        alternatives=(),
        only_possible=any(each.only_possible for each in part),
        place=min((each.place[0], -1) for each in part),
    )
    gone = (rule.replace, *rule.drop)
    return [combined, *(each for each in found if not under(each.code, gone))]


def _without_symptoms(found: Sequence[Proposal]) -> list[Proposal]:
    codes = [each.code for each in found if not each.only_possible]
    return [each for each in found if not belongs_to_disease(each.code, codes)]


def _without_vaguer(found: Sequence[Proposal]) -> list[Proposal]:
    """Without an unspecified code beside a more specific one of the same category."""
    return [each for each in found if not any(_says_more(other, each) for other in found)]


def _says_more(other: Proposal, each: Proposal) -> bool:
    if other.code == each.code or other.code[:3] != each.code[:3] or other.only_possible > each.only_possible:
        return False
    if speaks("side-missing", each.messages):
        return not speaks("side-missing", other.messages) and other.code[:5] == each.code[:5]
    catch_all = each.code == f"{each.code[:3]}.9" or (
        "unspecified" in each.title.lower() and other.code[:5] == each.code[:5]
    )
    return catch_all and "unspecified" not in other.title.lower()


def _drugs(tables: CodeTables, reading: Reading, text: str, found: Sequence[Proposal]) -> Iterator[Proposal]:
    """Codes for the long-term use of drugs that the report names beside the disease they treat."""
    codes = {each.code for each in found}
    for rule in rules().drugs:
        named = _given(reading, text, rule.names)
        code = tables.look_up(rule.code)
        disease = next((each for each in found if under(each.code, rule.needs)), None)
        if named and code is not None and disease is not None and code.code not in codes:
            yield Proposal(
                code=code.code,
                title=code.title,
                score=disease.score,
                match=Match(code.title, "title"),
                evidence=(named[0], *disease.evidence),
                only_possible=True,
                place=(disease.place[0], 1),
            )


def _given(reading: Reading, text: str, names: frozenset[str]) -> list[Span]:
    """Where the report says that one of these drugs is taken."""
    not_taken = {Assertion.NEGATED, Assertion.HISTORICAL, Assertion.HYPOTHETICAL, Assertion.FAMILY}
    return [
        each.span
        for each in reading.entities
        if each.label is Label.DRUG
        and each.section is not Category.ALLERGIES
        and not each.assertions & not_taken
        and names & set(each.span.of(text).lower().split())
    ]


def _aftercare(tables: CodeTables, text: str, found: Sequence[Proposal]) -> Iterator[Proposal]:
    """Aftercare before the status of a joint replaced days or weeks ago (guideline I.C.21.c.7)."""
    joint = next((each for each in found if under(each.code, ("Z96.6",))), None)
    told = _JUST_REPLACED.search(text)
    code = tables.look_up("Z47.1")
    if joint is None or told is None or code is None or any(under(each.code, ("Z47",)) for each in found):
        return
    yield replace(
        joint,
        code=code.code,
        title=code.title,
        match=Match(code.title, "title"),
        evidence=(Span(*told.span()), *joint.evidence),
        messages=(),
        alternatives=(),
        place=(joint.place[0], -1),
    )


def _body_mass(tables: CodeTables, text: str, found: Sequence[Proposal]) -> Iterator[Proposal]:
    """The code for an adult's body mass index, beside a diagnosis of weight (guideline I.B.14)."""
    diagnosis = next((each for each in found if under(each.code, _WEIGHT_DIAGNOSES)), None)
    measured = _BODY_MASS.search(text)
    if diagnosis is None or measured is None or "percentile" in text.lower():
        return
    code = tables.look_up(_body_mass_code(float(measured["value"])))
    if code is not None and code.billable and all(each.code != code.code for each in found):
        yield Proposal(
            code=code.code,
            title=code.title,
            score=diagnosis.score,
            match=Match(code.title, "title"),
            evidence=(Span(*measured.span()), *diagnosis.evidence),
            only_possible=diagnosis.only_possible,
            place=(diagnosis.place[0], 1),
        )


def _body_mass_code(value: float) -> str:
    if value < 20:
        return "Z68.1"
    if value < 40:
        return f"Z68.{int(value)}"
    limits = ((45, "Z68.41"), (50, "Z68.42"), (60, "Z68.43"), (70, "Z68.44"))
    return next((code for limit, code in limits if value < limit), "Z68.45")


def _yielding(tables: CodeTables, each: Proposal, found: Sequence[Proposal]) -> Proposal:
    """A status that an Excludes1 note of another code names is only possible beside that code."""
    if not each.code.startswith("Z"):
        return each
    barred = any(
        note.kind == "excludes1" and is_among(each.code, note.ranges)
        for other in found
        if other.code != each.code and not other.only_possible
        for note in tables.notes(other.code)
    )
    return replace(each, only_possible=True) if barred else each


def _noted(tables: CodeTables, each: Proposal, found: Sequence[Proposal], who: Patient) -> Proposal:
    """The proposal with what the tables' notes say of it beside the other codes."""
    messages = [*each.messages, *conflicts(each.code, who)]
    for note in tables.notes(each.code):
        if note.kind not in ("excludes1", "code first"):
            continue
        for other in found:
            if other.code == each.code or not is_among(other.code, note.ranges):
                continue
            if note.kind == "excludes1" or other.place > each.place:
                rule = "excludes1" if note.kind == "excludes1" else "code-first"
                messages.append(say(rule, code=other.code, note=note.text))
    return replace(each, messages=tuple(dict.fromkeys(messages)))
