"""What people do about their own account: password, second factor, tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from transcribe.errors import NotAllowed, NotFound
from transcribe.service.house import House
from transcribe.service.identity import accounts, passwords, sessions, totp, tries
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.engine import reading, transaction
from transcribe.store.people import Person


def person(house: House, who: Principal) -> Person:
    """The row of whoever asks; `NotFound` for a machine, which has no account."""
    with reading(house.engine) as session:
        found = session.get(Person, who.actor)
    if found is None:
        raise NotFound("A machine's token has no account.")
    return found


def change_password(house: House, who: Principal, old: str, new: str) -> None:
    """Take a new password and end all other sessions; one who has none yet need not show the old one.

    Raises `NotAllowed` for a wrong old one, `UsageError` for a new one that may not be one.
    """
    row = person(house, who)
    counted = tries.begin(house, f"confirm {who.actor}")
    if row.password_hash and not passwords.right(row.password_hash, old):
        raise NotAllowed("The old password is wrong.")
    tries.forget(house, counted)
    kept = passwords.hashed(passwords.accepted(new, row.email, row.name))
    with transaction(house.engine) as session:
        session.get_one(Person, row.id).password_hash = kept
        sessions.end_all(session, row.id, but=who.session)
        audit.record(session, who.clinic, who.actor, "password changed", row.id)


def new_recovery_codes(house: House, who: Principal, password: str, code: str) -> list[str]:
    """Fresh recovery codes for the old ones; raises as `sessions.confirm`."""
    sessions.confirm(house, who, password, code)
    with transaction(house.engine) as session:
        codes = totp.new_recovery_codes(session, session.get_one(Person, who.actor))
        audit.record(session, who.clinic, who.actor, "recovery codes made", who.actor)
    return codes


def change_telephone(house: House, who: Principal, password: str, code: str) -> None:
    """Forget the second factor and end all sessions; it is set up anew at the next sign-in. Raises as `confirm`."""
    sessions.confirm(house, who, password, code)
    with transaction(house.engine) as session:
        totp.stop(session, session.get_one(Person, who.actor))
        sessions.end_all(session, who.actor)
        audit.record(session, who.clinic, who.actor, "second factor forgotten", who.actor)


def tokens(house: House, who: Principal) -> list[dict[str, Any]]:
    """The tokens of whoever asks that are in force in this clinic, the newest first."""
    return [row for row in accounts.tokens(house, who.clinic) if row["person"] == who.actor and not row["revoked"]]


def add_token(house: House, who: Principal, name: str, days: int) -> str:
    """A token with one's own roles in this clinic, for so many days."""
    person(house, who)
    return accounts.add_token(house, who.clinic, name, person=who.actor, actor=who.actor, lives=timedelta(days=days))


def revoke_token(house: House, who: Principal, token: str) -> None:
    """End one's own token; `NotFound` for another's."""
    if token not in {row["token"] for row in tokens(house, who)}:
        raise NotFound(f"There is no token {token}.")
    accounts.revoke_token(house, who.clinic, token, actor=who.actor)
