"""Signing in, and how long it lasts."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from tests.databases import Bell
from transcribe.errors import NotAllowed, NotFound, TooManyTries, UsageError
from transcribe.service.house import House
from transcribe.service.identity import accounts, passwords, sessions, signin, totp, tries
from transcribe.service.identity.sessions import Origin, Stage
from transcribe.settings import Settings
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person, SignIn
from transcribe.store.tables import AuditEntry

PASSWORD = "correct horse battery"
KEPT = passwords.hashed(PASSWORD)
HERE = Origin("192.0.2.1", "Browser")
ANN = "ann@north.example"


@pytest.fixture
def ann(house: House, clinic: str) -> str:
    """An editor with a password."""
    person = accounts.add_person(house, clinic, "Ann", ANN, "editor")
    with transaction(house.engine) as session:
        session.get_one(Person, person).password_hash = KEPT
    return person


def back(house: House, column: str, by: timedelta) -> None:
    """Let so much time go by for every session."""
    with transaction(house.engine) as session:
        for row in session.scalars(select(SignIn)):
            setattr(row, column, getattr(row, column) - by)


def set_up(house: House) -> tuple[str, str, list[str]]:
    """Sign in for the first time: the session's proof, the secret and the recovery codes."""
    token, stage = signin.with_password(house, ANN, PASSWORD, HERE)
    assert stage is Stage.SETUP
    secret, _ = signin.offered(house, token)
    full, codes = signin.set_up(house, token, pyotp.TOTP(secret).now(), HERE)
    return full, secret, codes


def forget_step(house: House) -> None:
    """Let the half minute of the last code be over."""
    with transaction(house.engine) as session:
        session.execute(update(Person).values(totp_step=None))


def test_the_first_time_a_second_factor_is_set_up_and_from_then_on_asked_for(house: House, ann: str) -> None:
    """Password alone opens nothing; with a code of the telephone the session is complete, under a new proof."""
    token, secret, _ = set_up(house)
    assert sessions.principal(house, token).actor == ann
    half, stage = signin.with_password(house, ANN, PASSWORD, HERE)
    assert stage is Stage.CODE
    with pytest.raises(NotAllowed):
        sessions.principal(house, half)
    forget_step(house)
    full = signin.with_code(house, half, pyotp.TOTP(secret).now(), HERE)
    assert full != half
    assert sessions.principal(house, full).roles == {"editor"}
    with pytest.raises(NotAllowed):
        sessions.principal(house, half)


def test_a_code_is_taken_once(house: House, ann: str) -> None:
    """Whoever looks over a shoulder cannot use what they saw."""
    _, secret, _ = set_up(house)
    half, _ = signin.with_password(house, ANN, PASSWORD, HERE)
    with pytest.raises(NotAllowed, match="used before"):
        signin.with_code(house, half, pyotp.TOTP(secret).now(), HERE)


def test_codes_of_the_neighbouring_half_minutes_are_right_and_older_ones_are_not() -> None:
    """A telephone's clock may be half a minute off."""
    person = Person(name="A", email="a@b")
    secret, clock = totp.prepare(person, None), 1_700_000_000.0
    for away, good in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        person.totp_step = None
        assert totp.take(person, pyotp.TOTP(secret).at(int(clock + away)), None, clock=clock) is good
    person.totp_step = None
    assert totp.take(person, pyotp.TOTP(secret).at(int(clock)), None, clock=clock)
    assert not totp.take(person, pyotp.TOTP(secret).at(int(clock - 30)), None, clock=clock)


def test_a_recovery_code_stands_in_once(house: House, ann: str) -> None:
    """However it is written."""
    _, _, codes = set_up(house)
    half, _ = signin.with_password(house, ANN, PASSWORD, HERE)
    assert sessions.principal(house, signin.with_code(house, half, f" {codes[0].upper()} ", HERE)).actor == ann
    half, _ = signin.with_password(house, ANN, PASSWORD, HERE)
    with pytest.raises(NotAllowed):
        signin.with_code(house, half, codes[0], HERE)


def test_the_secret_is_kept_under_the_master_key() -> None:
    """What is in the database shows no codes."""
    person, master = Person(name="A", email="a@b"), bytes(range(32))
    secret = totp.prepare(person, master)
    assert secret not in (person.totp or "")
    assert totp.prepare(person, master) == secret
    assert totp.take(person, pyotp.TOTP(secret).now(), master)


