"""What a header promises, read by the process that must not be hurt by it."""

from __future__ import annotations

import struct
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sounds import KINDS, bursts, encoded
from transcribe.audio.promise import Promise, promise

HEADS = [b"", b"caff\0\1\0\0", b"OggS\0\4", b"ID3\4\0\0", b"\xff\xfb", b"#!AMR\n", b"RIFF\0\0\0\0WAVE"]
HEADS += [bytes.fromhex("726966662e91cf11a5d628db04c10000"), b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + bytes(16) + b"data"]


def promised(content: bytes) -> Promise:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        return promise(file)


@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_no_header_does_harm(head: bytes, rest: bytes) -> None:
    """Whatever follows the beginning of a format, an answer comes back."""
    assert isinstance(promised(head + rest), Promise)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_keeps_its_promise(kind: str) -> None:
    """A file as it was written is neither cut nor lying, and a length that is promised is the right one."""
    found = promised(encoded(bursts(2.0)[None], kind=kind))
    assert not found.cut
    assert not found.lying
    assert found.seconds is None or found.seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("kind", ["wav", "w64", "caf", "ogg", "mp3"])
def test_a_missing_tenth_is_missed(kind: str) -> None:
    """Formats that say how many bytes or pages they have are known to be cut."""
    whole = encoded(bursts(5.0)[None], kind=kind)
    assert promised(whole[: len(whole) * 9 // 10]).cut


def test_chunks_before_and_behind_the_samples_are_passed_over() -> None:
    """Notes of a recorder around the samples of a WAV are neither sound nor a lie, however long they are."""
    whole = encoded(bursts(2.0)[None])
    note = b"LIST" + struct.pack("<I", 20_001) + bytes(20_002)
    for content in (whole[:12] + note + whole[12:], whole + note):
        found = promised(content)
        assert (found.seconds, found.cut, found.lying) == (pytest.approx(2.0, abs=0.01), False, False)
