"""The clinician's pages: what waits for a signature, and a report to read and sign."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from transcribe.document import words
from transcribe.errors import NotAllowed, TranscribeError
from transcribe.service.house import House
from transcribe.service.identity import sessions
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import finished
from transcribe.service.review import queue, sign
from transcribe.service.review.queue import Scope, Wanted
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import go, page
from transcribe.web.review import Remark
from transcribe.web.shapes import checked_id

router = APIRouter(include_in_schema=False)

Secret = Annotated[str, Form(max_length=1000)]


@router.get("/sign")
def waiting(request: Request, who: Who, house: Here, after: Annotated[str, Query(max_length=32)] = "") -> Response:
    """The reports that wait for this person's signature."""
    wanted = Wanted(Scope.TO_SIGN, after=after and checked_id(after))
    found = queue.reports(house, who, wanted)
    return page(
        request, who, "to_sign.html", found=found, total=queue.counts(house, who)[Scope.TO_SIGN],
        asked=queue.reports(house, who, Wanted(Scope.RETURNED)), next=found[-1].view.job if len(found) == 50 else "",
    )  # fmt: skip


@router.get("/sign/{job}")
def report(request: Request, who: Who, house: Here, job: JobId) -> Response:
    """One report, to be read and signed."""
    return _report(request, who, house, job)


def _report(
    request: Request, who: Principal, house: House, job: str, problem: str = "", *, status: int = 200, **typed: Any
) -> Response:
    version, shown, notes = finished.to_sign(house, who, job)
    return page(
        request, who, "sign.html", status=status, job=job, version=version, report=shown, notes=notes, problem=problem,
        meanings=sign.needed(house, who, job), code=sessions.needs_code(house, who), typed=typed,
        notice=words.notice(shown),
    )  # fmt: skip


@router.post("/sign/{job}")
def give(
    request: Request, who: Who, house: Here, job: JobId, version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    password: Secret = "", code: Secret = "", meaning: Annotated[str, Form(max_length=40)] = sign.AUTHOR,
    then: Literal["list", "next"] = Form("list"),
) -> Response:  # fmt: skip
    """Sign it, and go on to the next report or back to the list."""
    try:
        sign.refuse_early(house, who, job, version, meaning)
        sessions.confirm(house, who, password, code.strip())
        sign.sign(house, who, job, version, meaning)
    except TranscribeError as error:
        status = 403 if isinstance(error, NotAllowed) else 409
        return _report(request, who, house, job, str(error), status=status, meaning=meaning)
    following = queue.first(house, who, Scope.TO_SIGN) if then == "next" else None
    return go(f"/sign/{following}" if following else "/sign", said="signed")


@router.post("/sign/{job}/back")
def send_back(request: Request, who: Who, house: Here, job: JobId, note: Annotated[Remark, Form()] = "") -> Response:
    """Give it back to its editor with a note."""
    if not note.strip():
        return _report(request, who, house, job, "Say in the note what is to be changed.", status=400)
    queue.send_back(house, who, job, note.strip())
    return go("/sign", said="did_send_back")
