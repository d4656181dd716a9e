"""The page on which people look after their own account: password, second factor, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from transcribe.errors import NotAllowed, TranscribeError, UsageError
from transcribe.service.house import House
from transcribe.service.identity import own_account, sessions
from transcribe.service.identity.accounts import Principal
from transcribe.service.identity.passwords import SHORTEST
from transcribe.web.auth import Here, Who
from transcribe.web.page import go, page
from transcribe.web.shapes import checked_id

router = APIRouter(include_in_schema=False)

Words = Annotated[str, Form(max_length=300)]
Days = Annotated[int, Form(ge=1, le=730)]

_DAYS = tuple((days, days) for days in (30, 90, 365, 730))


class Visit(BaseModel):
    """How long a session lasts if nothing is done from now on; null for a token, which has none."""

    seconds_left: float | None


@router.get("/api/v1/session", tags=["session"], include_in_schema=True)
def visit(who: Who, house: Here) -> Visit:
    """How long the session lasts; to ask does not make it longer, so that a page can save and say so in time."""
    return Visit(seconds_left=sessions.left(house, who.session).total_seconds() if who.session else None)


@router.get("/account")
def show(request: Request, who: Who, house: Here) -> Response:
    """The account of whoever asks."""
    return _shown(request, who, house)


def _shown(
    request: Request, who: Principal, house: House, *, error: TranscribeError | None = None, **more: Any
) -> Response:
    return page(
        request, who, "account.html", status=_status(error), problem=str(error or ""),
        person=own_account.person(house, who), clinics=sessions.clinics(house, who.actor),
        sessions=sessions.listing(house, who.actor), tokens=own_account.tokens(house, who), days=_DAYS,
        shortest=SHORTEST,
        needs_code=sessions.needs_code(house, who), **{"codes": (), "token": "", **more},
    )  # fmt: skip


def _status(error: TranscribeError | None) -> int:
    return 200 if error is None else 403 if isinstance(error, NotAllowed) else 422


def _done(request: Request, who: Principal, house: House, act: Callable[[], None]) -> Response:
    """Do something and say so; what is refused is told on the page."""
    try:
        act()
    except (NotAllowed, UsageError) as error:
        return _shown(request, who, house, error=error)
    return go("/account", said="saved")


@router.post("/account/password")
def change_password(request: Request, who: Who, house: Here, new: Words, again: Words, old: Words = "") -> Response:
    """Take a new password; all other sessions end."""

    def change() -> None:
        if new != again:
            raise UsageError("The two passwords are not the same.")
        own_account.change_password(house, who, old, new)

    return _done(request, who, house, change)


@router.post("/account/recovery-codes")
def new_codes(request: Request, who: Who, house: Here, password: Words, code: Words = "") -> Response:
    """Make fresh recovery codes and show them, this once."""
    try:
        codes = own_account.new_recovery_codes(house, who, password, code)
    except NotAllowed as error:
        return _shown(request, who, house, error=error)
    return _shown(request, who, house, codes=codes)


@router.post("/account/telephone")
def change_telephone(request: Request, who: Who, house: Here, password: Words, code: Words = "") -> Response:
    """Forget the second factor; it is set up anew at the next sign-in."""
    return _done(request, who, house, lambda: own_account.change_telephone(house, who, password, code))


@router.post("/account/sessions/{visit}/end")
def end(who: Who, house: Here, visit: str) -> Response:
    """End one of one's own sessions."""
    sessions.end(house, who.actor, checked_id(visit))
    return go("/account", said="ended")


@router.post("/account/sessions/end")
def end_others(who: Who, house: Here) -> Response:
    """End all of one's own sessions but this one."""
    for row in sessions.listing(house, who.actor):
        if row["session"] != who.session:
            sessions.end(house, who.actor, row["session"])
    return go("/account", said="ended")


@router.post("/account/clinic")
def turn(who: Who, house: Here, clinic: Words) -> Response:
    """Go on in another of one's clinics."""
    sessions.turn_to(house, who, clinic)
    return go("/")


@router.post("/account/tokens")
def add_token(request: Request, who: Who, house: Here, name: Words, days: Days = 90) -> Response:
    """Make a token and show it, this once."""
    try:
        token = own_account.add_token(house, who, name, days)
    except UsageError as error:
        return _shown(request, who, house, error=error)
    return _shown(request, who, house, token=token)


@router.post("/account/tokens/{token}/revoke")
def revoke(who: Who, house: Here, token: str) -> Response:
    """End one's own token."""
    own_account.revoke_token(house, who, checked_id(token))
    return go("/account", said="revoked")
