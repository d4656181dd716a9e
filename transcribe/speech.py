"""Hears a recording: cuts it at pauses into chunks and gives each to a recogniser.

A chunk is the unit of progress, retry and spreading over workers: what is heard in it depends on its
samples alone, so the transcript is the same whoever hears which chunk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transcribe import assets
from transcribe.audio import SAMPLE_RATE, Recording, blocks
from transcribe.domain import Flaw, FlawKind, Transcript, Word
from transcribe.errors import MissingPart

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

Samples = NDArray[np.float32]

MAX_CHUNK_SECONDS = 28.0
"""Whisper's window is 30 s; the rest is room for padding."""

_SEARCH_SECONDS = 90
"""Voice activity is looked for in stretches of this length, which bounds memory whatever the recording's length."""

_MIN_PAUSE_MS = 300
_PADDING_MS = 200
_LONG_PAUSE_SECONDS = 3.0
"""A pause of this length always ends a chunk: silence inside a window is where Whisper invents text."""

_NO_MORE_SPEECH = 10**12
"""The pause in samples after the last speech found."""

_UNBELIEVABLE = -1.0
"""Mean log-probability below which Whisper rejects its own text: what it writes for music and noise lies there."""

_REPETITIVE = 2.4
"""Compression ratio above which Whisper takes its own text for a loop."""

_DOUBTFUL = 0.1
"""Probability given to the words of a segment that the recogniser's own guards reject."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of speech: `start` in seconds from the beginning of the recording, samples at 16 kHz."""

    start: float
    samples: Samples

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return len(self.samples) / SAMPLE_RATE


class Recogniser(Protocol):
    """Whatever turns the samples of one chunk into words, with times from the chunk's beginning."""

    name: str
    max_chunk: float

    def recognise(self, samples: Samples) -> list[Word]:
        """The words heard in `samples` (float32, 16 kHz, one channel), in order."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in some chunks; times are those of the recording.

    `unheard` are the stretches (start, end in seconds) of chunks in which no word was recognised.
    """

    words: tuple[Word, ...]
    unheard: tuple[tuple[float, float], ...] = ()


def hear(
    recording: Recording, recogniser: Recogniser, *, on_progress: Callable[[float], None] | None = None
) -> Transcript:
    """Everything that is said in `recording`; `on_progress` gets the seconds of audio done so far."""
    cut = chunks(blocks(recording), longest=recogniser.max_chunk)
    heard = hear_chunks(cut, recogniser, on_progress=on_progress)
    if on_progress:
        on_progress(recording.seconds)
    return join([heard], duration=recording.seconds, made_by=recogniser.name, flaws=recording.flaws)


def hear_chunks(
    cut: Iterable[Chunk], recogniser: Recogniser, *, on_progress: Callable[[float], None] | None = None
) -> Heard:
    """What is said in these chunks, whichever of a recording they are; `on_progress` gets the end of each, in seconds
    of the recording.
    """
    words: list[Word] = []
    unheard = []
    for chunk in cut:
        heard = recogniser.recognise(chunk.samples)
        words.extend(_placed(heard, chunk.start, chunk.seconds))
        if not heard:
            unheard.append((round(chunk.start, 3), round(chunk.start + chunk.seconds, 3)))
        if on_progress:
            on_progress(chunk.start + chunk.seconds)
    return Heard(tuple(words), tuple(unheard))


def join(parts: Iterable[Heard], *, duration: float, made_by: str, flaws: Collection[Flaw] = ()) -> Transcript:
    """The transcript of a recording of `duration` seconds from what was heard in its parts, given in their order.

    It is the same however the chunks were dealt into parts.
    """
    parts = list(parts)
    words = [word for part in parts for word in part.words]
    unheard = tuple(stretch for part in parts for stretch in part.unheard)
    flaws = (*flaws, *_without_speech(duration, words, unheard, flaws))
    return Transcript(_in_order(words), duration, made_by, unheard, flaws)


def deal(cut: Iterable[Chunk], *, seconds: float) -> Iterator[list[Chunk]]:
    """The chunks in groups that hold at least `seconds` of speech, the last one perhaps less."""
    part: list[Chunk] = []
    for chunk in cut:
        part.append(chunk)
        if sum(each.seconds for each in part) >= seconds:
            yield part
            part = []
    if part:
        yield part


