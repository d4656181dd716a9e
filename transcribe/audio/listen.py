"""Makes what a person listens with: a copy that every browser plays, and the outline of the waveform."""

from __future__ import annotations

from typing import IO

import av
import numpy as np
from numpy.typing import NDArray

from transcribe.audio.decode import Recording, blocks
from transcribe.audio.spool import SAMPLE_RATE

PEAKS_A_SECOND = 100
BIT_RATE = 24_000
"""Bits per second of the copy: speech at 16 kHz gains nothing from more."""

_PEAK_SAMPLES = SAMPLE_RATE // PEAKS_A_SECOND


def playable(recording: Recording, file: IO[bytes]) -> None:
    """Write to `file`, which can be sought in, what the recogniser hears, as Opus in WebM.

    It is made from decoded samples, holds no tag of the original, and its seconds are those of the transcript.
    """
    with av.open(file, "w", format="webm") as output:
        stream = output.add_stream("libopus", rate=SAMPLE_RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate = BIT_RATE
        written = 0
        for block in blocks(recording):
            frame = av.AudioFrame.from_ndarray((block[None] * 32767).astype(np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, written
            written += len(block)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def peaks(recording: Recording) -> NDArray[np.int8]:
    """The lowest and highest sample of each hundredth of a second, of shape (hundredths, 2); full scale is 127."""
    found = []
    for block in blocks(recording):
        padded = np.pad(block, (0, -len(block) % _PEAK_SAMPLES)).reshape(-1, _PEAK_SAMPLES)
        found.append(np.stack([padded.min(axis=1), padded.max(axis=1)], axis=1))
    return np.round(np.concatenate(found) * 127).astype(np.int8)
