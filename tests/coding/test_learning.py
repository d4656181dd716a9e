"""A clinic's decisions shift its suggestions, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcribe.coding import Tally, rank
from transcribe.domain import Band, CodeSuggestion, CodeSystem, Match, Span


def suggestion(code: str, band: Band = Band.SUGGESTED, alternatives: tuple[str, ...] = ()) -> CodeSuggestion:
    match = Match("term", "index")
    return CodeSuggestion(
        CodeSystem.ICD10CM, code, "title", "2026-04", 0.9, band, match, (Span(0, 1),), alternatives=alternatives
    )


def test_a_code_always_rejected_loses_its_tick() -> None:
    """After five rejections it is only possible, and stands behind the ticked ones."""
    ranked = rank([suggestion("A00"), suggestion("B00")], {"A00": Tally(rejected=5)})
    assert [(each.code, each.band) for each in ranked] == [("B00", Band.SUGGESTED), ("A00", Band.POSSIBLE)]


def test_a_code_always_taken_gains_one() -> None:
    """A possible code that coders take nine times in ten is ticked."""
    (ranked,) = rank([suggestion("A00", Band.POSSIBLE)], {"A00": Tally(accepted=9, rejected=1)})
    assert ranked.band is Band.SUGGESTED
    assert ranked.score > 0.9


def test_few_decisions_change_no_tick() -> None:
    """Four rejections may be one coder's habit."""
    assert rank([suggestion("A00")], {"A00": Tally(rejected=4)}) == (suggestion("A00"),)


def test_what_was_put_in_its_place_is_offered_first() -> None:
    """The code that coders chose instead leads the alternatives, the others follow."""
    (ranked,) = rank([suggestion("A00", alternatives=("A01", "A02"))], {"A00": Tally(replaced={"A02": 2, "A03": 1})})
    assert ranked.alternatives == ("A02", "A03", "A01")


@given(
    st.lists(st.sampled_from(["A00", "B00", "C00", "D00"]), unique=True),
    st.dictionaries(
        st.sampled_from(["A00", "B00", "Z00"]),
        st.builds(Tally, accepted=st.integers(0, 50), rejected=st.integers(0, 50), added=st.integers(0, 9)),
    ),
)
def test_ranking_adds_and_loses_nothing(codes: list[str], counts: dict[str, Tally]) -> None:
    """The same codes come back, their scores within bounds."""
    ranked = rank([suggestion(code) for code in codes], counts)
    assert sorted(each.code for each in ranked) == sorted(codes)
    assert all(0 <= each.score <= 1 for each in ranked)
