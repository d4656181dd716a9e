"""The page that shows who did what to whose data, and checks that nobody has changed the record of it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from transcribe.service import auditing
from transcribe.web.auth import Here, Who
from transcribe.web.page import page

router = APIRouter(include_in_schema=False)

Words = Annotated[str, Query(max_length=100)]


@router.get("/admin/audit")
def entries(
    request: Request, who: Who, house: Here, actor: Words = "", action: Words = "", subject: Words = "",
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None, check: bool = False,
) -> Response:  # fmt: skip
    """The clinic's entries, newest first, narrowed down; with `check`, whether the chain is whole."""
    narrowed = {"actor": actor, "action": action, "subject": subject.strip()}
    rows = auditing.entries(house, who.clinic, **narrowed, before=before)
    more = urlencode({**narrowed, "before": rows[-1].number}) if len(rows) == auditing.PAGE else ""
    return page(
        request, who, "audit.html", entries=rows, narrowed=narrowed, more=more,
        actions=auditing.actions(house, who.clinic), actors=auditing.actors(house, who.clinic),
        checked=auditing.check(house, who.clinic) if check else None,
    )  # fmt: skip
