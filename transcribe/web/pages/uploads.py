"""The page for sending dictations: many files at once, what became of each, and what to do where one failed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from transcribe.errors import NotFound, UsageError
from transcribe.service import auditing, jobs, recordings, unlocking
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.jobs import JobView
from transcribe.service.recordings import PAGE, Recording, Unfinished
from transcribe.web import tus
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import environment, go, inside, page, surroundings

router = APIRouter(include_in_schema=False)

_LONGEST_STREAM_SECONDS = 600
_LOOK_SECONDS = 2
"""Many look at once, and each look asks the database."""

Whose = Literal["mine", "all"]


@router.get("/uploads")
def uploads(
    request: Request, who: Who, house: Here, whose: Whose = "mine", after: Annotated[str, Query(max_length=32)] = ""
) -> Response:
    """The form for new dictations, and the list of those that were sent."""
    found = recordings.sent(house, who.clinic, who.actor if whose == "mine" else "", after=after)
    auditing.note_listed(house, who.clinic, who.actor, len(found), what="dictations")
    return page(
        request, who, "uploads.html", found=found, whose=whose, next=found[-1].view.job if len(found) == PAGE else "",
        after=after, authors=recordings.authors(house, who.clinic),
        unfinished=[_begun(each) for each in recordings.unfinished(house, who.clinic, who.actor)],
        most_bytes=house.settings.max_upload_bytes,
    )  # fmt: skip


def _begun(upload: Unfinished) -> dict[str, Any]:
    """An unfinished upload as the page needs it to go on when its file is chosen again."""
    said = dict(tus.metadata(upload.given))
    return {
        "url": f"{tus.PREFIX}/{upload.upload}", "name": said.get("filename", ""), "modified": said.get("modified", ""),
        "length": upload.length, "offset": upload.offset, "expires": upload.expires_at,
    }  # fmt: skip


@router.get("/uploads/usual")
def usual(who: Who, house: Here, author: Annotated[str, Query(max_length=500)] = "") -> dict[str, Any]:
    """What the header of an author's next dictation likely holds."""
    return recordings.usual(house, who.clinic, author)


@router.get("/uploads/row/{job}")
def row(request: Request, who: Who, house: Here, job: JobId) -> Response:
    """The line of one dictation, for a page that has just sent it."""
    return page(request, who, "uploads_row.html", each=recordings.one(house, who.clinic, job))


@router.get("/uploads/events", response_class=EventSourceResponse)
async def events(
    request: Request, who: Who, house: Here,
    seconds: Annotated[int, Query(ge=0, le=_LONGEST_STREAM_SECONDS)] = _LONGEST_STREAM_SECONDS,
) -> AsyncIterator[ServerSentEvent]:  # fmt: skip
    """The line of each dictation of the last ones that changes, as HTML, in events named `row`."""
    before: dict[str, JobView] = {}
    for _ in range(seconds // _LOOK_SECONDS):
        found = await run_in_threadpool(recordings.sent, house, who.clinic, who.actor)
        for each in found:
            if before and before.get(each.view.job) != each.view:
                yield ServerSentEvent(event="row", data=await run_in_threadpool(_row, request, who, each))
        before = {each.view.job: each.view for each in found}
        await anyio.sleep(_LOOK_SECONDS)


def _row(request: Request, who: Principal, each: Recording) -> str:
    around = surroundings(request, who)
    return environment(around["lang"]).get_template("uploads_row.html").render(**around, each=each)


Act = Callable[[House, str, str, str], JobView]

_ACTS: dict[str, tuple[Act, str]] = {
    "retry": (jobs.retry, "retried"),
    "cancel": (jobs.cancel, "cancelled"),
    "hold": (jobs.hold, "held"),
    "resume": (jobs.resume, "resumed"),
}


@router.post("/jobs/{job}/password")
def unlock(
    who: Who, house: Here, job: JobId, password: Annotated[str, Form(max_length=100)] = "",
    back: Annotated[str, Form()] = "/uploads",
) -> Response:  # fmt: skip
    """Start an encrypted dictation again with its password."""
    try:
        unlocking.unlock(house, who.clinic, who.actor, job, password)
    except UsageError:
        return go(inside(back), said="no_password")
    return go(inside(back), said="retried")


@router.post("/admin/clinic/password")
def say_password(who: Who, house: Here, password: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Say what the clinic's recorders encrypt their dictations with; an empty field takes it back."""
    try:
        unlocking.say_clinics(house, who, password)
    except UsageError:
        return go("/admin/clinic", said="no_password")
    return go("/admin/clinic", said="saved")


@router.post("/jobs/{job}/{act}")
def act(who: Who, house: Here, job: JobId, act: str, back: Annotated[str, Form()] = "/uploads") -> Response:
    """Do something to a job, and go back to the list."""
    if act not in _ACTS:
        raise NotFound("There is nothing under this address.")
    done, said = _ACTS[act]
    done(house, who.clinic, who.actor, job)
    return go(inside(back), said=said)
