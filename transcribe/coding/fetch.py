"""Fetches the archives of the official files from their publisher."""

from __future__ import annotations

import hashlib
import http.client
import os
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import date
from http.client import HTTPMessage
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit
from urllib.request import Request

from transcribe.domain import CodeSystem
from transcribe.errors import MissingPart, NotFound, TryLater, UnusableInput, UsageError

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PIECE = 1 << 16
_SECONDS = 60
# The archives of CMS have some 25 MB; four times that is something else.
_LARGEST = 100 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive of the publisher: what it holds, the first month that is in force, and where it lies."""

    system: CodeSystem
    release: str
    address: str


def published(release: str = "", *, on: date | None = None) -> list[Archive]:
    """The archives of `release`, by default those in force `on` that day (today) and no older; NotFound without any."""
    table = tomllib.loads(files(__package__).joinpath("published.toml").read_text("utf-8"))
    known = [Archive(CodeSystem(row["system"]), row["release"], row["address"]) for row in table["archive"]]
    if release:
        found = [each for each in known if each.release == release]
    else:
        month = f"{on or date.today():%Y-%m}"
        newest = {each.system: each for each in known if each.release <= month}
        found = list(newest.values())
    if not found:
        told = ", ".join(sorted({each.release for each in known}))
        raise NotFound(
            f"No archive of {release or 'today'} is known here, only of {told}. Name its address with --from."
        )
    return found


def fetch(address: str, folder: Path) -> tuple[Path, str]:
    """Put what lies at `address` into `folder`; its path and SHA-256.

    Only https, and http on this machine itself, also where the server points elsewhere. Raises UsageError for another
    address, NotFound where nothing lies there, TryLater where the server is busy, MissingPart where it cannot be
    reached, UnusableInput where it is too large.
    """
    _allow(address)
    name = PurePosixPath(unquote(urlsplit(address).path)).name
    if not name.lower().endswith(".zip"):
        raise UsageError(f"{address} does not name a .zip archive.")
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    try:
        with _opener().open(address, timeout=_SECONDS) as answer, draft.open("wb") as stream:
            digest = _copy(answer, stream, address)
        path = draft.replace(folder / name)
    except urllib.error.HTTPError as error:
        raise _refused(address, error) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise MissingPart(
            f"{address} cannot be fetched from here ({reason}). Download it where there is a network,"
            f" then: transcribe codes import {name}"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return path, digest


def _copy(answer: IO[bytes], stream: IO[bytes], address: str) -> str:
    told = int(getattr(answer, "headers", {}).get("Content-Length") or 0)
    digest, got = hashlib.sha256(), 0
    while piece := answer.read(_PIECE):
        got += len(piece)
        if max(got, told) > _LARGEST:
            raise UnusableInput(f"{address} is larger than any archive of code tables is.")
        digest.update(piece)
        stream.write(piece)
    if got < told:
        raise http.client.IncompleteRead(b"", told - got)
    return digest.hexdigest()


def _refused(address: str, error: urllib.error.HTTPError) -> NotFound | TryLater:
    if error.code in (429, 500, 502, 503, 504):
        return TryLater(f"{address} cannot be had now (status {error.code}). Try again later.")
    return NotFound(
        f"{address} cannot be had (status {error.code}). Look for it on the publisher's pages, give --from."
    )


def _allow(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UsageError(f"{address} is not fetched: only https addresses are.")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to allowed addresses only."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """The request for where the server points to."""
        _allow(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Opens addresses over the network alone: none of a file, though the standard opener knows them."""
    opener = urllib.request.OpenerDirector()
    handlers = (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _Redirects,
    )
    for handler in handlers:
        opener.add_handler(handler())
    return opener
