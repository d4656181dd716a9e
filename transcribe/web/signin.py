"""The pages on which people sign in: password, code, setting up the second factor, and out again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from transcribe.errors import NotAllowed, TooManyTries, TranscribeError, UsageError
from transcribe.service.house import House
from transcribe.service.identity import accounts, links, oidc, sessions, signin
from transcribe.service.identity.sessions import Stage
from transcribe.settings import DEMO_PASSWORD
from transcribe.web import demo, session
from transcribe.web.auth import Here, Who, house_of, service_itself
from transcribe.web.page import go, page

router = APIRouter(include_in_schema=False, dependencies=[Depends(service_itself)])

Words = Annotated[str, Form(max_length=300)]
Next = Annotated[str, Form(alias="next", max_length=2000)]

_PROVIDER_SECONDS = 600
"""How long somebody may take at the other service."""

_STEPS = {Stage.CODE: "/sign-in/code", Stage.SETUP: "/sign-in/set-up"}


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:
    """The form for address and password; a demo names its accounts."""
    return _form(request, next)


@router.post("/sign-in")
def enter(request: Request, house: Here, email: Words, password: Words, back: Next = "/") -> Response:
    """Take address and password."""
    if house.settings.demo and not demo.from_here(request):
        raise NotAllowed("A demo lets in only who sits at its own machine.")
    try:
        token, stage = signin.with_password(house, email, password, session.origin_of(request))
    except NotAllowed as error:
        return _form(request, back, error, email=email)
    return taken_on(request, house, token, stage, back)


def taken_on(request: Request, house: House, token: str, stage: Stage, back: str = "/") -> Response:
    """Lead whoever has shown their password to what is still to be shown, or to the page they came for."""
    if stage is Stage.FULL:
        return _known(request, house, go(inside(back)), token)
    response = go(f"{_STEPS[stage]}?next={quote(inside(back), safe='')}")
    session.keep(request, response, token)
    return response


def _form(request: Request, back: str, error: TranscribeError | None = None, *, email: str = "") -> Response:
    house = house_of(request)
    ready = [(demo.address(role), role) for role in accounts.ROLES] if house.settings.demo else []
    return page(
        request, None, "signin.html", status=_status(error), back=inside(back), problem=str(error or ""), email=email,
        demo=ready, demo_password=DEMO_PASSWORD, nobody=links.nobody_yet(house),
        provider=house.settings.oidc_issuer and house.settings.oidc_title,
    )  # fmt: skip


@router.get("/sign-in/code")
def ask_code(request: Request, next: str = "/") -> Response:
    """The form for the code of the second factor."""
    return page(request, None, "signin_code.html", back=inside(next), problem="")


@router.post("/sign-in/code")
def take_code(request: Request, house: Here, code: Words, back: Next = "/") -> Response:
    """Take the code of the second factor, or a recovery code."""
    try:
        token = signin.with_code(house, session.token_of(request), code, session.origin_of(request))
    except NotAllowed as error:
        shown = {"back": inside(back), "problem": str(error)}
        return page(request, None, "signin_code.html", status=_status(error), **shown)
    return _known(request, house, go(inside(back)), token)


@router.get("/sign-in/set-up")
def offer(request: Request, house: Here, next: str = "/") -> Response:
    """The QR code for the person's telephone."""
    return _offer(request, house, next)


@router.post("/sign-in/set-up")
def set_up(request: Request, house: Here, code: Words, back: Next = "/") -> Response:
    """Take the first code; from now on the second factor is in force."""
    try:
        token, codes = signin.set_up(house, session.token_of(request), code, session.origin_of(request))
    except NotAllowed as error:
        return _offer(request, house, back, error)
    response = page(request, None, "signin_codes.html", back=inside(back), codes=codes)
    return _known(request, house, response, token)


def _offer(request: Request, house: House, back: str, error: TranscribeError | None = None) -> Response:
    try:
        secret, picture = signin.offered(house, session.token_of(request))
    except NotAllowed:
        return go(f"/sign-in?next={quote(inside(back), safe='')}")
    return page(
        request, None, "signin_setup.html", status=_status(error), back=inside(back), problem=str(error or ""),
        secret=secret, picture=picture,
    )  # fmt: skip


@router.get("/sign-in/provider")
def provider(request: Request, house: Here, next: str = "/") -> Response:
    """Send the browser to the clinic's own sign-in service."""
    url, asked = oidc.ask(house.settings, _back(request, house))
    response = RedirectResponse(url, 303)
    kept = urlencode({**asdict(asked), "next": inside(next)})
    session.give(request, response, "provider", kept, seconds=_PROVIDER_SECONDS)
    return response


@router.get("/sign-in/provider/back")
def come_back(request: Request, house: Here, state: str = "", code: str = "") -> Response:
    """Take what that service says of whoever it sends back."""
    kept = dict(parse_qsl(session.shown(request, "provider")))
    back = kept.pop("next", "/")
    if not kept or not code:
        return _form(request, back, UsageError("The sign-in service did not let you in; begin again."))
    try:
        token = oidc.come_back(
            house, oidc.Asked(**kept), _back(request, house), state=state, code=code, origin=session.origin_of(request)
        )
    except NotAllowed as error:
        return _form(request, back, error)
    response = _known(request, house, go(inside(back)), token)
    session.take(request, response, "provider")
    return response


def _back(request: Request, house: House) -> str:
    base = house.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/sign-in/provider/back"


@router.post("/sign-out")
def leave(request: Request, who: Who, house: Here) -> Response:
    """End the session."""
    if who.session:
        sessions.end(house, who.actor, who.session)
    response = go("/sign-in")
    session.take(request, response, "session")
    return response


def _known(request: Request, house: House, response: Response, token: str) -> Response:
    """The response, with which the browser gets the proofs of its session and that it is known from now on."""
    session.keep(request, response, token)
    person = sessions.principal(house, token).actor
    if not signin.knows_device(house, person, session.device_of(request)):
        session.keep_device(request, response, signin.remember_device(house, person))
    return response


def inside(address: str) -> str:
    """`address` if it is one of our own pages, or else the first: nobody is led elsewhere from here."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if own else "/"


def _status(error: TranscribeError | None) -> int:
    if error is None:
        return 200
    return 429 if isinstance(error, TooManyTries) else 403 if isinstance(error, NotAllowed) else 400
