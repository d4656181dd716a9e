"""Signing in, step by step: password, then the code of the second factor, or setting that up the first time."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe.errors import NotAllowed
from transcribe.service.house import House
from transcribe.service.identity import passwords, proof, sessions, totp, tries
from transcribe.service.identity.sessions import Origin, Stage
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Device, Membership, Person
from transcribe.store.sealing import master_key

_WRONG = "The address or the password is wrong, or the account is disabled."
_WRONG_CODE = "The code is wrong, or was used before; wait for the next one."


def with_password(house: House, email: str, password: str, origin: Origin) -> tuple[str, Stage]:
    """A session, and what is still to be shown; `NotAllowed` for a wrong password, `TooManyTries` after too many."""
    with reading(house.engine) as session:
        person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
        device = _device(session, person.id, origin.device) if person else None
    account = person.id if person else proof.digest(email.strip().lower())
    counted = tries.begin(house, *tries.subjects(account, origin.address, device))
    good = passwords.right(person.password_hash if person else None, password)
    clinics = sessions.clinics(house, person.id) if person else []
    if not person or not good or person.disabled_at or not clinics:
        _note_refusal(house, person)
        raise NotAllowed(_WRONG)
    tries.forget(house, counted)
    stage = _stage(house, person)
    return sessions.begin(house, person.id, clinics[0][0], stage, origin), stage


def _stage(house: House, person: Person) -> Stage:
    if house.settings.demo or not house.settings.second_factor:
        return Stage.FULL
    return Stage.CODE if person.totp_at else Stage.SETUP


def with_code(house: House, token: str, code: str, origin: Origin) -> str:
    """The session, complete, under a new proof; `code` is the second factor's, or a recovery code."""
    counted = _begin_try(house, token, Stage.CODE, origin)
    with transaction(house.engine) as session:
        found = sessions.live(session, token, Stage.CODE)
        person = session.get_one(Person, found.person_id, with_for_update=True)
        good = totp.take(person, code, _master(house)) or totp.take_recovery_code(session, person, code)
        risen = sessions.rise(session, found) if good else None
    if risen is None:
        _note_refusal(house, person)
        raise NotAllowed(_WRONG_CODE)
    tries.forget(house, counted)
    return risen


def offered(house: House, token: str) -> tuple[str, str]:
    """The secret for the telephone of whoever sets up a second factor, and its QR code as SVG."""
    with transaction(house.engine) as session:
        person = session.get_one(Person, sessions.live(session, token, Stage.SETUP).person_id)
        secret = totp.prepare(person, _master(house))
        return secret, totp.picture(secret, person.email)


def set_up(house: House, token: str, code: str, origin: Origin) -> tuple[str, list[str]]:
    """The second factor is in force once a right code was shown: the session, complete, and the recovery codes."""
    counted = _begin_try(house, token, Stage.SETUP, origin)
    with transaction(house.engine) as session:
        found = sessions.live(session, token, Stage.SETUP)
        person = session.get_one(Person, found.person_id, with_for_update=True)
        if not totp.take(person, code, _master(house)):
            raise NotAllowed(_WRONG_CODE)
        codes = totp.begin(session, person)
        audit.record(session, found.clinic_id, person.id, "second factor set up", person.id)
        risen = sessions.rise(session, found)
    tries.forget(house, counted)
    return risen, codes


def remember_device(house: House, person: str) -> str:
    """The proof by which this browser is known from now on."""
    token = proof.fresh()
    with transaction(house.engine) as session:
        session.add(Device(digest=proof.digest(token), person_id=person, seen_at=now(session)))
    return token


def knows_device(house: House, person: str, shown: str) -> bool:
    """Whether the person has signed in from this browser before."""
    with reading(house.engine) as session:
        return _device(session, person, shown) is not None


def _device(session: Session, person: str, shown: str) -> str | None:
    if not shown:
        return None
    return session.scalar(select(Device.id).where(Device.person_id == person, Device.digest == proof.digest(shown)))


def _begin_try(house: House, token: str, stage: Stage, origin: Origin) -> list[str]:
    with reading(house.engine) as session:
        person = sessions.live(session, token, stage).person_id
        device = _device(session, person, origin.device)
    return tries.begin(house, *tries.subjects(person, origin.address, device))


def _note_refusal(house: House, person: Person | None) -> None:
    """Tell the clinics of a known person that somebody was not let in as them."""
    if person is None:
        return
    with transaction(house.engine) as session:
        query = select(Membership.clinic_id).where(Membership.person_id == person.id).distinct()
        for clinic in sorted(session.scalars(query)):
            audit.record(session, clinic, person.id, "sign-in refused", person.id)


def _master(house: House) -> bytes | None:
    return master_key(house.settings.master_key)
