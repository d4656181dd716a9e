"""Decodes one untrusted recording: stdin is the open file, stdout gets messages; runs confined, see `confine`.

A message is one byte (what it is), four bytes (length, big endian) and its content:

- ``H`` what the file says of itself, as JSON: container, codec, channels, rate, declared and estimated seconds;
- ``S`` up to a second of samples: 16 kHz, signed 16 bit, little endian, channels interleaved;
- ``R`` the last one, a report as JSON: decoded seconds, bad frames, gaps as [second, seconds missing];
- ``E`` instead of any of these, and last: why nothing more can be had, as JSON: {"refused": reason, "found": text}.

A gap is filled with silence, so that words on its two sides are never heard as if they stood together.
"""

from __future__ import annotations

import array
import io
import json
import os
import struct
from collections.abc import Iterator
from typing import IO, Any

import av
import av.subtitles.codeccontext
import av.subtitles.stream

SAMPLE_RATE = 16_000

# FFmpeg's names of the containers a recorder may write. Formats that name other files (concat, HLS, image lists)
# must never be opened: a text called NAME.wav could read another patient's recording through them.
FORMATS = (
    *("wav", "w64", "mp3", "flac", "ogg", "matroska", "webm", "mov", "mp4", "m4a", "3gp", "aac"),
    *("aiff", "au", "caf", "asf", "amr", "amrnb", "amrwb", "dss"),
)
# FFmpeg's names of the decoders that these may need; every other is code that nobody's dictation should reach.
CODECS = frozenset(
    {
        *(f"pcm_{kind}" for kind in ("u8", "s8", "mulaw", "alaw", "f32le", "f32be", "f64le", "f64be")),
        *(f"pcm_s{bits}{end}" for bits in (16, 24, 32) for end in ("le", "be")),
        *("adpcm_ima_wav", "adpcm_ima_qt", "adpcm_ms", "adpcm_g726", "gsm", "gsm_ms", "truespeech", "g723_1"),
        *("mp2", "mp2float", "mp3", "mp3float", "aac", "aac_latm", "alac", "flac", "opus", "libopus", "vorbis"),
        *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "wmav1", "wmav2", "wmapro", "wmavoice"),
        *("wmalossless", "speex", "libspeex", "dss_sp"),
    }
)
RATES = (4_000, 192_000)
MOST_CHANNELS = 8
# Recorders that send nothing while nobody speaks leave holes of up to so many seconds, which are no damage.
HARMLESS_GAP = {"opus": 0.6, "libopus": 0.6, "amrnb": 0.6, "amrwb": 0.6, "libopencore_amrnb": 0.6}
# All gaps together are filled with at most so many seconds: a timestamp may lie as well.
LONGEST_GAP = 600.0
MOST_TRIES = 1_000
READ_BYTES = 65_536


class Refused(Exception):
    """Nothing more can be had from this file; `found` is what stands in the way."""

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(reason)
        self.reason, self.found = reason, found


