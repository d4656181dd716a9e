"""What a clinic decided shifts its suggestions within bounds, says so, and never makes a code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcribe.coding import Counts, shifted
from transcribe.coding.learned import SHIFT
from transcribe.domain import Band, CodeSuggestion, CodeSystem, Match, Span

CODES = ("I10", "E11.9", "R07.9", "M54.50")
codes = st.lists(st.sampled_from(CODES), unique=True)
suggestions = codes.flatmap(
    lambda chosen: st.tuples(
        *(
            st.builds(
                CodeSuggestion, st.just(CodeSystem.ICD10CM), st.just(code), st.just("t"), st.just("2026-04"),
                st.floats(0, 1), st.sampled_from(Band), st.just(Match("t", "title")), st.just((Span(0, 1),)),
                st.just(("m",)), st.lists(st.sampled_from(CODES), unique=True).map(tuple),
            )
            for code in chosen
        )
    )
)  # fmt: skip
numbers = st.integers(0, 10_000)
counts = st.dictionaries(
    st.tuples(st.just(CodeSystem.ICD10CM), st.sampled_from((*CODES, "Z99.9"))),
    st.builds(Counts, numbers, numbers, st.dictionaries(st.sampled_from((*CODES, "Z99.9")), numbers)),
)


@given(suggestions, counts)
def test_no_code_comes_or_goes(found: tuple[CodeSuggestion, ...], known: dict[tuple[CodeSystem, str], Counts]) -> None:
    """Whatever was decided: the same codes in the same order, the same alternatives, evidence and match."""
    moved = shifted(found, known)
    assert [each.code for each in moved] == [each.code for each in found]
    for before, after in zip(found, moved, strict=True):
        assert sorted(after.alternatives) == sorted(before.alternatives)
        assert (after.evidence, after.matched, after.title) == (before.evidence, before.matched, before.title)


@given(suggestions, counts)
def test_the_shift_is_bounded_and_said(
    found: tuple[CodeSuggestion, ...], known: dict[tuple[CodeSystem, str], Counts]
) -> None:
    """A score moves by at most a fifth and stays a score; what moved says how often, what nobody decided stays."""
    for before, after in zip(found, shifted(found, known), strict=True):
        assert abs(after.score - before.score) <= SHIFT * before.score + 0.001
        assert 0 <= after.score <= 1
        here = known.get((before.system, before.code), Counts())
        assert (after == before) == (here.accepted + here.refused == 0)
        assert len(after.messages) - len(before.messages) == (here.accepted + here.refused > 0)


@given(suggestions, numbers, numbers)
def test_more_acceptance_never_lowers(found: tuple[CodeSuggestion, ...], accepted: int, refused: int) -> None:
    """Who accepted once more often scores a code at least as high, and has it ticked if the other has."""
    for code in found:
        key = (code.system, code.code)
        (less,) = shifted([code], {key: Counts(accepted, refused)})
        (more,) = shifted([code], {key: Counts(accepted + 1, refused)})
        if accepted + refused:
            assert more.score >= less.score
            assert (more.band is Band.SUGGESTED) >= (less.band is Band.SUGGESTED)


def test_a_few_decisions_do_not_untick_a_code() -> None:
    """Two refusals are chance; eight are a habit. What was put in its place leads its alternatives."""
    code = CodeSuggestion(
        CodeSystem.ICD10CM, "R07.9", "t", "2026-04", 0.8, Band.SUGGESTED, Match("t", "title"), (), (),
        ("R07.1", "R07.89"),
    )  # fmt: skip
    key = (code.system, code.code)
    assert shifted([code], {key: Counts(0, 2)})[0].band is Band.SUGGESTED
    (moved,) = shifted([code], {key: Counts(0, 8, {"R07.89": 5})})
    assert (moved.band, moved.score, moved.alternatives) == (Band.POSSIBLE, 0.729, ("R07.89", "R07.1"))
    assert moved.messages == ("note: accepted here 0 of 8 times [decided-here; decisions of this clinic]",)
