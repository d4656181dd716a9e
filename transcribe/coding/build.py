"""Makes the file of one release: tabular list, Alphabetic Index and our synonyms, ready for search."""

from __future__ import annotations

import hashlib
import math
import os
import re
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from transcribe.coding.spelling import SHORTEST
from transcribe.coding.tabular import Node, Note, Tabular
from transcribe.coding.words import lexicon, lines, plain, share, stems

FORMAT = "2"
_SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE groups (name TEXT PRIMARY KEY, parent TEXT NOT NULL, title TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE nodes (code TEXT PRIMARY KEY, parent TEXT NOT NULL, grouped TEXT NOT NULL, title TEXT NOT NULL,
                    billable INTEGER NOT NULL, seventh INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE sevenths (kind INTEGER NOT NULL, letter TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE notes (owner TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, ranges TEXT NOT NULL);
CREATE TABLE entries (code TEXT NOT NULL, text TEXT NOT NULL, extra TEXT NOT NULL, source TEXT NOT NULL,
                      manifestation TEXT NOT NULL);
"""
_SEARCH = """
DROP TABLE IF EXISTS terms; DROP TABLE IF EXISTS postings; DROP TABLE IF EXISTS sizes;
DROP TABLE IF EXISTS spelled;
CREATE TABLE terms (id INTEGER PRIMARY KEY, code TEXT NOT NULL, text TEXT NOT NULL, source TEXT NOT NULL,
                    needed TEXT NOT NULL, extra TEXT NOT NULL, manifestation TEXT NOT NULL);
CREATE TABLE postings (word TEXT PRIMARY KEY, weight REAL NOT NULL, terms BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE sizes (weights BLOB NOT NULL);
CREATE TABLE spelled (word TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS node_parents ON nodes (parent);
CREATE INDEX IF NOT EXISTS note_owners ON notes (owner);
CREATE INDEX IF NOT EXISTS entry_codes ON entries (code);
CREATE INDEX IF NOT EXISTS term_words ON terms (needed);
"""
# Words in brackets; not the first half of a word, as in "(teno)synovitis".
ASIDE = re.compile(r"\s*[\[(][^\])]*[\])](?![a-z])")
# What a title says is absent need not be said in a report: "Type 2 diabetes mellitus without complications".
ABSENT = re.compile(
    r",?\s*(?:without foreign body|\(?without (?!foreign body).*$|uncomplicated$|not intractable.*$"
    r"|single episode(?:, unspecified)?$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One searchable term of a table; `extra` are its nonessential modifiers.

    `manifestation` is the second code of a pair that the Alphabetic Index prints in brackets.
    """

    code: str
    text: str
    source: str
    extra: str = ""
    manifestation: str = ""

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """The entry as the file keeps it."""
        return self.code, self.text, self.extra, self.source, self.manifestation


def digest() -> str:
    """Name the form of the file and the word lists it was made with; another digest means: make it again."""
    whole = hashlib.sha256(FORMAT.encode())
    for name in ("words.txt", "synonyms.txt", "words.py", "build.py"):
        whole.update(files(__package__).joinpath(name).read_bytes())
    return whole.hexdigest()[:16]


def write_release(path: Path, tabular: Tabular, *, release: str, source: str, carrier: str = "") -> None:
    """Write the release to `path` at once: a reader sees the old file or the whole new one.

    `source` is the name of the file it was read from, `carrier` the package that the file came with, if any.
    """
    with _replacing(path) as (database, _):
        database.executescript(_SCHEMA)
        _write_tabular(database, tabular)
        about = {
            "release": release,
            "source": source,
            "carrier": carrier,
            "year": tabular.year,
            "billable": str(_billable(tabular)),
        }
        database.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        _write_search(database)


def add_entries(path: Path, tables: Iterable[tuple[str, str, Iterable[Entry]]]) -> None:
    """Put further tables into the release at `path`, in place of its earlier ones of the same kind.

    Each is its kind, the name of the file it was read from, and its entries.
    """
    with _replacing(path, copy=True) as (database, _):
        _complete(database)
        known = {code for (code,) in database.execute("SELECT code FROM nodes")}
        for source, name, entries in tables:
            database.execute("DELETE FROM entries WHERE source = ?", (source,))
            rows = (each.row for each in entries if each.code in known)
            database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (source, name))
        _write_search(database)


def refresh(path: Path) -> None:
    """Make the search part of an older file again with the word lists of this version."""
    with _replacing(path, copy=True) as (database, _):
        _complete(database)
        _write_search(database)


def _complete(database: sqlite3.Connection) -> None:
    """Give a file of an earlier version the columns that came later."""
    columns = {name for _, name, *_ in database.execute("PRAGMA table_info(entries)")}
    if "manifestation" not in columns:
        database.execute("ALTER TABLE entries ADD COLUMN manifestation TEXT NOT NULL DEFAULT ''")


class _replacing:
    """A database in a temporary file beside `path` that takes its place when all went well."""

    def __init__(self, path: Path, *, copy: bool = False) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}")
        self._copy = copy

    def __enter__(self) -> tuple[sqlite3.Connection, Path]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._draft.unlink(missing_ok=True)
        if self._copy:
            self._draft.write_bytes(self._path.read_bytes())
        self._database = sqlite3.connect(self._draft)
        # The draft is thrown away when anything fails, so it needs no journal of its own.
        self._database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        return self._database, self._draft

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._database.executescript(_INDEXES)
            self._database.commit()
            self._database.execute("VACUUM")
        self._database.close()
        if kind is None:
            self._draft.replace(self._path)
        else:
            self._draft.unlink(missing_ok=True)


def _billable(tabular: Tabular) -> int:
    return sum(len(node.seventh) or 1 for node in tabular.nodes if node.leaf)


def _write_tabular(database: sqlite3.Connection, tabular: Tabular) -> None:
    sevenths: dict[tuple[tuple[str, str], ...], int] = {(): 0}
    database.executemany(
        "INSERT INTO groups VALUES (?, ?, ?)",
        ((each.name, each.parent, each.title) for each in tabular.groups),
    )
    for node in tabular.nodes:
        kind = tuple(node.seventh.items()) if node.leaf else ()
        database.execute(
            "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?)",
            (
                node.code,
                node.parent,
                node.group,
                node.title,
                node.billable,
                sevenths.setdefault(kind, len(sevenths)),
            ),
        )
        _write_notes(database, f"code {node.code}", node.notes)
    for group in tabular.groups:
        _write_notes(database, f"group {group.name}", group.notes)
    rows = ((number, letter, text) for kind, number in sevenths.items() for letter, text in kind)
    database.executemany("INSERT INTO sevenths VALUES (?, ?, ?)", rows)
    entries = (each.row for each in _tabular_entries(tabular.nodes))
    database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", entries)


def _write_notes(database: sqlite3.Connection, owner: str, notes: Iterable[Note]) -> None:
    rows = ((owner, note.kind, note.text, " ".join("-".join(pair) for pair in note.ranges)) for note in notes)
    database.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", rows)


def _tabular_entries(nodes: Iterable[Node]) -> Iterator[Entry]:
    for node in nodes:
        yield Entry(node.code, node.title, "title")
        for text in node.inclusion:
            yield Entry(node.code, text, "inclusion term")
        for note in node.notes:
            if note.kind == "includes":
                yield Entry(node.code, note.text, "inclusion term")


def _free(text: str, extra: str, source: str) -> frozenset[str]:
    """The words of an entry that may be missing from a report: asides, and what a title says is absent."""
    if source not in ("title", "inclusion term"):
        # "Diabetes, diabetic" names its disease twice; what a line is about may not be missing.
        return frozenset(extra.split()).difference(stems(text))
    shorter = ABSENT.sub("", ASIDE.sub("", text))
    if not shorter or shorter == text:
        return frozenset()
    bare = stems(shorter)
    return frozenset(word for word in stems(text) if word not in bare)


def synonyms() -> Iterator[Entry]:
    """The entries of `synonyms.txt`: a code and the phrases that clinicians use for it."""
    for line in lines("synonyms.txt"):
        code, _, phrases = line.partition(":")
        for phrase in phrases.split(";"):
            yield Entry(code.strip(), phrase.strip(), "synonym")


def _write_search(database: sqlite3.Connection) -> None:
    """Fill the search tables from the entries: each different term of a code once, and every word's terms."""
    database.executescript(_SEARCH)
    known = {code: parent for code, parent in database.execute("SELECT code, parent FROM nodes")}
    # Our phrases come first: of two terms with the same words the first is kept.
    rows = [each.row for each in synonyms() if each.code in known]
    rows += database.execute("SELECT code, text, extra, source, manifestation FROM entries").fetchall()
    terms = _distinct(rows, known)
    database.executemany("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?)", terms)
    postings: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    for number, _, _, _, needed, extra, _ in terms:
        for word in dict.fromkeys(f"{needed} {extra}".split()):
            postings[word].append(number)
    weights = {word: math.log(len(terms) / len(numbers)) for word, numbers in postings.items()}
    packed = ((word, weights[word], numbers.tobytes()) for word, numbers in postings.items())
    database.executemany("INSERT INTO postings VALUES (?, ?, ?)", packed)
    told = {word: weight * share(word) for word, weight in weights.items()}
    sizes = array("f", (sum(told[word] for word in needed.split()) for _, _, _, _, needed, _, _ in terms))
    database.execute("INSERT INTO sizes VALUES (?)", (sizes.tobytes(),))
    # The names of drugs and of external causes are not what a misspelled disease may be meant for.
    named = {word for _, text, _, source, _ in rows if source in _NAMING for word in spelled(text)}
    database.executemany("INSERT INTO spelled VALUES (?)", ((word,) for word in sorted(named)))
    database.execute("INSERT OR REPLACE INTO about VALUES ('digest', ?)", (digest(),))


_NAMING = frozenset({"synonym", "title", "inclusion term", "index"})


def spelled(text: str) -> Iterator[str]:
    """The longer words of a term, as they are written."""
    yield from (word for word in re.findall(r"[a-z]+", plain(text)) if len(word) >= SHORTEST - 1)


# A row of `terms`; and one on its way there: code, needed words, text, source, words that may be missing, second code.
_Term = tuple[int, str, str, str, str, str, str]
_Read = tuple[str, str, str, str, str, str]


def _distinct(rows: list[tuple[str, str, str, str, str]], parents: dict[str, str]) -> list[_Term]:
    """Number the terms, sides left out; where siblings then read the same, their parent has the term."""
    side = lexicon().side
    read: list[_Read] = []
    for code, text, extra, source, manifestation in rows:
        # A line such as "in" or "with" only opens those below it.
        if source == "index" and not stems(text.rpartition(", ")[2]):
            continue
        free = _free(text, extra, source)
        every = stems(text)
        # Our own phrases mean a side where they name one; the tables' titles name each side in turn.
        ignored = free if source == "synonym" else free | side
        needed = " ".join(sorted(word for word in every if word not in ignored))
        read.append((code, needed, text, source, " ".join(free), manifestation))
    shared = _shared_by_siblings(read, parents)
    terms: list[_Term] = []
    seen: set[tuple[str, str, str]] = set()
    for code, needed, text, source, extra, manifestation in read:
        owner = parents[code] if (parents[code], needed, source) in shared else code
        if needed and (owner, needed, extra) not in seen:
            seen.add((owner, needed, extra))
            terms.append((len(terms), owner, text, source, needed, extra, manifestation))
    return terms


def _shared_by_siblings(read: list[_Read], parents: dict[str, str]) -> frozenset[tuple[str, str, str]]:
    keys = sorted(
        (parents[code], needed, source, code)
        for code, needed, _, source, _, _ in read
        if parents[code] and source != "synonym"
    )
    grouped = groupby(keys, key=lambda key: key[:3])
    return frozenset(key for key, members in grouped if len({code for *_, code in members}) > 1)
