"""What an admin does about the people of their clinic: invite, change roles, reset, disable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from transcribe.errors import NotAllowed, NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity import accounts, links, sessions, totp
from transcribe.service.identity.accounts import ROLES, Principal
from transcribe.service.identity.links import Kind
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Membership, Person, SignIn, Token


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of the people of a clinic. `can_sign_in`: they have chosen a password, or come by another service."""

    person: str
    name: str
    email: str
    roles: tuple[str, ...]
    can_sign_in: bool
    second_factor: bool
    disabled: bool
    seen: datetime | None


def listing(house: House, clinic: str) -> list[Colleague]:
    """The people of the clinic, by name."""
    with reading(house.engine) as session:
        query = select(Person).join(Membership, Membership.person_id == Person.id)
        rows = session.scalars(query.where(Membership.clinic_id == clinic).distinct().order_by(Person.name, Person.id))
        return [_shown(session, clinic, person) for person in rows.all()]


def one(house: House, clinic: str, person: str) -> Colleague:
    """One of the people of the clinic; `NotFound` for anybody else."""
    with reading(house.engine) as session:
        return _shown(session, clinic, _of(session, clinic, person))


def invite(house: House, who: Principal, name: str, email: str, roles: tuple[str, ...]) -> str | None:
    """Add somebody; gives the link with which they choose a password, None for one who can sign in already."""
    person = accounts.add_person(house, who.clinic, name, email, *roles, actor=who.actor)
    with transaction(house.engine) as session:
        row = session.get_one(Person, person)
        if row.password_hash or row.subject or not _in_hand(session, who, person):
            return None
        return links.make(session, Kind.INVITATION, person)


def change_roles(house: House, who: Principal, person: str, roles: tuple[str, ...]) -> None:
    """Give the person these roles in the clinic and no others; with none they no longer belong to it."""
    if set(roles) - set(ROLES):
        raise UsageError(f"A role is one of: {', '.join(ROLES)}.")
    if person == who.actor and "admin" not in roles:
        raise UsageError("Nobody takes the role of admin from themselves; another admin can.")
    with transaction(house.engine) as session:
        _of(session, who.clinic, person)
        session.execute(delete(Membership).where(Membership.clinic_id == who.clinic, Membership.person_id == person))
        session.add_all(Membership(clinic_id=who.clinic, person_id=person, role=role) for role in set(roles))
        if not roles:
            session.execute(delete(SignIn).where(SignIn.clinic_id == who.clinic, SignIn.person_id == person))
            _revoke_tokens(session, person, who.clinic)
        audit.record(session, who.clinic, who.actor, "roles changed", person, roles=sorted(roles))


def reset(house: House, who: Principal, person: str, *, second_factor: bool = False) -> str:
    """A link with which the person chooses a new password; with `second_factor` that is to be set up anew, too."""
    with transaction(house.engine) as session:
        row = _own(session, who, person)
        if second_factor:
            totp.stop(session, row)
            sessions.end_all(session, person)
        audit.record(session, who.clinic, who.actor, "reset", person, second_factor=second_factor)
        return links.make(session, Kind.RESET if row.password_hash else Kind.INVITATION, person)


def disable(house: House, who: Principal, person: str, *, disabled: bool) -> None:
    """Let the person sign in no more, or again; what they have open ends at once, and so do their tokens."""
    if person == who.actor:
        raise UsageError("Nobody disables themselves; another admin can.")
    with transaction(house.engine) as session:
        row = _own(session, who, person)
        row.disabled_at = now(session) if disabled else None
        if disabled:
            sessions.end_all(session, person)
            _revoke_tokens(session, person)
        audit.record(session, who.clinic, who.actor, "disabled" if disabled else "enabled", person)


def _of(session: Session, clinic: str, person: str) -> Person:
    """The person, if they belong to the clinic."""
    row = session.get(Person, person)
    if row is None or not session.scalar(
        select(Membership.role).filter_by(clinic_id=clinic, person_id=person).limit(1)
    ):
        raise NotFound("There is nobody of this id.")
    return row


def _own(session: Session, who: Principal, person: str) -> Person:
    """The person, if their account is in this admin's hand."""
    row = _of(session, who.clinic, person)
    if not _in_hand(session, who, person):
        raise NotAllowed(
            "This person also works for another clinic, so only whoever runs this service can do that: "
            "'transcribe user link'. You can take their roles in your clinic away."
        )
    return row


def _in_hand(session: Session, who: Principal, person: str) -> bool:
    """Whether all clinics of the person are this admin's: a reset in one clinic opens no door in another."""
    theirs = set(session.scalars(select(Membership.clinic_id).where(Membership.person_id == person)))
    mine = select(Membership.clinic_id).where(Membership.person_id == who.actor, Membership.role == "admin")
    return theirs <= {who.clinic, *session.scalars(mine)}


def _revoke_tokens(session: Session, person: str, clinic: str | None = None) -> None:
    query = select(Token).where(Token.person_id == person, Token.revoked_at.is_(None))
    for token in session.scalars(query.where(Token.clinic_id == clinic) if clinic else query):
        token.revoked_at = now(session)


def _shown(session: Session, clinic: str, person: Person) -> Colleague:
    roles = session.scalars(select(Membership.role).filter_by(clinic_id=clinic, person_id=person.id))
    return Colleague(
        person=person.id,
        name=person.name,
        email=person.email,
        roles=tuple(sorted(roles, key=ROLES.index)),
        can_sign_in=bool(person.password_hash or person.subject),
        second_factor=person.totp_at is not None,
        disabled=person.disabled_at is not None,
        seen=session.scalar(select(func.max(SignIn.seen_at)).where(SignIn.person_id == person.id)),
    )