@pytest.mark.parametrize(("email", "password"), [(ANN, "wrong"), ("nobody@north.example", PASSWORD), (ANN, "")])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    house: House, ann: str, email: str, password: str
) -> None:
    """Nobody learns who has an account."""
    with pytest.raises(NotAllowed, match="address or the password is wrong"):
        signin.with_password(house, email, password, HERE)


def test_somebody_without_a_password_or_disabled_or_without_a_clinic_does_not_get_in(house: House, clinic: str) -> None:
    """An invitation that was not taken up is no account yet."""
    person = accounts.add_person(house, clinic, "Ann", ANN, "editor")
    with pytest.raises(NotAllowed):
        signin.with_password(house, ANN, "", HERE)
    with transaction(house.engine) as session:
        row = session.get_one(Person, person)
        row.password_hash, row.disabled_at = KEPT, now(session)
    with pytest.raises(NotAllowed):
        signin.with_password(house, ANN, PASSWORD, HERE)


def test_after_ten_wrong_passwords_the_account_is_closed_for_a_while_but_not_on_a_known_device(
    house: House, ann: str
) -> None:
    """Even the right one does not help elsewhere; the owner's browser still gets in."""
    token, _, _ = set_up(house)
    device = signin.remember_device(house, ann)
    assert sessions.principal(house, token).actor == ann
    for place in range(tries.MOST):
        with pytest.raises(NotAllowed, match="wrong"):
            signin.with_password(house, ANN, "guess", Origin(f"198.51.100.{place}"))
    with pytest.raises(TooManyTries):
        signin.with_password(house, ANN, PASSWORD, Origin("198.51.100.99"))
    known = Origin("198.51.100.99", device=device)
    assert signin.with_password(house, ANN, PASSWORD, known)[1] is Stage.CODE


def test_ten_wrong_tries_from_one_address_close_it_for_every_account(house: House, ann: str) -> None:
    """So that many accounts are not tried with one password; an IPv6 network counts as one address."""
    for number in range(tries.MOST):
        with pytest.raises(NotAllowed, match="wrong"):
            signin.with_password(house, f"x{number}@north.example", "guess", Origin(f"2001:db8::{number:x}"))
    with pytest.raises(TooManyTries):
        signin.with_password(house, ANN, PASSWORD, Origin("2001:db8::ffff"))
    assert signin.with_password(house, ANN, PASSWORD, Origin("2001:db8:1::1"))[1] is Stage.SETUP


def test_of_many_tries_at_once_ten_are_looked_at(house: House, ann: str) -> None:
    """However many browsers guess in the same moment."""

    def guess(number: int) -> bool:
        try:
            signin.with_password(house, ANN, "guess", Origin(f"198.51.100.{number}"))
        except TooManyTries:
            return False
        except NotAllowed:
            return True
        raise AssertionError

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(40))) == tries.MOST


def test_codes_cannot_be_guessed_either(house: House, ann: str) -> None:
    """Ten tries for the second factor, and the account is closed for a while."""
    set_up(house)
    half, _ = signin.with_password(house, ANN, PASSWORD, HERE)
    for _ in range(tries.MOST):
        with pytest.raises(NotAllowed, match="code is wrong"):
            signin.with_code(house, half, "000000", HERE)
    with pytest.raises(TooManyTries):
        signin.with_code(house, half, "000000", HERE)


@pytest.mark.parametrize(("column", "by", "over"), [
    ("seen_at", timedelta(minutes=15, seconds=1), True), ("seen_at", timedelta(minutes=14, seconds=55), False),
    ("began_at", timedelta(hours=12, seconds=1), True), ("began_at", timedelta(hours=11, minutes=59), False),
])  # fmt: skip
def test_a_session_ends_when_idle_and_after_half_a_day(
    house: House, ann: str, column: str, by: timedelta, over: bool
) -> None:
    """Fifteen minutes without a request, or twelve hours with however many."""
    token, _, _ = set_up(house)
    back(house, column, by)
    if over:
        with pytest.raises(NotAllowed, match="session is over"):
            sessions.principal(house, token)
    else:
        assert sessions.principal(house, token).actor == ann


