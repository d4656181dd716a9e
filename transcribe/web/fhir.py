"""A small FHIR R4 server over a clinic's signed reports: documents to be searched and read, nothing to be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

from transcribe import __version__
from transcribe.delivery.fhir import reading
from transcribe.delivery.fhir.pieces import Resource
from transcribe.delivery.forms import FHIR
from transcribe.errors import NotFound, TranscribeError
from transcribe.service.outgoing import fhir
from transcribe.web.auth import Here, Who
from transcribe.web.problems import told
from transcribe.web.shapes import checked_id

PREFIX = "/fhir"

# Issue types of FHIR by status; all others are exceptions.
_CODES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 422: "invalid", 503: "transient"}


class _Route(APIRoute):
    """Refuses in FHIR's own words, an OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its refusals turned into outcomes."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                return _answer(reading.outcome("invalid", "The request is not as FHIR describes it."), 400)
            except TranscribeError as error:
                refused = told(error)
                outcome = reading.outcome(_CODES.get(refused.status_code, "exception"), str(error))
                answer = _answer(outcome, refused.status_code)
                if challenge := refused.headers.get("www-authenticate"):
                    answer.headers["WWW-Authenticate"] = challenge
                return answer

        return handler


router = APIRouter(tags=["FHIR"], prefix=PREFIX, route_class=_Route)

_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {FHIR: {"schema": {"type": "object"}}}},
    "4XX": {"content": {FHIR: {"schema": {"type": "object"}}}},
}
_PARAMETERS = {
    "parameters": [
        {"in": "query", "name": name, "required": False, "schema": {"type": "string"}}
        for name in (*reading.SEARCHED, "_count", "_after", "_format")
    ]
}


def _answer(resource: Resource, status: int = 200) -> Response:
    content = json.dumps(resource, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, media_type=FHIR)


def _base(request: Request, house: Here) -> str:
    """Where clients reach this server."""
    return (house.settings.public_url or str(request.base_url)).rstrip("/") + PREFIX


Base = Annotated[str, Depends(_base)]


@router.get("/metadata", response_class=Response, responses=_ANSWER)
def metadata(base: Base) -> Response:
    """What this server can be asked for."""
    return _answer(reading.capabilities(base, __version__, datetime.now(UTC)))


@router.get("/DocumentReference", response_class=Response, responses=_ANSWER, openapi_extra=_PARAMETERS)
def search(request: Request, who: Who, house: Here, base: Base) -> Response:
    """Signed reports, newest first; by patient.identifier, type, date, status, identifier or _id."""
    query = f"?{request.url.query}" if request.url.query else ""
    link = f"{base}/DocumentReference{query}"
    return _answer(fhir.search(house, who, base, dict(request.query_params), link))


@router.get("/DocumentReference/{id}", response_class=Response, responses=_ANSWER)
def read_reference(who: Who, house: Here, base: Base, id: str) -> Response:
    """What there is of one signed report, and where; with a hyphen and a number behind its id, of that version."""
    return _answer(fhir.document_reference(house, who, base, *_named(id)))


def _named(id: str) -> tuple[str, int]:
    """The report, and which of its versions: 0 is the one of record."""
    job, hyphen, number = id.partition("-")
    if hyphen and not re.fullmatch("[1-9][0-9]{0,5}", number):
        raise NotFound("There is nothing of this id.")
    return checked_id(job), int(number or 0)


@router.get("/Bundle/{id}", response_class=Response, responses=_ANSWER)
def read_document(who: Who, house: Here, id: str) -> Response:
    """One signed report as a FHIR document."""
    return _answer(fhir.document(house, who, *_named(id)))


_BINARY: dict[int | str, dict[str, Any]] = _ANSWER | {200: {"content": {"*/*": {"schema": {"type": "string"}}}}}


@router.get("/Binary/{id}", response_class=Response, responses=_BINARY)
def read_file(who: Who, house: Here, id: str) -> Response:
    """A file of one signed report: its id, a hyphen, and docx, pdf or txt."""
    named, hyphen, form = id.rpartition("-")
    if not hyphen:
        raise NotFound("A file is called by the id of its report, a hyphen, and docx, pdf or txt.")
    job, number = _named(named)
    made = fhir.binary(house, who, job, form, number)
    return Response(made.content, media_type=made.media_type)
