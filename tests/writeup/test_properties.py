"""What holds for the write-up of any words at all."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.writeup.test_traps import CASES
from transcribe.domain import Draft
from transcribe.writeup import as_written, write_up

SAID = (
    "period comma colon new paragraph line next heading number one two three twenty hundred point five over x by "
    "milligrams percent year old history of present illness plan the a no make that scratch left right knee l c t s "
    "four hyphen slash open close paren quote capital all caps end dr smith march may p o b i d q six hours is was "
    "Plasmin comma, Full stop. stop. Colon. Next heading. 120/80 b.i.d. L4-L5 2/6 5 mg, (see note) 1. - ... , . "
    "HISTORY: spelled m scratch that. menstrual time and or fifty six temperature grade stage"
)
PIECES = st.sampled_from([*SAID.split(), '"well"'])
WORDS = st.lists(PIECES, max_size=40)


def heard_once(words: list[str], draft: Draft) -> set[int]:
    indices = {index for token in draft.tokens for index in range(*token.heard)}
    return indices | {index for change in draft.changes for index in range(*change.heard)}


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_tokens_lie_in_the_text_in_order(words: list[str]) -> None:
    """Tokens do not overlap, hold no blank, cover every character that is not one, and times never go backwards."""
    draft = write_up(words)
    end, heard = 0, 0
    for token in draft.tokens:
        assert end <= token.span.start < token.span.end <= len(draft.text)
        assert not draft.text[end : token.span.start].strip()
        assert not any(letter.isspace() for letter in token.span.of(draft.text))
        assert heard <= token.heard[0] <= token.heard[1] <= len(words)
        end, heard = token.span.end, token.heard[0]
    assert not draft.text[end:]


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_no_word_is_lost_silently(words: list[str]) -> None:
    """Every heard word stands behind a written token or is named by a rule."""
    assert heard_once(words, write_up(words)) == set(range(len(words)))


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_a_mark_stands_once(words: list[str]) -> None:
    """No two stops stand beside each other, and none opens the text."""
    text = write_up(words).text
    assert not any(pair in text for pair in (",,", ", ,", ". .", ",.", ";;", "::", "??"))
    assert not text.startswith((".", ",", ";", "\n")) and text == text.strip()


def test_its_own_output_stays() -> None:
    """Writing up what was written up changes no word and no mark."""
    for _, typed in CASES:
        again = write_up(typed.split()).text
        assert again.split() == typed.split()


def test_write_up_is_repeatable() -> None:
    """The same words give the same draft."""
    words = " ".join(said for said, _ in CASES).split()
    assert write_up(words) == write_up(words)


def test_as_written_changes_nothing() -> None:
    """Text that is already written keeps every character, and its tokens know their pieces between blanks."""
    text = "PLAN:\n\nGive 5 mg, b.i.d. (L4-L5)."
    draft = as_written(text)
    assert draft.text == text
    assert [token.span.of(text) for token in draft.tokens][:6] == ["PLAN", ":", "Give", "5", "mg", ","]
    assert draft.tokens[-1].heard == (5, 6)


def test_a_stuck_recogniser_breaks_nothing() -> None:
    """Endless figures, letters and marks, as a recogniser writes on noise, come through."""
    for word in ("1" * 500, "one", "a-" * 100, "....", "(((", "²", "٣", "l", "new"):
        words = [word] * 50
        assert heard_once(words, write_up(words)) == set(range(50))


def test_nothing_heard_writes_nothing() -> None:
    """Silence makes an empty draft."""
    assert write_up([]) == Draft("", ())


def test_time_grows_with_length_only() -> None:
    """Four times the words take little more than four times the time."""

    def seconds(words: list[str]) -> float:
        start = time.process_time()
        write_up(words)
        return time.process_time() - start

    words = " ".join(said for said, _ in CASES[:90]).split() * 2
    write_up(words)
    short = min(seconds(words) for _ in range(3))
    long = min(seconds(words * 4) for _ in range(3))
    assert long < 8 * short + 0.05
