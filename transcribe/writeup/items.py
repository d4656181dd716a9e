"""What the passes of the write-up hand to one another: pieces of text that know their heard words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from transcribe.domain import Change, MarkKind


class Kind(Enum):
    """What an item is on the page."""

    WORD = auto()
    MARK = auto()
    """A mark that closes up to the word before it: full stop, comma, closing bracket …"""
    OPEN = auto()
    """A mark that closes up to the word after it: opening bracket or quote."""
    JOIN = auto()
    """A mark that closes up to both: hyphen, slash."""
    DASH = auto()
    """A dash with a blank on both sides."""
    LINE = auto()
    PARAGRAPH = auto()
    HEADING = auto()
    """The command "next heading": a paragraph whose first words are a heading."""


BREAKS = frozenset({Kind.LINE, Kind.PARAGRAPH, Kind.HEADING})
SENTENCE_ENDS = frozenset(".?!")


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of the page without blanks in it, and the heard words `[first, last)` it came from.

    `spoken` tells a mark that was said from one that the recogniser set by itself. `settled` keeps later
    passes from touching the letters. `heading` marks the words of a heading, `numeral` a number in figures.
    """

    text: str
    first: int
    last: int
    kind: Kind = Kind.WORD
    spoken: bool = False
    settled: bool = False
    heading: bool = False

    @property
    def key(self) -> str:
        """The lower-case text that tables are asked for."""
        return self.text.lower()

    @property
    def is_word(self) -> bool:
        """Whether this is a word or a number, not a mark or a break."""
        return self.kind is Kind.WORD

    @property
    def is_break(self) -> bool:
        """Whether a new line or paragraph starts here."""
        return self.kind in BREAKS

    @property
    def ends_sentence(self) -> bool:
        """Whether the next word starts a sentence because of this item."""
        return self.is_break or (self.kind is Kind.MARK and self.text in SENTENCE_ENDS)

    def with_text(self, text: str, *, settled: bool = True) -> Item:
        """The same place with other letters."""
        return replace(self, text=text, settled=settled)


@dataclass(slots=True)
class Trail:
    """The record of what the rules did, in the order they did it."""

    changes: list[Change] = field(default_factory=list)
    queries: list[tuple[int, MarkKind, str]] = field(default_factory=list)

    def note(self, rule: str, source: Sequence[Item] | Item, written: str) -> None:
        """Record that `rule` made `written` of the items `source`."""
        items = [source] if isinstance(source, Item) else source
        heard = (min(item.first for item in items), max(item.last for item in items))
        self.changes.append(Change(rule, heard, written))

    def ask(self, item: Item, kind: MarkKind, reason: str) -> None:
        """Ask the editor to look at the word that came from the heard words of `item`."""
        self.queries.append((item.first, kind, reason))


def joined(items: Sequence[Item], text: str) -> Item:
    """One settled word in the place of `items`."""
    return Item(text, min(i.first for i in items), max(i.last for i in items), settled=True)


def keys(items: Iterable[Item]) -> list[str]:
    """The look-up forms of `items`; a mark or a break is never a word of a phrase."""
    return [item.key if item.kind is Kind.WORD else "" for item in items]


def sentence_start(items: Sequence[Item], index: int) -> bool:
    """Whether the word at `index` is the first of a sentence, line or paragraph."""
    at = index - 1
    while at >= 0 and items[at].kind is Kind.OPEN:
        at -= 1
    return at < 0 or items[at].ends_sentence
