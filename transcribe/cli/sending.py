"""Brings recordings to the server in pieces (tus 1.0), whatever the line and the server go through meanwhile."""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from transcribe.errors import (
    MissingPart,
    NotAllowed,
    NotFound,
    PasswordNeeded,
    TooLong,
    TranscribeError,
    TryLater,
    UnknownFormat,
    UnusableInput,
    UsageError,
)
from transcribe.settings import DEMO_TOKEN, Settings

CHUNK_BYTES = 8 * 1024 * 1024

PATIENCE_SECONDS, LONG_PATIENCE_SECONDS = 30.0, 300.0
"""How long a server that does not answer is asked again, counted from its last good answer: long for recordings."""

_LATER = frozenset({423, 429, 502, 503, 504, 507})
_GONE = frozenset({404, 410})
_AGAIN = frozenset({409, 460})
"""The server has other bytes than thought: ask how many, and go on from there."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_VERSION = {"Tus-Resumable": "1.0.0"}

Advance = Callable[[float, float], None]
"""Told how many bytes of how many have arrived."""

Tell = Callable[[str], None]
"""Told what a person may want to know meanwhile."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a recording; `duplicate_of` is the job of the same recording that was there before."""

    job: str
    duplicate_of: str | None


@contextmanager
def connect(settings: Settings) -> Iterator[httpx.Client]:
    """A client for the server that the settings name, as whom they say."""
    token = settings.token or (DEMO_TOKEN if settings.demo else "")
    if not token:
        raise NotAllowed("The server asks who you are: set TRANSCRIBE_TOKEN (`transcribe token add` makes one).")
    # Receiving 2 GB ends with a moment in which the server reads them once more.
    timeout = httpx.Timeout(30.0, read=300.0)
    heads = {"Authorization": f"Bearer {token}"}
    # A proxy of the environment is none of a server's on the own network; certificates are those of the machine.
    trust = ssl.create_default_context()
    with httpx.Client(base_url=settings.url, headers=heads, timeout=timeout, trust_env=False, verify=trust) as client:
        yield client


