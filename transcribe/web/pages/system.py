"""The administrator's pages for the machine: queue, workers and health, and the releases of the code tables."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from transcribe import coding
from transcribe.service import at_work, codes, condition, jobs, recordings
from transcribe.web.auth import Here, Who
from transcribe.web.health import checks
from transcribe.web.page import page

router = APIRouter(include_in_schema=False)


@router.get("/admin/system")
def system(request: Request, who: Who, house: Here) -> Response:
    """What waits, who works, what is wrong."""
    found = [recordings.one(house, who.clinic, view.job) for view in jobs.attention(house, who.clinic, limit=20)]
    return page(
        request, who, "system.html", load=condition.load(house), running=at_work.running(house, who.clinic),
        checks=checks(house), machine=at_work.machine(house), found=found,
        waiting=jobs.waiting(house, who.clinic, limit=20),
    )  # fmt: skip


@router.get("/admin/codes")
def releases(request: Request, who: Who, house: Here, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The releases on this machine, and what they answer."""
    cache = house.settings.cache_dir
    return page(
        request, who, "codes.html", found=[*coding.releases(cache), *coding.item_releases(cache)], q=q,
        answers=codes.search(house, q) if q.strip() else [],
    )  # fmt: skip
