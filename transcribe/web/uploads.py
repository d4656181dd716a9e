"""Resumable uploads by tus 1.0 under /api/v1/uploads; a complete one becomes a job at once."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Annotated, Any

from anyio import CancelScope
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from transcribe.errors import UsageError
from transcribe.service import receive as receiving
from transcribe.service import uploads
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.uploads import Uploading, Writer
from transcribe.web import tus
from transcribe.web.auth import Here, Who
from transcribe.web.dictations import Key, nothing_there, own_clinic, take_in
from transcribe.web.incoming import pour
from transcribe.web.problems import Refused
from transcribe.web.shapes import HeaderFields, Id, checked_id, header_of
from transcribe.web.tus import Checksum

_SAVE_BYTES = 16 * 1024 * 1024
_SAVE_SECONDS = 10.0

_IGNORED = frozenset({"filename", "name", "filetype", "type", "relativePath", "sha256", "modified"})
"""Keys of Upload-Metadata that say nothing about the dictation."""


def _speaks_tus(request: Request, _who: Who) -> None:
    tus.refuse_other_versions(request.headers)


router = APIRouter(tags=["uploads"])
_Spoken = [Depends(_speaks_tus)]


def _headers(**required: bool) -> dict[str, Any]:
    """The protocol's headers in the OpenAPI document; they are read by hand, as it has answers of its own for each."""
    named = {name.replace("_", "-"): needed for name, needed in required.items()}
    return {
        "parameters": [
            {"in": "header", "name": name, "required": needed, "schema": _SCHEMAS[name]}
            for name, needed in {"Tus-Resumable": True, **named}.items()
        ]
    }


_BYTES = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "Tus-Resumable": {"type": "string", "enum": [tus.VERSION]},
    "Upload-Length": _BYTES,
    "Upload-Defer-Length": {"type": "integer", "enum": [1]},
    "Upload-Offset": _BYTES,
    "Upload-Metadata": {"type": "string"},
    "Upload-Checksum": {"type": "string"},
}


@router.options(tus.PREFIX, status_code=204, response_class=Response)
@router.options(tus.PREFIX + "/{upload}", status_code=204, response_class=Response)
def offers(house: Here) -> Response:
    """What this server knows of the protocol."""
    return Response(
        status_code=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(house.settings.max_upload_bytes),
            "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        },
    )


@router.post(
    tus.PREFIX, status_code=201, response_class=Response, dependencies=_Spoken,
    openapi_extra=_headers(Upload_Length=False, Upload_Defer_Length=False, Upload_Metadata=False),
)  # fmt: skip
async def begin(request: Request, who: Who, house: Here, idempotency_key: Key = "") -> Response:
    """Begin an upload. Upload-Metadata may hold every field of the header, filename, and sha256 of the whole."""
    length = _length(request, house)
    given = request.headers.get("upload-metadata", "")
    fields = _fields(given)
    await run_in_threadpool(own_clinic, house, who, fields.clinic)  # Refused now, not after the last byte.
    upload = await run_in_threadpool(
        uploads.begin, house, who.clinic, who.actor, length=length,
        metadata={"given": given, "key": idempotency_key},
    )  # fmt: skip
    headers = {"Location": f"{tus.PREFIX}/{upload.id}"}
    if request.headers.get("content-type") == tus.CHUNK:
        return await _chunk(request, who, house, upload, 201, headers)
    return Response(status_code=201, headers=headers | _place(upload))


def _length(request: Request, house: House) -> int | None:
    length = tus.number(request.headers, "Upload-Length")
    deferred = request.headers.get("upload-defer-length")
    if (length is None) == (deferred is None) or deferred not in (None, "1"):
        raise Refused(400, "An upload says how long it is, in the header Upload-Length, or Upload-Defer-Length: 1.")
    _refuse_length(length, house)
    return length


def _refuse_length(length: int | None, house: House) -> None:
    if length == 0:
        raise nothing_there()
    if length is not None and length > house.settings.max_upload_bytes:
        raise Refused(413, f"The largest recording that this server takes has {house.settings.max_upload_bytes} bytes.")


def _fields(given: str) -> HeaderFields:
    return header_of([(name, value) for name, value in tus.metadata(given) if name not in _IGNORED])


def upload_of(upload: Id, who: Who, house: Here) -> Uploading:
    """The upload that a path names."""
    return uploads.find(house, who.clinic, who.actor, checked_id(upload))


Found = Annotated[Uploading, Depends(upload_of)]


@router.head(tus.PREFIX + "/{upload}", response_class=Response, dependencies=_Spoken, openapi_extra=_headers())
def where(found: Found) -> Response:
    """How many bytes are here."""
    headers = _place(found)
    if found.length is None:
        headers["Upload-Defer-Length"] = "1"
    if found.metadata["given"]:
        headers["Upload-Metadata"] = found.metadata["given"]
    return Response(headers=headers)


