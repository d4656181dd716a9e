"""Figures and quality over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from transcribe.service import figures
from transcribe.service.review import quality
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.review import BlockShown, Number
from transcribe.web.shapes import Day

router = APIRouter(tags=["figures"])

From = Annotated[Day | None, Query(alias="from", description="The first day; 30 days ago without one.")]
To = Annotated[Day | None, Query(description="The last day; today without one.")]


class FaultShown(BaseModel):
    """A block of the difference that should not have been."""

    model_config = ConfigDict(extra="forbid")

    block: Annotated[int, Field(ge=0, le=100_000)]
    severity: Literal["critical", "minor"]
    category: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9 _/-]*$")] = ""


class Judging(BaseModel):
    """A reviewer's classification of what differs between two versions; what is left out is no fault."""

    model_config = ConfigDict(extra="forbid")

    left: Number = 1
    right: Number
    faults: Annotated[list[FaultShown], Field(max_length=10_000)] = []


class Judged(BaseModel):
    """The score: 100, less 3 for each critical fault and 1 for any other; 98 passes, without a critical one."""

    model_config = ConfigDict(from_attributes=True)

    critical: int
    minor: int
    score: int
    passed: bool


class Difference(BaseModel):
    """What is to be judged; a fault names its block by its place, from 0."""

    left: int
    right: int
    blocks: list[BlockShown]


class Quality(BaseModel):
    """Scores of a period by whose work was judged, and released reports that are to be judged next."""

    rows: list[dict[str, Any]]
    sample: list[str]


class FiguresShown(BaseModel):
    """The reports of one group that were released in the period."""

    model_config = ConfigDict(from_attributes=True)

    group: str
    name: str
    reports: int
    audio_minutes: float
    turnaround_hours: float = Field(description="Median from receipt to release.")
    signed_hours: float | None = Field(description="Median from receipt to the last signature.")
    on_time: float
    words: int
    lines: float = Field(description="Of 65 characters.")
    visible_lines: float = Field(description="Of 65 characters that are no white space.")
    edits_per_100_words: float | None
    codes_offered: int
    codes_taken: float | None
    codes_added: int


@router.get("/api/v1/jobs/{job}/score")
def show_difference(
    who: Who, house: Here, job: JobId, left: Number = 1, right: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> Difference:
    """What differs between two versions, by default the draft and the newest."""
    first, second, found = quality.difference(house, who, job, left, right)
    return Difference(left=first, right=second, blocks=[BlockShown.model_validate(each) for each in found])


@router.post("/api/v1/jobs/{job}/score")
def score(who: Who, house: Here, job: JobId, judging: Judging) -> Judged:
    """Keep a reviewer's judgement."""
    faults = [quality.Fault(**fault.model_dump()) for fault in judging.faults]
    return Judged.model_validate(quality.score(house, who, job, judging.left, judging.right, faults))


@router.get("/api/v1/quality")
def show_quality(
    who: Who,
    house: Here,
    by: quality.By = "editor",
    begins: From = None,
    to: To = None,
    percent: Annotated[int, Query(ge=1, le=100, description="Of the released reports, how many to judge.")] = 5,
    each: Annotated[int | None, Query(ge=1, le=100, description="So many of each editor, … instead.")] = None,
    of: Annotated[str, Query(max_length=500, description="Of this editor, author or recogniser alone.")] = "",
    limit: Annotated[int, Query(ge=0, le=200)] = 50,
) -> Quality:
    """Scores of a period, and what to judge next."""
    span = period(begins, to)
    draw = quality.Draw(by, each or percent, "each" if each else "percent", of)
    return Quality(
        rows=quality.overview(house, who, by, *span),
        sample=[found.job for found in quality.sample(house, who, *span, draw, limit=limit)],
    )


_TABLE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("/api/v1/figures", response_model=list[FiguresShown], responses=_TABLE)
def show_figures(
    who: Who,
    house: Here,
    by: figures.By = "editor",
    begins: From = None,
    to: To = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Any:
    """Figures of a period, by group; as a table with `format=csv`."""
    rows = figures.figures(house, who, by, *period(begins, to))
    if form == "json":
        return rows
    heads = {"Content-Disposition": 'attachment; filename="figures.csv"'}
    return Response(figures.as_csv(rows), media_type="text/csv; charset=utf-8", headers=heads)


def period(begins: date | None, to: date | None) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, in UTC."""
    last = _sensible(to or datetime.now(UTC).date())
    first = _sensible(begins or last - timedelta(days=30))
    return datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC) + timedelta(days=1)


def _sensible(day: date) -> date:
    """The day, or the nearest at which this program may have run: no calendar goes beyond its own ends."""
    return min(max(day, date(2000, 1, 1)), date(2999, 12, 31))
