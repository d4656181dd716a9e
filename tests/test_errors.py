"""What a person is told when something goes wrong."""

from __future__ import annotations

import json

from transcribe.errors import TryLater, UsageError, refusal


def raised(error: Exception) -> Exception:
    """`error` with the place where it was raised."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_unforeseen_error_is_told_without_its_words() -> None:
    """Kind and place are told; the words could be a patient's."""
    told = refusal(raised(KeyError("Doe has syphilis")))
    assert "Doe" not in str(told)
    assert "KeyError at test_errors.py:" in str(told)
    assert told.exit_status == 1


def test_trouble_with_a_file_names_the_file_and_the_reason() -> None:
    """The system's own sentence is kept, its number is not."""
    assert str(refusal(FileNotFoundError(2, "No such file or directory", "a.wav"))) == (
        "a.wav: No such file or directory."
    )


def test_too_little_memory_may_pass() -> None:
    """The same dictation may be drafted later."""
    assert isinstance(refusal(MemoryError()), TryLater)
    assert refusal(UsageError("x")).exit_status == 2
    assert json.dumps(str(refusal(OSError("no number")))).isascii()
