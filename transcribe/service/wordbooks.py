"""A clinic's words, replacements, normals and style: read from its wordbook and written back, for people to keep."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transcribe.errors import UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.writeup.wordbook import Wordbook, read_wordbook, slug

TABLES = ("words", "replace", "texts", "style")


def show(house: House, clinic: str, *, author: str = "") -> Wordbook:
    """What the clinic wants typed, and the author where one is named."""
    return read_wordbook(_folder(house, clinic), author=author)


def own(house: House, clinic: str, *, author: str = "") -> dict[str, dict[str, Any]]:
    """The tables of the clinic's own wordbook, or of one author's alone, as the file has them."""
    path = _folder(house, clinic) / _name(author)
    return tomllib.loads(path.read_text("utf-8-sig")) if path.is_file() else {}


def keep(house: House, who: Principal, *, author: str = "", **tables: Mapping[str, Any]) -> None:
    """Write these tables of the clinic's wordbook, or of one author's, anew; the others stay.

    Raises `UnusableInput`, which names the key, for what no wordbook may hold; then nothing is changed.
    """
    folder = _folder(house, who.clinic)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    book = own(house, who.clinic, author=author) | tables
    draft = folder / f".{os.getpid()}" / _name(author)
    draft.parent.mkdir(exist_ok=True)
    try:
        draft.write_text("".join(_table(name, book[name]) for name in TABLES if book.get(name)), "utf-8")
        read_wordbook(draft.parent, author=author)
        with transaction(house.engine) as session:
            audit.record(session, who.clinic, who.actor, "wordbook changed", who.clinic, tables=sorted(tables))
        draft.replace(folder / _name(author))
    finally:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()


def _folder(house: House, clinic: str) -> Path:
    return house.settings.words_dir / clinic


def _name(author: str) -> str:
    return f"author-{slug(author)}.toml" if author else "house.toml"


def lines(given: str) -> list[str]:
    """The lines of a form's field, each once."""
    return list(dict.fromkeys(line for each in given.splitlines() if (line := each.strip())))


def pairs(given: str) -> dict[str, str]:
    """Lines "heard = typed" of a form's field; `UsageError` names the line that is none."""
    found = {}
    for number, line in enumerate(given.splitlines(), start=1):
        heard, _, typed = (part.strip() for part in line.partition("="))
        if line.strip() and not (heard and typed):
            raise UsageError(f"Line {number} is not of the form: heard = typed.")
        if line.strip():
            found[called(heard)] = typed
    return found


def called(said: str) -> str:
    """What is said, as a wordbook has it: in small letters, with single blanks."""
    return " ".join(said.lower().split())


def plain(book: Wordbook) -> dict[str, Mapping[str, Any]]:
    """The wordbook's tables as its file holds them."""
    style = {name: getattr(book.style, name) for name in ("dimensions", "small_numbers", "latin", "dates")}
    return {
        "words": {"typed": list(book.words)},
        "replace": book.replace,
        "texts": book.texts,
        "style": {**style, "expand": list(book.style.expand)},
    }


def _table(name: str, rows: Mapping[str, Any]) -> str:
    """A table of a TOML file; what JSON writes for a text or a list of texts is TOML, too."""
    lines = [
        f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in rows.items()
    ]
    return "\n".join([f"[{name}]", *lines, "", ""])
