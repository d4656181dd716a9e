"""Judges a recording: what is wrong with its transfer, and with the sound of each channel by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transcribe.audio.spool import SAMPLE_RATE, Spool
from transcribe.domain import Flaw, FlawKind

# Header and sound may differ by so much and more for long recordings: encoders pad, and headers are rounded.
TOLERATED_SECONDS, TOLERATED_SHARE = 0.5, 0.001
CLOSE_SECONDS = 5.0
"""Damaged places closer together than this are one place to listen to."""

SILENT_DBFS = -60.0
"""No sample of a recorder that somebody speaks into stays below this peak."""

QUIET_DBFS = -45.0
"""Speech whose loud moments (95th percentile) stay below this level drowns in the noise of the recorder."""

EMPTY_BELOW_DB = 30.0
"""A channel so much quieter than the loudest holds its crosstalk."""

STEADY_DB = 6.0
"""Speech comes and goes: between its loud and its quiet moments lie more than so many dB; noise and hum do not move."""

ALIKE, OPPOSED = 0.8, -0.3
"""Correlation of two channels from which on they say the same, and below which they would cancel each other."""

ANTI_PHASE = -0.7
"""Correlation below which two channels are the same one with a wire turned round."""

# A clipped wave rests at its highest value: the top 2 % of the range then hold this many times what each of the
# five such bands below them holds (a pure tone: 3.4), and at least this share of all samples.
CLIPPED_TIMES, CLIPPED_SHARE, CLIPPED_PEAK = 5.0, 0.0005, 8192

# Hum is told when the mains and its harmonics stand this many times above what lies beside them, make this share of
# what is always there, and are at least this loud.
HUM_TIMES, HUM_SHARE, HUM_DBFS = 5.0, 0.15, -55.0
HUM_PERCENTILE = 20

MAINS_HERTZ = (50, 60)
HARMONICS = 10
LOOKS = 60
"""So many seconds, evenly spread, are looked at for hum."""

_FRAME = SAMPLE_RATE // 20
_BAND = 64
FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class ChannelLevel:
    """How loud one channel is, in dB relative to full scale; an all-zero channel is at -inf.

    `loud` and `quiet` are the 95th and 10th percentile of the level in 50 ms.
    """

    rms_dbfs: float
    peak_dbfs: float
    loud_dbfs: float
    quiet_dbfs: float

    @property
    def steady(self) -> bool:
        """Whether it hardly moves, as noise and hum do and speech does not."""
        return self.loud_dbfs - self.quiet_dbfs < STEADY_DB


@dataclass(frozen=True, slots=True)
class Sound:
    """What was measured, channel by channel: seconds that are clipped, hum in Hz (0: none), and correlations."""

    seconds: float
    levels: tuple[ChannelLevel, ...]
    clipped: tuple[float, ...]
    hum: tuple[int, ...]
    correlation: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is known of how much of a recording arrived: lengths in seconds, gaps as (second, seconds missing).

    `guessed` is a length that may be wrong, for want of a declared one; `cut` says that bytes are missing at the end.
    """

    declared: float | None
    guessed: float | None
    decoded: float
    seconds: float
    gaps: Sequence[tuple[float, float]] = ()
    cut: bool = False
    lying: bool = False


