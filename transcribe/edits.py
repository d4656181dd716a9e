"""Finds where an edit turned round what was heard: a negation, a side or a number that the recording does not bear."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

from transcribe.domain import Mark, MarkKind, Report, Severity, Span

_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]")
_NEGATIONS = frozenset(
    {
        "no",
        "not",
        "none",
        "never",
        "without",
        "denies",
        "denied",
        "deny",
        "negative",
        "nor",
        "neither",
        "cannot",
        "absent",
    }
)
_SIDES = frozenset({"left", "right", "bilateral", "bilaterally", "both"})
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_KINDS = ("negation", "side", "number")
# How many unchanged words beside a change are looked at with it, so that a word that only moved counts as there.
_NEAR = 3


def turned_round(report: Report, text: str) -> tuple[Mark, ...]:
    """Marks on the places of `text`, an edit of the report's, that say the contrary or another number than was heard.

    Spans are ranges of `text`; `audio` is that of the words that were changed. What was typed where nothing was
    heard, and what changed in no negation, side or number, gives no mark. Without a recording there is no mark.
    """
    if report.transcript is None:
        return ()
    old, new = list(_TOKEN.finditer(report.text)), list(_TOKEN.finditer(text))
    matcher = SequenceMatcher(None, [_folded(each) for each in old], [_folded(each) for each in new], autojunk=False)
    marks: list[Mark] = []
    for tag, first, last, begin, end in matcher.get_opcodes():
        if tag != "equal":
            marks += _marks(report, old, (first, last), new, (begin, end), text)
    return tuple(marks)


def _marks(
    report: Report,
    old: list[re.Match[str]],
    before: tuple[int, int],
    new: list[re.Match[str]],
    after: tuple[int, int],
    text: str,
) -> Iterator[Mark]:
    """A mark for each kind of fact that differs between the old tokens and the new ones."""
    left = _facts(old[max(0, before[0] - _NEAR) : before[1] + _NEAR])
    right = _facts(new[max(0, after[0] - _NEAR) : after[1] + _NEAR])
    near = Span(*_range(old, max(0, before[0] - 1), min(len(old), before[1] + 1), len(report.text)))
    if report.draft.heard(near) is None:
        return
    span = Span(*_range(new, *after, len(text)))
    for kind in _KINDS:
        lost, added = left[kind] - right[kind], right[kind] - left[kind]
        # What went or came with the words around it is a cut or an addition and turns nothing round.
        alone = max(before[1] - before[0], after[1] - after[0]) <= _NEAR
        if (lost and added) or (kind == "negation" and alone and (lost or added)):
            reason = f"The edit changed a {kind} that was heard ({_said(lost)} → {_said(added)}): listen again."
            audio = report.draft.audio(near, report.transcript)
            yield Mark(span, MarkKind.CHECK, reason, audio, Severity.CRITICAL)


def _folded(match: re.Match[str]) -> str:
    return match[0].lower()


def _range(tokens: list[re.Match[str]], first: int, last: int, length: int) -> tuple[int, int]:
    """The characters of the tokens `[first, last)`; an empty range where there are none."""
    if first < last:
        return tokens[first].start(), tokens[last - 1].end()
    at = tokens[first].start() if first < len(tokens) else length
    return at, at


def _facts(tokens: list[re.Match[str]]) -> dict[str, Counter[str]]:
    """The negations, sides and numbers among the tokens; "three" and "3" are the same."""
    facts: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}
    for word in map(_folded, tokens):
        if word in _NEGATIONS or word.endswith(("n't", "n’t")):
            facts["negation"]["no"] += 1
        elif word in _SIDES:
            facts["side"][word] += 1
        elif word[0].isdigit():
            facts["number"][word.replace(",", "")] += 1
        elif word in _SMALL:
            facts["number"][str(_SMALL.index(word))] += 1
    return facts


def _said(facts: Counter[str]) -> str:
    return ", ".join(sorted(facts)) or "nothing"