def test_each_request_renews_a_session_but_a_look_does_not(house: House, ann: str) -> None:
    """A page that asks by itself how a job goes keeps nobody signed in."""
    token, _, _ = set_up(house)
    who = sessions.principal(house, token)
    back(house, "seen_at", timedelta(minutes=10))
    sessions.principal(house, token, renew=False)
    assert sessions.left(house, who.session) < timedelta(minutes=5)
    sessions.principal(house, token)
    assert sessions.left(house, who.session) > timedelta(minutes=14)


def test_a_person_sees_and_ends_only_their_own_sessions(house: House, clinic: str, ann: str) -> None:
    """Ended is ended: the proof is worth nothing from then on."""
    token, _, _ = set_up(house)
    mine = sessions.principal(house, token).session
    assert [row["session"] for row in sessions.listing(house, ann)] == [mine]
    other = accounts.add_person(house, clinic, "Bob", "bob@north.example", "editor")
    assert sessions.listing(house, other) == []
    with pytest.raises(NotFound):
        sessions.end(house, other, mine)
    sessions.end(house, ann, mine)
    with pytest.raises(NotAllowed):
        sessions.principal(house, token)


def test_signing_asks_for_password_and_code_once_and_then_for_the_password(house: House, ann: str) -> None:
    """Two components at the first signing of a session, one at each further one (21 CFR 11.200)."""
    token, secret, _ = set_up(house)
    who = sessions.principal(house, token)
    forget_step(house)
    assert sessions.needs_code(house, who)
    with pytest.raises(NotAllowed, match="code"):
        sessions.confirm(house, who, PASSWORD)
    with pytest.raises(NotAllowed, match="password"):
        sessions.confirm(house, who, "wrong", pyotp.TOTP(secret).now())
    sessions.confirm(house, who, PASSWORD, pyotp.TOTP(secret).now())
    assert not sessions.needs_code(house, who)
    sessions.confirm(house, who, PASSWORD)
    for _ in range(tries.MOST - 2):
        with pytest.raises(NotAllowed, match="password"):
            sessions.confirm(house, who, "wrong")
    with pytest.raises(TooManyTries):
        sessions.confirm(house, who, PASSWORD)


def test_signing_in_and_being_refused_stand_in_the_audit(house: House, clinic: str, ann: str) -> None:
    """And the chain is whole."""
    set_up(house)
    with pytest.raises(NotAllowed):
        signin.with_password(house, ANN, "wrong", HERE)
    with reading(house.engine) as session:
        found = session.scalars(select(AuditEntry.action).where(AuditEntry.actor == ann).order_by(AuditEntry.number))
        assert list(found) == ["second factor set up", "signed in", "sign-in refused"]
        assert audit.verify(session, clinic) is None


def test_who_works_in_two_clinics_turns_from_one_to_the_other(house: House, clinic: str, ann: str) -> None:
    """With the roles of each, and to no third one."""
    south = accounts.add_clinic(house, "South")
    accounts.add_person(house, south, "Ann", ANN, "clinician")
    east = accounts.add_clinic(house, "East")
    token, _, _ = set_up(house)
    who = sessions.principal(house, token)
    assert (who.clinic, who.roles) == (clinic, {"editor"})
    sessions.turn_to(house, who, south)
    assert sessions.principal(house, token).roles == {"clinician"}
    with pytest.raises(NotFound):
        sessions.turn_to(house, who, east)


def test_a_setting_lets_people_in_without_a_second_factor(house: House, ann: str, bell: Bell) -> None:
    """For places that ask for one elsewhere."""
    open_house = House(house.engine, house.blobs, house.settings.model_copy(update={"second_factor": False}), bell)
    assert signin.with_password(open_house, ANN, PASSWORD, HERE)[1] is Stage.FULL
    assert Settings().second_factor


@pytest.mark.parametrize("password", ["short", "a" * 20, "ababababababab", ANN, "x" * 201])
def test_weak_passwords_are_refused(password: str) -> None:
    """Length counts, not kinds of characters."""
    with pytest.raises(UsageError):
        passwords.accepted(password, ANN)
    assert passwords.accepted(PASSWORD, ANN) == PASSWORD


def test_checking_a_password_takes_as_long_where_there_is_none() -> None:
    """Time does not tell who has an account."""
    passwords.right(None, "x")

    def seconds(kept: str | None) -> float:
        began = time.perf_counter()
        assert not passwords.right(kept, "wrong")
        return time.perf_counter() - began

    assert min(seconds(None) for _ in range(3)) > 0.5 * min(seconds(KEPT) for _ in range(3))
