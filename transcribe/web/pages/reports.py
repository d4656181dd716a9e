"""The receiving clinic's pages: finished reports to find, read, download and acknowledge."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator

from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import finished
from transcribe.service.outgoing.finished import PAGE, Search
from transcribe.service.review import addenda, sign
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import go, inside, page
from transcribe.web.review import Text
from transcribe.web.shapes import checked_id

router = APIRouter(include_in_schema=False)

Words = Annotated[str, Form(max_length=200)]
Day = Annotated[date | None, BeforeValidator(lambda given: given or None), Form()]
"""A date, or an empty field of a form."""


@router.get("/reports")
def reports(
    request: Request, who: Who, house: Here, new: bool = False, after: Annotated[str, Query(max_length=32)] = ""
) -> Response:
    """The finished reports, those that came last first."""
    return _found(request, who, house, Search(new=new, after=after and checked_id(after)))


@router.post("/reports")
def search(
    request: Request, who: Who, house: Here, patient: Words = "", author: Words = "", since: Day = None,
    until: Day = None, new: Annotated[bool, Form()] = False, after: Words = "",
) -> Response:  # fmt: skip
    """Those that fit. A form's body carries the words, as a patient's name has no business in an address."""
    wanted = Search(patient.strip(), author.strip(), since, until, new, after and checked_id(after))
    return _found(request, who, house, wanted)


def _found(request: Request, who: Principal, house: House, wanted: Search) -> Response:
    found = finished.search(house, who, wanted)
    return page(
        request, who, "reports.html", found=found, wanted=wanted, unseen=finished.count_new(house, who.clinic),
        next=found[-1].job if len(found) == PAGE else "",
    )  # fmt: skip


@router.get("/reports/{job}")
def report(request: Request, who: Who, house: Here, job: JobId) -> Response:
    """One report, to be read."""
    line, found = finished.read(house, who, job)
    given = sign.verify(house, who.clinic, job)
    return page(request, who, "report.html", line=line, report=found, whole=all(each["whole"] for each in given))


@router.get("/reports/{job}/file")
def file(who: Who, house: Here, job: JobId, form: Literal["docx", "pdf"] = "pdf") -> Response:
    """The report as a document."""
    finished.refuse_unfinished(house, who, job)
    made = jobs.result(house, who.clinic, who.actor, job, form)
    disposition = f'attachment; filename="{made.file_name}"'
    return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.post("/reports/{job}/addenda")
def add(who: Who, house: Here, job: JobId, text: Annotated[Text, Form(min_length=1)]) -> Response:
    """Begin an addendum: a report of its own, in review, that will be linked to this one."""
    return go(f"/review/{addenda.add(house, who, job, text.strip())}")


@router.post("/reports/{job}/acknowledge")
def acknowledge(who: Who, house: Here, job: JobId, back: Annotated[str, Form()] = "/reports") -> Response:
    """Note that the clinic has the report."""
    finished.acknowledge(house, who, job)
    return go(inside(back), said="acknowledged")
