"""Abbreviations that the reading resolved or left open, and speech that has no stops."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from reports import report

from transcribe.coding import CodeTables, suggest
from transcribe.domain import Band, Category, Section, Span


@pytest.mark.parametrize(
    ("said", "code", "band"),
    [
        ("{MS|means=mitral stenosis}", "I05.0", Band.SUGGESTED),
        ("{MS|means=multiple sclerosis}", "G35.D", Band.SUGGESTED),
        ("{MS|unclear=multiple sclerosis or mitral stenosis}", "G35.D", Band.POSSIBLE),
    ],
)
def test_an_abbreviation_is_coded_as_it_was_read(said: str, code: str, band: Band, tables: CodeTables) -> None:
    """What the reading says it means is looked up; where that is open no code is ticked and the coder is asked."""
    text, reading = report(f"ASSESSMENT:\n\n1. {said}.")
    (found,) = suggest(text, reading, tables)
    assert (found.code, found.band, found.evidence[0].of(text)) == (code, band, "MS")
    assert any("may mean" in each for each in found.messages) is (band is Band.POSSIBLE)


def test_an_open_abbreviation_in_a_longer_heading_ticks_nothing(tables: CodeTables) -> None:
    """The words beside it do not make it sure."""
    text, reading = report("ASSESSMENT:\n\n1. Worsening {MS|unclear=multiple sclerosis or mitral stenosis}.")
    assert all(each.band is Band.POSSIBLE for each in suggest(text, reading, tables))


def calls_for(count: int, tables: CodeTables) -> int:
    """How many functions are called to code so many problems said in one sentence without a stop."""
    said = ("then we talked about the {hypertension} and her {knee pain} and the old {asthma} she has",) * count
    text, reading = report(" ".join(said))
    reading = replace(reading, sections=(Section("", Category.OTHER, Span(0, len(text)), Span(0, len(text))),))
    suggest(text, reading, tables)
    calls = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event.endswith("call")

    sys.setprofile(counted)
    try:
        suggest(text, reading, tables)
    finally:
        sys.setprofile(None)
    return calls


def test_work_grows_with_the_words_and_not_with_their_square(tables: CodeTables) -> None:
    """Four times the speech without a stop costs about four times the work."""
    assert calls_for(160, tables) < 5 * calls_for(40, tables)
