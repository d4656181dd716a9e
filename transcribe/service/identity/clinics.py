"""The clinics of a house: which is the house's own, and how its admins add another."""

from __future__ import annotations

from sqlalchemy import select

from transcribe.errors import NotAllowed
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.store.engine import EVERYBODY, acting_for, reading
from transcribe.store.people import Person
from transcribe.store.tables import Clinic

_ONLY = (
    "That touches every clinic of this service, so it is for the admins of the clinic that was here first, "
    "or for whoever runs the machine: 'transcribe clinic add', 'transcribe codes import'."
)


def runs_house(house: House, who: Principal) -> bool:
    """Whether somebody may do what touches every clinic: add one, or change the code tables that all share.

    These are the admins of the house's own clinic, the first one, while they work in it: the first of them was let in
    by a link that only whoever runs the machine could see. Admins of later clinics are guests of the house; a clinic
    is theirs, the house is not.
    """
    with acting_for(EVERYBODY), reading(house.engine) as session:
        first = session.scalar(select(Clinic.id).order_by(Clinic.created_at, Clinic.id).limit(1))
    return "admin" in who.roles and who.clinic == first


def refuse_guest(house: House, who: Principal) -> None:
    """Raise `NotAllowed` for everybody else."""
    if not runs_house(house, who):
        raise NotAllowed(_ONLY)


def add(house: House, who: Principal, name: str) -> str:
    """A new clinic whose first admin is the person who adds it, and its id; noted in the own clinic's audit, too."""
    refuse_guest(house, who)
    with reading(house.engine) as session:
        if session.get(Person, who.actor) is None:
            raise NotAllowed("A clinic needs a person as its admin; a program's token is none.")
    return accounts.add_clinic(house, name.strip(), admin=who)
