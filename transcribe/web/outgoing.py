"""Deliveries, their targets and letterheads as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from transcribe.delivery.attachment import DOCX
from transcribe.delivery.kinds import Fhir, Folder, Kind, Mail, Mllp, Sftp, Webhook
from transcribe.service import auditing
from transcribe.service.outgoing import deliveries, letterheads, targets
from transcribe.service.outgoing.deliveries import DeliveryView
from transcribe.store.deliveries import Way
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.problems import Refused
from transcribe.web.shapes import Id, Line, WorkTypeKey, checked_id

router = APIRouter(tags=["delivery"])

LETTERHEADS = "/api/v1/letterheads"


def _delivery(delivery: Id) -> str:
    return checked_id(delivery)


def _target(target: Id) -> str:
    return checked_id(target)


def _letterhead(letterhead: Id) -> str:
    return checked_id(letterhead)


DeliveryId = Annotated[str, Depends(_delivery)]
TargetId = Annotated[str, Depends(_target)]
LetterheadId = Annotated[str, Depends(_letterhead)]
Scope = Literal["all", "attention", "waiting", "sending", "acknowledged", "held", "refused", "failed", "cancelled"]
Why = Annotated[Line, Field(description="Why; the receivers are told.")]


class DeliveryShown(BaseModel):
    """A report on its way to one target, or there."""

    model_config = ConfigDict(from_attributes=True)

    delivery: str
    job: str
    report: str = Field(description="The job of the report that something happened to; another one for an addendum.")
    version: int
    target: str
    target_name: str
    kind: str
    happened: Literal["signed", "replaced", "addendum", "cancelled"]
    state: Way
    stuck: bool = Field(description="A person has to look at it.")
    attempts: int
    reason: str = Field(description="Why the last attempt came to nothing.")
    reason_code: str
    note: str
    acknowledgement: str = Field(description="What the receiver said when it took it.")
    message_id: str = Field(description="The same however often it is sent: what the receiver knows it by.")
    sha256: str = Field(description="Of the text that the receiver has.")
    made: datetime
    changed: datetime
    acknowledged: datetime | None
    next: datetime | None = Field(description="When it is tried (again).")
    patient: str
    work_type: str


class Deliveries(BaseModel):
    """Some deliveries, newest first, and how many there are."""

    deliveries: list[DeliveryShown]
    counts: dict[str, int] = Field(description="Of all of the clinic, by state; and those that a person must look at.")
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


@router.get("/api/v1/deliveries")
def list_deliveries(
    who: Who,
    house: Here,
    scope: Scope = "all",
    job: Annotated[str, Query(description="Only those of this job's report.")] = "",
    target: Annotated[str, Query(description="Only those to this target.")] = "",
    after: Annotated[str, Query(description="The `next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=deliveries.LONGEST_PAGE)] = 50,
) -> Deliveries:
    """The clinic's deliveries, newest first."""
    ids = {"job": job, "target": target, "after": after}
    wanted = {name: each and checked_id(each) for name, each in ids.items()}
    found = deliveries.listing(house, who.clinic, scope=scope, limit=limit, **wanted)
    auditing.note_listed(house, who.clinic, who.actor, len(found), what="deliveries")
    following = found[-1].delivery if len(found) == limit else None
    return Deliveries(deliveries=_shown(found), counts=deliveries.counts(house, who.clinic), next=following)


def _shown(found: list[DeliveryView]) -> list[DeliveryShown]:
    return [DeliveryShown.model_validate(each) for each in found]


@router.get("/api/v1/deliveries/{delivery}")
def show_delivery(who: Who, house: Here, delivery: DeliveryId) -> DeliveryShown:
    """How far a delivery is."""
    return DeliveryShown.model_validate(deliveries.one(house, who.clinic, delivery))


