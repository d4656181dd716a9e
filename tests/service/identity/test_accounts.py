"""Who may come in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from transcribe.errors import NotAllowed, NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person, Token


def test_a_machines_token_says_who_it_is(house: House, clinic: str) -> None:
    """Its clinic and role; what is kept of it does not let anybody in."""
    token = accounts.add_token(house, clinic, "recorder", "clinic")
    who = accounts.principal(house, token)
    assert (who.clinic, who.roles, who.name) == (clinic, {"clinic"}, "recorder")
    with reading(house.engine) as session:
        kept = session.scalars(select(Token)).one()
    assert who.actor == kept.id
    for guess in (kept.digest, kept.id, "", token[:-1], token.upper(), f"{token}\ud800"):
        with pytest.raises(NotAllowed):
            accounts.principal(house, guess)


def test_a_persons_token_has_their_roles_in_that_clinic_alone(house: House, clinic: str) -> None:
    """Two clinics, two sets of roles, one person."""
    south = accounts.add_clinic(house, "South")
    person = accounts.add_person(house, clinic, "A. Name", "A@b.c", "editor", "admin")
    assert accounts.add_person(house, south, "A. Name", "a@b.c", "clinician") == person
    first, second = (accounts.add_token(house, each, "cli", person=person) for each in (clinic, south))
    assert accounts.principal(house, first).roles == {"editor", "admin"}
    assert accounts.principal(house, second).roles == {"clinician"}
    assert accounts.principal(house, first).actor == accounts.principal(house, second).actor == person
    with transaction(house.engine) as session:
        session.get_one(Person, person).disabled_at = now(session)
    with pytest.raises(NotAllowed, match="disabled"):
        accounts.principal(house, first)


def test_a_token_ends(house: House, clinic: str) -> None:
    """When it is revoked, or when its time is up."""
    revoked, expired = (accounts.add_token(house, clinic, name, "clinic") for name in ("one", "two"))
    accounts.revoke_token(house, clinic, accounts.principal(house, revoked).actor)
    with transaction(house.engine) as session:
        session.execute(update(Token).where(Token.name == "two").values(expires_at=now(session) - timedelta(seconds=1)))
    for token in (revoked, expired):
        with pytest.raises(NotAllowed):
            accounts.principal(house, token)
    with pytest.raises(NotFound):
        accounts.revoke_token(house, accounts.add_clinic(house, "South"), accounts.tokens(house, clinic)[0]["token"])


def test_what_makes_no_sense_is_refused(house: House, clinic: str) -> None:
    """A role that is none, a clinic that is there already or is not, a person who has no role."""
    with pytest.raises(UsageError):
        accounts.add_token(house, clinic, "recorder", "owner")
    with pytest.raises(UsageError):
        accounts.add_person(house, clinic, "A", "a@b.c", "owner")
    with pytest.raises(UsageError):
        accounts.add_person(house, clinic, "A", "nowhere", "editor")
    with pytest.raises(UsageError):
        accounts.add_clinic(house, "North")
    with pytest.raises(NotFound):
        accounts.find_clinic(house, "West")
    stranger = accounts.add_person(house, accounts.add_clinic(house, "South"), "B", "b@b.c", "editor")
    with pytest.raises(NotFound):
        accounts.add_token(house, clinic, "cli", person=stranger)


def test_every_act_is_in_the_audit_chain(house: House, clinic: str) -> None:
    """The chain of the clinic is whole and ends where the last act was."""
    accounts.add_token(house, clinic, "recorder", "clinic")
    (row,) = accounts.verify_audit(house)
    assert (row["clinic"], row["state"], row["entries"]) == ("North", "whole", 2)