class Output:
    """Collects samples into messages of a second and stops at the limit."""

    def __init__(self, channels: int, most_seconds: float) -> None:
        self._pending = bytearray()
        self._second = 2 * channels * SAMPLE_RATE
        self._left = int(most_seconds * SAMPLE_RATE) * 2 * channels

    def add(self, samples: bytes) -> None:
        """Take in interleaved samples."""
        self._left -= len(samples)
        if self._left < 0:
            raise Refused("too_long")
        self._pending += samples
        while len(self._pending) >= self._second:
            say(b"S", bytes(self._pending[: self._second]))
            del self._pending[: self._second]

    def silence(self, seconds: float) -> None:
        """Take in samples of nothing."""
        whole, rest = divmod(int(seconds * SAMPLE_RATE), SAMPLE_RATE)
        for count in (*[SAMPLE_RATE] * whole, rest):
            self.add(bytes(count * self._second // SAMPLE_RATE))

    def end(self) -> None:
        """Send what is left."""
        if self._pending:
            say(b"S", bytes(self._pending))


class Converter:
    """Brings frames of whatever shape to 16 kHz, s16, interleaved, with as many channels as the first one had."""

    def __init__(self, layout: str) -> None:
        self._layout = layout
        self._shape: tuple[Any, ...] = ()
        self._resampler: Any = None

    def convert(self, frame: Any) -> Iterator[bytes]:
        """The samples that are complete after `frame`; None ends."""
        if frame is not None:
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if shape != self._shape:
                yield from self.convert(None)
                self._shape = shape
                self._resampler = av.AudioResampler(format="s16", layout=self._layout, rate=SAMPLE_RATE)
            frame.pts = None  # Broken timestamps must not make the resampler drop or invent samples.
        if self._resampler is not None:
            for piece in self._resampler.resample(frame):
                yield bytes(piece.planes[0])[: piece.samples * 2 * piece.layout.nb_channels]


class Clock:
    """Compares the time that each frame claims with the time that has been decoded, and keeps the differences."""

    def __init__(self, codec: str) -> None:
        self.decoded = 0.0
        self.filled = 0.0
        self.bad = 0
        self.gaps: list[list[float]] = []
        self._expected: float | None = None
        self._bad_before = 0
        self._plain = codec.startswith("pcm_")
        self._harmless = HARMLESS_GAP.get(codec, 0.05)

    def gap_before(self, frame: Any) -> float:
        """Seconds missing between the last good frame and this one."""
        claimed = frame.time
        gap = 0.0
        if claimed is not None and self._expected is not None:
            gap = claimed - self._expected
        damaged = self.bad > self._bad_before
        if not (0.05 if damaged else self._harmless) < gap <= LONGEST_GAP - self.filled:
            gap = 0.0
        if (gap or damaged) and self.decoded:
            self.gaps.append([round(self.decoded + self.filled, 3), round(gap, 3)])
        self._bad_before = self.bad
        seconds = frame.samples / frame.sample_rate
        start = self._expected if claimed is None else claimed
        self._expected = None if start is None else start + seconds
        self.decoded += seconds
        self.filled += gap
        return gap

    def report(self) -> dict[str, Any]:
        """What is told at the end; `broken_end` says that nothing good came after the last bad frame."""
        # A list of every scratch in hours of noise helps nobody.
        gaps = sorted(sorted(self.gaps, key=lambda gap: -gap[1])[:100])
        # The last packet of plain samples is as long as there are bytes.
        broken_end = self.bad > self._bad_before and not self._plain
        return {"decoded": self.decoded, "bad": self.bad, "gaps": gaps, "broken_end": broken_end}


def say(kind: bytes, content: bytes) -> None:
    """Write one message."""
    message = memoryview(struct.pack(">cI", kind, len(content)) + content)
    while message:
        message = message[os.write(1, message) :]


def tell(kind: bytes, facts: dict[str, Any]) -> None:
    """Write one message of facts."""
    say(kind, json.dumps(facts).encode())


def frames(container: Any, stream: Any, clock: Clock) -> Iterator[Any]:
    """Every frame that can be decoded; a damaged packet is counted and passed over, the next one may be sound."""
    packets, tries = container.demux(stream), 0
    while tries < MOST_TRIES:
        try:
            packet = next(packets)
        except (StopIteration, av.EOFError):
            return
        except av.FFmpegError:
            clock.bad, tries = clock.bad + 1, tries + 1
            packets = container.demux(stream)
            continue
        try:
            found = packet.decode()
        except av.FFmpegError:
            clock.bad += 1
            continue
        yield from found
        # Counted behind it: the last packet of a file that breaks off is corrupt, and nothing is missing before it.
        clock.bad += packet.is_corrupt or any(frame.is_corrupt for frame in found)


def seconds_of(duration: int | None, base: Any) -> float | None:
    """A duration in seconds; None where the file gives none."""
    return float(duration * base) if duration is not None and duration > 0 else None


def opened(file: IO[bytes], orders: dict[str, Any]) -> Any:
    """The container, opened from the file alone, with the formats and decoders that are allowed."""
    options = {
        "format_whitelist": ",".join(FORMATS),
        "codec_whitelist": ",".join(sorted(CODECS)),
        **orders.get("options", {}),
    }
    try:
        return av.open(file, mode="r", metadata_errors="ignore", options=options)
    except (av.FFmpegError, ValueError) as error:
        raise Refused("unreadable") from error


def decode(file: IO[bytes], orders: dict[str, Any]) -> None:
    """Decode the first sound track of `file`."""
    most = orders["most_seconds"]
    container = opened(file, orders)
    if not container.streams.audio:
        raise Refused("no_audio")
    stream = container.streams.audio[0]
    context = stream.codec_context
    if context.name not in CODECS:
        raise Refused("codec", context.name)
    check(context.sample_rate or RATES[0], context.channels or 1)
    declared = seconds_of(stream.duration, stream.time_base) or seconds_of(container.duration, 1 / av.time_base)
    if declared is not None and declared > most:
        raise Refused("too_long", f"{declared:.0f}")
    clock = Clock(context.name)
    output, converter = None, None
    for frame in frames(container, stream, clock):
        if output is None or converter is None:
            check(frame.sample_rate, frame.layout.nb_channels)
            channels = frame.layout.nb_channels
            about = {"container": container.format.name, "codec": context.name, "rate": frame.sample_rate}
            tell(b"H", {**about, "channels": channels, "declared": declared})
            output, converter = Output(channels, most), Converter(frame.layout.name)
        if gap := clock.gap_before(frame):
            output.silence(gap)
        for piece in converter.convert(frame):
            output.add(piece)
    if output is None or converter is None:
        raise Refused("no_sound")
    for piece in converter.convert(None):
        output.add(piece)
    output.end()
    tell(b"R", clock.report())


def check(rate: int, channels: int) -> None:
    """Refuse what no recorder makes before anything is made of it."""
    if not RATES[0] <= rate <= RATES[1]:
        raise Refused("rate", str(rate))
    if not 1 <= channels <= MOST_CHANNELS:
        raise Refused("channels", str(channels))


def decode_dss(file: IO[bytes], orders: dict[str, Any]) -> None:
    """Decode a file of a dictation machine that FFmpeg cannot read."""
    import pydsscodec

    decoder = pydsscodec.DecryptingDecoderStreamer(orders.get("password") or None)
    output = Output(1, orders["most_seconds"])
    converter, decoded, told = Converter("mono"), 0.0, False
    while True:
        piece = file.read(READ_BYTES)
        try:
            samples = decoder.push(piece) if piece else decoder.finish()
        except (RuntimeError, ValueError) as error:
            if decoded:
                break
            raise Refused("password" if "password" in str(error) else "unreadable") from error
        if samples:
            rate = decoder.native_rate()
            assert rate is not None  # Samples have one.
            if not told:
                tell(
                    b"H", {"container": "ds2", "codec": decoder.format(), "rate": rate, "channels": 1, "declared": None}
                )
                told = True
            decoded += len(samples) / rate
            for converted in converter.convert(framed(samples, rate)):
                output.add(converted)
        if not piece:
            break
    if not told:
        raise Refused("no_sound")
    for converted in converter.convert(None):
        output.add(converted)
    output.end()
    tell(b"R", {"decoded": decoded, "bad": 0, "gaps": [], "broken_end": bool(piece)})


def framed(samples: list[float], rate: int) -> Any:
    """Samples in the range of 16 bits as a frame."""
    values = array.array("h", (max(-32768, min(32767, round(sample))) for sample in samples))
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(values))
    frame.planes[0].update(values.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate = rate
    return frame


def main(orders: dict[str, Any]) -> None:
    """Decode stdin as the orders say."""
    av.logging.set_level(av.logging.PANIC)  # FFmpeg's messages quote the file.
    file = os.fdopen(0, "rb")
    try:
        if orders["dss"]:
            decode_dss(file, orders)
        else:
            decode(file, orders)
    except Refused as refused:
        tell(b"E", {"refused": refused.reason, "found": refused.found})


def warm_up() -> None:
    """Decode nothing once: PyAV loads some of its parts when they are first needed, and then no file can be opened."""
    wave = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 100, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", 64)
    container = av.open(io.BytesIO(wave + bytes(64)))
    converter = Converter("mono")
    for frame in (*frames(container, container.streams.audio[0], Clock("")), None):
        list(converter.convert(frame))


warm_up()
