"""A table of dated items (HCPCS supplies and drugs, a licensee's CPT procedures): written, opened, searched."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from transcribe.coding.words import stems

_SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE items (code TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, said TEXT NOT NULL,
                    begins TEXT NOT NULL, ends TEXT NOT NULL);
CREATE TABLE words (word TEXT NOT NULL, item INTEGER NOT NULL);
"""
_INDEXES = "CREATE INDEX item_codes ON items (code); CREATE INDEX item_words ON words (word);"
# A word that no item has.
_UNKNOWN = 8.0


@dataclass(frozen=True, slots=True)
class Item:
    """One code and a text it is known by; dates are the first and last day of use, None where open.

    `kind` is "code" or "modifier"; `said` is another name when the text is not the descriptor's own.
    """

    code: str
    text: str
    begins: date | None = None
    ends: date | None = None
    kind: str = "code"
    said: str = ""

    def is_live(self, on: date) -> bool:
        """Whether the code may be used on that day."""
        return (self.begins is None or self.begins <= on) and (self.ends is None or on <= self.ends)


class ItemTable:
    """An opened table of items, read-only."""

    def __init__(self, path: Path) -> None:
        """Open the file `path`."""
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
        self.about: dict[str, str] = dict(self._database.execute("SELECT key, value FROM about"))
        self.release = self.about["release"]
        self._count = int(self.about["items"])
        self._holders = lru_cache(1024)(self._read_holders)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def look_up(self, code: str) -> Item | None:
        """The item with this code; a modifier has two characters."""
        row = self._database.execute("SELECT * FROM items WHERE code = ? ORDER BY rowid", (code.upper(),)).fetchone()
        return _item(row) if row else None

    def search(self, words: Sequence[str], on: date) -> list[tuple[float, Item]]:
        """The live items that have all of the `words` (stems), the one with the least besides first.

        The score is the share of an item's own words that were asked for.
        """
        wanted = tuple(dict.fromkeys(words))
        if not wanted:
            return []
        holders = [self._holders(word) for word in wanted]
        found = frozenset.intersection(*holders)
        scored: list[tuple[float, Item]] = []
        for number in found:
            item = _item(self._database.execute("SELECT * FROM items WHERE rowid = ?", (number,)).fetchone())
            if item.kind == "code" and item.is_live(on):
                own = stems(item.said or item.text)
                scored.append((sum(map(self._weight, wanted)) / sum(map(self._weight, own)), item))
        return sorted(scored, key=lambda each: (-each[0], each[1].code))

    def _read_holders(self, word: str) -> frozenset[int]:
        return frozenset(
            number for (number,) in self._database.execute("SELECT item FROM words WHERE word = ?", (word,))
        )

    def _weight(self, word: str) -> float:
        holders = len(self._holders(word))
        return math.log(1 + self._count / holders) if holders else _UNKNOWN


def count_codes(path: Path) -> int:
    """How many codes the table in the file `path` holds, modifiers and other names apart."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        (found,) = database.execute("SELECT COUNT(DISTINCT code) FROM items WHERE kind = 'code'").fetchone()
    return int(found)


def write_items(path: Path, items: Iterable[Item], about: dict[str, str], *, private: bool = False) -> None:
    """Write the table at once; a `private` file may be read by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600 if private else 0o644)
    database = sqlite3.connect(draft)
    try:
        database.executescript(_SCHEMA)
        rows = list(items)
        for number, each in enumerate(rows, start=1):
            row = (each.code, each.kind, each.text, each.said, _written(each.begins), _written(each.ends))
            database.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", row)
            if each.kind == "code":
                holders = ((word, number) for word in dict.fromkeys(stems(each.said or each.text)))
                database.executemany("INSERT INTO words VALUES (?, ?)", holders)
        database.executemany("INSERT INTO about VALUES (?, ?)", {**about, "items": str(len(rows))}.items())
        database.executescript(_INDEXES)
        database.commit()
    finally:
        database.close()
    draft.replace(path)


def _item(row: tuple[str, str, str, str, str, str]) -> Item:
    code, kind, text, said, begins, ends = row
    return Item(code, text, _read(begins), _read(ends), kind, said)


def _written(day: date | None) -> str:
    return day.isoformat() if day else ""


def _read(day: str) -> date | None:
    return date.fromisoformat(day) if day else None
