"""What pages say, and in which language."""

from __future__ import annotations

import pytest

from transcribe.web import catalogue, language


def test_the_catalogue_holds_every_sentence() -> None:
    """Else a translation would miss some: write it again with `python -m transcribe.web.catalogue`."""
    assert catalogue.sentences() == language.catalogue("en").keys()


@pytest.mark.parametrize(
    ("wanted", "language_of_page"), [("", "en"), ("en-GB,en;q=0.9", "en"), ("xx-YY, fr;q=0.1", "en"), ("*", "en")]
)
def test_there_is_always_a_language(wanted: str, language_of_page: str) -> None:
    """English for whoever asks for one that there is no catalogue of."""
    assert language.chosen(wanted) == language_of_page


def test_a_sentence_without_translation_is_said_in_english() -> None:
    """One that is new, or left empty."""
    assert language.say("en", "Menu") == "Menu"
    assert language.say("en", "Never said anywhere") == "Never said anywhere"
    assert [language.say_number("en", "one job", "many jobs", count) for count in (0, 1, 2)] == [
        "many jobs",
        "one job",
        "many jobs",
    ]