def pack(part: Iterable[Chunk]) -> bytes:
    """Chunks as bytes, so that another process can hear them: a line of JSON with their places, then the samples."""
    part = list(part)
    places = json.dumps([[chunk.start, len(chunk.samples)] for chunk in part]).encode()
    return b"\n".join([places, b"".join(chunk.samples.astype("<f4").tobytes() for chunk in part)])


def unpack(packed: bytes) -> list[Chunk]:
    """The chunks that `pack` made these bytes of, sample for sample."""
    places, samples = packed.split(b"\n", 1)
    cut = []
    first = 0
    for start, count in json.loads(places):
        cut.append(Chunk(start, np.frombuffer(samples, "<f4", count, 4 * first)))
        first += count
    return cut


def _without_speech(
    seconds: float, words: Collection[Word], unheard: Collection[object], flaws: Collection[Flaw]
) -> Iterator[Flaw]:
    """The flaw of a recording in which nobody seems to speak, unless it is known to be silent."""
    silent = any(flaw.kind is FlawKind.SILENT for flaw in flaws)
    if not words and not unheard and not silent:
        reason = f"nobody seems to speak in this recording of {seconds:.1f} s; listen to it"
        yield Flaw(FlawKind.NO_SPEECH, seconds, reason)


def _placed(words: Iterable[Word], start: float, seconds: float) -> Iterator[Word]:
    """The words of a chunk with times in the recording; times outside the chunk are brought to its edges."""
    for word in words:
        begin, end = (start + min(max(time, 0.0), seconds) for time in (word.start, word.end))
        yield replace(word, start=round(begin, 3), end=round(max(begin, end), 3))


def _in_order(words: list[Word]) -> tuple[Word, ...]:
    """The words with times that never go backwards, which aligned times may do by some hundredths."""
    last = 0.0
    ordered = []
    for word in words:
        begin = max(word.start, last)
        last = begin
        ordered.append(replace(word, start=begin, end=max(begin, word.end)))
    return tuple(ordered)


def chunks(audio: Iterable[Samples], *, longest: float = MAX_CHUNK_SECONDS) -> Iterator[Chunk]:
    """The stretches of speech in `audio` (blocks at 16 kHz), none longer than `longest` seconds, cut at pauses.

    `longest` is at most `MAX_CHUNK_SECONDS`.
    """
    longest = min(longest, MAX_CHUNK_SECONDS)
    held = np.zeros(0, np.float32)
    offset = 0
    # Always of one length: the same samples are searched however they arrive, and the model keeps no memory for others.
    size = _SEARCH_SECONDS * SAMPLE_RATE
    for block in audio:
        held = np.concatenate([held, block])
        while len(held) >= size:
            found = _stretches(held[:size], longest)
            keep_from = size - SAMPLE_RATE
            if found and found[-1][1] > size - _LONG_PAUSE_SECONDS * SAMPLE_RATE:
                # The last stretch may go on after what is held, so it stays for the next search.
                keep_from = found.pop()[0]
            yield from _cut(held, offset, found)
            held, offset = held[keep_from:], offset + keep_from
    yield from _cut(held, offset, _stretches(held, longest))


def _cut(held: Samples, offset: int, stretches: Iterable[tuple[int, int]]) -> Iterator[Chunk]:
    for start, end in stretches:
        yield Chunk((offset + start) / SAMPLE_RATE, held[start:end])


def _stretches(samples: Samples, longest: float) -> list[tuple[int, int]]:
    """Ranges of speech joined up to `longest` seconds; where there is a choice, the longest pause is the cut."""
    speech = _speech(samples, longest)
    stretches = []
    first = 0
    while first < len(speech):
        reach = [
            last
            for last in range(first, len(speech))
            if speech[last][1] - speech[first][0] <= longest * SAMPLE_RATE or last == first
        ]
        last = _best_cut(speech, reach)
        stretches.append((speech[first][0], speech[last][1]))
        first = last + 1
    return stretches


