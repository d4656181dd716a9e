"""Who is asking: a session's cookie or a bearer token becomes a principal; one table says which roles may do what."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from transcribe.errors import NotAllowed
from transcribe.service.house import House
from transcribe.service.identity import accounts, sessions
from transcribe.service.identity.accounts import Principal
from transcribe.store.engine import EVERYBODY, act_for
from transcribe.web import demo, session
from transcribe.web.guard import route_of
from transcribe.web.problems import Refused

ANYONE = "anyone"


@cache
def access() -> Mapping[str, frozenset[str] | None]:
    """For every route, as in "GET /api/v1/jobs", the roles that may use it; None: nobody need say who they are."""
    table = tomllib.loads(files(__package__).joinpath("access.toml").read_text("utf-8"))
    groups = {name: frozenset(roles) for name, roles in table["roles"].items()}
    return {route: None if group == ANYONE else groups[group] for route, group in table["routes"].items()}


def house_of(request: Request) -> House:
    """The house that this application serves."""
    house: House = request.app.state.house
    return house


_bearer = HTTPBearer(auto_error=False, description="A token of `transcribe token add`, or of the account page.")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def principal(
    request: Request, house: Annotated[House, Depends(house_of)], credentials: Credentials
) -> Principal:
    """Who is asking; 401 when nobody says, 403 without a role that the table of access names.

    Only then is a form read for the proof that it is one of ours: a stranger's may be large.
    """
    token = session.token_of(request)
    if credentials is not None:
        who = await run_in_threadpool(_by_bearer, request, house, credentials.credentials)
    elif token:
        who = await run_in_threadpool(_by_cookie, request, house, token)
        request.state.csrf = session.csrf_of(request)
    else:
        raise _unknown("Say who you are: sign in, or send a token as 'Authorization: Bearer …'.")
    request.state.who = who
    if not who.roles & (access().get(route_of(request)) or frozenset()):
        raise NotAllowed("Your roles do not include this.")
    if credentials is None:
        await session.refuse_forged(request)
    act_for(who.clinic)
    return who


def _by_bearer(request: Request, house: House, token: str) -> Principal:
    try:
        return demo.token_holder(request, token) or accounts.principal(house, token)
    except NotAllowed as error:
        raise _unknown(str(error)) from error


def _by_cookie(request: Request, house: House, token: str) -> Principal:
    try:
        return sessions.principal(house, token, renew=not _by_itself(request))
    except NotAllowed as error:
        raise _unknown(str(error)) from error


def _by_itself(request: Request) -> bool:
    """Whether a page asks without anybody's doing: no sign that somebody is there."""
    return request.url.path.endswith(("/events", "/api/v1/session")) or "x-refresh" in request.headers


def _unknown(detail: str) -> Refused:
    return Refused(401, detail, code=NotAllowed.code, headers={"WWW-Authenticate": "Bearer"})


async def service_itself() -> None:
    """For routes that serve whoever is not known yet, or the service as a whole: the service itself acts in them."""
    act_for(EVERYBODY)


Who = Annotated[Principal, Depends(principal)]
Here = Annotated[House, Depends(house_of)]
