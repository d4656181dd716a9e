"""What belongs to every page: the first page, light or dark, and how a refusal looks to a person."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from transcribe.web.auth import Who
from transcribe.web.menu import home
from transcribe.web.page import THEME, Theme, go, inside, page

router = APIRouter(include_in_schema=False)

_YEAR = 365 * 24 * 3600


@router.get("/")
def first(who: Who) -> Response:
    """Where whoever has signed in begins."""
    return go(home(who.roles))


@router.post("/theme")
def theme(request: Request, theme: Annotated[Theme, Form()] = "", back: Annotated[str, Form()] = "/") -> Response:
    """Remember light or dark in this browser, and go back to the page it was asked for on."""
    answer = go(inside(back))
    secure = request.url.scheme == "https"
    answer.set_cookie(THEME, theme, max_age=_YEAR, httponly=True, samesite="lax", secure=secure)
    return answer


async def refusal(request: Request, refused: Response) -> Response:
    """A problem as a page for browsers; who has not signed in is led to where they can."""
    wants = request.headers.get("accept", "")
    if "text/html" not in wants or request.url.path.startswith(("/api/", "/fhir")):
        return refused
    if refused.status_code == 401 and request.method == "GET":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(here)}", 303)
    problem = json.loads(bytes(refused.body))
    shown = await run_in_threadpool(
        page, request, getattr(request.state, "who", None), "refusal.html", status=refused.status_code,
        title=problem["title"], detail=problem["detail"], faults=problem["errors"],
    )  # fmt: skip
    shown.headers.update({name: value for name, value in refused.headers.items() if name == "retry-after"})
    return shown
