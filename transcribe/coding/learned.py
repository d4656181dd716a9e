"""Lets what a clinic's people decided shift how its suggestions are ranked: by counts alone, within bounds, and said.

No code is added or dropped, and the order stays that of the report, which says what is listed first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from transcribe.coding.advice import say
from transcribe.domain import Band, CodeSuggestion, CodeSystem

SHIFT = 0.2
"""A score rises or falls by at most this share of it."""

PRIOR = 10
"""So many decisions weigh as much as what the tables say; a single one hardly counts."""

FIRM = 0.4
"""From this agreement on, eight decisions that are all alike and more of mixed ones, the band changes."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a suggested code was accepted or not, and how often which code was put in its place."""

    accepted: int = 0
    refused: int = 0
    instead: Mapping[str, int] = field(default_factory=dict)

    @property
    def agreement(self) -> float:
        """From -1, always refused, to 1, always accepted; near 0 while there are few decisions."""
        return (self.accepted - self.refused) / (self.accepted + self.refused + PRIOR)


Key = tuple[CodeSystem, str]


def shifted(codes: Sequence[CodeSuggestion], counts: Mapping[Key, Counts]) -> tuple[CodeSuggestion, ...]:
    """The same codes with scores, bands and the order of their alternatives as the clinic's decisions move them."""
    return tuple(_shifted(code, counts.get((code.system, code.code), Counts())) for code in codes)


def _shifted(code: CodeSuggestion, known: Counts) -> CodeSuggestion:
    times = known.accepted + known.refused
    if not times:
        return code
    band = code.band
    if abs(known.agreement) >= FIRM:
        band = Band.SUGGESTED if known.agreement > 0 else Band.POSSIBLE
    return replace(
        code,
        score=round(min(1.0, code.score * (1 + SHIFT * known.agreement)), 3),
        band=band,
        messages=(*code.messages, say("decided-here", accepted=known.accepted, times=times)),
        alternatives=tuple(sorted(code.alternatives, key=lambda each: -known.instead.get(each, 0))),
    )
