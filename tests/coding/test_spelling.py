"""Slips of hand and ear are read as words of the tables, and nothing else is."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import report

from transcribe.coding import CodeTables, suggest
from transcribe.coding.spelling import is_english, nearest

KNOWN = ("hypertension", "hypotension", "diabetes", "diabetic", "pneumonia", "arteritis", "arthritis", "dysphagia")
KNOWN += ("dysphasia", "hyperlipemia", "hypocalcemia", "hypokalemia", "ptosis")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("hypertention", "hypertension"), ("diabetis", "diabetes"), ("pnuemonia", "pneumonia"), ("pneumona", "pneumonia")],
)
def test_a_slip_is_read_as_the_nearest_word(written: str, meant: str) -> None:
    """Letters lost, turned round or of like sound."""
    assert nearest(written, KNOWN) == meant


@pytest.mark.parametrize(
    "written",
    [
        "hyprtension",  # hyper or hypo
        "hypolipemia",  # a word of its own, the opposite of the nearest one
        "hypocalemia",  # calcium or potassium
        "arteritus",  # artery or joint
        "dysphagea",  # swallowing or speaking
        "piosis",  # another consonant
        "growth",  # English
        "gout",  # short
        "zorblax",
    ],
)
def test_what_may_be_something_else_is_left_alone(written: str) -> None:
    """Two words as near, sound-alikes, English and words like no other stay as they are."""
    assert nearest(written, KNOWN) == ""


@given(st.text(string.ascii_lowercase + " -é", max_size=20))
def test_a_word_is_read_as_a_known_one_or_not_at_all(written: str) -> None:
    """Whatever is written: a known word, or nothing; never for an English one."""
    found = nearest(written, KNOWN)
    assert found in ("", *KNOWN)
    assert not (found and is_english(written))


def test_the_suggestion_says_what_was_read(tables: CodeTables) -> None:
    """The evidence is the word as written, and a message names both."""
    text, reading = report("ASSESSMENT:\n\n{Type 2 diabetis}.")
    (found,) = suggest(text, reading, tables)
    assert found.code == "E11.9"
    assert [each.of(text) for each in found.evidence] == ["Type 2 diabetis"]
    assert any("“diabetis”" in each and "“diabetes”" in each and "[spelling;" in each for each in found.messages)


def test_a_name_is_no_slip(tables: CodeTables) -> None:
    """A word with a capital inside the mention is somebody's name."""
    text, reading = report("ASSESSMENT:\n\n{Severe Pnuemonia}.")
    assert suggest(text, reading, tables) == ()
