"""What programs see of jobs and may do to them, under /api/v1/jobs and /api/v1/queue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from transcribe.delivery.attachment import DOCX
from transcribe.errors import UsageError
from transcribe.service import jobs, unlocking
from transcribe.service.house import House
from transcribe.service.jobs import JobView
from transcribe.store.tables import State
from transcribe.web.auth import Here, Who
from transcribe.web.problems import Refused
from transcribe.web.shapes import Id, JobStatus, Page, checked_id

router = APIRouter(tags=["jobs"])

_LONGEST_STREAM_SECONDS = 600
"""Then the listener comes back, and shows again that it may listen."""

_MOVING = frozenset({State.RECEIVED, State.QUEUED, State.RECOGNISING, State.ANNOTATING, State.DRAFTING, State.ON_HOLD})
"""In any other state a job waits for a person, or for nothing."""

Limit = Annotated[int, Query(ge=1, le=jobs.LONGEST_PAGE)]


def job_id(job: Id) -> str:
    """The id in a path; what cannot be one is 404 like one that is not there."""
    return checked_id(job)


JobId = Annotated[str, Depends(job_id)]


def _shown(views: Iterable[JobView]) -> list[JobStatus]:
    return [JobStatus.model_validate(view) for view in views]


@router.get("/api/v1/jobs")
def list_jobs(
    who: Who,
    house: Here,
    state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    after: Annotated[str, Query(description="The `next` of the page before.")] = "",
    limit: Limit = 50,
) -> Page:
    """The clinic's jobs, newest first."""
    found = jobs.listing(house, who.clinic, state=state or "", after=after and checked_id(after), limit=limit)
    return Page(jobs=_shown(found), next=found[-1].job if len(found) == limit else None)


@router.get("/api/v1/attention")
def list_attention(who: Who, house: Here, limit: Limit = 50) -> list[JobStatus]:
    """Jobs that a person has to look at: failed ones, then those that are late or soon will be."""
    return _shown(jobs.attention(house, who.clinic, limit=limit))


@router.get("/api/v1/queue")
def list_queue(who: Who, house: Here, limit: Limit = 50) -> list[JobStatus]:
    """Jobs that wait for a worker, in the order in which they will be taken up."""
    return _shown(jobs.waiting(house, who.clinic, limit=limit))


@router.get("/api/v1/jobs/{job}")
def show(who: Who, house: Here, job: JobId) -> JobStatus:
    """How far a job is."""
    return JobStatus.model_validate(jobs.status(house, who.clinic, job))


Form = Literal["json", "docx", "pdf", "fhir", "hl7", "claim", "csv", "837p"]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/fhir+json": {"schema": {"type": "object"}},
            "x-application/hl7-v2+er7": _BYTES,
            "text/csv": _BYTES,
            "application/pdf": _BYTES,
            DOCX: _BYTES,
        }
    }
}


@router.get("/api/v1/jobs/{job}/result", response_class=Response, responses=_FORMS)
def result(
    who: Who, house: Here, job: JobId, form: Form = "json", signed: Annotated[int, Query(ge=0, le=10_000)] = 0
) -> Response:
    """The report: what was signed, else the newest version; with `signed=1` the one that was signed first, whatever has
    replaced it since. Who only receives reports gets none but a signed one.
    """
    report = jobs.result(house, who.clinic, who.actor, job, form, final=who.roles == {"clinic"}, number=signed)
    disposition = f'attachment; filename="{report.file_name}"'
    return Response(report.content, media_type=report.media_type, headers={"Content-Disposition": disposition})


class Unlocking(BaseModel):
    """The password of an encrypted DS2 dictation; it is kept sealed until it was of use, and never shown."""

    model_config = ConfigDict(extra="forbid")

    password: Annotated[str, Field(pattern=r"^[ -~]{1,16}$")]


@router.post("/api/v1/jobs/{job}/password")
def unlock(who: Who, house: Here, job: JobId, given: Unlocking) -> JobStatus:
    """Start a job again that failed with `password_needed`, with this password."""
    return JobStatus.model_validate(unlocking.unlock(house, who.clinic, who.actor, job, given.password))


def _first(who: Who, house: Here, job: JobId) -> JobView:
    return jobs.status(house, who.clinic, job)


@router.get("/api/v1/jobs/{job}/events", response_class=EventSourceResponse)
async def events(who: Who, house: Here, seen: Annotated[JobView, Depends(_first)]) -> AsyncIterator[ServerSentEvent]:
    """The job's status each time it changes, as events named `status`; an event `end` when no machine is at it."""
    yield _event(seen)
    for _ in range(_LONGEST_STREAM_SECONDS):
        if seen.state not in _MOVING:
            yield ServerSentEvent(event="end", data=seen.state)
            return
        await anyio.sleep(1)
        view = await run_in_threadpool(jobs.status, house, who.clinic, seen.job)
        if view != seen:
            seen = view
            yield _event(seen)


def _event(view: JobView) -> ServerSentEvent:
    return ServerSentEvent(event="status", data=JobStatus.model_validate(view))


Act = Callable[[House, str, str, str], JobView]


def _done(act: Act, who: Who, house: House, job: str) -> JobStatus:
    try:
        return JobStatus.model_validate(act(house, who.clinic, who.actor, job))
    except UsageError as error:  # The job is not in a state in which this can be done.
        raise Refused(409, str(error)) from error


@router.post("/api/v1/jobs/{job}/retry")
def retry(who: Who, house: Here, job: JobId) -> JobStatus:
    """Start a failed job again where it stopped."""
    return _done(jobs.retry, who, house, job)


@router.post("/api/v1/jobs/{job}/cancel")
def cancel(who: Who, house: Here, job: JobId) -> JobStatus:
    """Stop a job for good."""
    return _done(jobs.cancel, who, house, job)


class Why(BaseModel):
    """The reason for it."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = ""


@router.post("/api/v1/jobs/{job}/hold")
def hold(who: Who, house: Here, job: JobId, why: Why | None = None) -> JobStatus:
    """Put a job on hold: nobody works on it and its clock stands still."""
    return _done(partial(jobs.hold, note=why.note if why else ""), who, house, job)


@router.post("/api/v1/jobs/{job}/resume")
def resume(who: Who, house: Here, job: JobId) -> JobStatus:
    """Take a job off hold; it is due later by the time it was held."""
    return _done(jobs.resume, who, house, job)
