"""Codes what is found in a pregnant patient by the chapter of pregnancy: trimester, week, and diseases in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from transcribe.coding.advice import say
from transcribe.coding.context import guard, sentences
from transcribe.coding.finding import Proposal
from transcribe.coding.rules import under
from transcribe.coding.tables import CodeTables
from transcribe.coding.words import lines
from transcribe.domain import Category, Match, Reading, Span

_WEEKS = re.compile(
    r"\b(?P<weeks>[4-9]|[1-3]\d|4[0-2])(?:\s*(?:and|\+|[-/])?\s*\d/7|\s*\+\s*\d)?(?:\s+|-)?"
    r"(?:weeks?(?:\s+and\s+\d\s+days?)?\s*(?:of\s+gestation|gestation(?:al age)?|pregnant|EGA|GA)"
    r"|-?weeks?(?:'|s)?\s+(?:pregnan\w+|intrauterine pregnancy|IUP|gestation))",
    re.IGNORECASE,
)
_OBSTETRIC = re.compile(r"\bG\d\s*,?\s*P\d|\bgravida\b|(?<!prior )(?<!previous )\bpregnancy,? at\b", re.IGNORECASE)
_BARE_WEEKS = re.compile(r"\bat (?P<weeks>[4-9]|[1-3]\d|4[0-2])(?: \d/7)? weeks\b", re.IGNORECASE)
_TRIMESTER = re.compile(r"\b(?P<which>first|second|third|1st|2nd|3rd)[ -]trimester\b", re.IGNORECASE)
_PREGNANT = re.compile(
    r"(?<!not )(?<!become )(?<!get )(?<!be )(?<!been )(?<!getting )(?<!non-)\bpregnant\b|\bintrauterine pregnancy\b",
    re.IGNORECASE,
)
_NUMBER = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3}
_NOT_HERS = frozenset({Category.FAMILY_HISTORY, Category.PAST_MEDICAL_HISTORY, Category.SOCIAL_HISTORY})
_WORDS = ("first trimester", "second trimester", "third trimester")
# Trimesters end at 14 weeks 0 days and 28 weeks 0 days (chapter 15, note).
_SECOND, _THIRD = 14, 28


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """A pregnancy that the report says there is; `weeks` and `trimester` are 0 where it does not say."""

    span: Span
    weeks: int = 0
    trimester: int = 0


def pregnancy(text: str, reading: Reading) -> Pregnancy | None:
    """The patient's pregnancy, or None."""
    barred = [each.body for each in reading.sections if each.category in _NOT_HERS]
    for sentence in sentences(text):
        if any(each.contains(sentence) for each in barred):
            continue
        found = _weeks(text, sentence) or _PREGNANT.search(text, sentence.start, sentence.end)
        found = found or _TRIMESTER.search(text, sentence.start, sentence.end)
        if found is None or guard(text, Span(*found.span()), sentence):
            continue
        span = Span(*found.span())
        weeks = int(found.groupdict().get("weeks") or 0)
        told = _TRIMESTER.search(text)
        trimester = 1 + (weeks >= _SECOND) + (weeks >= _THIRD) if weeks else 0
        return Pregnancy(span, weeks, trimester or (_NUMBER[told["which"].lower()] if told else 0))
    return None


def _weeks(text: str, sentence: Span) -> re.Match[str] | None:
    found = _WEEKS.search(text, sentence.start, sentence.end)
    obstetric = _OBSTETRIC.search(text, sentence.start, sentence.end)
    return found or (_BARE_WEEKS.search(text, sentence.start, sentence.end) if obstetric else None)


def in_pregnancy(tables: CodeTables, found: Sequence[Proposal], state: Pregnancy | None) -> list[Proposal]:
    """The proposals with the codes of the pregnancy before those of the diseases that it changes."""
    if state is None:
        return list(found)
    coded: list[Proposal] = []
    for each in found:
        if under(each.code, ("O", "Z34")):
            coded.extend(_of_trimester(tables, each, state) or [each])
            continue
        row = next((row for row in _diseases() if under(each.code, (row[0],))), None)
        begun = list(_changed(tables, each, row[1], state)) if row else []
        coded.extend(begun)
        if not begun or (row and row[2]):
            coded.append(each)
    return [*coded, *_week(tables, coded, state)]


def _changed(tables: CodeTables, each: Proposal, beginning: str, state: Pregnancy) -> Iterator[Proposal]:
    """The code of chapter 15 for the disease `each`; chapter 15 comes first (guideline I.C.15.a.1)."""
    node = _leaf(tables, beginning, state)
    code = tables.look_up(node) if node else None
    if code is not None:
        yield replace(
            each,
            code=code.code,
            title=code.title,
            evidence=tuple(dict.fromkeys((*each.evidence, state.span))),
            messages=(say("pregnancy-chapter"), *(() if state.trimester else (say("trimester-missing"),))),
            alternatives=(),
            place=(each.place[0], -1),
        )


def _of_trimester(tables: CodeTables, each: Proposal, state: Pregnancy) -> list[Proposal]:
    """A code of chapter 15 that says no trimester, with the one that the report tells."""
    if "unspecified trimester" not in each.title.lower() or not state.trimester:
        return []
    code = tables.look_up(_leaf(tables, each.code[:-1].rstrip("."), state))
    if code is None:
        return []
    evidence = tuple(dict.fromkeys((*each.evidence, state.span)))
    return [replace(each, code=code.code, title=code.title, evidence=evidence)]


def _leaf(tables: CodeTables, beginning: str, state: Pregnancy) -> str:
    """The billable code under `beginning` that names the trimester, else the one that names none."""
    wanted = _WORDS[state.trimester - 1] if state.trimester else "unspecified trimester"
    level = [beginning]
    while level:
        nodes = [node for code in level if (node := tables.look_up(code)) is not None]
        leaves = [node for node in nodes if node.billable]
        fitting = [node for node in leaves if wanted in node.title.lower()]
        if fitting or (leaves and len(nodes) == 1):
            return (fitting or leaves)[0].code
        level = [child.code for node in nodes if not node.billable for child in tables.children(node.code)]
    return ""


def _week(tables: CodeTables, coded: Sequence[Proposal], state: Pregnancy) -> Iterator[Proposal]:
    """The code for the week of gestation, beside any code of chapter 15 (category Z3A, note)."""
    first = next((each for each in coded if under(each.code, ("O",))), None)
    code = tables.look_up(f"Z3A.{state.weeks:02d}" if state.weeks >= 8 else "Z3A.01") if state.weeks else None
    if first is not None and code is not None and code.billable:
        yield Proposal(
            code=code.code,
            title=code.title,
            score=first.score,
            match=Match(code.title, "title"),
            evidence=(state.span,),
            only_possible=first.only_possible,
            place=(first.place[0], 2),
        )


@cache
def _diseases() -> tuple[tuple[str, str, bool], ...]:
    """For each disease the code it has in pregnancy and whether its own code is given as well."""
    rows = (line.partition(":") for line in lines("pregnancy.txt"))
    return tuple(
        (disease.lstrip("+"), code, disease.startswith("+")) for code, _, rest in rows for disease in rest.split()
    )
