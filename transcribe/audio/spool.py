"""Keeps the decoded samples of one recording on disk, out of memory, in a file that no name leads to."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples per second of everything that leaves this package."""

Integers = NDArray[np.int16]


class Spool:
    """Samples of shape (count, channels) at 16 kHz; the disk space is given back when nobody holds it any more."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.count = 0
        # The name is gone before a sample is written, so nothing stays behind whatever becomes of this process.
        self._handle, name = tempfile.mkstemp(prefix="transcribe-")
        os.unlink(name)  # noqa: PTH108 - a name, not a path of ours
        self._close = weakref.finalize(self, os.close, self._handle)

    def append(self, samples: bytes) -> None:
        """Take in interleaved samples, signed 16 bit, little endian."""
        at = self.count * 2 * self.channels
        rest = memoryview(samples)
        while rest:
            written = os.pwrite(self._handle, rest, at)
            at, rest = at + written, rest[written:]
        self.count += len(samples) // (2 * self.channels)

    def shorten(self, count: int) -> None:
        """Forget all samples after `count`."""
        self.count = min(self.count, count)

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.count / SAMPLE_RATE

    def read(self, first: int, count: int) -> Integers:
        """Up to `count` samples from `first` on, of shape (samples, channels)."""
        width = 2 * self.channels
        wanted = max(0, min(count, self.count - first))
        content = os.pread(self._handle, wanted * width, first * width)
        return np.frombuffer(content, "<i2").reshape(-1, self.channels)

    def blocks(self, size: int = SAMPLE_RATE) -> Iterator[Integers]:
        """All samples in blocks of `size`; the last is shorter."""
        for first in range(0, self.count, size):
            yield self.read(first, size)