@dataclass(slots=True)
class _Channel:
    """The sums of one channel."""

    energy: float = 0.0
    peaks: list[int] = field(default_factory=list)
    bands: NDArray[np.int64] = field(default_factory=lambda: np.zeros(int(FULL_SCALE) // _BAND + 1, np.int64))
    frames: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, samples: NDArray[np.int32]) -> None:
        size = np.abs(samples)
        self.peaks.append(int(size.max(initial=0)))
        self.bands += np.bincount(size // _BAND, minlength=len(self.bands))
        squares = samples.astype(np.float32) ** 2
        self.energy += float(squares.sum(dtype=np.float64))
        whole = len(squares) // _FRAME * _FRAME
        self.frames.append(squares[:whole].reshape(-1, _FRAME).mean(axis=1))

    def level(self, count: int) -> ChannelLevel:
        frames = np.concatenate(self.frames) if self.frames else np.zeros(0, np.float32)
        loud, quiet = np.percentile(frames, (95, 10)) if len(frames) else (self.energy / count, self.energy / count)
        return ChannelLevel(
            _dbfs(math.sqrt(self.energy / count)),
            _dbfs(max(self.peaks)),
            _dbfs(math.sqrt(loud)),
            _dbfs(math.sqrt(quiet)),
        )

    def clipped(self) -> float:
        """Seconds in which the wave rests at its highest value."""
        top = max(self.peaks)
        if top < CLIPPED_PEAK:
            return 0.0
        edges = [int(top * share) // _BAND for share in (0.88, 0.98)]
        below, above = int(self.bands[edges[0] : edges[1]].sum()), int(self.bands[edges[1] :].sum())
        if above < CLIPPED_SHARE * self.bands.sum() or above < CLIPPED_TIMES * below / 5:
            return 0.0
        return float(sum(peak >= 0.98 * top for peak in self.peaks))


def measure(spool: Spool) -> Sound:
    """Everything that can be measured of the samples, in flat memory."""
    channels = [_Channel() for _ in range(spool.channels)]
    product = np.zeros((spool.channels, spool.channels))
    for block in spool.blocks():
        wide = block.astype(np.float64)
        product += wide.T @ wide
        for at, channel in enumerate(channels):
            channel.add(block[:, at].astype(np.int32))
    strength = np.sqrt(np.outer(product.diagonal(), product.diagonal()))
    return Sound(
        spool.seconds,
        tuple(channel.level(spool.count) for channel in channels),
        tuple(channel.clipped() for channel in channels),
        tuple(_hum(spool, at) for at in range(spool.channels)),
        np.divide(product, strength, out=np.zeros_like(product), where=strength > 0),
    )


def _hum(spool: Spool, channel: int) -> int:
    """The frequency of the mains that hums all the time, in Hz; 0 when none does.

    The quiet moments of each frequency show what is always there: speech holds none for so long.
    """
    spectra = list(_spectra(spool, channel))
    if not spectra:
        return 0
    always = np.percentile(spectra, HUM_PERCENTILE, axis=0)
    for mains in MAINS_HERTZ:
        harmonics = range(mains, mains * HARMONICS + 1, mains)
        power = sum(float(always[at - 1 : at + 2].sum()) for at in harmonics)
        beside = sum(float(always[[at - 6, at - 5, at - 4, at + 4, at + 5, at + 6]].sum()) / 2 for at in harmonics)
        if (
            power > HUM_TIMES * beside
            and power > HUM_SHARE * float(always.sum())
            and _dbfs(math.sqrt(power)) > HUM_DBFS
        ):
            return mains
    return 0


def _spectra(spool: Spool, channel: int) -> Iterator[NDArray[np.float32]]:
    """Power in bins of 1 Hz of whole seconds spread over the recording; the sum of one is the mean square."""
    window = np.hanning(SAMPLE_RATE).astype(np.float32)
    whole = spool.count // SAMPLE_RATE
    for at in range(0, whole, max(1, whole // LOOKS)):
        block = spool.read(at * SAMPLE_RATE, SAMPLE_RATE)[:, channel] * window
        power = np.abs(np.fft.rfft(block)) ** 2
        yield (2 * power / SAMPLE_RATE / float((window**2).sum())).astype(np.float32)


def heard_channels(sound: Sound) -> tuple[int, ...]:
    """The channels whose sum is listened to: all that hold something of their own, by themselves or together.

    Of channels that say the same the loudest speaks alone, and likewise of those that would cancel each other.
    """
    loudest = max(level.loud_dbfs for level in sound.levels)
    worth = [at for at, level in enumerate(sound.levels) if not _is_empty(level, loudest)]
    moving = [at for at in worth if not sound.levels[at].steady]
    order = sorted(moving or worth or [0], key=lambda at: (-sound.levels[at].rms_dbfs, at))
    chosen: list[int] = []
    for at in order:
        if all(OPPOSED < sound.correlation[at, other] < ALIKE for other in chosen):
            chosen.append(at)
    return tuple(sorted(chosen))


def _is_empty(level: ChannelLevel, loudest: float) -> bool:
    return level.peak_dbfs <= SILENT_DBFS or level.loud_dbfs < loudest - EMPTY_BELOW_DB


def sound_flaws(sound: Sound) -> Iterator[Flaw]:
    """What is wrong with the sound, the whole of it first, then channel by channel."""
    levels, seconds = sound.levels, sound.seconds
    loudest = max(level.loud_dbfs for level in levels)
    if max(level.peak_dbfs for level in levels) <= SILENT_DBFS:
        yield Flaw(FlawKind.SILENT, seconds, f"the recording is silent throughout ({seconds:.1f} s)")
        return
    if loudest < QUIET_DBFS:
        yield Flaw(FlawKind.TOO_QUIET, seconds, f"the recording is too quiet ({loudest:.0f} dB); words may be missed")
    if clipped := max(sound.clipped):
        reason = f"the recording is too loud and distorted in {clipped:.0f} s of it; words may be misheard"
        yield Flaw(FlawKind.CLIPPED, clipped, reason)
    if hum := max(sound.hum):
        yield Flaw(FlawKind.HUM, seconds, f"the mains hum at {hum} Hz all through the recording")
    for at, level in enumerate(levels):
        if _is_empty(level, loudest):
            yield Flaw(FlawKind.EMPTY_CHANNEL, seconds, f"channel {at + 1} of {len(levels)} holds no sound")
    for first in range(len(levels)):
        for second in range(first + 1, len(levels)):
            if sound.correlation[first, second] < ANTI_PHASE:
                reason = f"channels {first + 1} and {second + 1} cancel each other; only one of them is heard"
                yield Flaw(FlawKind.ANTI_PHASE, seconds, reason)


def transfer_flaws(transfer: Transfer) -> Iterator[Flaw]:
    """What did not arrive, or is not as the header says, in order of time."""
    declared, decoded = transfer.declared, transfer.decoded
    places = _places(transfer.gaps)
    missing = (declared if declared is not None else transfer.guessed if places else None) or decoded
    missing -= decoded
    tolerated = max(TOLERATED_SECONDS, TOLERATED_SHARE * (declared or 0))
    rest = missing - sum(lost for _, _, lost in places)
    if rest > tolerated and places and not transfer.cut:
        # The header promises more than the timestamps miss: what was skipped over had none.
        worst = max(range(len(places)), key=lambda at: places[at][2])
        start, end, lost = places[worst]
        places[worst], rest = (start, end, lost + rest), 0.0
    for start, end, lost in places:
        about = f"about {lost:.1f} s of it are missing here" if lost >= 0.05 else "something is missing here"
        yield Flaw(FlawKind.DAMAGED, round(lost, 2), f"the recording is damaged: {about}", (start, end))
    lying = transfer.lying or (declared is not None and -missing > tolerated)
    if lying:
        reason = f"the header of the recording says {declared or 0:.1f} s, but {decoded:.1f} s are there"
        yield Flaw(FlawKind.LYING_HEADER, round(abs(missing), 2), reason)
    if transfer.cut or (rest > tolerated and not lying):
        promised = f" of the {declared:.1f} s that its header promises" if declared and rest > tolerated else ""
        reason = f"the recording breaks off after {decoded:.1f} s{promised}; the rest of the dictation is missing"
        end = round(transfer.seconds, 3)
        yield Flaw(FlawKind.CUT_SHORT, round(rest, 2) if rest > tolerated else 0.0, reason, (end, end))


def _places(gaps: Sequence[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Gaps as (start, end, seconds lost), those close together as one."""
    places: list[tuple[float, float, float]] = []
    for at, missing in sorted(gaps):
        if places and at - places[-1][1] < CLOSE_SECONDS:
            start, _, lost = places[-1]
            places[-1] = (start, round(at + missing, 3), lost + missing)
        else:
            places.append((at, round(at + missing, 3), missing))
    return places


def _dbfs(amplitude: float) -> float:
    """Decibels of an amplitude given in steps of 16 bits."""
    return 20 * math.log10(amplitude / FULL_SCALE) if amplitude > 0 else -math.inf
