"""Decodes whatever PyAV can open, says what it found and refuses what cannot be trusted.

A recording is read twice: once to learn its true length and the level of each channel, once for its
samples. Decoding runs several hundred times faster than speech, and two passes keep memory flat for
any length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from numpy.typing import NDArray

from transcribe.audio.ending import lacks_its_end
from transcribe.errors import NotFound, UnusableInput

Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000
"""Samples per second of everything that leaves this package."""

# FFmpeg's names of the containers a recorder may write. Formats that name other files (concat, HLS, image lists)
# must never be opened: a text called NAME.wav could read another patient's recording through them.
_FORMATS = (
    *("wav", "w64", "mp3", "flac", "ogg", "matroska", "webm", "mov", "mp4", "m4a", "aac"),
    *("aiff", "au", "caf", "asf", "amr", "amrnb", "amrwb"),
)

BLOCK_SECONDS = 1
SILENT_DBFS = -90.0
# Encoders pad and trim by up to a frame or two; a header may also be rounded to whole seconds.
TOLERATED_SECONDS, TOLERATED_SHARE = 1.0, 0.02


@dataclass(frozen=True, slots=True)
class ChannelLevel:
    """How loud one channel is, in dB relative to full scale; an all-zero channel is at -inf."""

    rms_dbfs: float
    peak_dbfs: float


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds: `declared` is the length its header promises (None if it makes no promise), `decoded`
    the length that could be decoded, both in seconds; `cut_short` says that its end is missing;
    `correlation` is that of the first two channels (1 for a single channel).
    """

    path: Path
    codec: str
    declared: float | None
    decoded: float
    levels: tuple[ChannelLevel, ...]
    correlation: float
    cut_short: bool


def inspect(path: Path, *, partial: bool = False) -> Recording:
    """Decode the whole file once and say what it holds.

    Raises `NotFound` for a missing file and `UnusableInput` for one that holds no samples, is no audio or
    is cut short; with `partial` a file that is cut short is accepted for what is there.
    """
    codec, declared, meter = "", None, _Meter()
    with _opened(path) as container:
        stream = container.streams.audio[0]
        codec = stream.codec_context.name
        if stream.duration is not None and stream.time_base is not None:
            declared = float(stream.duration * stream.time_base)
        elif container.duration is not None:
            declared = container.duration / av.time_base
        for frame in _frames(container):
            meter.add(_as_float(frame), frame.sample_rate)
    if meter.seconds == 0:
        raise UnusableInput(f"{path.name} holds no sound: not one sample could be decoded.")
    short = declared is not None and declared - meter.seconds > max(TOLERATED_SECONDS, TOLERATED_SHARE * declared)
    cut_short = short or lacks_its_end(path, meter.seconds)
    if cut_short and not partial:
        promised = f"its header promises {declared:.1f} s but " if short else ""
        raise UnusableInput(
            f"{path.name} is cut short: {promised}it ends in the middle after {meter.seconds:.1f} s; "
            "send it again from the recorder, or pass --partial to transcribe what is there."
        )
    return Recording(path, codec, declared, meter.seconds, meter.levels(), meter.correlation(), cut_short)


def blocks(recording: Recording) -> Iterator[Samples]:
    """The recording as blocks of one second, each a float32 array of shape (samples,) at 16 kHz; the last is shorter.

    Channels are averaged unless one is empty or they cancel each other; then the louder one speaks alone.
    """
    chosen = _channel_to_use(recording)
    pending: list[Samples] = []
    held = 0
    size = BLOCK_SECONDS * SAMPLE_RATE
    for piece in _resampled(recording.path):
        mono = piece.mean(axis=0, dtype=np.float32) if chosen is None else piece[min(chosen, len(piece) - 1)]
        pending.append(mono)
        held += len(mono)
        while held >= size:
            joined = np.concatenate(pending)
            yield joined[:size]
            pending, held = [joined[size:]], held - size
    if held:
        yield np.concatenate(pending)


def _channel_to_use(recording: Recording) -> int | None:
    """The channel that must speak alone, or None when the mean of all is safe."""
    levels = [level.rms_dbfs for level in recording.levels]
    if len(levels) == 1:
        return None
    if min(levels) > SILENT_DBFS and max(levels) - min(levels) < 30 and recording.correlation > -0.3:
        return None
    return levels.index(max(levels))


class _Meter:
    """Adds up length, energy, peak and correlation of channels, frame by frame."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._count = 0
        self._energy = np.zeros(0)
        self._peak = np.zeros(0)
        self._product = 0.0

    def add(self, samples: Samples, rate: int) -> None:
        """Take in samples of shape (channels, count)."""
        channels, count = samples.shape
        if len(self._energy) < channels:
            self._energy = np.pad(self._energy, (0, channels - len(self._energy)))
            self._peak = np.pad(self._peak, (0, channels - len(self._peak)))
        wide = samples.astype(np.float64)
        self.seconds += count / rate
        self._count += count
        self._energy[:channels] += (wide**2).sum(axis=1)
        self._peak[:channels] = np.maximum(self._peak[:channels], np.abs(wide).max(axis=1, initial=0.0))
        if channels > 1:
            self._product += float((wide[0] * wide[1]).sum())

    def levels(self) -> tuple[ChannelLevel, ...]:
        rms = np.sqrt(self._energy / max(self._count, 1))
        return tuple(ChannelLevel(_dbfs(r), _dbfs(p)) for r, p in zip(rms, self._peak, strict=True))

    def correlation(self) -> float:
        if len(self._energy) < 2 or not self._energy[0] or not self._energy[1]:
            return 1.0
        return self._product / math.sqrt(self._energy[0] * self._energy[1])


def _dbfs(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def _as_float(frame: AudioFrame) -> Samples:
    """The frame's samples as float32 of shape (channels, count), full scale at 1."""
    array: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    middle = 128 if array.dtype == np.uint8 else 0
    full_scale = 1 if array.dtype.kind == "f" else 2 ** (8 * array.dtype.itemsize - 1)
    scaled: Samples = ((array.astype(np.float64) - middle) / full_scale).astype(np.float32)
    return scaled


def _resampled(path: Path) -> Iterator[Samples]:
    """Pieces of shape (channels, count) at 16 kHz."""
    with _opened(path) as container:
        resampler = None
        for frame in _frames(container):
            if resampler is None:
                resampler = av.AudioResampler(format="fltp", layout=frame.layout.name, rate=SAMPLE_RATE)
            frame.pts = None  # Broken timestamps must not make the resampler drop or invent samples.
            for resampled in resampler.resample(frame):
                yield resampled.to_ndarray().astype(np.float32, copy=False)
        if resampler is not None:
            for resampled in resampler.resample(None):
                yield resampled.to_ndarray().astype(np.float32, copy=False)


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    """Every frame that can be decoded; a damaged packet is passed over, the next one may be sound."""
    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _readable(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise UnusableInput(f"{path.name} cannot be read: {error.strerror}.") from error


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """The container at `path`, opened from a file object so that no name or playlist can point elsewhere."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise UnusableInput(f"{path.name} is empty: it has no bytes at all.")
    with _readable(path) as file:
        try:
            container = av.open(
                file, mode="r", metadata_errors="ignore", options={"format_whitelist": ",".join(_FORMATS)}
            )
        except (av.FFmpegError, ValueError) as error:
            raise UnusableInput(
                f"{path.name} is not a recording that can be read: its format is unknown or its start is damaged."
            ) from error
        with container:
            if not container.streams.audio:
                raise UnusableInput(f"{path.name} holds no audio track.")
            yield container
