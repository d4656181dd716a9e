"""The page behind a one-time link: join, choose a new password, or make the first account of a new service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from transcribe.errors import UsageError
from transcribe.service.identity import links, signin
from transcribe.service.identity.passwords import SHORTEST
from transcribe.web import session
from transcribe.web.auth import Here, service_itself
from transcribe.web.page import page
from transcribe.web.signin import taken_on

router = APIRouter(include_in_schema=False, dependencies=[Depends(service_itself)])

Words = Annotated[str, Form(max_length=300)]


@router.get("/join/{link}")
def look(request: Request, house: Here, link: str) -> Response:
    """Who is invited, and the form for a password; looking does not use the link up."""
    return page(request, None, "join.html", invited=links.look(house, link), problem="", given={}, shortest=SHORTEST)


@router.post("/join/{link}")
def join(
    request: Request, house: Here, link: str, password: Words, again: Words, clinic: Words = "", name: Words = "",
    email: Words = "",
) -> Response:  # fmt: skip
    """Take the password, use up the link, and go on with signing in."""
    invited = links.look(house, link)
    try:
        if password != again:
            raise UsageError("The two passwords are not the same.")
        if invited.kind is links.Kind.FIRST:
            address = links.take_up_first(house, link, clinic=clinic, name=name, email=email, password=password)
        else:
            address = links.take_up(house, link, password)
    except UsageError as error:
        given = {"clinic": clinic, "name": name, "email": email}
        shown = {"invited": invited, "problem": str(error), "given": given, "shortest": SHORTEST}
        return page(request, None, "join.html", status=422, **shown)
    return taken_on(request, house, *signin.with_password(house, address, password, session.origin_of(request)))
