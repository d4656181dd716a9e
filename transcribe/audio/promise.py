"""Reads from a file's own header how long it promises to be and whether its last bytes are there."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
"""What a recorder writes that cannot go back to the header; it promises nothing."""

_BELIEVABLE = 0x7FFF0000
"""A WAV that is larger cannot be written by most programs; a larger size with less behind it is a placeholder."""

_OGG_PAGE_MAX = 65_307  # RFC 3533: 27 header bytes, 255 lacing values, 255 segments of 255 bytes
_OGG_END_OF_STREAM = 0x04
_MOST_CHUNKS = 1_000
_W64_MARK = bytes.fromhex("2e91cf11a5d628db04c10000")  # What follows "riff" in the first GUID of a Wave64 file.


@dataclass(frozen=True, slots=True)
class Promise:
    """`seconds` is the length that the header promises, None where FFmpeg's reading of it must do; `guessed` says
    that FFmpeg can only guess it; `cut` that bytes are missing at the end; `lying` that the header cannot be true;
    `exact` that samples after `seconds` are padding; `options` are FFmpeg's, for reading the file all the same.
    """

    seconds: float | None = None
    guessed: bool = False
    cut: bool = False
    lying: bool = False
    exact: bool = False
    options: dict[str, str] = field(default_factory=dict)


def promise(file: IO[bytes]) -> Promise:
    """What the header of `file`, which can be sought in, promises."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(16)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav(file, size)
    if head[:4] == b"riff" and head[4:] == _W64_MARK:
        return Promise(cut=_u64(file, 16) > size)
    if head[:4] == b"caff":
        return Promise(cut=_caf_lacks_end(file, size))
    if head[:4] == b"OggS":
        file.seek(max(0, size - 2 * _OGG_PAGE_MAX))
        return Promise(cut=_ogg_lacks_end(file.read()))
    if head[:5] == b"#!AMR" or head[:1] == b"\xff" or head[:3] == b"ID3":
        return _mpeg(file, size, head)
    return Promise()


def _u64(file: IO[bytes], at: int) -> int:
    file.seek(at)
    content = file.read(8)
    return int.from_bytes(content, "little") if len(content) == 8 else 0


def _chunks(file: IO[bytes], at: int, size: int) -> Iterator[tuple[bytes, int, int]]:
    """The chunks of a RIFF file from `at` on: name, place of the content, and length as the file says."""
    for _ in range(_MOST_CHUNKS):
        if at + 8 > size:
            return
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        yield name, at + 8, length
        at += 8 + length + length % 2


def _wav(file: IO[bytes], size: int) -> Promise:
    """What the chunks of a WAV file promise (Microsoft and IBM, Multimedia Programming Interface, 1991)."""
    bytes_a_second = rate = tag = samples = 0
    for name, at, length in _chunks(file, 12, size):
        file.seek(at)
        if name == b"fmt ":
            tag, _, rate, bytes_a_second = struct.unpack("<HHII", file.read(12).ljust(12, b"\0"))
        elif name == b"fact":
            samples = int.from_bytes(file.read(4), "little")
        elif name == b"data":
            return _wav_data(at, length, file, size, bytes_a_second, samples / rate if rate and tag != 1 else 0.0)
    return Promise()


def _wav_data(at: int, length: int, file: IO[bytes], size: int, bytes_a_second: int, fact: float) -> Promise:
    if length in _UNKNOWN_SIZES or not bytes_a_second:
        return Promise()
    seconds = length / bytes_a_second
    there = size - at
    if length > there + 1:
        lying = length >= _BELIEVABLE
        return Promise(seconds, cut=not lying, lying=lying)
    behind = there - length - length % 2
    if behind > max(length // 10, 4096) and not _is_chunk(file, at + length + length % 2, size):
        return Promise(seconds, lying=True, options={"ignore_length": "1"})
    # ADPCM and GSM come in whole blocks; only the fact chunk knows where the last one is filled up.
    return Promise(fact, exact=True) if 0 < fact <= seconds * 1.5 else Promise(seconds)


def _is_chunk(file: IO[bytes], at: int, size: int) -> bool:
    """Whether something that looks like a chunk of a RIFF file begins at `at`."""
    name, _, length = next(_chunks(file, at, size), (b"", 0, 0))
    return len(name) == 4 and name.isascii() and name.decode().isprintable() and at + 8 + length <= size + 1


def _caf_lacks_end(file: IO[bytes], size: int) -> bool:
    """Whether a chunk reaches beyond the file (Apple Core Audio Format); a length of -1 means to its end."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 12 > size:
            return False
        file.seek(at)
        _, length = struct.unpack(">4sq", file.read(12))
        if length < 0:
            return False
        at += 12 + length
        if at > size:
            return True
    return False


def _ogg_lacks_end(tail: bytes) -> bool:
    """Whether the last Ogg page is incomplete or not marked as the end of its stream."""
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 27:
        return True
    flags, segments = tail[at + 5], tail[at + 26]
    lacing = tail[at + 27 : at + 27 + segments]
    return not flags & _OGG_END_OF_STREAM or len(tail) < at + 27 + segments + sum(lacing)


def _mpeg(file: IO[bytes], size: int, head: bytes) -> Promise:
    """Frames without a header around them: only a Xing or Info frame, if there is one, promises anything."""
    start = 0
    if head[:3] == b"ID3" and len(head) >= 10:
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(start)
    frame = file.read(256)
    at = next((place for mark in (b"Xing", b"Info") if (place := frame.find(mark)) >= 0), -1)
    if at < 0:
        return Promise(guessed=b"VBRI" not in frame)
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    if flags & 3 != 3:
        return Promise(guessed=not flags & 1)
    promised = int.from_bytes(frame[at + 12 : at + 16], "big")
    # Counted from the frame's beginning, which lies at most 40 bytes before the mark.
    return Promise(cut=promised > size - start + 1)
