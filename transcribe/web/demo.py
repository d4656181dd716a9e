"""What a demo has ready: a clinic, a token and an account for each role, which this machine alone may use."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import Request
from sqlalchemy import select

from transcribe.errors import NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity import accounts, passwords
from transcribe.service.identity.accounts import ROLES, Principal
from transcribe.settings import DEMO_PASSWORD, DEMO_TOKEN, Settings
from transcribe.store.engine import transaction
from transcribe.store.people import Person

ACTOR = "demo"
CLINIC = "Demo Clinic"


def prepare(settings: Settings, house: House) -> Principal | None:
    """Whoever shows the demo's token, who has every role; None when this is no demo.

    Makes the clinic and its people. Raises `UsageError` when the demo would be reachable from other machines.
    """
    if not settings.demo:
        return None
    if not is_loopback(settings.host):
        raise UsageError(
            f"The demo has accounts that everybody knows, so it runs on 127.0.0.1 only, not on {settings.host}; "
            "unset TRANSCRIBE_DEMO or TRANSCRIBE_HOST."
        )
    clinic = _clinic(house)
    return Principal(ACTOR, clinic, frozenset(ROLES), "Demo")


def _clinic(house: House) -> str:
    try:
        return accounts.find_clinic(house, CLINIC)
    except NotFound:
        clinic = accounts.add_clinic(house, CLINIC)
    for role in ROLES:
        accounts.add_person(house, clinic, f"Demo {role.title()}", address(role), role)
    with transaction(house.engine) as session:
        kept = passwords.hashed(DEMO_PASSWORD)
        for person in session.scalars(select(Person).where(Person.email.in_(map(address, ROLES)))):
            person.password_hash = kept
    return clinic


def address(role: str) -> str:
    """With what the demo's person of this role signs in."""
    return f"{role}@demo"


def from_here(request: Request) -> bool:
    """Whether a request comes from this machine, and asks for it by a name of its own."""
    near = request.client is None or is_loopback(request.client.host)
    # Asked for under a foreign name, it is another site's page whose name leads here.
    return near and is_loopback(request.url.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine and nobody else can reach it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def token_holder(request: Request, token: str) -> Principal | None:
    """The principal of the demo, if the request shows its token from this machine."""
    demo: Principal | None = request.app.state.demo
    return demo if demo and token == DEMO_TOKEN and from_here(request) else None
