"""Who is asking: a bearer token becomes a principal, and one table says which roles may use which route."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from transcribe.errors import NotAllowed, NotFound, UsageError
from transcribe.service import accounts
from transcribe.service.accounts import Principal
from transcribe.service.house import House
from transcribe.settings import DEMO_TOKEN, Settings
from transcribe.web.guard import route_of
from transcribe.web.problems import Refused

ANYONE = "anyone"

DEMO_ACTOR = "demo"
DEMO_CLINIC = "Demo Clinic"


@cache
def access() -> Mapping[str, frozenset[str] | None]:
    """For every route, as in "GET /api/v1/jobs", the roles that may use it; None: no token is asked for."""
    table = tomllib.loads(files(__package__).joinpath("access.toml").read_text("utf-8"))
    groups = {name: frozenset(roles) for name, roles in table["roles"].items()}
    return {route: None if group == ANYONE else groups[group] for route, group in table["routes"].items()}


def house_of(request: Request) -> House:
    """The house that this application serves."""
    house: House = request.app.state.house
    return house


_bearer = HTTPBearer(auto_error=False, description="A token of `transcribe token add`.")


def principal(
    request: Request,
    house: Annotated[House, Depends(house_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """Who is asking; 401 without a valid token, 403 without a role that the table of access names."""
    if credentials is None:
        raise _unknown("Say who you are: send a token in the header Authorization, as 'Bearer …'.")
    who = _demo(request, credentials.credentials)
    if who is None:
        try:
            who = accounts.principal(house, credentials.credentials)
        except NotAllowed as error:
            raise _unknown(str(error)) from error
    if not who.roles & (access().get(route_of(request)) or frozenset()):
        raise NotAllowed("Your roles do not include this.")
    return who


def _unknown(detail: str) -> Refused:
    return Refused(401, detail, code=NotAllowed.code, headers={"WWW-Authenticate": "Bearer"})


def _demo(request: Request, token: str) -> Principal | None:
    """The principal of the demo, which only this machine may be."""
    demo: Principal | None = request.app.state.demo
    if demo is None or token != DEMO_TOKEN:
        return None
    from_here = request.client is None or is_loopback(request.client.host)
    # Asked for under a foreign name, it is another site's page whose name leads here.
    return demo if from_here and is_loopback(request.url.hostname or "") else None


def demo_principal(settings: Settings, house: House) -> Principal | None:
    """Whoever shows the demo's token, in a clinic of its own; None when this is no demo.

    Raises `UsageError` when the demo would be reachable from other machines.
    """
    if not settings.demo:
        return None
    if not is_loopback(settings.host):
        raise UsageError(
            f"The demo has a token that everybody knows, so it runs on 127.0.0.1 only, not on {settings.host}; "
            "unset TRANSCRIBE_DEMO or TRANSCRIBE_HOST."
        )
    everything = frozenset().union(*(roles for roles in access().values() if roles))
    return Principal(DEMO_ACTOR, _demo_clinic(house), everything, "Demo")


def _demo_clinic(house: House) -> str:
    try:
        return accounts.find_clinic(house, DEMO_CLINIC)
    except NotFound:
        return accounts.add_clinic(house, DEMO_CLINIC)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine and nobody else can reach it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


Who = Annotated[Principal, Depends(principal)]
Here = Annotated[House, Depends(house_of)]
