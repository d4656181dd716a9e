"""Recordings for tests, made on the spot."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

CODECS = {
    "wav": ("pcm_s16le", 16_000),
    "flac": ("flac", 16_000),
    "mp3": ("libmp3lame", 16_000),
    "ogg": ("libopus", 48_000),
    "webm": ("libopus", 48_000),
    "m4a": ("aac", 16_000),
}


def tone(seconds: float, *, rate: int = 16_000, hertz: float = 440.0, level: float = 0.3) -> NDArray[np.float32]:
    """A sine of shape (samples,)."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def encoded(channels: NDArray[np.float32], *, kind: str = "wav", rate: int = 16_000) -> bytes:
    """The bytes of a file of this kind that holds `channels` of shape (channels, samples)."""
    codec, coded_rate = CODECS[kind]
    layout = "mono" if len(channels) == 1 else "stereo"
    buffer = io.BytesIO()
    container_format = {"m4a": "mp4"}.get(kind, kind)
    with av.open(buffer, "w", format=container_format) as output:
        stream = output.add_stream(codec, rate=coded_rate, layout=layout)
        resampler = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=coded_rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format="fltp", layout=layout)
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            piece.pts = None
            fifo.write(piece)
        size = stream.codec_context.frame_size or 1024
        written = 0
        while (piece := fifo.read(size, partial=True)) is not None:
            piece.pts = written
            written += piece.samples
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def saved(path: Path, *channels: NDArray[np.float32], kind: str = "wav") -> Path:
    """Write the channels to `path` and return it."""
    path.write_bytes(encoded(np.stack(channels), kind=kind))
    return path
