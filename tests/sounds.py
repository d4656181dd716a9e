"""Recordings for tests, made on the spot."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Kind:
    """How a kind of file is written: FFmpeg's names of codec and container, samples per second, bits per second."""

    codec: str
    container: str
    rate: int = 16_000
    bits: int = 0


# The names of test cases; the part before the hyphen is what a file of the kind is called.
KINDS = {
    "wav": Kind("pcm_s16le", "wav"),
    "flac": Kind("flac", "flac"),
    "mp3": Kind("libmp3lame", "mp3"),
    "ogg": Kind("libopus", "ogg", 48_000),
    "webm": Kind("libopus", "webm", 48_000),
    "m4a": Kind("aac", "mp4"),
    "wav-u8": Kind("pcm_u8", "wav"),
    "wav-s24": Kind("pcm_s24le", "wav", 48_000),
    "wav-s32": Kind("pcm_s32le", "wav", 44_100),
    "wav-float": Kind("pcm_f32le", "wav", 44_100),
    "wav-mulaw": Kind("pcm_mulaw", "wav", 8_000),
    "wav-alaw": Kind("pcm_alaw", "wav", 8_000),
    "wav-adpcm": Kind("adpcm_ima_wav", "wav", 8_000),
    "wav-msadpcm": Kind("adpcm_ms", "wav", 8_000),
    "m4a-alac": Kind("alac", "mp4", 44_100),
    "3gp-aac": Kind("aac", "3gp"),
    "aac": Kind("aac", "adts"),
    "mkv-flac": Kind("flac", "matroska"),
    "amr": Kind("libopencore_amrnb", "amr", 8_000, 12_200),
    "wma": Kind("wmav2", "asf", 44_100, 64_000),
    "wma-v1": Kind("wmav1", "asf", 44_100, 64_000),
    "aiff": Kind("pcm_s16be", "aiff", 44_100),
    "caf": Kind("pcm_s16be", "caf", 44_100),
    "w64": Kind("pcm_s16le", "w64"),
    "au": Kind("pcm_s16be", "au"),
}


def tone(seconds: float, *, rate: int = 16_000, hertz: float = 440.0, level: float = 0.3) -> Sound:
    """A sine of shape (samples,)."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def bursts(seconds: float, *, rate: int = 16_000, hertz: float = 440.0, level: float = 0.3) -> Sound:
    """A tone that comes and goes three times a second, as speech does, of shape (samples,)."""
    beat = np.sin(2 * np.pi * 1.5 * np.arange(int(seconds * rate)) / rate) ** 4
    return (tone(seconds, rate=rate, hertz=hertz, level=level) * beat).astype(np.float32)


def layout_of(channels: int) -> str:
    """FFmpeg's name for so many channels."""
    return {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}.get(channels, f"{channels} channels")


def encoded(channels: Sound, *, kind: str = "wav", rate: int = 16_000, tags: dict[str, str] | None = None) -> bytes:
    """The bytes of a file of this kind that holds `channels` of shape (channels, samples)."""
    how, layout, buffer = KINDS[kind], layout_of(len(channels)), io.BytesIO()
    with av.open(buffer, "w", format=how.container) as output:
        output.metadata.update(tags or {})
        stream = output.add_stream(how.codec, rate=how.rate, layout=layout)
        if how.bits:
            stream.bit_rate = how.bits
        stream.codec_context.open()
        resampler = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=how.rate)
        interleaved = np.ascontiguousarray(channels.T, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
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


def filmed(channel: Sound, *, rate: int = 16_000) -> bytes:
    """The bytes of an MP4 that shows a grey square while `channel`, of shape (samples,), sounds."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        picture, sound = output.add_stream("mpeg4", rate=5), output.add_stream("aac", rate=rate, layout="mono")
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        for at in range(len(channel) * 5 // rate):
            square = av.VideoFrame.from_ndarray(np.full((96, 64), 128, np.uint8), format="yuv420p")
            square.pts = at
            output.mux(picture.encode(square))
        output.mux(picture.encode(None))
        for at in range(0, len(channel), 1024):
            piece = av.AudioFrame.from_ndarray(channel[None, at : at + 1024], format="fltp", layout="mono")
            piece.sample_rate, piece.pts = rate, at
            output.mux(sound.encode(piece))
        output.mux(sound.encode(None))
    return buffer.getvalue()


def saved(path: Path, *channels: Sound, kind: str = "wav", rate: int = 16_000) -> Path:
    """Write the channels to `path` and return it."""
    path.write_bytes(encoded(np.stack(channels), kind=kind, rate=rate))
    return path


def encrypted(password: str, *, blocks: int = 40) -> bytes:
    """A DS2 dictation behind a password: its header is as recorders write it, its sound is noise.

    The header names the key mode (1: AES-128), sixteen bytes that the password is mixed with, and two bytes of the
    SHA-1 of both, by which a wrong password is known. Blocks of 512 bytes say how many frames they hold.
    """
    salt = bytes(range(16))
    mixed = bytes(one ^ other for one, other in zip(password.encode().ljust(16, b"\0"), salt, strict=True))
    check = hashlib.sha1(mixed, usedforsecurity=False).digest()[16:18]
    header = b"\3enc".ljust(0x146, b"\0") + struct.pack("<H", 1) + salt + check
    block = bytes([0x0F, 3, 12, 0xFF, 0, 0xFF])
    noise = np.random.default_rng(0)
    return header.ljust(0x600, b"\0") + b"".join(block + noise.bytes(506) for _ in range(blocks))
