"""Serves what pages load: the style sheets and pictures in `assets/`, and in `static/` the bundled scripts."""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from transcribe.errors import NotFound

router = APIRouter(include_in_schema=False)

_FOLDERS = tuple(cast(Path, files(__package__).joinpath(name)) for name in ("assets", "static"))

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}

_WORKER = {"Content-Security-Policy": "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"}
"""A script that runs beside a page has the policy it came with, not the page's."""

_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".dic": "text/plain"}
"""Where the machine's own table of types may say otherwise."""


def address(name: str) -> str:
    """Where pages find the part `name`: the address changes with its content, so browsers may keep it for ever.

    Empty for a script in an installation without bundled scripts, whose pages work with plain links and forms.
    """
    found = _find(name)
    return f"/static/{name}?v={_digest(found, found.stat().st_mtime_ns)}" if found else ""


@router.get("/static/{name:path}")
def part(request: Request, name: str) -> Response:
    """One of the parts."""
    found = _find(name)
    if found is None:
        raise NotFound("Pages have no such part.")
    current = request.query_params.get("v") == _digest(found, found.stat().st_mtime_ns)
    kind = _TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return FileResponse(found, media_type=kind, headers=_WORKER | (_FOR_EVER if current else _ASK_AGAIN))


def _find(name: str) -> Path | None:
    for folder in _FOLDERS:
        path = (folder / name).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file() and not path.name.startswith("."):
            return path
    return None


@lru_cache(maxsize=256)
def _digest(path: Path, _changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]
