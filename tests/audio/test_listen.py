"""What a person listens with."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from tests.sounds import bursts, encoded, saved
from transcribe.audio import PEAKS_A_SECOND, blocks, inspect, peaks, playable


def test_every_browser_can_play_what_was_heard(tmp_path: Path) -> None:
    """The copy is Opus in WebM with the length and the sound of what is heard, and keeps no tag of the original."""
    path = tmp_path / "a.mp3"
    path.write_bytes(encoded(bursts(5.0)[None], kind="mp3", tags={"title": "Edgar Placeholder"}))
    recording = inspect(path)
    copy = io.BytesIO()
    playable(recording, copy)
    assert b"Placeholder" not in copy.getvalue()
    copy.seek(0)
    with av.open(copy) as container:
        assert (container.format.name, container.streams.audio[0].codec_context.name) == ("matroska,webm", "opus")
        assert container.duration / av.time_base == pytest.approx(recording.seconds, abs=0.05)
    (tmp_path / "copy.webm").write_bytes(copy.getvalue())
    again = inspect(tmp_path / "copy.webm")
    assert again.flaws == ()
    assert again.levels[0].rms_dbfs == pytest.approx(recording.levels[0].rms_dbfs, abs=1)


def test_peaks_follow_the_wave(tmp_path: Path) -> None:
    """A hundred pairs a second, whose envelope is that of the samples; the last hundredth may be begun."""
    recording = inspect(saved(tmp_path / "a.wav", bursts(2.505)))
    outline, samples = peaks(recording), np.concatenate(list(blocks(recording)))
    assert outline.shape == (251, 2)
    assert outline.dtype == np.int8
    at = 60 * 16_000 // PEAKS_A_SECOND
    hundredth = samples[at : at + 160]
    assert outline[60, 0] == round(float(hundredth.min()) * 127)
    assert outline[60, 1] == round(float(hundredth.max()) * 127)