def _best_cut(speech: list[tuple[int, int]], reach: list[int]) -> int:
    """The index in `reach` after which to cut: at the first long pause, else at the longest in the second half."""

    def pause(at: int) -> int:
        return speech[at + 1][0] - speech[at][1] if at + 1 < len(speech) else _NO_MORE_SPEECH

    for at in reach:
        if pause(at) >= _LONG_PAUSE_SECONDS * SAMPLE_RATE:
            return at
    begin, span = speech[reach[0]][0], speech[reach[-1]][1] - speech[reach[0]][0]
    late = [at for at in reach if speech[at][1] - begin >= span / 2]
    return max(late, key=lambda at: (pause(at), at))


def _speech(samples: Samples, longest: float) -> list[tuple[int, int]]:
    """Ranges of samples in which somebody speaks, by the Silero model that faster-whisper carries."""
    if not len(samples):
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=_MIN_PAUSE_MS, speech_pad_ms=_PADDING_MS, max_speech_duration_s=longest
    )
    return [(int(found["start"]), int(found["end"])) for found in get_speech_timestamps(samples, options)]


class Whisper:
    """A Whisper model in CTranslate2 format, heard sequentially, without sampling: the same words every time."""

    def __init__(
        self,
        name: str,
        model: WhisperModel,
        *,
        timestamps: bool = True,
        max_chunk: float = MAX_CHUNK_SECONDS,
        prompted: bool = True,
    ) -> None:
        self.name = name
        self.max_chunk = max_chunk
        self._model = model
        self._timestamps = timestamps
        self._prompted = prompted
        self._hot_words = ""

    def expecting(self, words: Sequence[str]) -> Whisper:
        """The same model, told to expect `words`; one that was not trained with prompts is told nothing."""
        if not words or not self._prompted:
            return self
        told = copy(self)
        told._hot_words = ", ".join(words)
        return told

    def recognise(self, samples: Samples) -> list[Word]:
        """The words heard in `samples`; none when the model takes them for silence or cannot believe its own text."""
        segments, _ = self._model.transcribe(
            samples,
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            without_timestamps=not self._timestamps,
            vad_filter=False,
            hotwords=self._hot_words or None,
        )
        heard = list(segments)
        if all(segment.avg_logprob < _UNBELIEVABLE for segment in heard):
            return []
        return [word for segment in heard for word in _words_of(segment)]


def _words_of(segment: Any) -> Iterator[Word]:
    """The words of a segment; text that repeats itself, or that the model cannot believe, is doubted throughout."""
    doubted = segment.compression_ratio > _REPETITIVE or segment.avg_logprob < _UNBELIEVABLE
    for word in segment.words or ():
        text = word.word.strip()
        if text:
            probability = min(word.probability, _DOUBTFUL) if doubted else word.probability
            yield Word(text, float(word.start), float(word.end), round(float(probability), 4))


def expecting(recogniser: Recogniser, words: Sequence[str]) -> Recogniser:
    """The recogniser, told to expect `words` if it is one that can be told."""
    return recogniser.expecting(words) if isinstance(recogniser, Whisper) else recogniser


def load_recogniser(name: str, cache_dir: Path, *, threads: int = 0) -> Whisper:
    """The recogniser called `name` (a name of the manifest or a folder), loaded from this machine alone.

    It hears on `threads` processor cores; 0 leaves their number to CTranslate2, which suits a process that is alone.
    Raises `MissingPart` when it is not here or its files cannot be loaded.
    """
    title, folder, entry = assets.locate(name, cache_dir)
    from faster_whisper import WhisperModel

    if not (folder / "tokenizer.json").is_file():
        raise MissingPart(f"The model in {folder} has no tokenizer.json, without which it cannot write words.")
    try:
        model = WhisperModel(str(folder), compute_type="auto", cpu_threads=threads, local_files_only=True)
    except (RuntimeError, ValueError) as error:
        raise MissingPart(
            f"The model in {folder} cannot be loaded; 'transcribe models verify' tells whether its files are whole."
        ) from error
    if entry is None:
        return Whisper(title, model)
    return Whisper(
        f"{title} {entry.version}",
        model,
        timestamps=entry.timestamps,
        max_chunk=entry.max_chunk,
        prompted=entry.prompted,
    )