@router.post("/api/v1/deliveries/{delivery}/hold")
def hold_delivery(who: Who, house: Here, delivery: DeliveryId) -> DeliveryShown:
    """Keep it from being sent."""
    return DeliveryShown.model_validate(deliveries.hold(house, who, delivery))


@router.post("/api/v1/deliveries/{delivery}/release")
def release_delivery(who: Who, house: Here, delivery: DeliveryId) -> DeliveryShown:
    """Let what was held be sent."""
    return DeliveryShown.model_validate(deliveries.release(house, who, delivery))


@router.post("/api/v1/deliveries/{delivery}/resend")
def resend_delivery(who: Who, house: Here, delivery: DeliveryId) -> DeliveryShown:
    """Send it again under the same id, now."""
    return DeliveryShown.model_validate(deliveries.resend(house, who, delivery))


class Reason(BaseModel):
    """Why something does not count any more."""

    model_config = ConfigDict(extra="forbid")

    note: Why = ""


@router.post("/api/v1/deliveries/{delivery}/cancel")
def cancel_delivery(who: Who, house: Here, delivery: DeliveryId, reason: Reason) -> DeliveryShown:
    """Do not send it; a receiver that has it is told that the report does not count any more."""
    return DeliveryShown.model_validate(deliveries.cancel(house, who, delivery, reason.note))


@router.post("/api/v1/jobs/{job}/withdraw")
def withdraw(who: Who, house: Here, job: JobId, reason: Reason) -> list[DeliveryShown]:
    """Cancel the report wherever it is on its way or has arrived."""
    return _shown(deliveries.withdraw(house, who, job, reason.note))


Settings = Annotated[Folder | Sftp | Webhook | Fhir | Mllp | Mail, Field(discriminator="kind")]
Secret = Annotated[str, Field(max_length=20_000, description="Kept sealed and never shown; see the kinds of settings.")]


class TargetAdded(BaseModel):
    """A new target."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    settings: Settings
    secret: Secret = ""


class TargetChanged(BaseModel):
    """Other settings of a target; an empty secret leaves the one that is there."""

    model_config = ConfigDict(extra="forbid")

    settings: Settings
    secret: Secret = ""


class TargetShown(BaseModel):
    """Where a clinic's reports go."""

    model_config = ConfigDict(from_attributes=True)

    target: str
    name: str
    kind: str
    settings: dict[str, Any]
    has_secret: bool
    paused: bool
    failures: int = Field(description="Attempts in a row that came to nothing.")
    rests_until: datetime | None
    waiting: int
    created: datetime
    secret: str = Field("", description="Of a new webhook, this once; whoever checks its signatures needs it.")


@router.get("/api/v1/targets")
def list_targets(who: Who, house: Here) -> list[TargetShown]:
    """The clinic's targets."""
    return [TargetShown.model_validate(each) for each in targets.listing(house, who.clinic)]


@router.post("/api/v1/targets", status_code=201)
def add_target(who: Who, house: Here, given: TargetAdded) -> TargetShown:
    """A target, to which everything goes that is signed from now on."""
    added, secret = targets.add(house, who, given.name, _plain(given.settings), given.secret)
    return TargetShown.model_validate(added).model_copy(update={"secret": secret})


def _plain(settings: Kind) -> dict[str, Any]:
    return settings.model_dump(mode="json")


@router.put("/api/v1/targets/{target}")
def change_target(who: Who, house: Here, target: TargetId, given: TargetChanged) -> TargetShown:
    """Other settings of the same kind."""
    return TargetShown.model_validate(targets.change(house, who, target, _plain(given.settings), given.secret))


@router.post("/api/v1/targets/{target}/pause")
def pause_target(who: Who, house: Here, target: TargetId) -> TargetShown:
    """Send nothing there for now; what is signed meanwhile waits."""
    return TargetShown.model_validate(targets.pause(house, who, target))


