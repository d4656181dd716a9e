"""The order of the passes from heard words to a draft."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcribe.domain import Draft, Span, Token, WorkType
from transcribe.writeup.assemble import assemble
from transcribe.writeup.capitals import capitalise
from transcribe.writeup.commands import obey
from transcribe.writeup.headings import find_headings
from transcribe.writeup.items import Trail
from transcribe.writeup.lists import number_lists
from transcribe.writeup.marks import settle_marks
from transcribe.writeup.own import put_in
from transcribe.writeup.phrases import phrase
from transcribe.writeup.quantities import quantify
from transcribe.writeup.reading import is_punctuated, read
from transcribe.writeup.style import restyle
from transcribe.writeup.terms import repair_terms
from transcribe.writeup.wordbook import Wordbook

VERSION = "writeup 3"

_NO_WORDS = Wordbook()
_PIECES = re.compile(r"\w+(?:['’.,/&-]\w+)*%?|[^\w\s]")


def write_up(words: Sequence[str], *, work_type: WorkType | None = None, book: Wordbook = _NO_WORDS) -> Draft:
    """The draft that the recogniser's `words` make; `Token.heard` and `Change.heard` count in `words`.

    `book` holds the author's own words, texts and style.

    The words are either bare, with every mark spoken, or carry case and marks of the recogniser's own with
    the commands still among them; which of the two is told from the words themselves.
    """
    trail = Trail()
    spoken_only = not is_punctuated(words)
    items = settle_marks(obey(put_in(read(words), book, trail), trail), trail)
    items = repair_terms(items, trail)
    items = number_lists(find_headings(items, trail, work_type), trail)
    items = restyle(quantify(phrase(items, trail, spoken_only=spoken_only), trail), book.style, trail)
    return assemble(capitalise(items, trail, spoken_only=spoken_only), trail)


def as_written(text: str) -> Draft:
    """A draft of `text` as it is; a token's heard word is the piece between blanks that it stands in."""
    tokens = [
        Token(Span(chunk.start() + piece.start(), chunk.start() + piece.end()), (index, index + 1))
        for index, chunk in enumerate(re.finditer(r"\S+", text))
        for piece in _PIECES.finditer(chunk.group())
    ]
    return Draft(text, tuple(tokens))
