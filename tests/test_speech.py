"""How a recording is cut into chunks and heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.sounds import saved, tone
from transcribe import assets, audio, speech
from transcribe.domain import FlawKind, Transcript, Word

SAMPLE = assets.shipped("samples") / "letter.opus"


@dataclass
class Counting:
    """A recogniser that says one word per second of the chunk it is given."""

    name: str = "counting"
    max_chunk: float = 28.0
    lengths: list[float] = field(default_factory=list)

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        """One word a second, the last one reaching beyond the chunk."""
        seconds = len(samples) / audio.SAMPLE_RATE
        self.lengths.append(seconds)
        return [Word(f"word{at}", float(at), at + 1.5, 0.9) for at in range(int(seconds) + 1)]


def noise(seconds: float, level: float = 0.05) -> NDArray[np.float32]:
    """White noise that is the same every time."""
    return (level * np.random.default_rng(1).standard_normal(int(seconds * audio.SAMPLE_RATE))).astype(np.float32)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(20 * audio.SAMPLE_RATE, np.float32), noise(20.0), tone(20.0, hertz=50.0), tone(20.0, hertz=1000.0)],
    ids=["silence", "white noise", "hum", "tone"],
)
def test_silence_and_noise_are_not_speech(tmp_path: Path, sound: NDArray[np.float32]) -> None:
    """No chunk is cut from what nobody says, so no recogniser can invent words in it."""
    recording = audio.inspect(saved(tmp_path / "sound.wav", sound))
    recogniser = Counting()
    assert speech.hear(recording, recogniser).words == ()
    assert recogniser.lengths == []


def test_no_chunk_is_longer_than_the_recogniser_hears_at_once() -> None:
    """A dictation of a minute and a half is cut at pauses into chunks of at most 28 s, or less where less is asked."""
    recording = audio.inspect(SAMPLE)
    for longest in (28.0, 12.0):
        cut = list(speech.chunks(audio.blocks(recording), longest=longest))
        assert max(chunk.seconds for chunk in cut) <= longest
        assert sum(chunk.seconds for chunk in cut) > 0.75 * recording.decoded


def test_chunks_do_not_depend_on_how_the_audio_arrives() -> None:
    """Blocks of another size give the same chunks, also where more is given than is searched at once."""
    recording = audio.inspect(SAMPLE)
    whole = np.tile(np.concatenate(list(audio.blocks(recording))), 2)
    by_second = list(speech.chunks(np.array_split(whole, 171)))
    at_once = list(speech.chunks([whole]))
    assert [(chunk.start, chunk.seconds) for chunk in by_second] == [(chunk.start, chunk.seconds) for chunk in at_once]


def test_a_long_recording_is_cut_in_flat_memory_at_the_same_places() -> None:
    """Speech, a minute of silence, and speech again: the second half starts where it starts, within half a second."""
    recording = audio.inspect(SAMPLE)
    part = np.concatenate(list(audio.blocks(recording)))[: 30 * audio.SAMPLE_RATE]
    silence = np.zeros(60 * audio.SAMPLE_RATE, np.float32)
    alone = list(speech.chunks([part]))
    together = list(speech.chunks(iter(np.array_split(np.concatenate([part, silence, part]), 240))))
    second_half = [chunk for chunk in together if chunk.start > 45]
    assert second_half[0].start == pytest.approx(90 + alone[0].start, abs=0.5)
    assert all(chunk.start + chunk.seconds < 32 for chunk in together if chunk.start < 45)


def test_a_long_silence_is_searched_once() -> None:
    """After a word and ten minutes of silence, no more is held than a search needs: chunks come as they are found."""
    recording = audio.inspect(SAMPLE)
    part = np.concatenate(list(audio.blocks(recording)))[: 10 * audio.SAMPLE_RATE]
    taken = 0

    def arriving() -> Iterator[NDArray[np.float32]]:
        nonlocal taken
        for block in (part, *[np.zeros(audio.SAMPLE_RATE, np.float32)] * 600):
            taken += len(block)
            yield block

    first = next(speech.chunks(arriving()))
    assert first.start < 1
    assert taken <= 100 * audio.SAMPLE_RATE


def test_times_are_those_of_the_recording_and_never_go_backwards() -> None:
    """Words keep their order, lie inside the recording, and progress ends at its length."""
    recording = audio.inspect(SAMPLE)
    progress: list[float] = []
    transcript = speech.hear(recording, Counting(), on_progress=progress.append)
    starts = [word.start for word in transcript.words]
    assert starts == sorted(starts)
    assert all(word.start <= word.end <= recording.decoded for word in transcript.words)
    assert progress == sorted(progress)
    assert progress[-1] == recording.decoded
    assert transcript.made_by == "counting"


def test_what_is_wrong_with_a_recording_goes_with_its_transcript(tmp_path: Path) -> None:
    """A part is not passed on as if it were whole, nor a recording in which nobody speaks as if it had been heard."""
    part = tmp_path / "part.opus"
    part.write_bytes(SAMPLE.read_bytes()[:100_000])
    (flaw,) = speech.hear(audio.inspect(part), Counting()).flaws
    assert flaw.kind is FlawKind.CUT_SHORT
    assert speech.hear(audio.inspect(SAMPLE), Counting()).flaws == ()
    recording = audio.inspect(saved(tmp_path / "tone.wav", tone(5.0, hertz=1000.0)))
    assert [flaw.kind for flaw in speech.hear(recording, Counting()).flaws] == [FlawKind.NO_SPEECH]


def test_speech_without_words_is_told_not_hidden() -> None:
    """Stretches in which somebody speaks and nothing was recognised are part of the transcript."""

    class Deaf(Counting):
        def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
            return []

    recording = audio.inspect(SAMPLE)
    transcript = speech.hear(recording, Deaf())
    assert transcript.words == ()
    assert [begin for begin, _ in transcript.unheard] == [
        pytest.approx(chunk.start, abs=0.001) for chunk in speech.chunks(audio.blocks(recording))
    ]


class Hashing(Counting):
    """A recogniser whose words, and their number, depend on every sample of the chunk."""

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        digest = sha256(samples.tobytes()).hexdigest()
        return [Word(digest[at : at + 4], at / 4, at / 4 + 1.5, 0.9) for at in range(int(digest[0], 16) % 5)]


@cache
def cut_of_a_sample(longest: float) -> tuple[speech.Chunk, ...]:
    """The chunks of a sample; few seconds each make many of them."""
    return tuple(speech.chunks(audio.blocks(audio.inspect(SAMPLE)), longest=longest))


@cache
def heard_alone(longest: float) -> Transcript:
    """What one process hears in the sample."""
    return speech.hear(audio.inspect(SAMPLE), Hashing(max_chunk=longest))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([4.0, 9.0, 28.0]), st.floats(0, 60), st.randoms(use_true_random=False))
def test_the_words_do_not_depend_on_who_hears_which_chunk(longest: float, seconds: float, order: Random) -> None:
    """Dealt into parts of any size, sent as bytes, and heard in any order, a dictation has the same transcript."""
    alone = heard_alone(longest)
    packed = list(enumerate(map(speech.pack, speech.deal(cut_of_a_sample(longest), seconds=seconds))))
    order.shuffle(packed)
    heard = {at: speech.hear_chunks(speech.unpack(part), Hashing(max_chunk=longest)) for at, part in packed}
    in_order = [heard[at] for at in sorted(heard)]
    joined = speech.join(in_order, duration=alone.duration, made_by="counting")
    assert joined == alone
    assert alone.words
    assert alone.unheard or longest == 28.0


def test_parts_hold_what_they_should() -> None:
    """Each part but the last holds at least the seconds asked for, and no more than one chunk beyond."""
    sizes = [sum(chunk.seconds for chunk in part) for part in speech.deal(cut_of_a_sample(4.0), seconds=12)]
    assert len(sizes) > 3
    assert all(12 <= size < 16 for size in sizes[:-1])


class Listener:
    """A model that hears nothing and remembers which words it was told to expect."""

    def __init__(self) -> None:
        self.told: list[str | None] = []

    def transcribe(self, samples: object, *, hotwords: str | None, **_: object) -> tuple[list[object], None]:
        """Hear nothing."""
        self.told.append(hotwords)
        return [], None


def test_hot_words_reach_a_model_that_reads_them() -> None:
    """A model is told the words to expect for one dictation only, and one that was not trained with them nothing."""
    listener = Listener()
    recogniser = speech.Whisper("test", cast(Any, listener))
    recogniser.expecting(["Zytiga", "NovoLog"]).recognise(np.zeros(1, np.float32))
    recogniser.recognise(np.zeros(1, np.float32))
    speech.Whisper("demo", cast(Any, listener), prompted=False).expecting(["Zytiga"]).recognise(np.zeros(1, np.float32))
    assert listener.told == ["Zytiga, NovoLog", None, None]
