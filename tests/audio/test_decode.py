"""What becomes of files, good and bad."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from numpy.typing import NDArray

from tests.sounds import KINDS, bursts, encoded, encrypted, filmed, saved, tone
from transcribe.audio import SAMPLE_RATE, Recording, blocks, inspect
from transcribe.domain import FlawKind
from transcribe.errors import NotFound, PasswordNeeded, TooLong, UnknownFormat, UnusableInput


def kinds(names: Iterable[str], *, at_once: Collection[str]) -> list[ParameterSet]:
    """The names as cases, slow but for those to try at once: each takes a third of a second."""
    return [pytest.param(name, marks=[] if name in at_once else pytest.mark.slow) for name in names]


def kinds_of_flaws(recording: Recording) -> list[FlawKind]:
    return [flaw.kind for flaw in recording.flaws]


def heard(recording: Recording) -> NDArray[np.float32]:
    return np.concatenate(list(blocks(recording)))


def main_frequency(samples: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))


@pytest.mark.parametrize("kind", kinds(KINDS, at_once=("wav-s24", "mp3", "m4a", "amr")))
def test_every_recorders_format_is_decoded_to_its_length_and_pitch(tmp_path: Path, kind: str) -> None:
    """Three seconds of 440 Hz stay three seconds of 440 Hz, without a flaw, whatever the file is called."""
    path = saved(tmp_path / "dictation.exe", bursts(3.0), kind=kind)
    recording = inspect(path)
    samples = heard(recording)
    assert recording.decoded == pytest.approx(3.0, abs=0.1)
    assert len(samples) / SAMPLE_RATE == pytest.approx(3.0, abs=0.1)
    assert samples.dtype == np.float32
    assert main_frequency(samples) == pytest.approx(440, rel=0.01)
    assert recording.flaws == ()


def test_gsm_in_wav_is_decoded(tmp_path: Path) -> None:
    """The GSM frames of telephone recorders are sound of the length that the header says; these hold silence."""
    # One block of Microsoft's GSM 6.10: 65 bytes for 320 samples; zeros decode to near silence.
    data = bytes(65) * 50
    form = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form
    body += b"fact" + struct.pack("<II", 4, 16000) + b"data" + struct.pack("<I", len(data)) + data
    path = tmp_path / "telephone.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    recording = inspect(path)
    assert recording.codec == "gsm_ms"
    assert recording.seconds == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    "kind",
    kinds(
        ["wav", "flac", "mp3", "ogg", "webm", "w64", "caf", "aiff", "amr", "aac", "wav-adpcm"], at_once=("wav", "ogg")
    ),
)
def test_half_a_file_is_decoded_and_told(tmp_path: Path, kind: str) -> None:
    """What is there of a file that breaks off is kept, and the flaw says after how many seconds and of how many."""
    whole = encoded(bursts(20.0)[None], kind=kind)
    path = tmp_path / "half"
    path.write_bytes(whole[: len(whole) // 2])
    recording = inspect(path)
    assert 8 < recording.decoded < 12
    assert FlawKind.CUT_SHORT in kinds_of_flaws(recording)
    flaw = recording.flaws[0]
    assert f"after {recording.decoded:.1f} s" in flaw.reason
    assert flaw.audio == (pytest.approx(recording.seconds, abs=0.01),) * 2
    if kind not in ("ogg", "amr", "aac", "caf", "w64"):  # Their headers do not say how long they are.
        assert recording.declared == pytest.approx(20.0, abs=0.2)
        assert flaw.seconds == pytest.approx(20 - recording.decoded, abs=0.3)


@pytest.mark.parametrize(
    "kind",
    kinds(["flac", "mp3", "ogg", "webm", "m4a", "m4a-alac", "aac", "amr", "wav-adpcm", "wma"], at_once=("mp3", "flac")),
)
def test_a_damaged_middle_is_told_with_its_place_and_its_seconds(tmp_path: Path, kind: str) -> None:
    """Random bytes over the middle fifth: what is around them is decoded, and the hole is told, not hidden."""
    whole = bytearray(encoded(bursts(30.0)[None], kind=kind))
    first, last = int(0.4 * len(whole)), int(0.6 * len(whole))
    whole[first:last] = np.random.default_rng(7).bytes(last - first)
    path = tmp_path / "scratched"
    path.write_bytes(bytes(whole))
    recording = inspect(path)
    assert recording.decoded > 20
    damage = [flaw for flaw in recording.flaws if flaw.kind is FlawKind.DAMAGED]
    assert damage
    assert damage[0].audio is not None
    assert 10 < damage[0].audio[0] < 14
    if kind != "amr":  # Random bytes are sounds to it, of some length.
        assert sum(flaw.seconds for flaw in damage) == pytest.approx(30 - recording.decoded, abs=1.5)
    assert FlawKind.CUT_SHORT not in kinds_of_flaws(recording)


def test_words_on_both_sides_of_a_hole_stay_apart(tmp_path: Path) -> None:
    """Missing seconds are silent in what is heard, so the end keeps its time and nothing runs together."""
    whole = bytearray(encoded(bursts(30.0)[None], kind="m4a"))
    first, last = int(0.4 * len(whole)), int(0.6 * len(whole))
    whole[first:last] = np.random.default_rng(7).bytes(last - first)
    path = tmp_path / "scratched.m4a"
    path.write_bytes(bytes(whole))
    recording = inspect(path)
    (start, end) = next(flaw.audio for flaw in recording.flaws if flaw.audio)
    samples = heard(recording)
    assert recording.seconds == pytest.approx(30, abs=0.2)
    hole = samples[int((start + 0.1) * SAMPLE_RATE) : int((end - 0.1) * SAMPLE_RATE)]
    assert len(hole) > 4 * SAMPLE_RATE
    assert np.abs(hole).max() < 0.01


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"This is a letter, not a recording.\n" * 100, "not a recording"),
        (bytes(range(256)) * 64, "not a recording"),
        (b"PK\3\4" + bytes(2000), "Office document"),
        (b"MZ" + bytes(2000), "program"),
        (b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\0\0\0\0", "no sound"),
    ],
    ids=["zero length", "text", "bytes", "DOCX", "EXE", "header only"],
)
def test_a_file_without_sound_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    """Empty files, texts, random bytes and a header without samples are each refused in one sentence."""
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=reason) as caught:
        inspect(path)
    assert "bad.wav" in str(caught.value)
    assert caught.value.exit_status == 3
    assert isinstance(caught.value, UnknownFormat) == (reason not in ("empty", "no sound"))


def test_an_m4a_without_its_index_is_damaged_not_unknown(tmp_path: Path) -> None:
    """The table of an M4A stands at its end; without it nothing can be decoded, and the sentence says what it was."""
    whole = encoded(tone(4.0)[None], kind="m4a")
    path = tmp_path / "half.m4a"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnusableInput, match="begins like MPEG-4") as caught:
        inspect(path)
    assert not isinstance(caught.value, UnknownFormat)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    """A name that is no file is told apart from a file that is no recording."""
    with pytest.raises(NotFound):
        inspect(tmp_path / "none.wav")


def wave(
    *, data: int, there: int, rate: int = 16_000, channels: int = 1, bits: int = 16, riff: int | None = None
) -> bytes:
    """A WAV whose header promises `data` bytes of which `there` follow."""
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate & 0xFFFFFFFF, rate * width & 0xFFFFFFFF, width & 0xFFFF, bits)
    samples = (bursts(there / 2 / 16_000) * 32767).astype("<i2").tobytes()
    size = struct.pack("<I", min(data + 36, 0xFFFFFFFF) if riff is None else riff)
    return b"RIFF" + size + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", data) + samples


@pytest.mark.parametrize("data", [0xFFFFFFF0, 0x7FFFFFFE, 0x80000000])
def test_a_header_that_cannot_be_true_does_not_count(tmp_path: Path, data: int) -> None:
    """A WAV that promises gigabytes and holds five seconds is decoded, and the lie is told."""
    path = tmp_path / "lying.wav"
    path.write_bytes(wave(data=data, there=160_000))
    recording = inspect(path)
    assert recording.decoded == pytest.approx(5.0, abs=0.01)
    assert kinds_of_flaws(recording) == [FlawKind.LYING_HEADER]


@pytest.mark.parametrize("data", [0, 0xFFFFFFFF])
def test_a_recorder_that_cannot_go_back_to_its_header_is_no_liar(tmp_path: Path, data: int) -> None:
    """A size of nothing or of everything promises nothing; such a file is whole."""
    path = tmp_path / "streamed.wav"
    path.write_bytes(wave(data=data, there=160_000, riff=data))
    recording = inspect(path)
    assert recording.decoded == pytest.approx(5.0, abs=0.01)
    assert recording.flaws == ()


def test_what_a_header_forgets_is_decoded_all_the_same(tmp_path: Path) -> None:
    """A recorder that crashed before it mended its header: one second promised, ten there, all of them heard."""
    path = tmp_path / "crashed.wav"
    path.write_bytes(wave(data=32_000, there=320_000))
    recording = inspect(path)
    assert recording.decoded == pytest.approx(10.0, abs=0.01)
    assert kinds_of_flaws(recording) == [FlawKind.LYING_HEADER]
    assert "says 1.0 s, but 10.0 s" in recording.flaws[0].reason


@pytest.mark.parametrize(
    ("rate", "channels", "reason"),
    [
        (1, 1, "1 samples a second"),
        (768_000, 1, "768000 samples a second"),
        (-8_000, 1, "damaged"),
        (16_000, 255, "255 channels"),
    ],
)
def test_a_header_that_no_recorder_writes_is_refused(tmp_path: Path, rate: int, channels: int, reason: str) -> None:
    """One sample a second, 768 kHz, a negative rate and 255 channels end in one sentence, at once."""
    path = tmp_path / "odd.wav"
    path.write_bytes(wave(data=160_000, there=160_000, rate=rate, channels=channels))
    with pytest.raises(UnusableInput, match=reason):
        inspect(path)


def test_a_length_over_the_limit_is_refused(tmp_path: Path) -> None:
    """A header that promises too much is refused before it is decoded; without a header decoding stops at the limit."""
    for name, kind in (("declared.flac", "flac"), ("undeclared.aac", "aac")):
        path = saved(tmp_path / name, bursts(8.0), kind=kind)
        with pytest.raises(TooLong, match=r"at most 0\.00111 hours"):
            inspect(path, most_seconds=4.0)
        assert inspect(path, most_seconds=9.0).flaws == ()


def test_blocks_hold_one_second_each(tmp_path: Path) -> None:
    """Memory stays flat: no block is longer than a second, and together they are the whole."""
    recording = inspect(saved(tmp_path / "long.wav", tone(7.5)))
    lengths = [len(block) for block in blocks(recording)]
    assert lengths[:-1] == [SAMPLE_RATE] * 7
    assert lengths[-1] == SAMPLE_RATE // 2
    assert next(recording.samples.blocks()).dtype == np.int16


def test_samples_arrive_as_they_were(tmp_path: Path) -> None:
    """A WAV of 16 kHz and 16 bits comes out bit for bit."""
    written = (bursts(2.5) * 32767).astype(np.int16)
    path = tmp_path / "plain.wav"
    path.write_bytes(wave(data=80_000, there=0) + written.tobytes())
    assert np.array_equal(inspect(path).samples.read(0, 10**6)[:, 0], written)


def test_tags_and_names_are_neither_obeyed_nor_shown(tmp_path: Path) -> None:
    """Markup in tags changes nothing, and nothing of it is kept."""
    tags = {"title": "<img src=x onerror=alert(1)>", "artist": "{{7*7}}", "comment": "'; DROP TABLE jobs--"}
    path = tmp_path / "tagged.mp3"
    path.write_bytes(encoded(bursts(3.0)[None], kind="mp3", tags=tags))
    recording = inspect(path)
    assert recording.flaws == ()
    assert not any(tag in repr(recording) for tag in tags.values())


def test_the_sound_of_a_video_and_of_a_file_with_a_picture_is_taken(tmp_path: Path) -> None:
    """A film is its sound; a cover in front of an MP3 is passed over."""
    cover = b"\0image/jpeg\0\3\0\xff\xd8\xff\xe0" + bytes(5000)
    tag = b"APIC" + struct.pack(">I", len(cover)) + b"\0\0" + cover
    size = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    files = {
        "film.mp4": filmed(bursts(3.0)),
        "cover.mp3": b"ID3\3\0\0" + size + tag + encoded(bursts(3.0)[None], kind="mp3"),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        recording = inspect(path)
        assert recording.decoded == pytest.approx(3.0, abs=0.1)
        assert main_frequency(heard(recording)) == pytest.approx(440, rel=0.01)
        assert recording.flaws == ()


def test_a_hostile_name_is_shown_on_one_line_without_tricks(tmp_path: Path) -> None:
    """Line ends, escape sequences and overrides of the writing direction in a file name reach no terminal."""
    path = tmp_path / "a\r\nSet-Cookie: x\u202egpj\x1b[2J.wav"
    path.write_bytes(b"")
    with pytest.raises(UnusableInput) as caught:
        inspect(path)
    assert str(caught.value).isprintable()
    assert r"a\r\nSet-Cookie: x\u202egpj\x1b[2J.wav" in str(caught.value)


@pytest.mark.parametrize(
    "tail", [b"PK\5\6" + bytes(18), b"<html><script>alert(1)</script></html>"], ids=["ZIP", "HTML"]
)
def test_what_else_a_file_may_be_does_not_matter(tmp_path: Path, tail: bytes) -> None:
    """A recording with an archive or a page behind it is the recording."""
    path = tmp_path / "two.wav"
    path.write_bytes(encoded(bursts(3.0)[None]) + tail)
    assert inspect(path).decoded == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("mark", [b"\3ds2", b"\3enc", b"\6dss"], ids=["DS2", "encrypted DS2", "DSS of another maker"])
def test_a_dictation_machines_file_without_its_decoder_is_refused_with_the_way_out(tmp_path: Path, mark: bytes) -> None:
    """Where the optional decoder is missing, the refusal names the format, the package and the export."""
    pytest.importorskip("av")
    try:
        import pydsscodec  # noqa: F401
    except ImportError:
        path = tmp_path / "note.ds2"
        path.write_bytes(mark + bytes(3000))
        with pytest.raises(UnknownFormat, match=r"transcribe-dictation\[ds2\].*export it as WAV"):
            inspect(path)
    else:
        pytest.skip("the optional decoder is installed")


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("mp3", "a.wav", "the file is called .wav and holds MP3; it was read as that"),
        ("wav", "a.MP3", "the file is called .mp3 and holds WAV; it was read as that"),
        ("m4a", "a.ogg", "the file is called .ogg and holds MPEG-4 (M4A, MP4, MOV, 3GP); it was read as that"),
        ("ogg", "a.opus", ""),
        ("m4a", "a.mp4", ""),
        ("wav", "a", ""),
        ("wav", "dr.smith", ""),
        ("mp3", "a.wav.mp3", ""),
    ],
)
def test_a_name_that_promises_another_format_is_told(tmp_path: Path, kind: str, name: str, told: str) -> None:
    """It is decoded for what it is; no ending, or one that is none of a recording's, promises nothing."""
    path = saved(tmp_path / name, bursts(1.0), kind=kind)
    found = inspect(path)
    assert found.decoded == pytest.approx(1.0, abs=0.1)
    assert [flaw.reason for flaw in found.flaws if flaw.kind is FlawKind.MISNAMED] == [told] * bool(told)
    assert FlawKind.MISNAMED not in {flaw.kind for flaw in inspect(path, called="a.x").flaws}


def test_an_encrypted_dictation_is_read_with_its_password(tmp_path: Path) -> None:
    """Without it, with another and with one that no recorder takes it asks for the right one."""
    pytest.importorskip("pydsscodec")
    path = tmp_path / "a.ds2"
    path.write_bytes(encrypted("ward 7"))
    with pytest.raises(PasswordNeeded, match="needs the password"):
        inspect(path)
    for wrong in ("ward 8", "w", "w" * 17):
        with pytest.raises(PasswordNeeded, match="not its password"):
            inspect(path, password=wrong)
    found = inspect(path, password="ward 7")
    assert (found.container, found.codec) == ("ds2", "ds2_sp")
    assert found.decoded == pytest.approx(40 * 12 * 0.024, abs=0.01)
    path.write_bytes(encrypted("ward 7")[:700])
    with pytest.raises(UnusableInput, match="DS2 dictation that cannot be decoded"):
        inspect(path, password="ward 7")
