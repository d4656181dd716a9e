"""Who may do what: clinics, people, and the tokens that programs show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from transcribe.errors import NotAllowed, NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity import proof
from transcribe.store import audit
from transcribe.store.engine import EVERYBODY, acting_for, now, reading, transaction
from transcribe.store.people import Membership, Person, Token
from transcribe.store.sealing import master_key, new_key
from transcribe.store.tables import Clinic

ROLES = ("transcriptionist", "editor", "clinician", "clinic", "admin")

CONSOLE = "console"
"""The actor of what is done on the machine itself, from its command line."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `actor` is the id of a person or, for a machine, of its token; `session` is the browser's, if any."""

    actor: str
    clinic: str
    roles: frozenset[str]
    name: str
    session: str = ""


def principal(house: House, token: str) -> Principal:
    """Who shows this token; `NotAllowed` when nobody may be who does."""
    with reading(house.engine) as session:
        moment = now(session)
        found = session.scalar(select(Token).where(Token.digest == proof.digest(token)))
        if found is None or found.revoked_at or (found.expires_at and found.expires_at <= moment):
            raise NotAllowed("This token is not known, has expired or was revoked.")
        if found.person_id is None:
            return Principal(found.id, found.clinic_id, frozenset({found.role or ""}), found.name)
        person = session.get_one(Person, found.person_id)
        if person.disabled_at:
            raise NotAllowed("This account is disabled.")
        roles = session.scalars(select(Membership.role).filter_by(clinic_id=found.clinic_id, person_id=person.id))
        return Principal(person.id, found.clinic_id, frozenset(roles), person.name)


def add_clinic(house: House, name: str, rules: dict[str, Any] | None = None, *, admin: Principal | None = None) -> str:
    """A new clinic and its id; with a master key in the settings its blobs will be encrypted.

    `admin`: the person who adds it, who is an admin of it from now on; None on the machine itself.
    """
    _refuse_blank(name, "A clinic")
    master = master_key(house.settings.master_key)
    with acting_for(EVERYBODY), transaction(house.engine) as session:
        if session.scalar(select(Clinic.id).where(Clinic.name == name)):
            raise UsageError(f"There is a clinic {name} already.")
        clinic = Clinic(
            name=name, settings=rules or {}, wrapped_key=new_key(master) if master else None, created_at=now(session)
        )
        session.add(clinic)
        session.flush()
        audit.begin_chain(session, clinic.id)
        if admin:
            session.add(Membership(clinic_id=clinic.id, person_id=admin.actor, role="admin"))
            audit.record(session, admin.clinic, admin.actor, "clinic added", clinic.id, encrypted=bool(master))
        actor = admin.actor if admin else CONSOLE
        audit.record(session, clinic.id, actor, "clinic added", clinic.id, encrypted=bool(master))
    return clinic.id


def add_person(house: House, clinic: str, name: str, email: str, *roles: str, actor: str = CONSOLE) -> str:
    """A person with these roles in the clinic, and their id; one who is known by this address is given the roles."""
    _refuse_roles(roles)
    _refuse_blank(name, "A person")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise UsageError("A person needs an e-mail address.")
    with transaction(house.engine) as session:
        person = session.scalar(select(Person).where(Person.email == email.lower()))
        if person is None:
            person = Person(name=name, email=email.lower(), created_at=now(session))
            session.add(person)
            session.flush()
        for role in roles:
            session.merge(Membership(clinic_id=clinic, person_id=person.id, role=role))
        audit.record(session, clinic, actor, "person added", person.id, roles=sorted(roles))
    return person.id


def add_token(
    house: House, clinic: str, name: str, role: str = "", *, person: str | None = None, actor: str = CONSOLE,
    lives: timedelta | None = None,
) -> str:  # fmt: skip
    """A new token, which only its owner will ever see: a machine's with its `role`, or a `person`'s with theirs."""
    _refuse_blank(name, "A token")
    if person is None:
        _refuse_roles((role,))
    token = f"tr_{proof.fresh()}"
    with transaction(house.engine) as session:
        if person and not session.scalar(
            select(Membership.role).filter_by(clinic_id=clinic, person_id=person).limit(1)
        ):
            raise NotFound("This person has no role in the clinic.")
        made = Token(
            clinic_id=clinic, person_id=person, name=name, role=None if person else role, digest=proof.digest(token),
            created_at=now(session), expires_at=now(session) + lives if lives else None,
        )  # fmt: skip
        session.add(made)
        session.flush()
        audit.record(session, clinic, actor, "token added", made.id, role=role, person=person)
    return token


def revoke_token(house: House, clinic: str, token: str, *, actor: str = CONSOLE) -> None:
    """End the life of the token of this id."""
    with transaction(house.engine) as session:
        found = session.get(Token, token)
        if found is None or found.clinic_id != clinic:
            raise NotFound(f"There is no token {token}.")
        found.revoked_at = found.revoked_at or now(session)
        audit.record(session, clinic, actor, "token revoked", token)


def find_clinic(house: House, named: str) -> str:
    """The id of the clinic that a person calls by its name or its id."""
    with reading(house.engine) as session:
        found = session.scalar(select(Clinic.id).where(or_(Clinic.name == named, Clinic.id == named)))
    if found is None:
        raise NotFound(f"There is no clinic {named}; add it with 'transcribe clinic add'.")
    return found


def clinic_name(house: House, clinic: str) -> str:
    """What the clinic of this id is called."""
    with reading(house.engine) as session:
        return session.get_one(Clinic, clinic).name


def find_person(house: House, email: str) -> str:
    """The id of the person with this e-mail address."""
    with reading(house.engine) as session:
        found = session.scalar(select(Person.id).where(Person.email == email.lower()))
    if found is None:
        raise NotFound(f"There is nobody with the address {email}; add them with 'transcribe user add'.")
    return found


def clinics(house: House) -> list[dict[str, Any]]:
    """Every clinic, by name, as rows to be shown."""
    with reading(house.engine) as session:
        return [
            {"clinic": row.id, "name": row.name, "encrypted": bool(row.wrapped_key), "rules": row.settings}
            for row in session.scalars(select(Clinic).order_by(Clinic.name))
        ]


def tokens(house: House, clinic: str) -> list[dict[str, Any]]:
    """The clinic's tokens, newest first, as rows to be shown; what a token says is not kept anywhere."""
    with reading(house.engine) as session:
        query = select(Token).where(Token.clinic_id == clinic).order_by(Token.created_at.desc())
        return [
            {
                "token": row.id, "name": row.name, "role": row.role, "person": row.person_id,
                "made": row.created_at, "expires": row.expires_at, "revoked": row.revoked_at,
            }
            for row in session.scalars(query)
        ]  # fmt: skip


def verify_audit(house: House) -> list[dict[str, Any]]:
    """The state of each clinic's audit chain, with number and hash of its end, as rows to be shown."""
    rows = []
    with reading(house.engine) as session:
        for clinic in session.scalars(select(Clinic).order_by(Clinic.name)).all():
            broken, (number, last) = audit.verify(session, clinic.id), audit.head(session, clinic.id)
            state = f"entry {broken.number} {broken.fault}" if broken else "whole"
            rows.append({"clinic": clinic.name, "state": state, "entries": number, "hash": last})
    return rows


def _refuse_blank(name: str, what: str) -> None:
    if not name.strip():
        raise UsageError(f"{what} needs a name.")


def _refuse_roles(roles: tuple[str, ...]) -> None:
    if not roles or set(roles) - set(ROLES):
        raise UsageError(f"A role is one of: {', '.join(ROLES)}.")
