"""Links that work once: to join, to choose a new password, and for the very first admin of a new service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from transcribe.errors import NotFound
from transcribe.service.house import House
from transcribe.service.identity import accounts, passwords, proof, sessions, totp
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Link, Membership, Person, Try


class Kind(StrEnum):
    """What a link is for."""

    FIRST = "first"
    INVITATION = "invitation"
    RESET = "reset"


_LIVES = {Kind.FIRST: timedelta(days=1), Kind.INVITATION: timedelta(days=7), Kind.RESET: timedelta(hours=24)}


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a link is for; of the first admin nothing is known yet."""

    kind: Kind
    name: str = ""
    email: str = ""


def make(session: Session, kind: Kind, person: str | None = None) -> str:
    """A new link for the person, as the part of its address that proves it; the ones before work no longer."""
    token, moment = proof.fresh(), now(session)
    session.execute(delete(Link).where(or_(Link.person_id == person, Link.expires_at < moment)))
    session.add(
        Link(digest=proof.digest(token), kind=kind, person_id=person, made_at=moment, expires_at=moment + _LIVES[kind])
    )
    return token


def make_for(house: House, person: str, *, second_factor: bool = False) -> str:
    """A link for somebody's new password, made on the machine itself; `second_factor`: that is forgotten as well."""
    with transaction(house.engine) as session:
        row = session.get_one(Person, person)
        if second_factor:
            totp.stop(session, row)
            sessions.end_all(session, person)
        for clinic in clinics_of(session, person):
            audit.record(session, clinic, accounts.CONSOLE, "reset", person, second_factor=second_factor)
        return make(session, Kind.RESET if row.password_hash else Kind.INVITATION, person)


def clinics_of(session: Session, person: str) -> list[str]:
    """The ids of the clinics in which the person has a role."""
    query = select(Membership.clinic_id).where(Membership.person_id == person).distinct()
    return sorted(session.scalars(query))


def first(house: House) -> str | None:
    """The link with which the first admin of this service makes their account; None once somebody can sign in."""
    with transaction(house.engine) as session:
        return make(session, Kind.FIRST) if _empty(session) else None


def nobody_yet(house: House) -> bool:
    """Whether nobody at all can sign in."""
    with reading(house.engine) as session:
        return _empty(session)


def look(house: House, token: str) -> Invited:
    """Whom the link is for; `NotFound` for one that was used, has run out or never was."""
    with reading(house.engine) as session:
        link = _find(session, token)
        person = session.get_one(Person, link.person_id) if link.person_id else None
        return Invited(Kind(link.kind), person.name, person.email) if person else Invited(Kind(link.kind))


def take_up(house: House, token: str, password: str) -> str:
    """Give the person of the link this password, end their sessions and use up the link; gives their address.

    Raises `UsageError` for a password that may not be one, `NotFound` for a link that does not work.
    """
    invited = look(house, token)
    kept = passwords.hashed(passwords.accepted(password, invited.email, invited.name))
    with transaction(house.engine) as session:
        link = _find(session, token)
        person = session.get_one(Person, link.person_id)
        person.password_hash = kept
        session.delete(link)
        sessions.end_all(session, person.id)
        session.execute(delete(Try).where(Try.subject == f"account {person.id}"))
        for clinic in clinics_of(session, person.id):
            audit.record(session, clinic, person.id, "password chosen", person.id, by=link.kind)
    return person.email


def take_up_first(house: House, token: str, *, clinic: str, name: str, email: str, password: str) -> str:
    """Make the first admin, and the clinic if there is none of this name; gives their address. Raises as `take_up`."""
    if look(house, token).kind is not Kind.FIRST or not nobody_yet(house):
        raise NotFound(_GONE)
    kept = passwords.hashed(passwords.accepted(password, email, name))
    try:
        place = accounts.find_clinic(house, clinic)
    except NotFound:
        place = accounts.add_clinic(house, clinic)
    person = accounts.add_person(house, place, name, email, "admin")
    with transaction(house.engine) as session:
        session.delete(_find(session, token))
        session.get_one(Person, person).password_hash = kept
        audit.record(session, place, person, "password chosen", person, by=Kind.FIRST)
    return email


_GONE = "This link was used already, or is too old; ask an admin for a new one."


def _find(session: Session, token: str) -> Link:
    link = session.scalar(select(Link).where(Link.digest == proof.digest(token), Link.expires_at > now(session)))
    if link is None:
        raise NotFound(_GONE)
    return link


def _empty(session: Session) -> bool:
    able = select(Person.id).where(or_(Person.password_hash.is_not(None), Person.subject.is_not(None)))
    return session.scalar(able.limit(1)) is None
