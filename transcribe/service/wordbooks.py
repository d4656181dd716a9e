"""A clinic's wordbooks as people edit them: words, replacements, normals and style, for all or for one author."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from transcribe import files
from transcribe.errors import UsageError
from transcribe.service.accounts import Principal
from transcribe.service.house import House
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.writeup.wordbook import Style, Wordbook, read_book, read_wordbook, slug

_LONGEST = 20_000
_MOST = 5_000


def read(house: House, clinic: str, author: str = "") -> Wordbook:
    """What the clinic wants typed for everybody, or for one author alone."""
    path = _path(house, clinic, author)
    return read_book(path) if path.is_file() else Wordbook()


def effective(house: House, clinic: str, author: str) -> Wordbook:
    """What is typed for an author: what the clinic wants for everybody, and before it what is the author's own."""
    return read_wordbook(house.settings.words_dir / clinic, author=author)


def write(house: House, who: Principal, author: str, book: Wordbook) -> None:
    """Keep the book for the clinic or for one of its authors; workers use it from the next dictation on.

    Raises `UsageError` for what no wordbook can hold.
    """
    _refuse_unusable(book)
    path = _path(house, who.clinic, author)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.replacing(path) as file:
        file.write(as_toml(book))
    with transaction(house.engine) as session:
        counts = {"words": len(book.words), "replaced": len(book.replace), "texts": len(book.texts)}
        audit.record(session, who.clinic, who.actor, "wordbook changed", who.clinic, own=bool(author), **counts)


def with_text(book: Wordbook, said: str, text: str) -> Wordbook:
    """The book with one more normal, or with another text for one; an empty text takes it out."""
    key = " ".join(said.lower().split())
    if not key:
        raise UsageError("A normal needs the words that call it, as in: knee exam.")
    texts = {name: kept for name, kept in book.texts.items() if name != key}
    return replace(book, texts={**texts, **({key: text.strip()} if text.strip() else {})})


def lines(given: str) -> tuple[str, ...]:
    """The lines of a form's field, each once."""
    return tuple(dict.fromkeys(line for each in given.splitlines() if (line := each.strip())))


def pairs(given: str) -> dict[str, str]:
    """Lines "heard = typed" of a form's field; `UsageError` names the line that is none."""
    found = {}
    for number, line in enumerate(given.splitlines(), start=1):
        heard, equals, typed = line.partition("=")
        if line.strip() and not (equals and heard.strip() and typed.strip()):
            raise UsageError(f"Line {number} is not of the form: heard = typed.")
        if line.strip():
            found[" ".join(heard.lower().split())] = typed.strip()
    return found


def as_toml(book: Wordbook) -> str:
    """The book as a file that people can also edit by hand."""
    style = {name: value for name, value in asdict(book.style).items() if value != asdict(Style())[name]}
    tables = {"words": {"typed": list(book.words)}, "replace": book.replace, "texts": book.texts, "style": style}
    return "\n".join(part for name, rows in tables.items() if (part := _table(name, rows)))


def _table(name: str, rows: Mapping[str, Any]) -> str:
    said = [f"{_text(key)} = {_value(value)}\n" for key, value in rows.items() if value]
    return f"[{name}]\n{''.join(said)}" if said else ""


def _value(value: str | Iterable[str]) -> str:
    return _text(value) if isinstance(value, str) else f"[{', '.join(map(_text, value))}]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # A string of JSON is one of TOML.


def _refuse_unusable(book: Wordbook) -> None:
    said = [*book.words, *book.replace, *book.replace.values(), *book.texts, *book.texts.values(), *book.style.expand]
    if len(said) > _MOST or sum(map(len, said)) > 100 * _LONGEST or any(len(each) > _LONGEST for each in said):
        raise UsageError("This is more than a wordbook can hold.")
    if any(not character.isprintable() and character != "\n" for each in said for character in each):
        raise UsageError("A wordbook holds no control characters.")


def _path(house: House, clinic: str, author: str) -> Path:
    return house.settings.words_dir / clinic / (f"author-{slug(author)}.toml" if author else "house.toml")
