"""What becomes of files, good and bad."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.sounds import CODECS, encoded, saved, tone
from transcribe.audio import SAMPLE_RATE, blocks, inspect
from transcribe.errors import NotFound, UnusableInput


@pytest.mark.parametrize("kind", CODECS)
def test_every_common_format_is_decoded_to_its_length(tmp_path: Path, kind: str) -> None:
    """Three seconds stay three seconds, in the file's facts and in its samples, whatever the format."""
    path = saved(tmp_path / f"dictation.{kind}", tone(3.0), kind=kind)
    recording = inspect(path)
    samples = np.concatenate(list(blocks(recording)))
    assert recording.decoded == pytest.approx(3.0, abs=0.1)
    assert len(samples) / SAMPLE_RATE == pytest.approx(3.0, abs=0.1)
    assert samples.dtype == np.float32
    assert recording.levels[0].rms_dbfs == pytest.approx(20 * math.log10(0.3 / math.sqrt(2)), abs=1.0)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg", "m4a"])
def test_a_file_cut_in_the_middle_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    """Half a file is unusable input, and the sentence names the file."""
    whole = encoded(tone(20.0)[None], kind=kind)
    path = tmp_path / f"half.{kind}"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnusableInput, match=rf"half\.{kind}"):
        inspect(path)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg"])
def test_what_is_there_of_a_cut_file_can_be_had_on_request(tmp_path: Path, kind: str) -> None:
    """With partial=True the first half is decoded and known to be cut short."""
    whole = encoded(tone(20.0)[None], kind=kind)
    path = tmp_path / f"half.{kind}"
    path.write_bytes(whole[: len(whole) // 2])
    recording = inspect(path, partial=True)
    assert recording.cut_short
    assert 5 < recording.decoded < 15


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"This is a letter, not a recording.\n" * 100, "not a recording"),
        (bytes(range(256)) * 64, "not a recording"),
        (b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\0\0\0\0", "no sound"),
    ],
    ids=["zero length", "text", "bytes", "header only"],
)
def test_a_file_without_sound_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    """Empty files, texts, random bytes and a header without samples are each refused in one sentence."""
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=reason) as caught:
        inspect(path)
    assert "bad.wav" in str(caught.value)
    assert caught.value.exit_status == 3


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    """A name that is no file is told apart from a file that is no recording."""
    with pytest.raises(NotFound):
        inspect(tmp_path / "none.wav")


def test_a_playlist_cannot_point_at_another_file(tmp_path: Path) -> None:
    """An ffconcat text that names another file is refused, not followed."""
    saved(tmp_path / "other.wav", tone(1.0))
    path = tmp_path / "list.wav"
    path.write_text("ffconcat version 1.0\nfile other.wav\n")
    with pytest.raises(UnusableInput):
        inspect(path)


def test_blocks_hold_one_second_each(tmp_path: Path) -> None:
    """Memory stays flat: no block is longer than a second, and together they are the whole."""
    recording = inspect(saved(tmp_path / "long.wav", tone(7.5)))
    lengths = [len(block) for block in blocks(recording)]
    assert lengths[:-1] == [SAMPLE_RATE] * 7
    assert lengths[-1] == SAMPLE_RATE // 2


def test_channels_that_cancel_each_other_are_still_heard(tmp_path: Path) -> None:
    """A recording whose channels are in anti-phase is not mixed down to silence."""
    recording = inspect(saved(tmp_path / "anti.wav", tone(2.0), -tone(2.0)))
    assert recording.correlation == pytest.approx(-1.0, abs=0.01)
    assert np.abs(np.concatenate(list(blocks(recording)))).max() > 0.25


def test_an_empty_channel_does_not_halve_the_other(tmp_path: Path) -> None:
    """Speech on one channel of two keeps its level."""
    recording = inspect(saved(tmp_path / "left.wav", tone(2.0), np.zeros(32_000, np.float32)))
    assert recording.levels[1].rms_dbfs == -math.inf
    assert np.abs(np.concatenate(list(blocks(recording)))).max() == pytest.approx(0.3, abs=0.01)


def test_two_alike_channels_are_averaged(tmp_path: Path) -> None:
    """An ordinary stereo recording is mixed to one channel of the same level."""
    recording = inspect(saved(tmp_path / "both.wav", tone(2.0), tone(2.0)))
    assert np.abs(np.concatenate(list(blocks(recording)))).max() == pytest.approx(0.3, abs=0.01)
