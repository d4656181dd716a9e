"""Orders suggestions by what a clinic's coders did with them before: counts of decisions, no text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transcribe.domain import Band, CodeSuggestion

# Below so many decisions nothing is learned; one coder's slip must not hide a code.
_ENOUGH = 5
# A code rejected so often of the times it was offered loses its tick; one taken so often is ticked.
_REJECTED, _TAKEN = 0.8, 0.9
# How far the counts may move a score.
_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one code in one clinic; `replaced` counts the codes that coders put in its place."""

    accepted: int = 0
    rejected: int = 0
    added: int = 0
    replaced: Mapping[str, int] = field(default_factory=dict)

    @property
    def offered(self) -> int:
        """How often a person decided on the code as it was offered."""
        return self.accepted + self.rejected + sum(self.replaced.values())


Counts = Mapping[str, Tally]
"""For one clinic: what became of each code. Kept with the version of the draft that was decided on."""


def rank(suggestions: Sequence[CodeSuggestion], counts: Counts) -> tuple[CodeSuggestion, ...]:
    """The suggestions as a clinic's earlier decisions order them, each with the alternatives taken most first.

    Nothing is added or left out. A code needs five decisions before its tick can change.
    """
    learned = [_learned(each, counts.get(each.code, Tally())) for each in suggestions]
    order = sorted(range(len(learned)), key=lambda at: (learned[at].band is not Band.SUGGESTED, at))
    return tuple(learned[at] for at in order)


def _learned(each: CodeSuggestion, tally: Tally) -> CodeSuggestion:
    alternatives = _by_choice(each.alternatives, tally.replaced)
    if tally.offered < _ENOUGH:
        return replace(each, alternatives=alternatives)
    share = tally.accepted / tally.offered
    band = each.band
    if 1 - share >= _REJECTED:
        band = Band.POSSIBLE
    elif share >= _TAKEN:
        band = Band.SUGGESTED
    score = min(1.0, max(0.0, each.score + _WEIGHT * (share - 0.5)))
    return replace(each, score=round(score, 3), band=band, alternatives=alternatives)


def _by_choice(alternatives: Iterable[str], replaced: Mapping[str, int]) -> tuple[str, ...]:
    """The codes that coders chose instead, the most frequent first, then the other alternatives."""
    chosen = sorted(replaced, key=lambda code: (-replaced[code], code))
    return tuple(dict.fromkeys((*chosen, *alternatives)))
