"""What differs between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Indel, Levenshtein

_PIECE = re.compile(r"\s+|\w+(?:[.,'’/-]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of both texts: `op` is equal, insert, delete or replace."""

    op: str
    left: str
    right: str


def blocks(left: str, right: str) -> list[Block]:
    """The two texts in blocks; each side's blocks joined are its text, and no two blocks that differ are neighbours."""
    pieces = groupby(_pieces(left, right), key=lambda piece: piece[0])
    return [_block([piece[1:] for piece in group]) for _, group in pieces]


def changed_words(left: str, right: str) -> int:
    """How many words one has to put in, take out or replace to make `right` of `left`."""
    return int(Levenshtein.distance(left.split(), right.split()))


def _pieces(left: str, right: str) -> Iterator[tuple[bool, str, str]]:
    """Stretches of both texts, each with whether it is the same; white space alone counts with the changes around."""
    old, new = _PIECE.findall(left), _PIECE.findall(right)
    for op in Indel.opcodes(old, new):
        before = "".join(old[op.src_start : op.src_end])
        after = "".join(new[op.dest_start : op.dest_end])
        yield before == after and bool(before.strip()), before, after


def _block(pairs: list[tuple[str, str]]) -> Block:
    before, after = "".join(left for left, _ in pairs), "".join(right for _, right in pairs)
    if before == after:
        return Block("equal", before, after)
    return Block("replace" if before and after else "delete" if before else "insert", before, after)
