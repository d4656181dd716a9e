"""The administrator's pages for the machine: queue, workers and health, and the releases of the code tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from transcribe import coding
from transcribe.errors import NotAllowed, UnusableInput, UsageError
from transcribe.service import at_work, code_files, codes, condition, jobs, recordings
from transcribe.service.house import House
from transcribe.service.identity import clinics
from transcribe.service.identity.accounts import Principal
from transcribe.web.auth import Here, Who
from transcribe.web.health import checks
from transcribe.web.page import page

router = APIRouter(include_in_schema=False)

CODES = "/admin/codes"


@router.get("/admin/system")
def system(request: Request, who: Who, house: Here) -> Response:
    """What waits, who works, what is wrong."""
    found = [recordings.one(house, who.clinic, view.job) for view in jobs.attention(house, who.clinic, limit=20)]
    return page(
        request, who, "system.html", load=condition.load(house), running=at_work.running(house, who.clinic),
        checks=checks(house), machine=at_work.machine(house), found=found,
        waiting=jobs.waiting(house, who.clinic, limit=20),
    )  # fmt: skip


@router.get(CODES)
def releases(request: Request, who: Who, house: Here, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The releases on this machine, and what they answer."""
    return _releases(request, who, house, q=q)


def _releases(
    request: Request, who: Principal, house: House, *, status: int = 200, q: str = "", problem: str = "",
    brought: Sequence[str] = (),
) -> Response:  # fmt: skip
    cache = house.settings.cache_dir
    return page(
        request, who, "codes.html", status=status, found=[*coding.releases(cache), *coding.item_releases(cache)], q=q,
        answers=codes.search(house, q) if q.strip() else [], problem=problem, brought=brought,
        may_bring=clinics.runs_house(house, who), most=code_files.MOST_BYTES,
    )  # fmt: skip


@router.post(CODES)
async def bring(request: Request, who: Who, house: Here) -> Response:
    """Add official files to the tables, and show what they became."""
    form = await request.form()
    try:
        return await run_in_threadpool(_bring, request, who, house, form)
    finally:
        await form.close()


def _bring(request: Request, who: Principal, house: House, form: FormData) -> Response:
    files = [each for each in form.getlist("file") if isinstance(each, UploadFile)]
    sent = [(each.filename, each.file) for each in files if each.filename]  # A field left empty sends one without.
    release, licensed = str(form.get("release", "")).strip(), form.get("licence") == "yes"
    try:
        done = code_files.bring(house, who, sent, release=release, licensed=licensed)
    except (UnusableInput, UsageError) as error:
        return _releases(request, who, house, status=422, problem=str(error))
    except NotAllowed as error:
        return _releases(request, who, house, status=403, problem=str(error))
    return _releases(request, who, house, brought=done)
