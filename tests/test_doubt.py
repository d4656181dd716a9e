"""An editor is sent to few places, and to those where a mistake is likeliest and weighs most."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from transcribe.domain import (
    Category,
    Draft,
    Entity,
    Label,
    Mark,
    MarkKind,
    Reading,
    Section,
    Span,
    Token,
    Transcript,
    Word,
)
from transcribe.doubt import doubts
from transcribe.writeup import as_written, write_up


def heard(*words: tuple[str, float], seconds: float = 0.4) -> Transcript:
    """Words of the same length, one after the other, with their probabilities."""
    placed = tuple(Word(text, place * seconds, (place + 1) * seconds, p) for place, (text, p) in enumerate(words))
    return Transcript(placed, len(words) * seconds, "replay")


def written(text: str, *, marks: tuple[Mark, ...] = ()) -> Draft:
    """A draft in which the n-th written token comes from the n-th heard word."""
    places = re.finditer(r"\S+", text)
    return Draft(text, tuple(Token(Span(*found.span()), (n, n + 1)) for n, found in enumerate(places)), marks=marks)


def asked(draft: Draft, transcript: Transcript | None = None, reading: Reading | None = None) -> list[str]:
    """The words that an editor is sent to, in the order of their worth."""
    marks = doubts(draft, reading or Reading((), ()), transcript)
    return [mark.span.of(draft.text) for mark in marks if mark.kind is MarkKind.QUERY]


def test_small_words_that_change_treatment_are_queried_first() -> None:
    """Of several doubtful words the editor is sent to the negation, although another word is less certain."""
    draft = written("There is no mass of focal kind.")
    words = [("there", 0.9), ("is", 0.9), ("no", 0.3), ("mass", 0.9), ("of", 0.9), ("focal", 0.2), ("kind", 0.9)]
    assert asked(draft, heard(*words)) == ["no"]


def test_a_drug_is_queried_before_a_common_word() -> None:
    """An entity of the reading gives its words weight."""
    drug = Entity(Span(12, 20), Label.DRUG, "apixaban")
    words = [("continue", 0.2), ("on", 0.9), ("apixaban", 0.3), ("as", 0.9)]
    assert asked(written("Continue on apixaban as"), heard(*words), Reading((), (drug,))) == ["apixaban"]


def test_number_of_a_list_item_is_not_queried() -> None:
    """A doubtful "1." before an item sends nobody to the audio."""
    draft = written("1. Rest.\n2. Fluids.")
    assert asked(draft, heard(("one", 0.1), ("rest", 0.9), ("two", 0.1), ("fluids", 0.9))) == []


def test_place_that_is_marked_already_is_not_queried_again() -> None:
    """The write-up's own mark on a doubtful word stands alone."""
    draft = written("Take it daily.", marks=(Mark(Span(5, 7), MarkKind.BLANK, "not understood"),))
    assert asked(draft, heard(("take", 0.9), ("it", 0.1), ("daily", 0.9))) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=120))
def test_queries_are_few_and_only_where_it_was_doubtful(probabilities: list[float]) -> None:
    """At most one place in 25 words is queried, none of more than three words, none that was heard with certainty."""
    names = ("a", "b", "c", "d", "e", "f", "g")
    draft = written(" ".join(names[n % 7] + "word" for n in range(len(probabilities))))
    transcript = heard(*(("word", p) for p in probabilities))
    marks = [mark for mark in doubts(draft, Reading((), ()), transcript) if mark.kind is MarkKind.QUERY]
    assert len(marks) <= max(1, len(probabilities) // 25)
    assert marks or not any(p < 0.43 for p in probabilities)
    for mark in marks:
        first, last = mark.span.start // 6, mark.span.end // 6
        assert last - first < 3
        assert all(p < 0.44 for p in probabilities[first : last + 1])


def test_doubtful_words_that_are_not_listed_are_counted() -> None:
    """When more words were doubtful than are queried, one mark says how many; nothing is hidden."""
    marks = doubts(
        written("It hurts really here."),
        Reading((), ()),
        heard(("it", 0.9), ("hurts", 0.1), ("really", 0.9), ("here", 0.3)),
    )
    assert [(mark.kind, mark.reason) for mark in marks] == [
        (MarkKind.QUERY, "heard with low certainty (10%); listen again"),
        (MarkKind.CHECK, "1 more word is doubtful and not marked; listen to the whole dictation"),
    ]


def test_word_that_no_list_has_is_queried_however_sure_the_recogniser_was() -> None:
    """The word "olegres" does not exist: somebody must listen, with a recording or without."""
    said = ["she", "was", "told", "that", "the", "olegres", "works", "well", "period"]
    draft = write_up(said)
    assert asked(draft) == ["olegres"]
    assert asked(draft, heard(*((word, 0.98) for word in said))) == ["olegres"]


def test_negation_that_ran_into_the_next_word_is_queried() -> None:
    """The word "notbeen" is made of two words that exist, and hides that something did not happen."""
    assert asked(write_up(["he", "has", "notbeen", "able", "to", "walk", "period"])) == ["notbeen"]


def test_names_and_what_somebody_typed_are_not_strange() -> None:
    """A name behind a title is nobody's mistake, and in a typed text no word was heard."""
    assert asked(write_up(["she", "was", "seen", "by", "doctor", "szczepanski", "period"])) == []
    assert asked(as_written("The olegres works.")) == []


def test_strange_word_among_the_medications_comes_before_another() -> None:
    """Where drugs are listed, a word that does not exist is a drug that somebody takes."""
    text = "He saw a gronk. MEDICATIONS: lexipro"
    strange = (Span(9, 14), Span(29, 36))
    draft = Draft(text, written(text).tokens, strange=strange)
    section = Section("MEDICATIONS", Category.MEDICATIONS, Span(16, 36), Span(29, 36))
    assert asked(draft, None, Reading((section,), ())) == ["lexipro"]


def test_words_in_a_loop_are_queried() -> None:
    """A recogniser that says the same words again is in a loop; "that that" is language."""
    assert asked(write_up(["the", "wound", "is", "the", "wound", "is", "clean", "and", "dry", "period"]))
    assert asked(write_up(["he", "said", "that", "that", "was", "new", "period"])) == []


def test_a_word_drawn_out_is_doubted_more() -> None:
    """A short word that lasts two seconds hides a silence or lost words, at a fair certainty too."""
    words = [("the", 0.9), ("chest", 0.5), ("was", 0.9)]
    assert asked(written("The chest was"), heard(*words)) == []
    assert asked(written("The chest was"), heard(*words, seconds=2)) == ["chest"]


def test_neighbours_are_one_place() -> None:
    """Two doubtful words side by side are one place to listen to, and take one of the few marks."""
    words = [("take", 0.9), ("miss", 0.3), ("olive", 0.4), ("daily", 0.9)]
    assert asked(written("Take miss olive daily"), heard(*words)) == ["miss olive"]