@router.patch(
    tus.PREFIX + "/{upload}", status_code=204, response_class=Response, dependencies=_Spoken,
    openapi_extra=_headers(Upload_Offset=True, Upload_Length=False, Upload_Checksum=False),
)  # fmt: skip
async def go_on(request: Request, who: Who, house: Here, found: Found) -> Response:
    """Take the next bytes, a body of application/offset+octet-stream; the last ones make the job.

    From then on every answer names the job in the header Transcribe-Job.
    """
    if request.headers.get("content-type") != tus.CHUNK:
        raise Refused(415, f"A chunk has the content type {tus.CHUNK}.")
    if (length := tus.number(request.headers, "Upload-Length")) is not None:
        _refuse_length(length, house)
        try:
            found = await run_in_threadpool(uploads.set_length, house, found, length)
        except UsageError as error:
            raise Refused(400, str(error)) from error
    offset = tus.number(request.headers, "Upload-Offset")
    if offset is None:
        raise Refused(400, "A chunk says where it belongs, in the header Upload-Offset.")
    if offset != found.offset:
        raise _misplaced(found.offset)
    return await _chunk(request, who, house, found, 204, {})


@router.delete(
    tus.PREFIX + "/{upload}", status_code=204, response_class=Response, dependencies=_Spoken, openapi_extra=_headers()
)
def end(house: Here, found: Found) -> Response:
    """Forget the upload; a job that it became stays."""
    try:
        uploads.end(house, found)
    except uploads.Busy as error:
        raise Refused(423, str(error), code=error.code) from error
    return Response(status_code=204)


def _misplaced(offset: int) -> Refused:
    return Refused(409, f"The next byte that belongs here is number {offset}.", headers={"Upload-Offset": str(offset)})


def _place(upload: Uploading) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.length is not None:
        headers["Upload-Length"] = str(upload.length)
    return headers | dict(upload.metadata.get("answer", {}))


async def _chunk(
    request: Request, who: Principal, house: House, upload: Uploading, status: int, headers: Mapping[str, str]
) -> Response:
    """Take what the body holds, and receive the recording when that was all of it."""
    if upload.job is None:
        check = tus.checksum(request.headers.get("upload-checksum"))
        try:
            writer = await run_in_threadpool(uploads.open_writer, house, upload)
        except uploads.Busy as error:
            raise Refused(423, str(error), code=error.code) from error
        try:
            upload = await _take(request, who, house, upload, writer, check)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(writer.close)
    return Response(status_code=status, headers={**headers, **_place(upload)})


async def _take(
    request: Request, who: Principal, house: House, upload: Uploading, writer: Writer, check: Checksum | None
) -> Uploading:
    if writer.offset != upload.offset:
        raise _misplaced(writer.offset)
    chunk = _Chunk(writer, check, upload.length or house.settings.max_upload_bytes)
    try:
        await pour(request, chunk.write)
        chunk.refuse_damage()
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(chunk.settle)
    if writer.offset == upload.length and writer.upload.job is None:
        return await run_in_threadpool(_receive, house, who, writer)
    return await run_in_threadpool(uploads.find, house, who.clinic, who.actor, upload.id)


class _Chunk:
    """The bytes of one request; with a checksum they count all together or not at all."""

    def __init__(self, writer: Writer, check: Checksum | None, most: int) -> None:
        self._writer, self._check, self._most = writer, check, most
        self._counts = check is None
        self._saved = writer.offset

    def write(self, data: bytes) -> None:
        """Take some bytes, and save now and then what counts."""
        if self._writer.offset + len(data) > self._most:
            raise Refused(413, "There are more bytes than were announced.")
        self._writer.write(data)
        if self._check:
            self._check.so_far.update(data)
        if self._counts and self._writer.offset - self._saved >= _SAVE_BYTES:
            self._save()
        elif self._writer.silent > _SAVE_SECONDS:
            self._save() if self._counts else self._writer.renew()

    def refuse_damage(self) -> None:
        """460 unless the bytes are what the checksum says."""
        if self._check and not self._check.holds():
            raise Refused(460, "The chunk does not have the checksum that was announced; send it again.")
        self._counts = True

    def settle(self) -> None:
        """Save what counts."""
        if self._counts and self._writer.offset > self._saved:
            self._save()

    def _save(self) -> None:
        self._writer.save()
        self._saved = self._writer.offset


def _receive(house: House, who: Principal, writer: Writer) -> Uploading:
    """Make a job of the complete upload; done again after a crash, it is the same job."""
    upload = writer.upload
    names = dict(tus.metadata(upload.metadata["given"]))
    with receiving.arriving(house, who.clinic) as recording:
        for piece in uploads.pieces(house, upload, writer.offset):
            recording.write(piece)
            if writer.silent > _SAVE_SECONDS:
                writer.renew()
        if names.get("sha256", recording.digest) != recording.digest:
            writer.spoilt()
        receipt = take_in(
            house, who, recording, _fields(upload.metadata["given"]),
            file_name=names.get("filename") or names.get("name") or "",
            key=upload.metadata["key"] or f"upload {upload.id}", sha256=names.get("sha256", ""),
        )  # fmt: skip
    answer = {"Transcribe-Job": receipt.job, "Transcribe-Sha256": receipt.sha256}
    if receipt.duplicate_of:
        answer["Transcribe-Duplicate-Of"] = receipt.duplicate_of
    return writer.received(receipt.job, answer)