@router.post("/api/v1/targets/{target}/resume")
def resume_target(who: Who, house: Here, target: TargetId) -> TargetShown:
    """Send there again."""
    return TargetShown.model_validate(targets.pause(house, who, target, paused=False))


class Tried(BaseModel):
    """What came of a trial."""

    arrived: bool
    said: str = Field(description="By the receiver, or why it did not arrive.")


@router.post("/api/v1/targets/{target}/try")
def try_target(who: Who, house: Here, target: TargetId) -> Tried:
    """Send the example report, which is about nobody, and wait for what the receiver says."""
    arrived, said = targets.try_out(house, who, target)
    return Tried(arrived=arrived, said=said)


@router.delete("/api/v1/targets/{target}", status_code=204, response_class=Response)
def remove_target(who: Who, house: Here, target: TargetId) -> Response:
    """Send nothing there any more."""
    targets.remove(house, who, target)
    return Response(status_code=204)


class LetterheadShown(BaseModel):
    """A clinic's Word template."""

    model_config = ConfigDict(from_attributes=True)

    letterhead: str
    name: str
    work_type: str = Field(description="Empty: for every kind of report.")
    used: list[str] = Field(description="The fields in it.")
    created: datetime


class Checked(BaseModel):
    """What a template would do."""

    used: list[str]
    unknown: list[str] = Field(description="Fields that there are not; with one of them it is refused.")


_DOCX = {"requestBody": {"required": True, "content": {DOCX: {"schema": {"type": "string", "format": "binary"}}}}}


async def _template(request: Request) -> bytes:
    if request.headers.get("content-type") != DOCX:
        raise Refused(415, f"A letterhead is a Word file, of the content type {DOCX}.")
    return await request.body()


Template = Annotated[bytes, Depends(_template)]


@router.get(LETTERHEADS)
def list_letterheads(who: Who, house: Here) -> list[LetterheadShown]:
    """The letterheads in use, newest first; of two for one kind of report the newer is used."""
    return [LetterheadShown.model_validate(each) for each in letterheads.listing(house, who.clinic)]


@router.post(LETTERHEADS, status_code=201, openapi_extra=_DOCX)
def add_letterhead(
    who: Who, house: Here, template: Template, name: Annotated[Line, Query(min_length=1, max_length=100)],
    work_type: Annotated[WorkTypeKey, Query()] = "",
) -> LetterheadShown:  # fmt: skip
    """Use a Word template from now on."""
    return LetterheadShown.model_validate(letterheads.add(house, who, name, work_type, template)[0])


@router.post(f"{LETTERHEADS}/check", openapi_extra=_DOCX)
def check_letterhead(who: Who, template: Template) -> Checked:
    """Which fields a template uses, and which of them there are not; nothing is kept."""
    found = letterheads.desk().examine(template)
    return Checked(used=list(found.used), unknown=list(found.unknown))


_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {DOCX: {"schema": {"type": "string", "format": "binary"}}}}}


@router.get(f"{LETTERHEADS}/{{letterhead}}/preview", response_class=Response, responses=_FILE)
def preview_letterhead(who: Who, house: Here, letterhead: LetterheadId) -> Response:
    """The template filled with an example."""
    return _file(letterheads.preview(house, who.clinic, letterhead), "preview.docx")


@router.get(f"{LETTERHEADS}/{{letterhead}}/file", response_class=Response, responses=_FILE)
def letterhead_file(who: Who, house: Here, letterhead: LetterheadId) -> Response:
    """The template as it was kept."""
    return _file(letterheads.template_of(house, who.clinic, letterhead), "letterhead.docx")


def _file(content: bytes, name: str) -> Response:
    return Response(content, media_type=DOCX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.delete(f"{LETTERHEADS}/{{letterhead}}", status_code=204, response_class=Response)
def retire_letterhead(who: Who, house: Here, letterhead: LetterheadId) -> Response:
    """Use it no longer."""
    letterheads.retire(house, who, letterhead)
    return Response(status_code=204)
