"""Tells whether a file's last bytes are missing, where its format says how it must end."""

from __future__ import annotations

import struct
from pathlib import Path

_OGG_PAGE_MAX = 65_307  # RFC 3533: 27 header bytes, 255 lacing values, 255 segments of 255 bytes
_OGG_END_OF_STREAM = 0x04
_WAV_UNKNOWN_SIZES = {0, 0xFFFFFFFF}  # what a recorder writes that cannot go back to the header


def lacks_its_end(path: Path, decoded: float) -> bool:
    """Whether `path` ends before its format says it may; `decoded` seconds came out of it."""
    with path.open("rb") as file:
        head = file.read(12)
        size = path.stat().st_size
        if head[:4] == b"OggS":
            file.seek(max(0, size - 2 * _OGG_PAGE_MAX))
            return _ogg_lacks_end(file.read())
        if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
            declared = struct.unpack("<I", head[4:8])[0]
            return declared not in _WAV_UNKNOWN_SIZES and declared + 8 > size + 1 and decoded > 0
    return False


def _ogg_lacks_end(tail: bytes) -> bool:
    """Whether the last Ogg page is incomplete or not marked as the end of its stream."""
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 27:
        return True
    flags, segments = tail[at + 5], tail[at + 26]
    lacing = tail[at + 27 : at + 27 + segments]
    return not flags & _OGG_END_OF_STREAM or len(tail) < at + 27 + segments + sum(lacing)
