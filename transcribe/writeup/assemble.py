"""Items become the text of the draft, and each written token keeps its heard words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from transcribe.domain import Draft, Mark, Span, Token
from transcribe.writeup.items import Item, Kind, Trail
from transcribe.writeup.terms import strange_words

_BLANKS = {Kind.LINE: "\n", Kind.PARAGRAPH: "\n\n", Kind.HEADING: "\n\n"}


@dataclass(slots=True)
class _Page:
    """The text so far."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    tokens: list[Token] = field(default_factory=list)
    strange: list[Span] = field(default_factory=list)

    def add(self, text: str) -> Span:
        """Put `text` at the end; where it stands."""
        span = Span(self.length, self.length + len(text))
        self.parts.append(text)
        self.length = span.end
        return span


def assemble(items: Sequence[Item], trail: Trail) -> Draft:
    """The draft that `items` make."""
    strange = strange_words(items)
    page = _Page()
    blank, tight = "", True
    for item in items:
        if item.is_break:
            blank = max(blank, _BLANKS[item.kind], key=len)
            continue
        if _shares_dot(page, item):
            token = page.tokens[-1]
            page.tokens[-1] = Token(token.span, (token.heard[0], max(token.heard[1], item.last)))
            continue
        if page.tokens:
            page.add(blank or ("" if tight else _blank_before(item)))
        page.tokens.append(Token(page.add(item.text), (item.first, item.last)))
        if item.is_word and item.first in strange:
            page.strange.append(page.tokens[-1].span)
        blank, tight = "", item.kind in (Kind.OPEN, Kind.JOIN)
    marks = _marks(page.tokens, trail)
    return Draft("".join(page.parts), tuple(page.tokens), tuple(trail.changes), marks, tuple(page.strange))


def _shares_dot(page: _Page, item: Item) -> bool:
    """Whether the full stop `item` is already typed as the dot of the abbreviation before it."""
    return item.kind is Kind.MARK and item.text == "." and bool(page.parts) and page.parts[-1].endswith(".")


def _blank_before(item: Item) -> str:
    return "" if item.kind in (Kind.MARK, Kind.JOIN) else " "


def _marks(tokens: Sequence[Token], trail: Trail) -> tuple[Mark, ...]:
    """The editor's questions, each on the first token that came from the words asked about."""
    found = []
    for heard, kind, reason in trail.queries:
        at = bisect_left(tokens, heard + 1, key=lambda token: token.heard[1])
        if at < len(tokens) and tokens[at].heard[0] <= heard:
            found.append(Mark(tokens[at].span, kind, reason))
    return tuple(found)
