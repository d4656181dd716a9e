"""Every written token knows its heard words, and every change its rule."""

from __future__ import annotations

from transcribe.domain import MarkKind, Span
from transcribe.writeup import VERSION, write_up


def behind(words: str, written: str) -> str:
    """The heard words behind the first place where `written` stands."""
    heard = words.split()
    draft = write_up(heard)
    start = draft.text.index(written)
    found = draft.heard(Span(start, start + len(written)))
    assert found is not None
    return " ".join(heard[found[0] : found[1]])


def test_a_figure_knows_its_words() -> None:
    """One written figure answers for all the number words it came from."""
    said = "blood pressure one hundred twenty over eighty period give five milligrams period"
    assert behind(said, "120/80") == "one hundred twenty over eighty"
    assert behind(said, "5 mg") == "five milligrams"


def test_a_heading_knows_its_words() -> None:
    """The words of a heading lead back to what was said."""
    assert behind("next heading past medical history colon gout period", "PAST MEDICAL HISTORY:") == (
        "past medical history colon"
    )


def test_rules_are_named() -> None:
    """Each change names its rule, the words it was made of and what they became."""
    changes = {change.rule: change for change in write_up(["give", "five", "milligrams", "p", "o", "period"]).changes}
    assert changes["number"].heard == (1, 2)
    assert changes["unit"].written == "mg"
    assert changes["phrase"].written == "p.o."
    assert changes["command: period"].heard == (5, 6)


def test_a_correction_is_shown() -> None:
    """What a correction replaced is asked about, never swapped in silence."""
    draft = write_up(["pain", "in", "the", "left", "no", "make", "that", "right", "knee", "period"])
    assert [mark.kind for mark in draft.marks] == [MarkKind.CHECK]
    assert draft.marks[0].span.of(draft.text) == "right"
    assert any(change.rule == "command: correction" for change in draft.changes)


def test_a_dose_that_reads_two_ways_is_asked_about() -> None:
    """A count run into a strength is written apart and put before the editor."""
    draft = write_up(["take", "one", "fifty", "milligram", "tablet", "daily", "period"])
    assert draft.text == "Take one 50 mg tablet daily."
    assert [mark.kind for mark in draft.marks] == [MarkKind.QUERY]


def test_the_bowel_after_a_heading_is_asked_about() -> None:
    """Where "colon" behind a heading may be the organ, it is kept and the editor is asked."""
    draft = write_up(["new", "paragraph", "impression", "colon", "cancer", "period"])
    assert draft.text == "IMPRESSION:\n\nColon cancer."
    assert [mark.kind for mark in draft.marks] == [MarkKind.QUERY]


def test_retracted_words_are_named() -> None:
    """Words taken back are gone from the text and named by the rule that took them."""
    draft = write_up(["he", "has", "gout", "period", "scratch", "that", "he", "is", "well", "period"])
    assert draft.text == "He is well."
    assert any(change.rule == "command: scratch that" and change.heard == (0, 6) for change in draft.changes)


def test_version_names_the_write_up() -> None:
    """The draft's maker can be recorded."""
    assert VERSION.startswith("writeup ")
