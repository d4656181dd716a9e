"""A clinic's words, replacements, normals and style: read from its wordbook and written back, for people to keep."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transcribe.service.accounts import Principal
from transcribe.service.house import House
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.writeup import Wordbook, read_wordbook

TABLES = ("words", "replace", "texts", "style")


def show(house: House, clinic: str, *, author: str = "") -> Wordbook:
    """What the clinic wants typed, and the author where one is named."""
    return read_wordbook(_folder(house, clinic), author=author)


def keep(house: House, who: Principal, **tables: Mapping[str, Any]) -> None:
    """Write these tables of the clinic's wordbook anew; the others stay.

    Raises `UnusableInput`, which names the key, for what no wordbook may hold; then nothing is changed.
    """
    folder = _folder(house, who.clinic)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    book = plain(show(house, who.clinic)) | tables
    draft = folder / f".{os.getpid()}" / "house.toml"
    draft.parent.mkdir(exist_ok=True)
    try:
        draft.write_text("".join(_table(name, book[name]) for name in TABLES), "utf-8")
        read_wordbook(draft.parent)
        with transaction(house.engine) as session:
            audit.record(session, who.clinic, who.actor, "wordbook changed", who.clinic, tables=sorted(tables))
        draft.replace(folder / "house.toml")
    finally:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()


def _folder(house: House, clinic: str) -> Path:
    return house.settings.words_dir / clinic


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
