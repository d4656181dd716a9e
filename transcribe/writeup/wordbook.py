"""A clinic's and an author's own words, replacements, texts and style, read from the TOML files that they keep.

A wordbook has four tables, none of which must be there:

    [words]         typed = ["Zytiga", "Osage Valley Clinic"]     spelt and capitalised so
    [replace]       "novo log" = "NovoLog"                        heard = typed
    [texts]         "knee exam" = "Full range of motion. …"       typed on "use my normal knee exam"
    [style]         dates = "numeric"                             see `Style`

`house.toml` holds for everybody, `clinic-NAME.toml` for a clinic and `author-NAME.toml` for an author; NAME is in
small letters with hyphens for all else. What is nearer to the author wins.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from transcribe.errors import UnusableInput

CHOICES = {
    "dimensions": ("x", "by"),
    "small_numbers": ("words", "figures"),
    "latin": ("dotted", "plain", "words"),
    "dates": ("long", "numeric"),
}
"""The switches of a style and what each can be; the first is the house style."""

_TABLES = ("words", "replace", "texts", "style")


@dataclass(frozen=True, slots=True)
class Style:
    """How things are typed: `dimensions` 3 x 4 cm or 3 by 4 cm; `small_numbers` three or 3 in prose; `latin` b.i.d.,
    BID or twice a day; `dates` March 3, 2026 or 3/3/2026; `expand` are headings under which abbreviations are
    typed in full.
    """

    dimensions: str = "x"
    small_numbers: str = "words"
    latin: str = "dotted"
    dates: str = "long"
    expand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wordbook:
    """What a clinic and an author want typed; the keys of `replace` and `texts` are what is said, in lower case."""

    words: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    style: Style = field(default_factory=Style)


def read_wordbook(folder: Path, *, clinic: str = "", author: str = "") -> Wordbook:
    """The wordbook of `author` at `clinic` from the files in `folder`; what is not there is left out.

    Raises `UnusableInput`, which names the file and the key.
    """
    named = [f"{kind}-{short}.toml" for kind, name in (("clinic", clinic), ("author", author)) if (short := slug(name))]
    book = Wordbook()
    for path in (folder / name for name in ["house.toml", *named]):
        if path.is_file():
            book = _added(book, path, _read(path))
    return book


def slug(name: str) -> str:
    """A name as the name of a file has it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path} cannot be read as UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(f"{path} is not TOML: {error}.") from error


def _added(book: Wordbook, path: Path, raw: dict[str, Any]) -> Wordbook:
    """`book` with what the file at `path` says."""
    for key, table in raw.items():
        if key not in _TABLES or not isinstance(table, dict):
            raise UnusableInput(f"{path} has the unknown table '{key}'; known are: {', '.join(_TABLES)}.")
    words = _texts(path, "words.typed", raw.get("words", {}).get("typed", []))
    return Wordbook(
        (*words, *(word for word in book.words if word not in words)),
        {**book.replace, **_said(path, "replace", raw.get("replace", {}))},
        {**book.texts, **_said(path, "texts", raw.get("texts", {}))},
        _styled(book.style, path, raw.get("style", {})),
    )


def _said(path: Path, table: str, rows: dict[str, Any]) -> dict[str, str]:
    for key, text in rows.items():
        if not isinstance(text, str) or not key.strip():
            raise UnusableInput(f"{path}: '{table}.{key}' must be text in quotation marks.")
    return {" ".join(key.lower().split()): text for key, text in rows.items()}


def _texts(path: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise UnusableInput(f"{path}: '{key}' must be a list of texts.")
    return tuple(value)


def _styled(style: Style, path: Path, rows: dict[str, Any]) -> Style:
    known = {each.name for each in fields(Style)}
    for key, value in rows.items():
        if key not in known:
            raise UnusableInput(f"{path} has the unknown style '{key}'; known are: {', '.join(sorted(known))}.")
        if key == "expand":
            value = tuple(heading.upper() for heading in _texts(path, "style.expand", value))
        elif value not in CHOICES[key]:
            raise UnusableInput(f"{path}: 'style.{key}' must be one of: {', '.join(CHOICES[key])}.")
        style = replace(style, **{key: value})
    return style
