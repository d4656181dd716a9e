"""An author's own words are put in: replacements, texts that are called up, and words spelt the author's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transcribe.domain import MarkKind
from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.lexicon import is_listed
from transcribe.writeup.reading import read
from transcribe.writeup.sounds import likeness
from transcribe.writeup.tables import table
from transcribe.writeup.wordbook import Wordbook

_LONGEST = 8
_ALIKE = 0.86
_SHORTEST = 5


def put_in(items: Sequence[Item], book: Wordbook, trail: Trail) -> list[Item]:
    """`items` with what `book` asks for; what is put in stays as it is typed there."""
    written = {tuple(said.split()): text for said, text in book.replace.items()}
    written |= {tuple(word.lower().split()): word for word in book.words}
    texts = {tuple(name.split()): text for name, text in book.texts.items()}
    out: list[Item] = []
    index = 0
    while index < len(items):
        done = 0
        if items[index].is_word:
            done = _called_up(items, index, texts, out, trail) or _replaced(items, index, written, out, trail)
            done = done or _nearly(items, index, book.words, out, trail)
        if not done:
            out.append(items[index])
        index = done or index + 1
    return out


def _longest(items: Sequence[Item], at: int, known: Mapping[tuple[str, ...], str]) -> int:
    """How many words from `at` on the longest key of `known` that stands there has; 0 for none."""
    words = keys(items[at : at + _LONGEST])
    return next((length for length in range(len(words), 0, -1) if tuple(words[:length]) in known), 0)


def _replaced(
    items: Sequence[Item], at: int, written: Mapping[tuple[str, ...], str], out: list[Item], trail: Trail
) -> int:
    length = _longest(items, at, written)
    if not length:
        return 0
    source = items[at : at + length]
    text = written[tuple(keys(source))]
    if text != " ".join(item.text for item in source):
        trail.note("own word", source, text)
    out.extend(joined(source, part) for part in text.split())
    return at + length


def _called_up(
    items: Sequence[Item], at: int, texts: Mapping[tuple[str, ...], str], out: list[Item], trail: Trail
) -> int:
    """Type the text that is called up at `at`; the editor is asked where there is none of that name."""
    for command in table("commands")["texts"]["commands"]:
        start = at + len(command.split())
        if keys(items[at:start]) != command.split():
            continue
        length = _longest(items, start, texts)
        if not length:
            trail.ask(items[at], MarkKind.QUERY, "No text of that name is kept for this author; what was meant?")
            return 0
        end = start + length
        if keys(items[end : end + 1]) in (["macro"], ["text"], ["template"]):
            end += 1
        while end < len(items) and (items[end].text == "." or keys(items[end : end + 1]) == ["period"]):
            end += 1
        text = texts[tuple(keys(items[start : start + length]))]
        trail.note("own text", items[at:end], text)
        out.extend(_typed(text, items[at:end]))
        return end
    return 0


def _typed(text: str, source: Sequence[Item]) -> list[Item]:
    """The pieces of a kept text, all from the words that called it up."""
    first, last = source[0].first, source[-1].last
    pieces: list[Item] = []
    for number, paragraph in enumerate(text.strip().split("\n")):
        if number:
            pieces.append(Item("", first, last, Kind.PARAGRAPH if not paragraph.strip() else Kind.LINE))
        pieces += [
            Item(item.text, first, last, item.kind, spoken=True, settled=True) for item in read(paragraph.split())
        ]
    return pieces


def _nearly(items: Sequence[Item], at: int, words: Sequence[str], out: list[Item], trail: Trail) -> int:
    """Type the own word that was nearly heard at `at`."""
    heard = items[at].key
    if len(heard) < _SHORTEST or not heard.isalpha():
        return 0
    alike, word = max(((likeness(heard, word.lower()), word) for word in words if " " not in word), default=(0.0, ""))
    if alike < _ALIKE or is_listed(heard):
        return 0
    trail.note("own word", items[at], word)
    trail.ask(items[at], MarkKind.CORRECTION, f'Heard "{items[at].text}"; taken for "{word}" ({alike:.0%}).')
    out.append(items[at].with_text(word))
    return at + 1
