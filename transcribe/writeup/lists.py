"""Numbered lists: "number one", "next number", or the bare figure with its full stop at the start of a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.numerals import number_at

_NEXT = (["number", "next"], ["next", "number"], ["next", "item"])


def number_lists(items: Sequence[Item], trail: Trail) -> list[Item]:
    """`items` with each list item on a line of its own behind its figure."""
    out: list[Item] = []
    last = 0
    index = 0
    while index < len(items):
        item = items[index]
        if item.heading or item.kind is Kind.HEADING:
            last = 0
        found = _item_at(items, index, last) if item.is_word and not item.settled else None
        if found is None:
            out.append(item)
            index += 1
            continue
        last, end = found
        dropped = _start_line(out, item, last)
        trail.note("list item", [*dropped, *items[index:end]], f"{last}.")
        out.append(joined(items[index:end], f"{last}."))
        index = end
    return out


def _item_at(items: Sequence[Item], at: int, last: int) -> tuple[int, int] | None:
    """The figure of the list item that starts at `at`, and the index after its command."""
    words = keys(items[at : at + 2])
    if words in _NEXT:
        return (last + 1, _past_mark(items, at + 2)) if last or _opens(items, at) else None
    if words[0] == "number":
        number = number_at(items, at + 1)
        if number is None or not number.whole or not _continues(items, at, int(number.value), last):
            return None
        return int(number.value), _past_mark(items, number.end)
    number = number_at(items, at)
    if number is None or not number.whole or not _may_open(items, at, last):
        return None
    stop = items[number.end : number.end + 2]
    is_item = len(stop) == 2 and stop[0].text == "." and stop[0].kind is Kind.MARK and stop[1].is_word
    return (int(number.value), number.end + 1) if is_item and number.value == last + 1 else None


def _may_open(items: Sequence[Item], at: int, last: int) -> bool:
    """Whether a bare figure at `at` can number an item: on a new line, or where a list is under way."""
    if at == 0 or items[at - 1].is_break or items[at - 1].heading:
        return True
    return last > 0 and items[at - 1].ends_sentence


def _continues(items: Sequence[Item], at: int, number: int, last: int) -> bool:
    """Whether "number" with `number` behind it numbers a list here, not a tooth or a room."""
    if last and number == last + 1:
        return at == 0 or items[at - 1].key not in (
            "tooth",
            "teeth",
            "room",
            "lesion",
            "specimen",
            "the",
            "patient",
        )
    return number in (1, last + 1) and _opens(items, at)


def _opens(items: Sequence[Item], at: int) -> bool:
    before = items[at - 1] if at else None
    return before is None or before.ends_sentence or before.text == ":" or before.heading


def _past_mark(items: Sequence[Item], end: int) -> int:
    marked = end < len(items) and items[end].kind is Kind.MARK and items[end].text in (".", ",", ":")
    return end + 1 if marked else end


def _start_line(out: list[Item], item: Item, number: int) -> list[Item]:
    """Put the item on a line of its own, the first of a list in a paragraph; the commas that fell away."""
    kind = Kind.LINE if number > 1 else Kind.PARAGRAPH
    dropped: list[Item] = []
    if out and out[-1].is_break:
        after_heading = len(out) > 1 and out[-2].heading
        out[-1] = replace(out[-1], kind=Kind.PARAGRAPH if after_heading else kind)
    elif out:
        while out and out[-1].kind is Kind.MARK and out[-1].text == ",":
            dropped.append(out.pop())
        out.append(Item("", item.first, item.first, kind))
    return dropped
