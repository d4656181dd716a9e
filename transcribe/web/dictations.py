"""POST /api/v1/dictations: a recording and its header in one request."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from transcribe.errors import NotFound, UnusableInput, UsageError
from transcribe.service import receive as receiving
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.store.blobs import Arriving
from transcribe.web import demo
from transcribe.web.auth import Here, Who
from transcribe.web.incoming import pour
from transcribe.web.multipart import Form, FormReader
from transcribe.web.problems import Refused
from transcribe.web.shapes import HeaderFields, Receipt, header_of

router = APIRouter(tags=["dictations"])

Key = Annotated[
    str, Header(max_length=255, description="The same key and the same request get the same job, however often sent.")
]

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "string", "format": "binary", "minLength": 1, "description": "The recording."},
                        "sha256": {
                            "type": "string",
                            "pattern": "^[0-9a-f]{64}$",
                            "description": "Of the recording; another one is refused.",
                        },
                        **{
                            name: {key: value for key, value in field.items() if key != "default"}
                            for name, field in HeaderFields.model_json_schema()["properties"].items()
                        },
                    },
                },
            }
        },
    }
}


@router.post("/api/v1/dictations", status_code=201, openapi_extra=_FORM)
async def receive_dictation(request: Request, who: Who, house: Here, idempotency_key: Key = "") -> Receipt:
    """Receive a recording. When this answers 201, no crash of the server can lose it."""
    content_type = request.headers.get("content-type", "")
    with await run_in_threadpool(receiving.arriving, house, who.clinic) as recording:
        reader = FormReader(content_type, recording.write)
        await pour(request, reader.feed)
        form = reader.finish()
        return await run_in_threadpool(_received, house, who, recording, form, idempotency_key)


def _received(house: House, who: Principal, recording: Arriving, form: Form, key: str) -> Receipt:
    if form.file_name is None:
        raise RequestValidationError([{"type": "missing", "loc": ("body", "file"), "msg": "Field required"}])
    fields = [(name, value) for name, value in form.fields if name != "sha256"]
    digest = dict(form.fields).get("sha256", "")
    return take_in(house, who, recording, header_of(fields), file_name=form.file_name, key=key, sha256=digest)


def take_in(
    house: House, who: Principal, recording: Arriving, fields: HeaderFields, *, file_name: str, key: str, sha256: str
) -> Receipt:
    """Make a job of a recording that has arrived; one whose digest is not the `sha256` announced is refused."""
    if not recording.size:
        raise nothing_there()
    if sha256 not in ("", recording.digest):
        raise UnusableInput("The recording does not have the SHA-256 that was announced; it was damaged on the way.")
    header = replace(fields.header(), clinic=own_clinic(house, who, fields.clinic))
    try:
        received = receiving.receive(
            house,
            recording,
            clinic=who.clinic,
            actor=who.actor,
            key=key,
            file_name=clean_name(file_name),
            header=header,
        )
    except UsageError as error:  # The key was used for another request.
        raise Refused(422, str(error)) from error
    return Receipt(job=received.job, duplicate_of=received.duplicate_of, sha256=recording.digest)


def nothing_there() -> Refused:
    """The refusal of a recording without bytes."""
    return Refused(400, "The recording is empty: it has no bytes at all.", code=UnusableInput.code)


def own_clinic(house: House, who: Principal, named: str) -> str:
    """What the clinic of whoever asks is called; 404 if they name another one, as for them there is no other.

    The demo has one clinic and prints whatever name a header gives it.
    """
    name = accounts.clinic_name(house, who.clinic)
    if named in ("", who.clinic, name):
        return name
    if who.actor == demo.ACTOR:
        return named
    raise NotFound("The header names a clinic that this token is not for; leave it out, or use a token of that clinic.")


def clean_name(name: str) -> str:
    """A file's name without folders, control characters and excess length; it names nothing on this machine."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in base if character.isprintable())[:200]
