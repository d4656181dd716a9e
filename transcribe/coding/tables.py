"""An opened release of the code tables: looks codes up, walks them and searches their terms."""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from heapq import nlargest
from pathlib import Path
from types import TracebackType

from transcribe.coding.advice import say
from transcribe.coding.hcpcs import is_quality
from transcribe.coding.items import Item, ItemTable
from transcribe.coding.spelling import nearest
from transcribe.coding.tabular import Note
from transcribe.coding.words import lexicon, share, stems
from transcribe.domain import CodeSystem, Match

# A word that no table knows weighs as much as a fairly rare one: it says something that no term answers.
UNKNOWN_WEIGHT = 5.0
# Coverage below this cannot reach the score floor, so no candidate is opened for it.
LEAST_COVERAGE = 0.4
KEPT = 60
# What is left of a score where the term is about a part of the body that the report does not name.
_ELSEWHERE = 0.7
# The kinds of notes that ask for a further code.
COMPANIONS = ("use additional", "code also", "code first")
_SOURCE_BONUS = {"synonym": 0.03, "index": 0.02, "title": 0.01}


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the tables; `seventh` are the 7th characters that a code still asks for."""

    code: str
    title: str
    billable: bool
    parent: str = ""
    seventh: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A term of the tables that answers a query.

    `score` lies between 0 and 1 and tells how well the words agree; `rank` orders answers that agree as well.
    """

    code: str
    score: float
    rank: float
    match: Match
    words: frozenset[str]
    manifestation: str = ""


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A supply or procedure that answers a query; `score` is the share of its own words that were asked for."""

    system: CodeSystem
    score: float
    item: Item


class CodeTables:
    """One release of ICD-10-CM, read-only, with the tables of supplies and procedures that are there beside it.

    The files stay open until `close`.
    """

    def __init__(self, path: Path, *, supplies: ItemTable | None = None, procedures: ItemTable | None = None) -> None:
        """Open the release in the file `path`."""
        self.path = path
        self.supplies = supplies
        self.procedures = procedures
        # Nothing is ever written through it, so that threads may share the connection.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
        self.about: dict[str, str] = dict(self._database.execute("SELECT key, value FROM about"))
        self.release = self.about["release"]
        (weights,) = self._database.execute("SELECT weights FROM sizes").fetchone()
        self._sizes = array("f", weights)
        self._posting = lru_cache(4096)(self._read_posting)
        self._term = lru_cache(8192)(self._read_term)
        self._node = lru_cache(8192)(self._read_node)
        self.children = lru_cache(4096)(self._read_children)
        self.inclusion = lru_cache(8192)(self._read_inclusion)
        self.find = lru_cache(1024)(self._find)
        self.meant = lru_cache(4096)(self._meant)
        self.weight = lru_cache(16384)(self._weigh)
        self.rarity = lru_cache(16384)(self._rarity)

    def __enter__(self) -> CodeTables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; the tables are of no use afterwards."""
        self._database.close()
        for each in (self.supplies, self.procedures):
            if each is not None:
                each.close()

    def look_up(self, code: str) -> Code | None:
        """The row of `code`, written with or without its point; None when the release has no such code."""
        dotted = with_point(code)
        node = self._node(dotted)
        if node is not None or len(dotted) != len("S72.001A"):
            return node
        # What stands before the 7th character, less the X that only fills a place.
        for length in range(7, 2, -1):
            node = self._node(dotted[:length])
            if node is not None:
                break
        letter = dotted[-1]
        if node is None or letter not in node.seventh or seventh_code(node.code, letter) != dotted:
            return None
        return Code(dotted, f"{node.title}, {node.seventh[letter]}", True, node.code)

    def _read_node(self, code: str) -> Code | None:
        row = self._database.execute(
            "SELECT code, title, billable, parent, seventh FROM nodes WHERE code = ?", (code,)
        ).fetchone()
        if row is None:
            return None
        found = self._database.execute("SELECT letter, text FROM sevenths WHERE kind = ? ORDER BY rowid", (row[4],))
        return Code(row[0], row[1], bool(row[2]), row[3], dict(found))

    def _read_children(self, code: str) -> tuple[Code, ...]:
        rows = self._database.execute("SELECT code FROM nodes WHERE parent = ? ORDER BY code", (code,)).fetchall()
        return tuple(node for (each,) in rows if (node := self._node(each)) is not None)

    def _read_inclusion(self, code: str) -> tuple[str, ...]:
        """The inclusion terms printed under `code`."""
        rows = self._database.execute(
            "SELECT text FROM entries WHERE code = ? AND source = 'inclusion term' ORDER BY rowid", (code,)
        )
        return tuple(text for (text,) in rows)

    def notes(self, code: str) -> tuple[Note, ...]:
        """The notes that hold for `code`: its own, those of every level above, its section's, its chapter's."""
        codes = self.line(code)
        owners = [f"code {each}" for each in codes]
        row = self._database.execute(
            "SELECT name, groups.parent FROM nodes JOIN groups ON name = grouped WHERE code = ?", (codes[-1],)
        ).fetchone()
        owners.extend(f"group {each}" for each in row or ())
        found = (
            Note(kind, text, _ranges(packed))
            for owner in owners
            for kind, text, packed in self._database.execute(
                "SELECT kind, text, ranges FROM notes WHERE owner = ? ORDER BY rowid", (owner,)
            )
        )
        return tuple(found)

    def line(self, code: str) -> tuple[str, ...]:
        """`code`, the code above it, and so on up to its category."""
        found = [code]
        node = self.look_up(code)
        while node is not None and node.parent:
            found.append(node.parent)
            node = self._node(node.parent)
        return tuple(found)

    def notice_for(self, on: date | None) -> str:
        """What a coder must know where the release is not the one in force `on` that day; "" when it is."""
        year, month = (int(part) for part in self.release.split("-"))
        if on is not None and on < date(year, month, 1):
            return say("later-tables", release=self.release)
        if on is not None and on >= date(year + (month >= 10), 10, 1):
            return say("older-tables", release=self.release)
        return ""

    def search(self, text: str, limit: int = 10) -> tuple[Found, ...]:
        """The entries whose terms answer `text` best, best first, each code once."""
        return self.find(stems(text))[:limit]

    def search_items(self, text: str, limit: int = 10) -> tuple[FoundItem, ...]:
        """Supplies, then procedures, that may be used today and have all words of `text`; `limit` of each."""
        words, today = stems(text), date.today()
        found: list[FoundItem] = []
        for system, table in ((CodeSystem.HCPCS, self.supplies), (CodeSystem.CPT, self.procedures)):
            best: dict[str, FoundItem] = {}
            for score, item in table.search(words, today) if table else ():
                if not is_quality(item.code):
                    best.setdefault(item.code, FoundItem(system, score, item))
            found.extend(list(best.values())[:limit])
        return tuple(found)

    def knows(self, said: Iterable[str]) -> tuple[str, ...]:
        """The codes of the terms that consist of exactly the words `said`, sides apart.

        One word alone is no term for it where only the index has it: there it may be any heading.
        """
        telling = set(said) - lexicon().side
        if not all(self._posting(word) for word in telling):
            return ()
        rows = self._database.execute(
            "SELECT code FROM terms WHERE needed = ? AND (? OR source != 'index')",
            (" ".join(sorted(telling)), len(telling - lexicon().soft) > 1),
        )
        return tuple(code for (code,) in rows)

    def _meant(self, written: str, word: str) -> str:
        """The word of the tables that `written` is a slip of, "" where its stem `word` is one or none is near."""
        if self._posting(word) or word in lexicon().same:
            return ""
        return nearest(written, self._spelled)

    @cached_property
    def _spelled(self) -> tuple[str, ...]:
        """The longer words of the terms, as they are written."""
        return tuple(word for (word,) in self._database.execute("SELECT word FROM spelled"))

    def _weigh(self, word: str) -> float:
        """How much a word tells of which condition is meant: its rarity, less for words of degree."""
        return self.rarity(word) * share(word)

    def _rarity(self, word: str) -> float:
        """The logarithm of how rare a word is among the terms."""
        known = self._posting(word)
        return known[0] if known else UNKNOWN_WEIGHT

    def _read_posting(self, word: str) -> tuple[float, array[int]] | None:
        row = self._database.execute("SELECT weight, terms FROM postings WHERE word = ?", (word,)).fetchone()
        return (row[0], array("I", row[1])) if row else None

    def _read_term(self, number: int) -> tuple[str, str, str, frozenset[str], frozenset[str], str, float]:
        """The columns of a term, and at the end what its own words weigh together."""
        code, text, source, needed, extra, manifestation = self._database.execute(
            "SELECT code, text, source, needed, extra, manifestation FROM terms WHERE id = ?", (number,)
        ).fetchone()
        own = frozenset(needed.split())
        size = sum(map(self.weight, own)) or 1.0
        return code, text, source, own, frozenset(extra.split()), manifestation, size

    def _find(
        self,
        query: Sequence[str],
        around: frozenset[str] = frozenset(),
        beside: Sequence[str] = (),
        share: float = 0.5,
    ) -> tuple[Found, ...]:
        """The terms that answer `query`, best first, each code once.

        Words `around` may fill a term; those `beside` are asked for as well, at this `share` of their weight.
        """
        asked = tuple(word for word in query if word not in lexicon().side)
        weights = {word: self.weight(word) * share for word in beside if word not in lexicon().side}
        weights |= {word: self.weight(word) for word in asked}
        total = sum(weights.values())
        if not total:
            return ()
        best: dict[str, Found] = {}
        for number in self._candidates(weights, total, around):
            found = self._score(number, weights, total, around)
            if found.score > 0 and (found.code not in best or found.rank > best[found.code].rank):
                best[found.code] = found
        return tuple(sorted(best.values(), key=lambda each: (-each.rank, len(each.code), each.code)))

    def _candidates(self, weights: Mapping[str, float], total: float, around: Iterable[str]) -> list[int]:
        """The most promising terms; rare words come first, and common words open no candidate of their own."""
        reached: dict[int, float] = {}
        left = total
        for word, weight in sorted(weights.items(), key=lambda item: -item[1]):
            posting = self._posting(word)
            opens = left >= LEAST_COVERAGE * total
            left -= weight
            # A word of the place counts little, but a term that has it is not to be passed over.
            told = max(weight, 0.5 * self.weight(word))
            for number in posting[1] if posting else ():
                if number in reached:
                    reached[number] += told
                elif opens:
                    reached[number] = told
        for word in around:
            posting = self._posting(word)
            weight = self.weight(word)
            for number in posting[1] if posting and reached else ():
                if number in reached:
                    reached[number] += 0.5 * weight
        sizes = self._sizes
        promise = ((weight / (sizes[number] + total), -number) for number, weight in reached.items())
        return [-number for _, number in nlargest(KEPT, promise)]

    def _score(self, number: int, weights: Mapping[str, float], total: float, around: frozenset[str]) -> Found:
        code, text, source, own, extra, manifestation, size = self._term(number)
        covered = sum([weight for word, weight in weights.items() if word in own or word in extra]) / total
        held = [word for word in own if word in weights or word in around]
        full = sum(map(self.weight, held)) / size
        score = math.pow(covered, 1.1) * math.pow(full, 1.2)
        if text.lower().startswith("other "):
            score *= 0.8
        if covered < LEAST_COVERAGE:
            score = 0.0
        if not lexicon().places.isdisjoint(own.difference(held)):
            score *= _ELSEWHERE
        # Among terms that fit, the one that uses more of what was said is the more specific.
        said = sum(map(self.rarity, held))
        rank = score + _SOURCE_BONUS.get(source, 0.0) * full + 0.005 * min(said, 60.0)
        if covered > 0.999 and full > 0.999:
            rank += 0.2
        return Found(code, score, rank, Match(text, source), own | extra, manifestation)


def with_point(code: str) -> str:
    """`code` in capitals with the point where the tables print it: "s72001a" → "S72.001A"."""
    plain = code.strip().upper().replace(".", "")
    return plain if len(plain) <= 3 else f"{plain[:3]}.{plain[3:]}"


def seventh_code(code: str, letter: str) -> str:
    """`code` with `letter` as its 7th character, places before it filled with X (guideline I.A.5)."""
    return with_point(code.replace(".", "").ljust(6, "X") + letter)


def is_among(code: str, ranges: Sequence[tuple[str, str]]) -> bool:
    """Whether `code` stands under one of the `ranges` that a note names."""
    return any(first <= code[: len(first)] and code[: len(last)] <= last for first, last in ranges)


def _ranges(packed: str) -> tuple[tuple[str, str], ...]:
    pairs = (each.split("-") for each in packed.split())
    return tuple((first, last) for first, last in pairs)
