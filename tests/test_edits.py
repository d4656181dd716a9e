from __future__ import annotations

import re

import pytest

from transcribe.domain import Dictation, Draft, Reading, Report, Severity, Span, Token, Transcript, Word, WorkType
from transcribe.edits import turned_round

KIND = WorkType("note", "Note", "0-0", (), (), 24)
TEXT = "No chest pain. Left knee pain. Lisinopril 15 mg daily. Return in three weeks."


def heard(text: str, *, audio: bool = True) -> Report:
    """A report of which each word was heard as it is written, one in each second."""
    words = list(re.finditer(r"[\w.]+", text))
    tokens = tuple(Token(Span(*word.span()), (at, at + 1)) for at, word in enumerate(words))
    said = tuple(Word(word[0], float(at), at + 1.0, 1.0) for at, word in enumerate(words))
    transcript = Transcript(said, float(len(said)), "test") if audio else None
    return Report(Dictation("x"), KIND, Draft(text, tokens), Reading((), ()), (), (), {}, transcript)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("No chest", "Chest", "negation"),
        ("Left knee", "Right knee", "side"),
        ("15 mg", "50 mg", "number"),
        ("three weeks", "two weeks", "number"),
        ("Left knee pain", "No left knee pain", "negation"),
    ],
)
def test_an_edit_that_turns_round_what_was_heard_is_marked(was: str, becomes: str, said: str) -> None:
    """A negation, a side or a number that an edit changes is marked where it stands now, with its seconds."""
    text = TEXT.replace(was, becomes)
    (mark,) = turned_round(heard(TEXT), text)
    assert f"a {said} that was heard" in mark.reason
    assert mark.severity is Severity.CRITICAL
    assert mark.audio is not None
    assert mark.span.end <= len(text)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("No chest pain", "Denies chest pain"),
        ("three weeks", "3 weeks"),
        ("Lisinopril", "Losartan"),
        ("daily", "every day"),
        ("Left knee pain. ", ""),
        ("weeks.", "weeks. Seen with his wife. No further tests are needed."),
        ("No chest pain. ", ""),
        ("", ""),
    ],
)
def test_other_edits_are_not(was: str, becomes: str) -> None:
    """Other words for the same, another word, or a whole sentence taken out turn nothing round."""
    assert turned_round(heard(TEXT), TEXT.replace(was, becomes, 1)) == ()


def test_without_a_recording_nothing_was_heard() -> None:
    """A report from text alone has no words to go against."""
    assert turned_round(heard(TEXT, audio=False), TEXT.replace("No chest", "Chest")) == ()


def test_the_mark_covers_the_changed_words() -> None:
    """The range of the mark is that of the new words, its audio that of the old ones and their neighbours."""
    text = TEXT.replace("15 mg", "50 mg")
    (mark,) = turned_round(heard(TEXT), text)
    assert mark.span.of(text) == "50"
    assert mark.audio == (6.0, 9.0)
