"""Browser sessions, which live on the server: over after 15 idle minutes, after 12 hours, or when they are ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from transcribe.errors import NotAllowed, NotFound
from transcribe.service.house import House
from transcribe.service.identity import passwords, proof, totp, tries
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.engine import EVERYBODY, acting_for, now, reading, transaction
from transcribe.store.people import Membership, Person, SignIn
from transcribe.store.sealing import master_key
from transcribe.store.tables import Clinic

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)

_RENEWED = timedelta(seconds=20)
"""A session is marked as used so often at most, as editors save every few seconds."""

_OVER = "Your session is over; sign in again."


class Stage(StrEnum):
    """How far signing in has come."""

    CODE = "code"
    """The password was right; the code of the second factor is asked for."""
    SETUP = "setup"
    """The password was right; a second factor is to be set up."""
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: address, what the browser calls itself, the proof of a known device."""

    address: str
    agent: str = ""
    device: str = ""


def begin(house: House, person: str, clinic: str, stage: Stage, origin: Origin) -> str:
    """A new session; gives the proof that the browser keeps. Sessions that have run out are swept away here."""
    token = proof.fresh()
    with transaction(house.engine) as session:
        moment = now(session)
        session.execute(delete(SignIn).where(_run_out(moment)))
        made = SignIn(
            digest=proof.digest(token), person_id=person, clinic_id=clinic, stage=stage, agent=origin.agent[:300],
            address=origin.address, began_at=moment, seen_at=moment,
        )  # fmt: skip
        session.add(made)
        session.flush()
        if stage is Stage.FULL:
            audit.record(session, clinic, person, "signed in", person, visit=made.id)
    return token


def rise(session: Session, found: SignIn) -> str:
    """Signing in is complete: the session goes on under a new proof, as somebody may have planted the old one."""
    token = proof.fresh()
    found.digest, found.stage = proof.digest(token), Stage.FULL
    audit.record(session, found.clinic_id, found.person_id, "signed in", found.person_id, visit=found.id)
    return token


def principal(house: House, token: str, *, renew: bool = True) -> Principal:
    """Who is signed in; `NotAllowed` when nobody is. A look that does not `renew` is no sign of a person's presence."""
    with reading(house.engine) as session:
        found = live(session, token, Stage.FULL)
        person, moment = session.get_one(Person, found.person_id), now(session)
        roles = session.scalars(select(Membership.role).filter_by(clinic_id=found.clinic_id, person_id=person.id))
        who = Principal(person.id, found.clinic_id, frozenset(roles), person.name, found.id)
    if renew and moment - found.seen_at > _RENEWED:
        with transaction(house.engine) as session:
            if again := session.get(SignIn, found.id):
                again.seen_at = moment
    return who


def live(session: Session, token: str, stage: Stage) -> SignIn:
    """The session that this proves, if signing in has come to `stage`; `NotAllowed` for any other."""
    found = session.scalar(
        select(SignIn)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.digest == proof.digest(token), SignIn.stage == stage, ~_run_out(now(session)))
        .where(Person.disabled_at.is_(None))
    )
    if found is None:
        raise NotAllowed(_OVER)
    return found


def left(house: House, session_id: str) -> timedelta:
    """How long the session lasts if nothing is done from now on."""
    with reading(house.engine) as session:
        found, moment = session.get_one(SignIn, session_id), now(session)
        return min(found.seen_at + IDLE, found.began_at + LONGEST) - moment


def end(house: House, person: str, session_id: str) -> None:
    """End one of the person's sessions, in whichever clinic; `NotFound` for another's."""
    with acting_for(EVERYBODY), transaction(house.engine) as session:
        found = session.get(SignIn, session_id)
        if found is None or found.person_id != person:
            raise NotFound("There is no such session.")
        audit.record(session, found.clinic_id, person, "signed out", person, visit=session_id)
        session.delete(found)


def end_all(session: Session, person: str, *, but: str = "") -> None:
    """End all sessions of the person, but for one."""
    session.execute(delete(SignIn).where(SignIn.person_id == person, SignIn.id != but))


def listing(house: House, person: str) -> list[dict[str, Any]]:
    """The person's sessions, the newest first, as rows to be shown."""
    with reading(house.engine) as session:
        query = select(SignIn).where(SignIn.person_id == person, SignIn.stage == Stage.FULL, ~_run_out(now(session)))
        return [
            {
                "session": row.id, "agent": row.agent, "address": row.address, "began": row.began_at,
                "seen": row.seen_at,
            }
            for row in session.scalars(query.order_by(SignIn.began_at.desc()))
        ]  # fmt: skip


def clinics(house: House, person: str) -> list[tuple[str, str]]:
    """Id and name of each clinic in which the person has a role, by name."""
    with reading(house.engine) as session:
        query = select(Clinic.id, Clinic.name).join(Membership, Membership.clinic_id == Clinic.id)
        rows = session.execute(query.where(Membership.person_id == person).distinct().order_by(Clinic.name))
        return [(row[0], row[1]) for row in rows]


def turn_to(house: House, who: Principal, clinic: str) -> None:
    """Go on in another of the person's clinics; `NotFound` for one in which they have no role."""
    if clinic not in {each for each, _ in clinics(house, who.actor)}:
        raise NotFound("There is no such clinic.")
    with acting_for(clinic), transaction(house.engine) as session:
        session.get_one(SignIn, who.session).clinic_id = clinic
        audit.record(session, clinic, who.actor, "signed in", who.actor, visit=who.session)


def confirm(house: House, who: Principal, password: str, code: str = "") -> None:
    """That whoever asks is who they were when they signed in, before they sign a report.

    The first time in a session the second factor is asked for, too, where the person has one (21 CFR 11.200), and by
    a token, which has no session, each time. Raises `NotAllowed`, and `TooManyTries` after too many wrong tries.
    """
    counted = tries.begin(house, f"confirm {who.actor}")
    with reading(house.engine) as session:
        person = session.get(Person, who.actor)
    if person is None or person.disabled_at or not passwords.right(person.password_hash, password):
        raise NotAllowed("The password is wrong.")
    with transaction(house.engine) as session:
        person = session.get_one(Person, who.actor, with_for_update=True)
        mine = session.get(SignIn, who.session) if who.session else None
        known = mine is not None and mine.confirmed_at is not None
        master = master_key(house.settings.master_key)
        if (
            person.totp_at
            and not known
            and not (totp.take(person, code, master) or totp.take_recovery_code(session, person, code))
        ):
            raise NotAllowed("The code is wrong, or was used before; wait for the next one.")
        if mine:
            mine.confirmed_at = now(session)
    tries.forget(house, counted)


def needs_code(house: House, who: Principal) -> bool:
    """Whether `confirm` will ask for the code of the second factor."""
    with reading(house.engine) as session:
        person, mine = session.get(Person, who.actor), session.get(SignIn, who.session) if who.session else None
        return bool(person and person.totp_at and not (mine and mine.confirmed_at))


def _run_out(moment: datetime) -> Any:
    return or_(SignIn.seen_at < moment - IDLE, SignIn.began_at < moment - LONGEST)
