"""Every refusal as problem+json (RFC 9457): what is wrong and what to do, never what was sent."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from transcribe.errors import (
    MissingPart,
    NotAllowed,
    NotFound,
    TooLong,
    TooManyTries,
    TranscribeError,
    TryLater,
    UnknownFormat,
    UnusableInput,
    UsageError,
    refusal,
)
from transcribe.service.condition import DATABASE_AWAY
from transcribe.service.review.refusals import Claimed, Overtaken, WrongState

MEDIA_TYPE = "application/problem+json"

_PHRASES = {each.value: each.phrase for each in HTTPStatus} | {460: "Checksum Mismatch"}

_RETRY_SECONDS = "5"

_STATUS: dict[type[TranscribeError], int] = {
    WrongState: 409,
    Overtaken: 412,
    Claimed: 423,
    UsageError: 400,
    UnusableInput: 422,
    UnknownFormat: 415,
    TooLong: 413,
    NotFound: 404,
    MissingPart: 501,
    NotAllowed: 403,
    TooManyTries: 429,
    TryLater: 503,
    TranscribeError: 500,
}

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""What the system says when a disk takes nothing more."""


class Fault(BaseModel):
    """One field that cannot be used."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was refused."""

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words.")
    status: int
    code: str = Field(description="What went wrong, for programs: the codes of the command line.")
    detail: str = Field(description="What went wrong and what to do, for a person.")
    errors: list[Fault] = Field(default=[], description="For a request that is not as described: field by field.")


class Refused(TranscribeError):
    """A refusal that only HTTP knows, with its own status."""

    def __init__(self, status: int, detail: str, *, code: str = "usage", headers: Mapping[str, str] | None = None):
        super().__init__(detail)
        self.status, self.reason, self.headers = status, code, headers


def answer(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Fault] = (),
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The problem as a response; `more` is what a program needs beyond it."""
    title = _PHRASES.get(status, "Refused")
    problem = Problem(title=title, status=status, code=code, detail=detail, errors=list(errors))
    content = jsonable_encoder({**problem.model_dump(), **(more or {})})
    return JSONResponse(content, status, dict(headers or {}), MEDIA_TYPE)


def told(error: Exception) -> Response:
    """Any error as the product tells it; of one that nobody foresaw, only its kind and place."""
    if isinstance(error, Refused):
        return answer(error.status, error.reason, str(error), headers=error.headers)
    if isinstance(error, OSError) and error.errno in _FULL:
        return answer(507, TryLater.code, "The disk of the server is full; nothing was kept. Try again later.")
    refused = refusal(error) if not isinstance(error, OSError) else TranscribeError("The server cannot use its disk.")
    status = next(_STATUS[kind] for kind in type(refused).__mro__ if kind in _STATUS)
    headers = {"Retry-After": _RETRY_SECONDS} if status == 503 else None
    return answer(status, refused.code, str(refused), headers=headers, more=getattr(refused, "more", None))


Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI, shown: Callable[[Request, Response], Awaitable[Response]]) -> None:
    """Make every refusal of `app` a problem, which `shown` makes a page for who asked for one."""
    handlers: dict[type[Exception], Handler] = {
        TranscribeError: _of_ours, HTTPException: _of_http, RequestValidationError: _of_validation,
        **dict.fromkeys(DATABASE_AWAY, _of_database),
    }  # fmt: skip
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, _shown_by(shown, handler))


def _shown_by(shown: Callable[[Request, Response], Awaitable[Response]], handler: Handler) -> Handler:
    async def handling(request: Request, error: Exception) -> Response:
        return await shown(request, await handler(request, error))

    return handling


async def _of_ours(_request: Request, error: Exception) -> Response:
    return told(error)


async def _of_database(_request: Request, _error: Exception) -> Response:
    return told(TryLater("The database does not answer just now; nothing was changed. Try again in a moment."))


_CODES = {401: "not_allowed", 403: "not_allowed", 404: "not_found", 503: "try_later"}


async def _of_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "usage")
    return answer(error.status_code, code, _SENTENCES.get(error.status_code, "Refused."), headers=error.headers)


_SENTENCES = {
    400: "The request cannot be read.",
    404: "There is nothing under this address.",
    405: "This address does not take this method; the header Allow names those it takes.",
    413: "The request is larger than this server takes.",
}


async def _of_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(each) for each in error.errors()]
    kind = UnusableInput if any(each["loc"][:1] == ("body",) for each in error.errors()) else UsageError
    return answer(422, kind.code, "The request is not as the API describes it.", errors=faults)


def _fault(error: Mapping[str, Any]) -> Fault:
    """One finding of the validation without what was given; an unknown field's name was given, too."""
    unknown = error["type"] == "extra_forbidden"
    place = [str(part) for part in error["loc"]][: -1 if unknown else None]
    return Fault(field=".".join(place), message="unknown field" if unknown else error["msg"])
