"""A clinic's rules as its administrator changes them."""

from __future__ import annotations

import pytest

from tests.service.reports import drafted, person
from transcribe.errors import NotFound, UsageError
from transcribe.service import rules
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.turnaround import promised
from transcribe.work_types import work_types


def test_a_rule_is_kept_and_falls_back(house: House, clinic: str) -> None:
    """What was promised changes with it; an empty one is as usual again, and the others stay."""
    admin = person(house, clinic, "Adam Root", "admin")
    rules.change(house, admin, stat_hours=0.5, retention={"audio_days": 30})
    assert promised("letter", stat=True, rules=rules.of(house, clinic)).total_seconds() == 1800
    rules.change(house, admin, stat_hours=None)
    assert rules.of(house, clinic) == {"retention": {"audio_days": 30}}


@pytest.mark.parametrize(("given", "kept"), [("", None), (" 30 ", 30), ("0.5", 0.5)])
def test_a_number_is_taken_as_typed(given: str, kept: float | None) -> None:
    """An empty field is no number."""
    assert rules.number(given, "Hours", most=100) == kept


@pytest.mark.parametrize("given", ["0", "-1", "101", "1e9", "nan", "²", "1,5", "1 2"])
def test_what_is_no_number_is_named(given: str) -> None:
    """By what it is for."""
    with pytest.raises(UsageError, match="Hours is a number"):
        rules.number(given, "Hours", most=100)


def test_only_times_that_differ_are_kept() -> None:
    """So that a later change of what is usual reaches the clinic."""
    assert rules.turnaround({"letter": "48", "consultation": "12", "unknown": "1"}) == {"consultation": 12}


def test_who_signs_is_kept_where_it_differs() -> None:
    """Meanings in small letters, each once; what is as usual is left out."""
    usual = {f"signatures-{key}": ", ".join(each.signatures) for key, each in work_types().items()}
    usual |= {f"proxy-{key}": "yes" for key, each in work_types().items() if each.proxy}
    assert rules.signing(usual) == {}
    assert rules.signing(usual | {"signatures-letter": "author,  attending"}) == {
        "letter": {"signatures": ["author", "attending"]}
    }
    assert rules.signing({name: value for name, value in usual.items() if name != "proxy-letter"}) == {
        "letter": {"proxy": False}
    }
    for wrong in ("Author", "author, author", "author; x"):
        with pytest.raises(UsageError, match="Letter"):
            rules.signing(usual | {"signatures-letter": wrong})


def test_an_author_is_a_clinician_of_the_clinic(house: House, clinic: str) -> None:
    """Nobody else can be said to be one, and no other clinic's author is there."""
    admin, carl = person(house, clinic, "Adam Root", "admin"), person(house, clinic, "Carl Winter", "clinician")
    drafted(house, clinic, author="C. Winter, MD")
    [author] = rules.authors(house, clinic)
    assert (author.name, author.person, author.dictations) == ("C. Winter, MD", None, 1)
    rules.say_author(house, admin, author.author, carl.actor)
    assert rules.authors(house, clinic)[0].person == carl.actor
    with pytest.raises(UsageError):
        rules.say_author(house, admin, author.author, admin.actor)
    other = accounts.add_clinic(house, "Other")
    with pytest.raises(NotFound):
        rules.say_author(house, person(house, other, "Otto", "admin"), author.author, "")
