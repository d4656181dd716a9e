"""The review queue: what to do first, who has what, and what is done with a report besides editing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from transcribe.errors import NotFound, TranscribeError, UsageError
from transcribe.service import jobs, recordings
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, queue
from transcribe.service.review.queue import Scope, Wanted
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import go, inside, page
from transcribe.web.review import Remark
from transcribe.web.shapes import checked_id

router = APIRouter(include_in_schema=False)

_TABS = {Scope.OPEN: "Open", Scope.MINE: "Mine", Scope.QA: "In QA", Scope.RETURNED: "With the author"}
"""The scopes that this page shows, as people call them."""


@router.get("/review")
def show_queue(
    request: Request, who: Who, house: Here, scope: Scope = Scope.OPEN,
    author: Annotated[str, Query(max_length=500)] = "", work_type: Annotated[str, Query(max_length=100)] = "",
    stat: bool = False, after: Annotated[str, Query(max_length=32)] = "",
) -> Response:  # fmt: skip
    """The queue: STAT first, then by due time."""
    wanted = Wanted(scope, author, work_type, True if stat else None, after and checked_id(after))
    return _queue(request, who, house, wanted)


def _queue(request: Request, who: Principal, house: House, wanted: Wanted, problem: str = "") -> Response:
    found = queue.reports(house, who, wanted)
    return page(
        request, who, "queue.html", status=409 if problem else 200, found=found, wanted=wanted, problem=problem,
        counts=queue.counts(house, who), tabs=_TABS, authors=recordings.authors(house, who.clinic),
        editors=queue.editors(house, who.clinic), address=partial(_address, wanted),
        next=_address(wanted, after=found[-1].view.job) if len(found) == wanted.limit else "",
    )  # fmt: skip


def _address(wanted: Wanted, **changed: Any) -> str:
    asked = {**asdict(wanted), "after": "", **changed}
    asked.pop("limit")
    return "/review?" + urlencode({name: value for name, value in asked.items() if value not in ("", None, False)})


@router.post("/review/next")
def take_next(request: Request, who: Who, house: Here) -> Response:
    """Claim what is due first, and open it."""
    try:
        return go(f"/review/{queue.take_next(house, who)}")
    except NotFound:
        return go("/review", said="nothing_waits")


Act = Callable[[House, Principal, str, str], object]
"""Does something to a job; told the note or the person that the form names."""

_ACTS: dict[str, Act] = {
    "leave": lambda house, who, job, _: claims.leave(house, who, job),
    "skip": lambda house, who, job, _: queue.skip(house, who, job),
    "assign": lambda house, who, job, person: queue.assign(house, who, job, checked_id(person)),
    "qa": queue.send_to_qa,
    "question": queue.question,
    "answer": queue.answer,
    "send_back": queue.send_back,
    "hold": lambda house, who, job, note: jobs.hold(house, who.clinic, who.actor, job, note),
}

_NEED_NOTE = frozenset({"qa", "question", "answer", "send_back", "hold"})


@router.post("/review/{job}/{act}")
def act(
    request: Request, who: Who, house: Here, job: JobId, act: str, note: Annotated[Remark, Form()] = "",
    person: Annotated[str, Form(max_length=32)] = "", back: Annotated[str, Form(max_length=2000)] = "/review",
) -> Response:  # fmt: skip
    """Do something with a report, and go back to the list; what was refused is told above it."""
    if act not in _ACTS:
        raise NotFound("There is nothing under this address.")
    try:
        if act in _NEED_NOTE and not note.strip():
            raise UsageError("Say why in the note: whoever takes this up needs to know.")
        _ACTS[act](house, who, job, person if act == "assign" else note.strip())
    except NotFound:
        raise
    except TranscribeError as error:
        return _queue(request, who, house, Wanted(), str(error))
    return go(inside(back), said=f"did_{act}")


def sentences() -> list[str]:
    """What the tabs are called, for the catalogue."""
    return list(_TABS.values())
