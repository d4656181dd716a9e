"""Offers the external cause of an injury (chapter 20) as a possible code, by how the history says it happened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from transcribe.coding.advice import say
from transcribe.coding.context import sentences
from transcribe.coding.finding import Proposal
from transcribe.coding.leaf import Facts, descend
from transcribe.coding.rules import under
from transcribe.coding.tables import CodeTables
from transcribe.coding.words import lines, plain
from transcribe.domain import Category, Match, Reading, Span

_STORY = frozenset({Category.CHIEF_COMPLAINT, Category.HISTORY_OF_PRESENT_ILLNESS})
_INJURIES = ("S", "T0", "T1", "T2", "T3")
# Up to four words between the parts of a phrase.
_GAP = r"(?:\s+[\w'-]+){0,4}?\s+"
_NOT_SO = re.compile(r"\b(?:no|not|denies|without|never|did not|if)\b[^.,;]*$")


def causes(tables: CodeTables, text: str, reading: Reading, found: Sequence[Proposal]) -> Iterator[Proposal]:
    """How the first injury among `found` happened, and at what activity where the injury is new."""
    injury = next((each for each in found if under(each.code, _INJURIES) and not each.only_possible), None)
    if injury is None:
        return
    for part in ("cause", "activity"):
        told = _told(text, reading, part)
        if told is None or (part == "activity" and not injury.code.endswith("A")):
            continue
        code, span = told
        facts = Facts({}, course=injury.code[-1], course_span=injury.evidence[0])
        for leaf in descend(tables, code, facts)[:1]:
            yield Proposal(
                code=leaf.code,
                title=leaf.title,
                score=0.5,
                match=Match(span.of(text), "external causes"),
                evidence=(span, injury.evidence[0]),
                messages=(say("external-cause"),),
                only_possible=True,
                place=(injury.place[0], 2 if part == "cause" else 3),
            )


def _told(text: str, reading: Reading, part: str) -> tuple[str, Span] | None:
    """The first line of the table that the complaint or the history says, and where."""
    story = [
        sentence
        for sentence in sentences(text)
        if any(each.body.overlaps(sentence) for each in reading.sections if each.category in _STORY)
    ]
    for code, pattern in _patterns()[part]:
        for sentence in story:
            said = plain(sentence.of(text))
            found = pattern.search(said)
            if found and not _NOT_SO.search(said[: found.start()]):
                return code, Span(sentence.start + found.start(), sentence.start + found.end())
    return None


@cache
def _patterns() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    parts: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    part = ""
    for line in lines("causes.txt"):
        if line.startswith("["):
            part = line.strip("[]")
        else:
            code, _, phrases = line.partition(":")
            parts.setdefault(part, []).append((code, _any_of(phrases.split(";"))))
    return parts


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    said = (_GAP.join(re.escape(part.strip().lower()) for part in each.split("…")) for each in phrases)
    return re.compile("|".join(rf"\b{each}\b" for each in said))
