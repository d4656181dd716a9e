"""Wordbooks as people edit them in pages."""

from __future__ import annotations

import pytest

from tests.service.reports import person
from transcribe.errors import UnusableInput, UsageError
from transcribe.service import wordbooks
from transcribe.service.house import House


def test_an_authors_book_adds_to_the_clinics(house: House, clinic: str) -> None:
    """Each is kept by itself; what is typed for the author is both, the nearer one first."""
    admin = person(house, clinic, "Adam Root", "admin")
    wordbooks.keep(house, admin, words={"typed": ["Zytiga"]}, style={"dates": "numeric"})
    wordbooks.keep(house, admin, author="Dr. Lee", texts={"knee exam": 'Full "range".\n\nNo effusion.'})
    assert wordbooks.own(house, clinic) == {"words": {"typed": ["Zytiga"]}, "style": {"dates": "numeric"}}
    assert wordbooks.own(house, clinic, author="Dr. Lee") == {"texts": {"knee exam": 'Full "range".\n\nNo effusion.'}}
    both = wordbooks.show(house, clinic, author="Dr. Lee")
    assert both.words == ("Zytiga",) and both.style.dates == "numeric" and "knee exam" in both.texts


def test_what_no_book_can_hold_changes_nothing(house: House, clinic: str) -> None:
    """The reason names the key."""
    admin = person(house, clinic, "Adam Root", "admin")
    wordbooks.keep(house, admin, words={"typed": ["Zytiga"]})
    with pytest.raises(UnusableInput, match="dates"):
        wordbooks.keep(house, admin, style={"dates": "roman"})
    assert wordbooks.own(house, clinic) == {"words": {"typed": ["Zytiga"]}}


def test_the_lines_of_a_form() -> None:
    """Empty ones and repetitions go; a line that is no replacement is named."""
    assert wordbooks.lines(" a \n\nb\r\na") == ["a", "b"]
    assert wordbooks.pairs("Novo  Log = NovoLog\n\nx=y = z") == {"novo log": "NovoLog", "x": "y = z"}
    with pytest.raises(UsageError, match="Line 2"):
        wordbooks.pairs("a = b\nc")
