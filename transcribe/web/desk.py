"""The review queue over HTTP: what to do first, and what is done with a report besides editing and signing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from transcribe.service.review import queue, rereading
from transcribe.service.review.queue import Scope, Wanted
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId, Limit
from transcribe.web.review import Claim, Remark
from transcribe.web.shapes import Id, JobStatus, checked_id

router = APIRouter(tags=["review"])


class QueueRow(JobStatus):
    """A job as the review queue shows it."""

    stage: str
    author: str
    patient: str
    claim: Claim | None
    assigned: str = Field(description="Whose it is to do; empty for everybody's.")
    notes: int = Field(description="Notes that wait for somebody.")
    minutes_left: int = Field(description="Until it is due; negative when it is late.")
    marks: int = Field(description="Places that somebody still has to look at.")


class QueuePage(BaseModel):
    """Some of the queue, what is due first at the top."""

    jobs: list[QueueRow]
    counts: dict[str, int] = Field(description="Reports by scope; of those in review: stat, overdue.")
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")


class Taken(BaseModel):
    """The job that is this person's now."""

    job: str


class Said(BaseModel):
    """What somebody has to say about it."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[Remark, Field(min_length=1)]


class Given(BaseModel):
    """Whose it is to be."""

    model_config = ConfigDict(extra="forbid")

    person: Id


class Asked(BaseModel):
    """The version that is being read."""

    version: int


class Read(BaseModel):
    """How far the reading of a text is."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    read_version: int
    failed: bool = Field(description="Whether reading the newest version was given up.")


@router.get("/api/v1/review")
def list_review(
    who: Who,
    house: Here,
    scope: Scope = Scope.OPEN,
    author: Annotated[str, Query(max_length=500)] = "",
    work_type: Annotated[str, Query(max_length=100)] = "",
    stat: bool | None = None,
    after: Annotated[str, Query(description="The `next` of the page before.")] = "",
    limit: Limit = 50,
) -> QueuePage:
    """The review queue: STAT first, then by due time."""
    wanted = Wanted(scope, author, work_type, stat, after and checked_id(after), limit)
    found = queue.reports(house, who, wanted)
    return QueuePage(
        jobs=[_shown(row) for row in found],
        counts=queue.counts(house, who),
        next=found[-1].view.job if len(found) == limit else None,
    )


def _shown(row: queue.Row) -> QueueRow:
    return QueueRow.model_validate(
        JobStatus.model_validate(row.view).model_dump()
        | {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "view"}
    )


@router.post("/api/v1/review/next")
def take_next(who: Who, house: Here) -> Taken:
    """Claim the report that is due first; 404 when nothing waits for this person."""
    return Taken(job=queue.take_next(house, who))


@router.post("/api/v1/jobs/{job}/skip", status_code=204)
def skip(who: Who, house: Here, job: JobId) -> None:
    """Leave the report to others."""
    queue.skip(house, who, job)


@router.post("/api/v1/jobs/{job}/assign", status_code=204)
def assign(who: Who, house: Here, job: JobId, given: Given) -> None:
    """Give the report to a person of the clinic."""
    queue.assign(house, who, job, checked_id(given.person))


@router.post("/api/v1/jobs/{job}/qa", status_code=204)
def send_to_qa(who: Who, house: Here, job: JobId, said: Said) -> None:
    """Have somebody with more experience look at it."""
    queue.send_to_qa(house, who, job, said.note)


@router.post("/api/v1/jobs/{job}/question", status_code=204)
def question(who: Who, house: Here, job: JobId, said: Said) -> None:
    """Ask the author."""
    queue.question(house, who, job, said.note)


@router.post("/api/v1/jobs/{job}/answer", status_code=204)
def answer(who: Who, house: Here, job: JobId, said: Said) -> None:
    """Answer what was asked."""
    queue.answer(house, who, job, said.note)


@router.post("/api/v1/jobs/{job}/send_back", status_code=204)
def send_back(who: Who, house: Here, job: JobId, said: Said) -> None:
    """Give a released report back to whoever released it."""
    queue.send_back(house, who, job, said.note)


@router.post("/api/v1/jobs/{job}/reread", status_code=202)
def reread(who: Who, house: Here, job: JobId) -> Asked:
    """Have the newest version read again by the workers; `GET …/reading` tells when it is done."""
    return Asked(version=rereading.ask(house, who, job))


@router.get("/api/v1/jobs/{job}/reading")
def show_reading(who: Who, house: Here, job: JobId) -> Read:
    """How far the reading of the newest version is; holds no word of the report."""
    return Read.model_validate(rereading.progress(house, who, job))
