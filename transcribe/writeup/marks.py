"""No mark stands twice: a spoken mark replaces those that the recogniser set around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from transcribe.writeup.items import Item, Kind, Trail
from transcribe.writeup.tables import listed

_STOPS = frozenset(".,;:?!")
_ENCLOSING = frozenset('()[]"')


@cache
def _plain() -> frozenset[str]:
    return frozenset(listed("plain_words"))


def settle_marks(items: Sequence[Item], trail: Trail) -> list[Item]:
    """`items` with one mark at most at each place, and none before the first word."""
    out: list[Item] = []
    items = list(items)
    index = 0
    while index < len(items):
        if items[index].is_word:
            out.append(items[index])
            index += 1
            continue
        end = index
        while end < len(items) and not items[end].is_word:
            end += 1
        cluster = items[index:end]
        kept = _kept(cluster, bool(out), trail)
        out.extend(kept)
        if end < len(items) and _lost_sentence_end(cluster, kept) and _can_lower(items[end]):
            items[end] = _lowered(items[end])
        index = end
    return out


def _kept(cluster: Sequence[Item], started: bool, trail: Trail) -> list[Item]:
    """What stays of the marks and breaks that stand together."""
    spoken = any(item.spoken and (item.text in _STOPS or item.kind is Kind.JOIN) for item in cluster)
    enclosed = any(item.spoken and item.text in _ENCLOSING for item in cluster)
    kept: list[Item] = []
    for item in cluster:
        stop = item.kind is Kind.MARK and item.text in _STOPS
        if stop and not started and not kept:
            trail.note("mark without words", item, "")
        elif stop and not item.spoken and (spoken or (kept and kept[-1].is_break) or (enclosed and item.text == ",")):
            trail.note("mark set twice", item, "")
        elif stop and kept and kept[-1].kind is Kind.MARK and kept[-1].text in _STOPS:
            trail.note("mark set twice", [kept.pop(), item], item.text)
            kept.append(item)
        elif item.is_break and kept and kept[-1].is_break:
            kept[-1] = _stronger(kept[-1], item)
        else:
            kept.append(item)
    return kept


def _stronger(one: Item, other: Item) -> Item:
    """Of two breaks in a row the one that says more, standing for both."""
    order = (Kind.LINE, Kind.PARAGRAPH, Kind.HEADING)
    kind = max(one.kind, other.kind, key=order.index)
    return replace(one, kind=kind, last=other.last)


def _lost_sentence_end(cluster: Sequence[Item], kept: Sequence[Item]) -> bool:
    return any(item.ends_sentence for item in cluster) and not any(item.ends_sentence for item in kept)


def _can_lower(item: Item) -> bool:
    return item.key in _plain() and item.text[1:] == item.key[1:] and item.text != "I"


def _lowered(item: Item) -> Item:
    return replace(item, text=item.text[:1].lower() + item.text[1:])