class _Patience:
    """How long the server has been away or busy, and how long to wait before the next try."""

    def __init__(self, client: httpx.Client, tell: Tell, seconds: float) -> None:
        self._server, self._tell, self._seconds = client.base_url, tell, seconds
        self.renew()

    def renew(self) -> None:
        """It goes on."""
        self._until = time.monotonic() + self._seconds
        self._pause = _SHORTEST_PAUSE

    def lose(self, why: str, answer: httpx.Response | None) -> None:
        """Wait a little longer than the last time, or as long as the server asks; `TryLater` at the end."""
        if time.monotonic() + self._pause > self._until:
            raise TryLater(f"{self._server} {why}; try again later.")
        if self._pause == _SHORTEST_PAUSE:
            self._tell(f"{self._server} {why}; trying again")
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        time.sleep(max(self._pause, min(float(asked), _LONGEST_PAUSE)) if asked.isdigit() else self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


def ask(
    client: httpx.Client, method: str, path: str, *, tell: Tell, patience: float = PATIENCE_SECONDS, **request: Any
) -> httpx.Response:
    """The server's good answer; asked again with growing pauses while the server is away or busy.

    Raises the error of errors.py that a refusal stands for, `TryLater` when patience ends.
    """
    waiting = _Patience(client, tell, patience)
    while True:
        answer, why = _answer(client, method, path, **request)
        if answer is not None and answer.status_code not in _LATER:
            return answer if answer.is_success else _refused(answer)
        waiting.lose(why, answer)


def _answer(client: httpx.Client, method: str, path: str, **request: Any) -> tuple[httpx.Response | None, str]:
    """What the server said, None if nothing; and what that means if it is not good."""
    try:
        answer = client.request(method, path, **request)
    except httpx.TransportError as error:
        return None, f"does not answer ({type(error).__name__})"
    return answer, f"is busy (HTTP {answer.status_code})"


_BY_STATUS: dict[int, type[TranscribeError]] = {
    400: UsageError, 401: NotAllowed, 403: NotAllowed, 404: NotFound, 410: NotFound,
    413: UnusableInput, 415: UnusableInput, 422: UnusableInput,
}  # fmt: skip
_KINDS: tuple[type[TranscribeError], ...] = (
    UsageError, UnusableInput, UnknownFormat, TooLong, PasswordNeeded, NotFound, MissingPart, NotAllowed, TryLater
)  # fmt: skip
_BY_CODE = {kind.code: kind for kind in _KINDS}


def _refused(answer: httpx.Response) -> httpx.Response:
    """Raise the error that a refusal stands for."""
    problem = _problem(answer)
    faults = "".join(f" {fault['field']}: {fault['message']}." for fault in problem.get("errors", []))
    kind = _BY_CODE.get(problem.get("code", ""), _BY_STATUS.get(answer.status_code, TranscribeError))
    raise kind(problem.get("detail", f"The server refused this (HTTP {answer.status_code}).") + faults)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return {}
    problem: dict[str, Any] = answer.json()
    return problem


def send(
    client: httpx.Client,
    path: Path,
    fields: Mapping[str, str],
    *,
    notes: Path,
    advance: Advance,
    tell: Tell,
) -> Sent:
    """Bring the recording at `path` to the server; one that was begun before goes on where it stopped.

    `notes` is a folder that remembers what was begun. Raises what the server's refusal stands for, and
    `TranscribeError` when other bytes arrived than were sent.
    """
    size, digest = _measure(path)
    if size == 0:
        raise UnusableInput(f"{path} is empty.")
    note = _Note.of(notes, str(client.base_url), digest, fields)
    sending = _Sending(client, path, size, note, advance, tell)
    answer = None
    while answer is None:
        if not note.place:
            sending.begin({**fields, "filename": path.name, "sha256": digest})
        try:
            answer = sending.go_on()
        except NotFound:
            note.set_place("")  # The server has forgotten it, as after two days: once more from the beginning.
    if answer.headers.get("Transcribe-Sha256") != digest:
        raise TranscribeError(f"{path}: the server has other bytes than this file; send it again.")
    note.forget()
    return Sent(answer.headers["Transcribe-Job"], answer.headers.get("Transcribe-Duplicate-Of") or None)


@dataclass(slots=True)
class _Note:
    """What is remembered of an upload on this machine, so that it can go on after an interruption."""

    path: Path
    key: str
    place: str

    @classmethod
    def of(cls, folder: Path, server: str, digest: str, fields: Mapping[str, str]) -> _Note:
        """The note on this very upload, or a new one."""
        name = hashlib.sha256(json.dumps([server, digest, sorted(fields.items())]).encode()).hexdigest()
        path = folder / name
        key, _, place = path.read_text("ascii").partition("\n") if path.is_file() else (uuid4().hex, "", "")
        return cls(path, key, place)

    def set_place(self, place: str) -> None:
        """Remember where the upload is."""
        self.place = place
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"{self.key}\n{place}", "ascii")

    def forget(self) -> None:
        """The upload is done."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Sending:
    """One recording on its way."""

    client: httpx.Client
    path: Path
    size: int
    note: _Note
    advance: Advance
    tell: Tell

    def begin(self, metadata: Mapping[str, str]) -> None:
        """Begin an upload and note its place."""
        pairs = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in metadata.items())
        heads = {
            **_VERSION,
            "Upload-Length": str(self.size),
            "Upload-Metadata": pairs,
            "Idempotency-Key": self.note.key,
        }
        answer = self._ask("POST", "/api/v1/uploads", heads)
        self.note.set_place(answer.headers["Location"])

    def go_on(self) -> httpx.Response:
        """Send what the server does not have yet; returns the answer that names the job.

        Raises `NotFound` when the server has forgotten the upload, `TryLater` when it takes nothing for too long.
        """
        answer = self._where()
        patience = _Patience(self.client, self.tell, LONG_PATIENCE_SECONDS)
        with self.path.open("rb") as file:
            while "Transcribe-Job" not in answer.headers:
                offset = int(answer.headers["Upload-Offset"])
                self.advance(offset, self.size)
                file.seek(offset)
                answer = self._chunk(offset, file.read(CHUNK_BYTES), patience)
                if int(answer.headers["Upload-Offset"]) > offset:
                    patience.renew()
        self.advance(self.size, self.size)
        return answer

    def _chunk(self, offset: int, data: bytes, patience: _Patience) -> httpx.Response:
        """Send one piece; where that fails, the answer says what the server has."""
        check = b64encode(hashlib.sha256(data).digest()).decode()
        heads = {
            **_VERSION,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {check}",
        }
        answer, why = _answer(self.client, "PATCH", self.note.place, headers=heads, content=data)
        if answer is None or answer.status_code in _LATER | _GONE | _AGAIN:
            patience.lose(why, answer)
            return self._where()
        return answer if answer.is_success else _refused(answer)

    def _where(self) -> httpx.Response:
        return self._ask("HEAD", self.note.place, _VERSION)

    def _ask(self, method: str, place: str, heads: Mapping[str, str]) -> httpx.Response:
        return ask(self.client, method, place, tell=self.tell, patience=LONG_PATIENCE_SECONDS, headers=heads)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
