"""Letters that were spelled out become the word they spell."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.writeup.items import Item, Kind, Trail, joined, keys

_OPENERS = (
    ("that's", "spelled"),
    ("that", "is", "spelled"),
    ("spelled",),
    ("spelt",),
    ("spell", "that"),
    ("spell",),
)


def spelled(items: Sequence[Item], index: int, out: list[Item], trail: Trail) -> int:
    """Read "spelled s m y t h e" at `index` into one word; where to go on, 0 when nothing is spelled here.

    The letters replace the word before them when both start alike, as in "smith spelled s m y t h e".
    """
    words = keys(items[index : index + 3])
    opener = next((o for o in _OPENERS if tuple(words[: len(o)]) == o), None)
    if opener is None:
        return 0
    start = index + len(opener)
    letters, end = _letters(items, start)
    if len(letters) < 2:
        return 0
    source = list(items[index:end])
    while out and out[-1].kind is Kind.MARK and out[-1].text == ",":
        source.insert(0, out.pop())
    if out and out[-1].is_word and out[-1].key[:1] == letters[0]:
        source.insert(0, out.pop())
    word = "".join(letters)
    written = word.capitalize() if len(letters) > 2 else word.upper()
    trail.note("spelled letters", source, written)
    out.append(joined(source, written))
    return end


def _letters(items: Sequence[Item], start: int) -> tuple[list[str], int]:
    """The single letters from `start` on, and the index after them."""
    letters: list[str] = []
    end = start
    while end < len(items):
        item = items[end]
        parts = item.key.split("-") if item.is_word else []
        if item.kind is Kind.MARK and item.text == "," and not item.spoken and letters:
            end += 1
            continue
        if item.key == "capital" and item.is_word:
            end += 1
            continue
        if not parts or any(len(part) != 1 or not part.isalpha() for part in parts):
            break
        letters.extend(parts)
        end += 1
    return letters, end
