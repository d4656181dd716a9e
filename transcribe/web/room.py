"""The review room: the page on which one report is heard, corrected and coded, and the words its spelling knows."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from transcribe.service import jobs
from transcribe.service.identity import accounts
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.page import page
from transcribe.writeup import read_wordbook
from transcribe.writeup.lexicon import medical
from transcribe.writeup.tables import listed, table

router = APIRouter()


@router.get("/review/{job}", include_in_schema=False)
def room(request: Request, who: Who, house: Here, job: JobId) -> Response:
    """The room around one report; everything in it comes over the API."""
    made = page(request, who, "room.html", job=jobs.status(house, who.clinic, job))
    made.headers["Content-Security-Policy"] += "; frame-src blob:"  # The PDF of the report, as the page fetched it.
    return made


@router.get("/api/v1/spelling", response_class=PlainTextResponse, tags=["review"])
def spelling(request: Request, who: Who, house: Here) -> Response:
    """The words that are spelt right besides those of plain English, one to a line: of medicine and of the clinic."""
    folder = house.settings.words_dir / who.clinic
    words = sorted(_medicine() | _own(folder, accounts.clinic_name(house, who.clinic)))
    text = "\n".join(words)
    headers = {"ETag": f'"{sha256(text.encode()).hexdigest()}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(text, headers=headers)


@cache
def _medicine() -> frozenset[str]:
    """What the write-up types of its own accord: terms, units, abbreviations, names."""
    names = [word for name in ("acronyms", "eponyms", "given_names", "places") for word in listed(name)]
    return medical() | frozenset(names) | frozenset(table("units")["measured"])


def _own(folder: Path, clinic: str) -> set[str]:
    """The words in the wordbooks of a clinic and of all its authors."""
    authors = [path.stem.removeprefix("author-") for path in sorted(folder.glob("author-*.toml"))]
    books = [read_wordbook(folder, clinic=clinic, author=author) for author in authors or [""]]
    return {word for book in books for word in (*book.words, *book.replace.values())}
