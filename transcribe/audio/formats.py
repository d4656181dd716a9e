"""Says what a file is by the bytes it begins with, and what a person can do with one that cannot be read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

HEAD_BYTES = 64
"""How much of a file's beginning is looked at."""

DICTATION_CODEC = "pydsscodec"
"""The optional library that decodes what FFmpeg cannot of dictation machines."""

_DICTATION_MARKS = (b"dss", b"ds2", b"enc")
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"
_FFMPEG_DSS = (2, 3)
"""Versions of DSS that FFmpeg reads."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    mark: bytes
    offset: int
    way_out: str

    def fits(self, head: bytes) -> bool:
        return head[self.offset : self.offset + len(self.mark)] == self.mark


def _raw() -> dict[str, Any]:
    return tomllib.loads(files("transcribe.audio").joinpath("formats.toml").read_text("utf-8"))


@cache
def _table(key: str) -> tuple[_Row, ...]:
    raw = _raw()
    general = raw["general"]["way_out"]
    return tuple(
        _Row(row["name"], bytes.fromhex(row["hex"]), row.get("offset", 0), row.get("way_out", general))
        for row in raw[key]
    )


def refused_format(head: bytes) -> tuple[str, str] | None:
    """What a file that is never decoded is, and the way out; None for one that may be decoded."""
    known = next(((row.name, row.way_out) for row in _table("known") if row.fits(head)), None)
    return known or (("a text", "send the recording itself") if _is_text(head) else None)


def _is_text(head: bytes) -> bool:
    """Whether so many first bytes are all printable, as in no recording."""
    return len(head) >= HEAD_BYTES and head[:HEAD_BYTES].translate(None, _PRINTABLE) == b""


def decoded_format(head: bytes) -> str | None:
    """The name of the format that can be decoded and that the file claims to have; None if it claims none of them."""
    return next((row.name for row in _table("decoded") if row.fits(head)), None)


def misnamed(name: str, container: str) -> str | None:
    """What the file holds, where its name ends like that of something else; `container` is FFmpeg's word for it."""
    ending = name.lower().rpartition(".")[2]
    rows = _named()
    if ending not in {each for row in rows for each in row["endings"]}:
        return None
    row = next((row for row in rows if set(row["containers"]) & set(container.split(","))), None)
    return str(row["name"]) if row and ending not in row["endings"] else None


@cache
def _named() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _raw()["named"]
    return found


def way_out() -> str:
    """What to do with a recording in a format that nobody here knows."""
    return _table("known")[-1].way_out


def is_ds2(head: bytes) -> bool:
    """Whether the file is DS2, encrypted or not, which FFmpeg cannot read."""
    return head[1:4] in (b"ds2", b"enc")


def is_encrypted(head: bytes) -> bool:
    """Whether the file is DS2 behind a password."""
    return head[1:4] == b"enc"


def wants_dictation_codec(head: bytes) -> bool:
    """Whether FFmpeg cannot read the file and the optional library may: DS2, and DSS of some makers."""
    return head[1:4] in _DICTATION_MARKS and not (head[1:4] == b"dss" and head[0] in _FFMPEG_DSS)


def has_dictation_codec() -> bool:
    """Whether the optional library is installed."""
    return find_spec(DICTATION_CODEC) is not None
