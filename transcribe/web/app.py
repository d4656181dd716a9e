"""Puts the HTTP side together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI

from transcribe import __version__
from transcribe.document.letterhead import package
from transcribe.service import code_files
from transcribe.service.house import Ring, open_house
from transcribe.settings import Settings
from transcribe.web import (
    demo,
    desk,
    dictations,
    docs,
    fhir,
    health,
    jobs,
    listen,
    outgoing,
    own,
    pages,
    problems,
    quality,
    review,
    room,
    session,
    signin,
    signing,
    static,
    tus,
    uploads,
)
from transcribe.web.bell import Doorbell
from transcribe.web.guard import MOST_BYTES, Guard
from transcribe.web.pages import frame
from transcribe.web.pages.outgoing import TEMPLATES
from transcribe.web.pages.system import CODES
from transcribe.web.problems import MEDIA_TYPE

_ABOUT = """Medical dictation in, finished reports out.

Send a recording with `POST /api/v1/dictations`, or a large one piece by piece (tus 1.0) to `/api/v1/uploads`;
follow its job; fetch the report when the job is `in_review`. Every refusal is an `application/problem+json`.
"""

ROUTERS = (
    dictations.router, uploads.router, jobs.router, listen.router, review.router, desk.router, signing.router,
    quality.router, own.router, outgoing.router, fhir.router, room.router, health.router, docs.router, static.router,
    signin.router, *pages.ROUTERS,
)  # fmt: skip

_REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused.", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
    "5XX": {"description": "Cannot.", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
}


def make_app(settings: Settings, ring: Ring) -> FastAPI:
    """The application; `ring` calls workers and never raises.

    Opens the house at once, so it is made in the process that serves. Raises `MissingPart` for a database that
    cannot be used and `UsageError` for a demo that others could reach.
    """
    house = open_house(settings, Doorbell(ring))
    figures = health.Figures(house)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        house.close()

    app = FastAPI(
        title="Transcribe", version=__version__, description=_ABOUT, lifespan=lifespan, openapi_url=None,
        docs_url=None, redoc_url=None, redirect_slashes=False, responses=_REFUSALS,
        dependencies=[Depends(session.refuse_foreign)],
    )  # fmt: skip
    app.state.house, app.state.figures = house, figures
    app.state.demo = demo.prepare(settings, house)
    problems.install(app, frame.refusal)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Guard, limit=_limit(settings), observe=figures.observe)
    app.add_middleware(tus.Tus)
    return app


def _limit(settings: Settings) -> Callable[[str], int]:
    """How many bytes a body may have, by path."""

    def limit(path: str) -> int:
        if path == "/api/v1/dictations" or path.startswith(tus.PREFIX):
            return settings.max_upload_bytes + MOST_BYTES
        if path.startswith((outgoing.LETTERHEADS, TEMPLATES)):
            return package.MAX_BYTES + MOST_BYTES
        if path == CODES:
            return code_files.MOST_BYTES + MOST_BYTES
        return review.MOST_BYTES if path.endswith("/report") else MOST_BYTES

    return limit
