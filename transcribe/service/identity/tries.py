"""How often somebody may guess: ten wrong tries in a quarter of an hour, for each account and for each address.

A browser from which the person has signed in before is counted by itself, so that strangers who guess do not keep the
owner out. A try is written down before it is checked: many at once are counted like one after the other.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, func, select

from transcribe.errors import TooManyTries
from transcribe.service.house import House
from transcribe.store.engine import now, one_at_a_time, transaction
from transcribe.store.people import Try

MOST = 10
WINDOW = timedelta(minutes=15)


def subjects(account: str, address: str, device: str | None) -> tuple[str, ...]:
    """What a try counts against: the known `device` alone, or else both the account and where it comes from."""
    return (f"device {device}",) if device else (f"account {account}", f"address {_place(address)}")


def begin(house: House, *counted: str) -> list[str]:
    """Write a try down and give its ids; `TooManyTries` when there were too many of late."""
    with transaction(house.engine) as session:
        one_at_a_time(session, *counted)
        since = now(session) - WINDOW
        session.execute(delete(Try).where(Try.at < since))
        recent = select(Try.subject).where(Try.subject.in_(counted)).group_by(Try.subject)
        if session.scalar(recent.having(func.count() >= MOST).limit(1)):
            raise TooManyTries("Too many wrong tries; wait a quarter of an hour, or ask an admin for a reset.")
        made = [Try(subject=each, at=now(session)) for each in counted]
        session.add_all(made)
    return [each.id for each in made]


def forget(house: House, begun: list[str]) -> None:
    """The try was right, and so does not count."""
    with transaction(house.engine) as session:
        session.execute(delete(Try).where(Try.id.in_(begun)))


def _place(address: str) -> str:
    """The address; of IPv6 the network, as one household or one attacker has all of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
