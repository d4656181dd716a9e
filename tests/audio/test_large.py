"""Recordings of many hours and files of pure chance: bounded time, bounded memory, a caller that lives."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sounds import bursts, encoded
from transcribe import assets
from transcribe.audio import SAMPLE_RATE, blocks, inspect
from transcribe.errors import TranscribeError

pytestmark = pytest.mark.slow

HOUR = 3600

MEASURED = """
import json, os, sys, threading, time
from pathlib import Path
from transcribe import audio, speech
from transcribe.errors import TranscribeError
told, began = {}, time.monotonic()
told["resident"], ended = 0, threading.Event()

def watched():  # The memory of this process and of all that it started, ten times a second.
    while not ended.wait(0.1):
        parents, sizes = {}, {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                stat = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(place.name)], sizes[int(place.name)] = int(stat[1]), int(stat[21]) * os.sysconf("SC_PAGE_SIZE")
        ours = {os.getpid()}
        for _ in range(4):
            ours |= {process for process, parent in parents.items() if parent in ours}
        told["resident"] = max(told["resident"], sum(sizes.get(process, 0) for process in ours))

watcher = threading.Thread(target=watched)
watcher.start()
try:
    recording = audio.inspect(Path(sys.argv[1]))
    told["seconds"], told["decoding"] = recording.seconds, time.monotonic() - began
    told["flaws"] = [str(flaw.kind) for flaw in recording.flaws]
    told["speech"] = sum(chunk.seconds for chunk in speech.chunks(audio.blocks(recording)))
except TranscribeError as error:
    told["code"], told["message"] = error.code, str(error)
told["took"] = time.monotonic() - began
ended.set()
watcher.join()
print(json.dumps(told))
"""


def measured(path: Path) -> dict[str, float]:
    """What a process of its own says of the file, with the largest memory of itself and of what it started."""
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def flac(path: Path, seconds: int, sound: np.ndarray) -> None:  # type: ignore[type-arg]
    """Write `sound` (int16) as often as `seconds` need, a frame at a time."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        stream.codec_context.open()
        size = stream.codec_context.frame_size
        looped = np.concatenate([sound, sound[:size]])
        for at in range(0, seconds * SAMPLE_RATE, size):
            first = at % len(sound)
            frame = av.AudioFrame.from_ndarray(looped[None, first : first + size], format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, at
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def test_a_day_of_silence_in_a_few_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    """A declared length is refused before anything is decoded; an undeclared one when the limit is reached."""
    path = tmp_path / "day.flac"
    flac(path, 24 * HOUR, np.zeros(SAMPLE_RATE, np.int16))
    assert path.stat().st_size < 20e6
    told = measured(path)
    assert (told["code"], told["took"] < 10) == ("too_long", True)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # The number of samples in STREAMINFO: 36 bits, 0 where it is not known.
    content[22:26] = bytes(4)
    path.write_bytes(bytes(content))
    told = measured(path)
    assert told["code"] == "too_long"
    assert told["took"] < 90
    assert told["resident"] < 2.5e9


def test_three_hours_are_decoded_and_cut_in_flat_memory(tmp_path: Path) -> None:
    """Three hours of speech: under 1 GB resident in the caller and the decoder together, and all of it there."""
    recording = inspect(assets.shipped("samples") / "letter.opus")
    sound = np.concatenate(list(recording.samples.blocks()))[:, 0]
    path = tmp_path / "long.flac"
    flac(path, 3 * HOUR, sound)
    told = measured(path)
    assert told["seconds"] == pytest.approx(3 * HOUR, abs=1)
    assert told["flaws"] == []
    assert told["speech"] > 0.7 * 3 * HOUR
    assert told["resident"] < 1e9


WHOLE = {
    kind: encoded(bursts(2.0)[None], kind=kind) for kind in ("wav", "mp3", "m4a", "flac", "ogg", "webm", "amr", "wma")
}
HEADS = [
    b"",
    b"RIFF\xff\xff\0\0WAVEfmt ",
    b"ID3\4\0\0",
    b"\xff\xfb\x90\x64",
    b"OggS\0\2",
    b"fLaC\0\0\0\x22",
    b"\2dss",
    b"#!AMR\n",
]
HEADS += [
    b"\0\0\0\x20ftypM4A ",
    b"\x1aE\xdf\xa3",
    bytes.fromhex("3026b2758e66cf11"),
    b"FORM\0\0\xff\xffAIFF",
    b"caff\0\1\0\0",
]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Bytes of chance, behind the beginning of some format or not, and real files with such bytes in them."""
    if draw(st.booleans()):
        return draw(st.sampled_from(HEADS)) + draw(st.binary(min_size=1, max_size=8192))
    content = bytearray(WHOLE[draw(st.sampled_from(sorted(WHOLE)))])
    for _ in range(draw(st.integers(1, 20))):
        at = draw(st.integers(0, len(content) - 1) | st.integers(0, min(200, len(content) - 1)))
        piece = draw(st.binary(max_size=16))
        content[at : at + len(piece)] = piece
    return bytes(content[: draw(st.integers(1, len(content)))] or b"\0")


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
def test_chance_ends_in_a_recording_or_a_sentence(content: bytes) -> None:
    """Whatever the bytes are, they end in samples or in a refusal, in seconds."""
    began = time.monotonic()
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            recording = inspect(Path(file.name))
            assert sum(len(block) for block in blocks(recording)) == recording.samples.count
        except TranscribeError as error:
            assert error.exit_status == 3
    assert time.monotonic() - began < 5
