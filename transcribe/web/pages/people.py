"""The pages on which an admin looks after the people of the clinic, and after the tokens of its programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from transcribe.errors import TranscribeError, UsageError
from transcribe.service.house import House
from transcribe.service.identity import accounts, letters, people
from transcribe.service.identity.accounts import Principal
from transcribe.web.auth import Here, Who, house_of
from transcribe.web.page import go, page
from transcribe.web.shapes import checked_id

router = APIRouter(include_in_schema=False)

MEANT = {
    "transcriptionist": "sends dictations and corrects drafts",
    "editor": "corrects, codes and releases drafts",
    "clinician": "dictates and signs",
    "clinic": "reads and fetches finished reports",
    "admin": "looks after people and settings",
}
"""What each role is for, in words."""

Words = Annotated[str, Form(max_length=300)]
Roles = Annotated[list[str], Form()]


@router.get("/admin/people")
def listing(request: Request, who: Who, house: Here) -> Response:
    """Everybody with a role in the clinic, and the form to invite somebody."""
    return _listed(request, who, house)


def _listed(request: Request, who: Principal, house: House, *, status: int = 200, **more: Any) -> Response:
    shown = {"problem": "", "link": "", "sent": "", "given": {}, **more}
    return page(
        request, who, "people.html", status=status, people=people.listing(house, who.clinic), roles=MEANT, **shown
    )


@router.post("/admin/people")
def invite(request: Request, who: Who, house: Here, name: Words, email: Words, role: Roles = []) -> Response:  # noqa: B006
    """Invite somebody; the page shows the link to hand on, this once."""
    try:
        link = people.invite(house, who, name, email, tuple(role))
    except UsageError as error:
        given = {"name": name, "email": email, "roles": role}
        return _listed(request, who, house, status=422, problem=str(error), given=given)
    if link is None:
        return go("/admin/people", said="saved")
    person = accounts.find_person(house, email)
    return _listed(request, who, house, **_handed_on(request, who, person, email, link, invited=True))


@router.get("/admin/people/{person}")
def one(request: Request, who: Who, house: Here, person: str) -> Response:
    """One of the people: roles, reset, disable."""
    return _one(request, who, house, person)


def _one(
    request: Request, who: Principal, house: House, person: str, *, status: int = 200, link: str = "", sent: str = "",
    problem: str = "",
) -> Response:  # fmt: skip
    found = people.one(house, who.clinic, checked_id(person))
    return page(
        request, who, "person.html", status=status, person=found, roles=MEANT, link=link, sent=sent, problem=problem
    )


@router.post("/admin/people/{person}/roles")
def change_roles(request: Request, who: Who, house: Here, person: str, role: Roles = []) -> Response:  # noqa: B006
    """Give the person these roles and no others."""
    try:
        people.change_roles(house, who, checked_id(person), tuple(role))
    except UsageError as error:
        return _one(request, who, house, person, status=422, problem=str(error))
    return go("/admin/people", said="saved")


@router.post("/admin/people/{person}/reset")
def reset(request: Request, who: Who, house: Here, person: str, second_factor: Words = "") -> Response:
    """A link for a new password, sent or shown this once; the second factor is forgotten as well if that is asked."""
    link = people.reset(house, who, checked_id(person), second_factor=bool(second_factor))
    email = people.one(house, who.clinic, person).email
    return _one(request, who, house, person, **_handed_on(request, who, person, email, link, invited=False))


@router.post("/admin/people/{person}/disable")
def disable(request: Request, who: Who, house: Here, person: str) -> Response:
    """Let the person sign in no more."""
    try:
        people.disable(house, who, checked_id(person), disabled=True)
    except UsageError as error:
        return _one(request, who, house, person, status=422, problem=str(error))
    return go("/admin/people", said="saved")


@router.post("/admin/people/{person}/enable")
def enable(who: Who, house: Here, person: str) -> Response:
    """Let the person sign in again."""
    people.disable(house, who, checked_id(person), disabled=False)
    return go("/admin/people", said="saved")


@router.get("/admin/tokens")
def tokens(request: Request, who: Who, house: Here) -> Response:
    """The tokens of the clinic, and the form for a program's."""
    return _tokens(request, who, house)


def _tokens(request: Request, who: Principal, house: House, *, token: str = "", problem: str = "") -> Response:
    names = {row.person: row.name for row in people.listing(house, who.clinic)}
    rows = [row for row in accounts.tokens(house, who.clinic) if not row["revoked"]]
    return page(
        request, who, "tokens.html", status=422 if problem else 200, tokens=rows, names=names, roles=MEANT,
        token=token, problem=problem,
    )  # fmt: skip


@router.post("/admin/tokens")
def add_token(
    request: Request, who: Who, house: Here, name: Words, role: Words, days: Annotated[int, Form(ge=1, le=3650)] = 365
) -> Response:
    """Make a program's token and show it, this once."""
    try:
        made = accounts.add_token(house, who.clinic, name, role, actor=who.actor, lives=timedelta(days=days))
    except UsageError as error:
        return _tokens(request, who, house, problem=str(error))
    return _tokens(request, who, house, token=made)


@router.post("/admin/tokens/{token}/revoke")
def revoke(who: Who, house: Here, token: str) -> Response:
    """End a token of the clinic, a program's or a person's."""
    accounts.revoke_token(house, who.clinic, checked_id(token), actor=who.actor)
    return go("/admin/tokens", said="revoked")


def _handed_on(
    request: Request, who: Principal, person: str, email: str, link: str, *, invited: bool
) -> dict[str, Any]:
    """What the page shows of a link: to whom it was sent or, where it cannot be, the link and why."""
    house, address = house_of(request), _address(request, link)
    if not letters.can_send(house):
        return {"link": address}
    try:
        letters.send(house, who, person, email, address, invited=invited)
    except TranscribeError as error:
        return {"link": address, "problem": str(error)}
    return {"sent": email}


def _address(request: Request, link: str) -> str:
    base = house_of(request).settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/join/{link}"
