"""The administrator's pages for what is typed: words, replacements, style, and the texts that are called normals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from transcribe.errors import UnusableInput, UsageError
from transcribe.service import recordings, wordbooks
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.web.auth import Here, Who
from transcribe.web.page import go, page

router = APIRouter(include_in_schema=False)

Author = Annotated[str, Query(max_length=500)]
Field = Annotated[str, Form(max_length=1_000_000)]
Book = dict[str, dict[str, Any]]
"""The tables of a wordbook."""

_SWITCHES = {
    "dimensions": ("Measures", {"x": "3 x 4 cm", "by": "3 by 4 cm"}),
    "small_numbers": ("Small numbers", {"words": "three children", "figures": "3 children"}),
    "latin": ("Doses", {"dotted": "b.i.d.", "plain": "BID", "words": "twice a day"}),
    "dates": ("Dates", {"long": "March 3, 2026", "numeric": "3/3/2026"}),
}
"""What each switch of the style is called and how each of its choices looks; the first is the house style."""


@router.get("/admin/words")
def words(request: Request, who: Who, house: Here, author: Author = "") -> Response:
    """The words, replacements and style of the clinic or of one author."""
    return _words(request, who, house, author, wordbooks.own(house, who.clinic, author=author))


def _words(
    request: Request, who: Principal, house: House, author: str, book: Book, problem: str = "", replaced: str = ""
) -> Response:
    pairs = replaced or "\n".join(f"{heard} = {typed}" for heard, typed in book.get("replace", {}).items())
    return page(
        request, who, "words.html", status=400 if problem else 200, author=author, replaced=pairs, problem=problem,
        typed="\n".join(book.get("words", {}).get("typed", ())), style=book.get("style", {}),
        authors=recordings.authors(house, who.clinic), switches=_SWITCHES,
    )  # fmt: skip


@router.post("/admin/words")
def change_words(
    request: Request, who: Who, house: Here, author: Field = "", typed: Field = "", replaced: Field = "",
    expand: Field = "", dimensions: Field = "", small_numbers: Field = "", latin: Field = "", dates: Field = "",
) -> Response:  # fmt: skip
    """Change them; the normals stay as they are."""
    switches = {"dimensions": dimensions, "small_numbers": small_numbers, "latin": latin, "dates": dates}
    style: dict[str, Any] = {name: value for name, value in switches.items() if value}
    if expand.strip():
        style["expand"] = [line.upper() for line in wordbooks.lines(expand)]
    book: Book = {"words": {"typed": wordbooks.lines(typed)}, "style": style}
    try:
        wordbooks.keep(house, who, author=author, **book, replace=wordbooks.pairs(replaced))
    except (UsageError, UnusableInput) as error:
        return _words(request, who, house, author, book, str(error), replaced)
    return go(_address("/admin/words", author), said="saved")


@router.get("/admin/normals")
def normals(request: Request, who: Who, house: Here, author: Author = "", edit: Author = "") -> Response:
    """The normals of the clinic or of one author; `edit` is the one whose text stands in the form."""
    return _normals(request, who, house, author, edit)


def _normals(
    request: Request, who: Principal, house: House, author: str, edit: str, text: str = "", problem: str = ""
) -> Response:
    texts = _texts(who, house, author)
    return page(
        request, who, "normals.html", status=400 if problem else 200, author=author, texts=texts, edit=edit,
        text=text or texts.get(edit, ""), authors=recordings.authors(house, who.clinic), problem=problem,
    )  # fmt: skip


def _texts(who: Principal, house: House, author: str) -> dict[str, str]:
    return wordbooks.own(house, who.clinic, author=author).get("texts", {})


@router.post("/admin/normals")
def change_normals(
    request: Request, who: Who, house: Here, author: Field = "", said: Field = "", text: Field = "", was: Field = ""
) -> Response:
    """Keep a normal, under another name if it had one; without a text it is taken out."""
    name, kept = wordbooks.called(said), text.replace("\r\n", "\n").strip()
    texts = {key: value for key, value in _texts(who, house, author).items() if key not in (name, was)}
    try:
        wordbooks.keep(house, who, author=author, texts=texts | ({name: kept} if kept else {}))
    except UnusableInput as error:
        return _normals(request, who, house, author, said, text, str(error))
    return go(_address("/admin/normals", author), said="saved" if kept else "removed")


def _address(path: str, author: str) -> str:
    return f"{path}?{urlencode({'author': author})}" if author else path


def sentences() -> Iterator[str]:
    """What the switches are called, for the catalogue."""
    return (title for title, _looks in _SWITCHES.values())
