"""What is found wrong with the sound, and which channels are listened to."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sounds import saved, tone
from transcribe import assets
from transcribe.audio import SAMPLE_RATE, Recording, blocks, inspect
from transcribe.audio.judge import Transfer, heard_channels, measure, sound_flaws, transfer_flaws
from transcribe.audio.spool import Spool
from transcribe.domain import FlawKind

SECONDS = 6.0
NOTHING = np.zeros(int(SECONDS * SAMPLE_RATE), np.float32)
Sound = NDArray[np.float32]


def speech() -> Sound:
    """Six seconds of a sample dictation."""
    recording = inspect(assets.shipped("samples") / "letter.opus")
    return np.concatenate(list(blocks(recording)))[2 * SAMPLE_RATE : int((2 + SECONDS) * SAMPLE_RATE)]


@pytest.fixture(scope="module")
def said() -> Sound:
    return speech()


def noise(level: float, seed: int = 1) -> Sound:
    return (level * np.random.default_rng(seed).standard_normal(len(NOTHING))).astype(np.float32)


def energy(samples: Sound) -> float:
    return 10 * math.log10(float(np.mean(samples.astype(np.float64) ** 2)))


def judged(*channels: Sound) -> tuple[Recording, Sound]:
    """What is found in these channels, and what is heard of them."""
    spool = Spool(len(channels))
    spool.append((np.stack(channels, axis=1) * 32767).astype("<i2").tobytes())
    sound = measure(spool)
    recording = Recording(
        container="wav",
        codec="pcm_s16le",
        declared=None,
        decoded=spool.seconds,
        seconds=spool.seconds,
        bad_frames=0,
        levels=sound.levels,
        heard=heard_channels(sound),
        flaws=tuple(sound_flaws(sound)),
        samples=spool,
    )
    return recording, np.concatenate(list(blocks(recording)))


def kinds(recording: Recording) -> list[FlawKind]:
    return [flaw.kind for flaw in recording.flaws]


def test_good_speech_has_no_flaw(said: Sound) -> None:
    """Nothing is found wrong with an ordinary dictation, alone or on two channels that say the same."""
    for channels in ((said,), (said, said)):
        recording, samples = judged(*channels)
        assert recording.flaws == ()
        assert energy(samples) == pytest.approx(energy(said), abs=0.1)


@pytest.mark.parametrize("level", [0.0, 0.0003], ids=["nothing", "noise of a microphone"])
def test_silence_is_told(level: float) -> None:
    """A recording in which no sample rises above -60 dB is silent, and its length is told."""
    recording, _ = judged(np.clip(noise(level), -0.0009, 0.0009))
    assert kinds(recording) == [FlawKind.SILENT]
    assert recording.flaws[0].seconds == SECONDS


def test_speech_that_is_too_quiet_is_told(said: Sound) -> None:
    """Speech 40 dB below an ordinary level is heard, with a warning."""
    recording, samples = judged(0.01 * said)
    assert kinds(recording) == [FlawKind.TOO_QUIET]
    assert np.abs(samples).max() > 0


@pytest.mark.parametrize("ceiling", [1.0, 0.5], ids=["at full scale", "before a volume knob"])
def test_clipped_speech_is_told_with_its_seconds(said: Sound, ceiling: float) -> None:
    """A wave that rests at its highest value was cut off there, at whatever level that is."""
    recording, _ = judged(ceiling * np.clip(4 * said, -0.999, 0.999))
    assert kinds(recording) == [FlawKind.CLIPPED]
    assert 2 <= recording.flaws[0].seconds <= SECONDS


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_told_with_its_frequency(said: Sound, mains: int) -> None:
    """The mains and its harmonics under speech are told; what is heard is not changed."""
    hum = sum(tone(SECONDS, hertz=mains * k, level=0.02 / k) for k in (1, 2, 3, 5))
    recording, _ = judged(said * 0.5 + hum)
    assert kinds(recording) == [FlawKind.HUM]
    assert f"{mains} Hz" in recording.flaws[0].reason


def test_an_empty_channel_does_not_halve_the_other(said: Sound) -> None:
    """Speech on one channel of two, beside nothing or beside noise, keeps its level."""
    recording, samples = judged(said, NOTHING)
    assert kinds(recording) == [FlawKind.EMPTY_CHANNEL]
    assert "channel 2 of 2" in recording.flaws[0].reason
    assert recording.levels[1].rms_dbfs == -math.inf
    assert energy(samples) == pytest.approx(energy(said), abs=0.1)
    recording, samples = judged(noise(0.01), said)
    assert recording.heard == (1,)


def test_a_louder_noise_on_the_other_channel_is_left_out(said: Sound) -> None:
    """Of two channels the one that comes and goes is listened to, not the one that only hisses or hums."""
    for other in (noise(0.2), tone(SECONDS, hertz=50, level=0.5)):
        recording, samples = judged(other, said)
        assert recording.heard == (1,)
        assert energy(samples) == pytest.approx(energy(said), abs=0.1)


def test_channels_that_cancel_each_other_are_still_heard(said: Sound) -> None:
    """A recording whose channels are in anti-phase is not mixed down to silence, and the fault is told."""
    for other in (-said, -0.7 * said + noise(0.001)):
        recording, samples = judged(said, other)
        assert kinds(recording) == [FlawKind.ANTI_PHASE]
        assert energy(samples) >= energy(said) - 1


def test_two_people_on_two_channels_are_both_heard(said: Sound) -> None:
    """What only one channel holds keeps its level, on either."""
    half = len(said) // 2
    left, right = said.copy(), said[::-1].copy()
    left[half:], right[:half] = 0, 0
    recording, samples = judged(left, right)
    assert recording.heard == (0, 1)
    assert energy(samples[:half]) == pytest.approx(energy(left[:half]), abs=0.1)
    assert energy(samples[half:]) == pytest.approx(energy(right[half:]), abs=0.1)


def test_speech_in_the_middle_of_six_channels_is_found(said: Sound) -> None:
    """Of 5.1 the one channel that speaks is listened to at its level."""
    recording, samples = judged(NOTHING, NOTHING, said, NOTHING, NOTHING, NOTHING)
    assert recording.heard == (2,)
    assert energy(samples) >= energy(said) - 1


@pytest.mark.parametrize(
    "count", [2, pytest.param(3, marks=pytest.mark.slow), 6, pytest.param(8, marks=pytest.mark.slow)]
)
def test_channels_come_through_a_file_one_by_one(tmp_path: Path, said: Sound, count: int) -> None:
    """Any number of channels up to eight is decoded as it is, with a usual arrangement or without, and not mixed."""
    recording = inspect(saved(tmp_path / "many.wav", *[NOTHING] * (count - 2), said, -said))
    assert recording.heard == (count - 2,)
    assert FlawKind.ANTI_PHASE in kinds(recording)
    assert energy(np.concatenate(list(blocks(recording)))) >= energy(said) - 0.1


def test_holes_close_together_are_one_place_to_listen_to() -> None:
    """Two holes within five seconds are told once, with all they miss; a third one further on is told by itself."""
    transfer = Transfer(declared=60, guessed=60, decoded=56, seconds=60, gaps=[(10, 1), (13, 2), (40, 1)])
    first, second = transfer_flaws(transfer)
    assert (first.kind, first.seconds, first.audio) == (FlawKind.DAMAGED, 3, (10, 15))
    assert (second.kind, second.seconds, second.audio) == (FlawKind.DAMAGED, 1, (40, 41))


def test_seconds_without_a_timestamp_are_missing_where_the_damage_is() -> None:
    """What the header promises beyond all holes is missing in the largest, unless the end is missing too."""
    (damage,) = transfer_flaws(Transfer(declared=60, guessed=60, decoded=50, seconds=51, gaps=[(10, 1)]))
    assert (damage.kind, damage.seconds) == (FlawKind.DAMAGED, 10)
    damage, end = transfer_flaws(Transfer(declared=60, guessed=60, decoded=50, seconds=51, gaps=[(10, 1)], cut=True))
    assert (damage.seconds, end.kind, end.seconds) == (1, FlawKind.CUT_SHORT, 9)


def test_half_a_second_may_be_padding() -> None:
    """A header and a recording that differ by less than encoders pad are taken for equal."""
    assert list(transfer_flaws(Transfer(declared=60.3, guessed=60.3, decoded=60, seconds=60))) == []
    assert list(transfer_flaws(Transfer(declared=None, guessed=50, decoded=60, seconds=60))) == []
