"""The pages of figures and of quality: a period in tiles, plots and tables, and reports to be judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator

from transcribe.errors import UsageError
from transcribe.service import figures, recordings
from transcribe.service.figures import Figures
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import quality, versions
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import go, page
from transcribe.web.plots import Plot, bars, columns
from transcribe.web.quality import period
from transcribe.web.shown import work_type

router = APIRouter(include_in_schema=False)

Day = Annotated[date | None, BeforeValidator(lambda given: given or None), Query()]
"""A date, or an empty field of a form."""

_MOST_BARS = 15
_MOST_DRAWN = 50

_DAILY = ("Reports released, by day", "Hours to release, median by day")

_SHOWN: tuple[tuple[str, str, Callable[[Figures], float | None]], ...] = (
    ("Lines of 65 characters", "", lambda each: each.lines),
    ("Hours to release, median", "h", lambda each: each.turnaround_hours),
    ("Edits per 100 words", "", lambda each: each.edits_per_100_words),
    ("Suggested codes accepted", "%", lambda each: None if each.codes_taken is None else round(100 * each.codes_taken)),
)
"""What is plotted for each group: title, unit, and how it is told."""


@router.get("/figures")
def show(
    request: Request, who: Who, house: Here, by: figures.By = "editor",
    begins: Annotated[Day, Query(alias="from")] = None, to: Day = None,
) -> Response:  # fmt: skip
    """The figures of a period."""
    first, last = period(begins, to)
    rows = figures.figures(house, who, by, first, last)
    days = figures.figures(house, who, "day", first, last)
    whole = figures.figures(house, who, "clinic_id", first, last)
    return page(
        request, who, "figures.html", by=by, first=first.date(), last=last.date() - timedelta(days=1), rows=rows,
        whole=whole[0] if whole else None, plots=[*_by_day(days, first.date(), last.date()), *_by_group(rows, by)],
    )  # fmt: skip


def _by_day(days: list[Figures], first: date, last: date) -> list[Plot]:
    known = {each.group: each for each in days}
    dates = [first + timedelta(days=each) for each in range((last - first).days)]
    found = [(f"{day:%b} {day.day}", known.get(day.isoformat())) for day in dates]
    return [
        columns(_DAILY[0], [(name, each.reports if each else 0) for name, each in found]),
        columns(_DAILY[1], [(name, each.turnaround_hours if each else None) for name, each in found]),
    ]


def _by_group(rows: list[Figures], by: str) -> list[Plot]:
    if by == "day":
        return []
    most = sorted(rows, key=lambda each: -each.lines)[:_MOST_BARS]
    return [bars(title, [(_name(row, by), told(row)) for row in most], unit=unit) for title, unit, told in _SHOWN]


def _name(row: Figures, by: str) -> str:
    return (work_type(row.name) if by == "work_type" else row.name) or "—"


@router.get("/quality")
def overview(
    request: Request, who: Who, house: Here, by: quality.By = "editor",
    begins: Annotated[Day, Query(alias="from")] = None, to: Day = None,
    amount: Annotated[int, Query(ge=1, le=100)] = 5, unit: quality.Unit = "percent",
    of: Annotated[str, Query(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Scores of a period, and what is to be judged next."""
    first, last = period(begins, to)
    known = quality.groups(house, who, by, first, last)
    draw = quality.Draw(by, amount, unit, of if of in dict(known) else "")  # Another grouping, another period: all.
    drawn = quality.sample(house, who, first, last, draw, limit=_MOST_DRAWN)
    return page(
        request, who, "quality.html", by=by, first=first.date(), last=last.date() - timedelta(days=1), draw=draw,
        known=known, rows=quality.overview(house, who, by, first, last),
        found=[(each.left, recordings.one(house, who.clinic, each.job)) for each in drawn],
    )  # fmt: skip


@router.get("/quality/{job}")
def judge(
    request: Request, who: Who, house: Here, job: JobId, left: Annotated[int, Query(ge=1, le=2**31 - 1)] = 1,
    right: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:  # fmt: skip
    """The difference of two versions, each place to be classified."""
    return _judge(request, who, house, job, left, right)


def _judge(
    request: Request, who: Principal, house: House, job: str, left: int, right: int, problem: str = ""
) -> Response:
    first, second, blocks = quality.difference(house, who, job, left, right)
    return page(
        request, who, "judge.html", status=400 if problem else 200, each=recordings.one(house, who.clinic, job),
        left=first, right=second, blocks=blocks, versions=versions.listing(house, who, job), problem=problem,
        kinds=_FAULTS, before={each.block: each for each in quality.kept(house, who, job, first, second)},
    )  # fmt: skip


@router.post("/quality/{job}")
async def score(request: Request, who: Who, house: Here, job: JobId) -> Response:
    """Keep the judgement: for each place that differs, whether it was a fault, and of what kind."""
    given = await request.form()
    left, right = (int(str(given.get(name, ""))) if str(given.get(name, "")).isdecimal() else 0 for name in _SIDES)
    faults = [
        quality.Fault(int(name[1:]), str(severity), str(given.get(f"k{name[1:]}", ""))[:100])
        for name, severity in given.items()
        if name[:1] == "s" and name[1:].isdecimal() and severity in quality.WEIGHTS
    ]
    try:
        quality.score(house, who, job, left, right, faults)
    except UsageError as error:
        return _judge(request, who, house, job, left, right, str(error))
    return go("/quality", said="saved")


_FAULTS = [
    ("medication", "Wrong drug or dose"), ("side", "Wrong side or place"), ("negation", "Yes for no, or no for yes"),
    ("number", "Wrong figure"), ("identity", "Wrong patient or author"), ("omission", "Something left out"),
    ("invention", "Something invented"), ("term", "Wrong word"), ("style", "Style, spelling, punctuation"),
]  # fmt: skip
"""Kinds of faults, by key, as people call them."""

_SIDES: tuple[str, ...] = ("left", "right")


def sentences() -> list[str]:
    """What plots and faults are called, for the catalogue."""
    return [*_DAILY, *(title for title, _, _ in _SHOWN), *(words for _, words in _FAULTS)]
