"""What a person listens with, under /api/v1/jobs/{job}: the recording as browsers play it, the outline of its wave."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import Response

from transcribe.service import ear
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.problems import Refused

router = APIRouter(tags=["jobs"])

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_WHOLE: dict[str, Any] = {"content": {ear.MEDIA_TYPES["audio"]: _BYTES}}
_AUDIO: dict[int | str, dict[str, Any]] = {200: _WHOLE, 206: {"description": "The part that was asked for.", **_WHOLE}}
_PEAKS: dict[int | str, dict[str, Any]] = {200: {"content": {ear.MEDIA_TYPES["peaks"]: _BYTES}}}

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@router.get("/api/v1/jobs/{job}/audio", response_class=Response, responses=_AUDIO)
def audio(
    who: Who,
    house: Here,
    job: JobId,
    range_: Annotated[str, Header(alias="Range", description="One range of bytes, as players ask for it.")] = "",
    if_range: Annotated[str, Header()] = "",
) -> Response:
    """The recording as the recogniser hears it, as Opus in WebM; its seconds are those of the words."""
    made = ear.listen(house, who.clinic, who.actor, job, "audio")
    size, headers = len(made.content), {**_headers(made), "Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(range_) if if_range in ("", headers["ETag"]) else None
    if not asked or asked.groups() == ("", ""):  # What is not understood counts as not said (RFC 9110, 14.2).
        return Response(made.content, media_type=made.media_type, headers=headers)
    first, last = _place(asked[1], asked[2], size)
    if not first <= last:
        raise Refused(416, f"The recording has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(made.content[first : last + 1], 206, media_type=made.media_type, headers=headers)


@router.get("/api/v1/jobs/{job}/peaks", response_class=Response, responses=_PEAKS)
def peaks(who: Who, house: Here, job: JobId) -> Response:
    """The wave: for each hundredth of a second its lowest and its highest sample, a signed byte each."""
    made = ear.listen(house, who.clinic, who.actor, job, "peaks")
    return Response(made.content, media_type=made.media_type, headers=_headers(made))


def _headers(made: ear.Made) -> dict[str, str]:
    # To be saved, if it is opened on its own: a recording can be a page, too, to a browser that guesses.
    return {"Content-Disposition": f'attachment; filename="{made.file_name}"', "ETag": f'"{made.digest}"'}


def _place(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte of a range; without a first it is the last so many bytes."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last or size), size - 1)
