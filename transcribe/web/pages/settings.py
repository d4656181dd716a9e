"""The administrator's pages for one clinic: its rules, its work types, and who its authors are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from transcribe.errors import UsageError
from transcribe.service import rules, unlocking
from transcribe.service.identity import accounts, clinics, sessions
from transcribe.service.identity.accounts import Principal
from transcribe.service.turnaround import STAT_HOURS
from transcribe.web.auth import Here, Who
from transcribe.web.page import go, page
from transcribe.work_types import work_types

router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form(max_length=2000)]


@router.get("/admin/clinic")
def clinic(request: Request, who: Who, house: Here) -> Response:
    """The clinic's rules and its authors."""
    return _clinic(request, who, house, rules.of(house, who.clinic))


def _clinic(request: Request, who: Principal, house: Here, own: dict[str, Any], problem: str = "") -> Response:
    return page(
        request, who, "clinic.html", status=400 if problem else 200, own=own, problem=problem, stat_hours=STAT_HOURS,
        authors=rules.authors(house, who.clinic), signers=rules.signers(house, who.clinic),
        has_password=unlocking.is_said(house, who.clinic),
        clinics=accounts.clinics(house) if clinics.runs_house(house, who) else [],
        own_clinics={each for each, _ in sessions.clinics(house, who.actor)},
    )  # fmt: skip


@router.post("/admin/clinics")
def add_clinic(request: Request, who: Who, house: Here, name: Annotated[str, Form(max_length=300)]) -> Response:
    """Add another clinic to the house, with whoever adds it as its first admin."""
    try:
        clinics.add(house, who, name)
    except UsageError as error:
        return _clinic(request, who, house, rules.of(house, who.clinic), str(error))
    return go("/admin/clinic", said="clinic_added")


@router.post("/admin/clinic")
def change_clinic(
    request: Request, who: Who, house: Here, stat_hours: Field = "", audio_days: Field = "", cancelled_days: Field = "",
    pages: Field = "",
) -> Response:  # fmt: skip
    """Change the clinic's rules."""
    try:
        retention = {
            name: rules.number(given, what, most=rules.MOST_DAYS)
            for name, given, what in (
                ("audio_days", audio_days, "Days that recordings are kept"),
                ("cancelled_days", cancelled_days, "Days that cancelled dictations are kept"),
            )
        }
        hours = rules.number(stat_hours, "Hours until a STAT report is due", most=rules.MOST_HOURS)
    except UsageError as error:
        typed = {"stat_hours": stat_hours, "retention": {"audio_days": audio_days, "cancelled_days": cancelled_days}}
        return _clinic(request, who, house, typed | {"pages": pages.split()}, str(error))
    kept = {name: days for name, days in retention.items() if days}
    rules.change(house, who, stat_hours=hours, retention=kept, pages=pages.split())
    return go("/admin/clinic", said="saved")


@router.post("/admin/authors/{author}")
def say_author(who: Who, house: Here, author: str, person: Field = "") -> Response:
    """Say which person an author is."""
    rules.say_author(house, who, author, person)
    return go("/admin/clinic", said="saved")


@router.get("/admin/work-types")
def kinds(request: Request, who: Who, house: Here) -> Response:
    """The work types with the clinic's own times."""
    own = rules.of(house, who.clinic)
    return _kinds(request, who, own.get("turnaround_hours", {}), own.get("signing", {}))


def _kinds(
    request: Request, who: Principal, hours: dict[str, Any], signing: dict[str, Any], problem: str = ""
) -> Response:
    return page(
        request, who, "work_types.html", status=400 if problem else 200, kinds=work_types().values(), hours=hours,
        signing=signing, problem=problem,
    )  # fmt: skip


@router.post("/admin/work-types")
async def change_kinds(request: Request, who: Who, house: Here) -> Response:
    """Change the times promised and who signs what."""
    given = {name: str(value) for name, value in (await request.form()).items()}
    try:
        changed = {"turnaround_hours": rules.turnaround(given), "signing": rules.signing(given)}
    except UsageError as error:
        return _kinds(request, who, given, rules.of(house, who.clinic).get("signing", {}), str(error))
    rules.change(house, who, **changed)
    return go("/admin/work-types", said="saved")
