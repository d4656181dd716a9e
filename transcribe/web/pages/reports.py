"""The receiving clinic's pages: finished reports to find, read, download and acknowledge."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator

from transcribe.document import words
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliveries, finished
from transcribe.service.outgoing.finished import PAGE, Search
from transcribe.service.review import addenda, correct, sign
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import go, inside, page
from transcribe.web.review import Remark, Text
from transcribe.web.shapes import checked_id

router = APIRouter(include_in_schema=False)

Words = Annotated[str, Form(max_length=200)]
Number = Annotated[int, Query(ge=0, le=10_000)]
"""Which of a report's signed versions; 0 is the one that counts."""
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
def report(request: Request, who: Who, house: Here, job: JobId, version: Number = 0) -> Response:
    """One report, or the version that was the first, second, … to be signed, to be read."""
    line, found = finished.read(house, who, job, version)
    given = sign.verify(house, who.clinic, job)
    whole = all(each["whole"] for each in given)
    return page(request, who, "report.html", line=line, report=found, whole=whole, notice=words.notice(found))


@router.get("/reports/{job}/file")
def file(
    who: Who, house: Here, job: JobId, form: Literal["docx", "pdf"] = "pdf", version: Number = 0
) -> Response:  # fmt: skip
    """The report, or an earlier version of it, as a document."""
    finished.refuse_unfinished(house, who, job)
    made = jobs.result(house, who.clinic, who.actor, job, form, final=True, number=version)
    disposition = f'attachment; filename="{made.file_name}"'
    return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.post("/reports/{job}/addenda")
def add(who: Who, house: Here, job: JobId, text: Annotated[Text, Form(min_length=1)]) -> Response:
    """Begin an addendum: a report of its own, in review, that will be linked to this one."""
    return go(f"/review/{addenda.add(house, who, job, text.strip())}")


@router.post("/reports/{job}/correct")
def begin_correction(who: Who, house: Here, job: JobId, reason: Annotated[Remark, Form(min_length=1)]) -> Response:
    """Have what is wrong in the signed report corrected and signed anew."""
    correct.correct(house, who, job, reason)
    return go(f"/reports/{job}", said="did_correct")


@router.post("/reports/{job}/keep")
def keep(who: Who, house: Here, job: JobId) -> Response:
    """Give the correction up."""
    correct.keep(house, who, job)
    return go(f"/reports/{job}", said="did_keep")


@router.post("/reports/{job}/withdraw")
def withdraw(who: Who, house: Here, job: JobId, reason: Annotated[Remark, Form(min_length=1)]) -> Response:
    """Tell everybody who has the report that it does not count any more."""
    deliveries.withdraw(house, who, job, reason)
    return go(f"/reports/{job}", said="withdrawn")


@router.post("/reports/{job}/acknowledge")
def acknowledge(who: Who, house: Here, job: JobId, back: Annotated[str, Form()] = "/reports") -> Response:
    """Note that the clinic has the report."""
    finished.acknowledge(house, who, job)
    return go(inside(back), said="acknowledged")
