"""The headers of tus 1.0 (resumable uploads), as values: https://tus.io/protocols/resumable-upload."""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transcribe.web.problems import Refused

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256")
CHUNK = "application/offset+octet-stream"
PREFIX = "/api/v1/uploads"

_MOST_METADATA = 16 * 1024
_OVERRIDES = ("PATCH", "DELETE", "HEAD")


def metadata(header: str) -> list[tuple[str, str]]:
    """The pairs of an `Upload-Metadata` header; 400 for one that is not made as the protocol says."""
    if len(header) > _MOST_METADATA:
        raise Refused(413, "The header Upload-Metadata is too long.")
    pairs = [_pair(part) for part in header.split(",")] if header.strip() else []
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused(400, "The header Upload-Metadata names a key twice.")
    return pairs


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.strip(" ").partition(" ")
    if not name or not name.isascii():
        raise Refused(400, "The header Upload-Metadata holds a key that is empty or not ASCII.")
    try:
        return name, b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "The header Upload-Metadata holds a value that is not Base64 of UTF-8 text.") from error


def number(headers: Headers, name: str) -> int | None:
    """A header that counts bytes; None when it is not there, 400 when it is no such number."""
    value = headers.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise Refused(400, f"The header {name} is a number of bytes.")
    return int(value)


@dataclass(slots=True)
class Checksum:
    """What a chunk should be, and what it is so far."""

    expected: bytes
    so_far: Any

    def holds(self) -> bool:
        """Whether the chunk is what it should be."""
        digest: bytes = self.so_far.digest()
        return digest == self.expected


def checksum(header: str | None) -> Checksum | None:
    """What an `Upload-Checksum` header asks for; 400 for an algorithm that is not offered."""
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Refused(400, f"Chunks can be checked by {' or '.join(ALGORITHMS)}.")
    try:
        expected = b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "The header Upload-Checksum holds what is not Base64.") from error
    return Checksum(expected, hashlib.new(algorithm, usedforsecurity=False))


def refuse_other_versions(headers: Mapping[str, str]) -> None:
    """412 unless the request speaks this version of the protocol."""
    if headers.get("tus-resumable") != VERSION:
        raise Refused(412, f"This server speaks tus {VERSION}.", headers={"Tus-Version": VERSION})


class Tus:
    """ASGI middleware: the protocol's method by header, and its version on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        method = Headers(scope=scope).get("x-http-method-override", "").upper()
        if scope["method"] == "POST" and method in _OVERRIDES:
            scope = {**scope, "method": method}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Tus-Resumable"] = VERSION
            await send(message)

        await self.app(scope, receive, sending)
