"""The administrator's pages for what is typed: words, replacements, style, and the texts that are called normals."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from transcribe.errors import UsageError
from transcribe.service import sent, wordbooks
from transcribe.web.auth import Here, Who
from transcribe.web.page import go, page
from transcribe.writeup.wordbook import CHOICES, Style, Wordbook

router = APIRouter(include_in_schema=False)

Author = Annotated[str, Query(max_length=500)]
Field = Annotated[str, Form(max_length=1_000_000)]


@router.get("/admin/words")
def words(request: Request, who: Who, house: Here, author: Author = "") -> Response:
    """The words, replacements and style of the clinic or of one author."""
    return _words(request, who, house, author, wordbooks.read(house, who.clinic, author))


def _words(
    request: Request, who: Who, house: Here, author: str, book: Wordbook, problem: str = "", replaced: str = ""
) -> Response:
    pairs = replaced or "\n".join(f"{heard} = {typed}" for heard, typed in book.replace.items())
    return page(
        request, who, "words.html", status=400 if problem else 200, author=author, book=book, replaced=pairs,
        authors=sent.authors(house, who.clinic), choices=CHOICES, problem=problem,
    )  # fmt: skip


@router.post("/admin/words")
def change_words(
    request: Request, who: Who, house: Here, author: Field = "", typed: Field = "", replaced: Field = "",
    expand: Field = "", dimensions: Field = "x", small_numbers: Field = "words", latin: Field = "dotted",
    dates: Field = "long",
) -> Response:  # fmt: skip
    """Change them; the normals stay as they are."""
    before = wordbooks.read(house, who.clinic, author)
    chosen = {"dimensions": dimensions, "small_numbers": small_numbers, "latin": latin, "dates": dates}
    style = Style(**chosen, expand=tuple(line.upper() for line in wordbooks.lines(expand)))
    book = replace(before, words=wordbooks.lines(typed), style=style)
    try:
        if any(value not in CHOICES[name] for name, value in chosen.items()):
            raise UsageError("There is no such style.")
        wordbooks.write(house, who, author, replace(book, replace=wordbooks.pairs(replaced)))
    except UsageError as error:
        return _words(request, who, house, author, book, str(error), replaced)
    return go(_address("/admin/words", author), said="saved")


@router.get("/admin/normals")
def normals(request: Request, who: Who, house: Here, author: Author = "", edit: Author = "") -> Response:
    """The normals of the clinic or of one author; `edit` is the one whose text stands in the form."""
    return _normals(request, who, house, author, edit)


def _normals(
    request: Request, who: Who, house: Here, author: str, edit: str, text: str = "", problem: str = ""
) -> Response:
    book = wordbooks.read(house, who.clinic, author)
    return page(
        request, who, "normals.html", status=400 if problem else 200, author=author, texts=book.texts, edit=edit,
        text=text or book.texts.get(edit, ""), authors=sent.authors(house, who.clinic), problem=problem,
    )  # fmt: skip


@router.post("/admin/normals")
def change_normals(
    request: Request, who: Who, house: Here, author: Field = "", said: Field = "", text: Field = "", was: Field = ""
) -> Response:
    """Keep a normal, under another name if it had one; without a text it is taken out."""
    try:
        book = wordbooks.read(house, who.clinic, author)
        book = wordbooks.with_text(book, was, "") if was else book
        wordbooks.write(house, who, author, wordbooks.with_text(book, said, text.replace("\r\n", "\n")))
    except UsageError as error:
        return _normals(request, who, house, author, said, text, str(error))
    return go(_address("/admin/normals", author), said="saved" if text.strip() else "removed")


def _address(path: str, author: str) -> str:
    return f"{path}?{urlencode({'author': author})}" if author else path
