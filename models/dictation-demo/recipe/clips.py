"""Training clips: utterances of one voice joined with pauses, disturbed, with what supervises each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from features import FRAMES_PER_SECOND, HOP, MELS, RATE, log_power
from numpy.typing import NDArray
from pieces import Pieces
from torch import Tensor

SILENCE = -10.0  # log10 power of nothing


@dataclass(frozen=True)
class Shard:
    """What one file of synthesised speech holds; see synthesise.write_shard."""

    mel: NDArray[np.float16]
    phone: NDArray[np.uint8]
    utterance: NDArray[np.int64]
    word: NDArray[np.int64]
    times: NDArray[np.float32]
    text: NDArray[np.str_]

    @staticmethod
    def load(path: Path) -> Shard:
        """Read a shard."""
        with np.load(path) as file:
            return Shard(**{name: file[name] for name in Shard.__dataclass_fields__})


@dataclass(frozen=True)
class Clip:
    """One training example before disturbance."""

    mel: NDArray[np.float32]  # (frames, 80) log10 power
    phone: NDArray[np.uint8]  # (frames,)
    words: list[tuple[float, float, str]]  # start s, end s, word


LEAN = "espeak"
"""The voice that is heard worst is drawn twice as often."""


class Corpus:
    """All shards of a folder by voice; new files are picked up by refresh()."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = np.random.default_rng(seed)
        self.shards: dict[str, list[Shard]] = {}
        self.known: set[Path] = set()
        self.refresh()

    def refresh(self) -> None:
        """Load the files that came since."""
        for path in sorted(set(self.folder.glob("*.npz")) - self.known):
            self.known.add(path)
            self.shards.setdefault(path.name.split("-")[0], []).append(Shard.load(path))

    def clip(self, seconds: float) -> Clip:
        """Join utterances of one voice and pauses up to `seconds`, beginning and ending in silence."""
        rng, shard, limit = self.rng, self._shard(), int(seconds * FRAMES_PER_SECOND)
        mel = np.full((limit, MELS), SILENCE, np.float32)
        phone = np.zeros(limit, np.uint8)
        words: list[tuple[float, float, str]] = []
        at = int(rng.integers(0, 30))
        while (index := self._fitting(shard, limit - at)) is not None:
            first, last = int(shard.utterance[index]), int(shard.utterance[index + 1])
            mel[at : at + last - first] = shard.mel[first:last]
            phone[at : at + last - first] = shard.phone[first:last]
            begin = at / FRAMES_PER_SECOND
            for w in range(int(shard.word[index]), int(shard.word[index + 1])):
                start, end = shard.times[w]
                words.append((begin + float(start), begin + float(end), str(shard.text[w])))
            at += last - first + self._pause()
        end = min(limit, max(at, 25) + int(rng.integers(0, 20)))
        return Clip(mel[:end], phone[:end], words)

    def _fitting(self, shard: Shard, frames: int) -> int | None:
        """Draw an utterance of at most `frames` frames; None when a dozen draws find none."""
        drawn = self.rng.integers(0, len(shard.utterance) - 1, 12)
        fits = drawn[shard.utterance[drawn + 1] - shard.utterance[drawn] <= frames]
        return int(fits[0]) if len(fits) else None

    def nothing(self, seconds: float) -> Clip:
        """A window without words: silence, of which disturbance makes noise or hum, or what rings on after a last word.

        faster-whisper goes on from the end of the last word, so such remains are what it asks for next.
        """
        frames = int(seconds * FRAMES_PER_SECOND)
        mel, phone = np.full((frames, MELS), SILENCE, np.float32), np.zeros(frames, np.uint8)
        if self.rng.random() < 0.4:
            shard = self._shard()
            index = int(self.rng.integers(len(shard.utterance) - 1))
            end = float(shard.times[shard.word[index + 1] - 1, 1]) - self.rng.uniform(0, 0.08)
            first, last = int(shard.utterance[index] + end * FRAMES_PER_SECOND), int(shard.utterance[index + 1])
            rest = slice(first, min(last, first + frames))
            mel[: rest.stop - first], phone[: rest.stop - first] = shard.mel[rest], shard.phone[rest]
        return Clip(mel, phone, [])

    def _pause(self) -> int:
        """Frames of silence between sentences: mostly the synthesiser's own pause alone."""
        r = self.rng.random()
        return 0 if r < 0.3 else int(self.rng.integers(0, 50)) if r < 0.95 else int(self.rng.integers(50, 200))

    def _shard(self) -> Shard:
        voices = [*sorted(self.shards), *(LEAN for _ in range(LEAN in self.shards))]
        shards = self.shards[voices[int(self.rng.integers(len(voices)))]]
        return shards[int(self.rng.integers(len(shards)))]


def _smooth(rng: np.random.Generator, size: int, knots: int, spread: float) -> NDArray[np.float32]:
    """A smooth random curve over the mel bands."""
    heights = rng.normal(0, spread, knots)
    return np.interp(np.linspace(0, knots - 1, size), np.arange(knots), heights).astype(np.float32)


def noise(rng: np.random.Generator, frames: int) -> NDArray[np.float32]:
    """Log10 mel power, (frames, 80), of white, coloured, humming, changing or tuneful noise near level 0."""
    count = frames * HOP
    time = np.arange(count) / RATE
    wave = rng.standard_normal(count)
    kind = rng.integers(6)
    if kind in {1, 2, 3}:  # coloured, from pink to brown
        spectrum = np.fft.rfft(wave)
        wave = np.fft.irfft(spectrum * np.maximum(1, np.arange(len(spectrum))) ** -rng.uniform(0.3, 1.2), count)
    if kind == 2:  # mains hum and its harmonics
        base = rng.choice((50.0, 60.0)) * rng.uniform(0.98, 1.02)
        tones = sum(np.sin(2 * np.pi * base * k * time) * rng.uniform(0, 1) / k for k in range(1, 8))
        wave = wave / wave.std() * 10.0 ** rng.uniform(-4, -0.5) + tones
    if kind in {4, 5}:  # notes that change now and then, like music or a signal
        hold = rng.uniform(0.1, 0.8)
        notes = 110.0 * 2.0 ** (rng.integers(0, 48, (rng.integers(1, 4), int(time[-1] / hold) + 1)) / 12)
        pitch = notes[:, (time / hold).astype(int)]
        tune = sum(np.sin(2 * np.pi * k * pitch * time).sum(0) / k for k in range(1, int(rng.integers(2, 6))))
        wave = wave * 10.0 ** rng.uniform(-5, -1) + tune
    if kind == 3:  # comes and goes
        wave = wave * 10.0 ** np.interp(time, np.linspace(0, time[-1], 12), rng.normal(0, 0.5, 12))
    return log_power((wave / wave.std()).astype(np.float32)).astype(np.float32) - 0.8


def disturb(mel: NDArray[np.float32], rng: np.random.Generator, speech: bool) -> NDArray[np.float32]:
    """Level, room, band and noise, on the log power; seven clips in ten stay clean but for their level."""
    frames = len(mel)
    if not speech:
        if rng.random() < 0.3:
            return mel + np.float32(rng.uniform(0, 3))  # digital silence has a level no more
        return np.maximum(mel, noise(rng, frames) + np.float32(rng.uniform(-6, 2.0)))
    mel = mel + np.float32(rng.uniform(-1.2, 0.6))
    if rng.random() < 0.7:
        return mel
    if rng.random() < 0.3:
        mel = mel + _smooth(rng, MELS, 8, 0.35)
    if rng.random() < 0.2:
        mel = _room(mel, rng)
    if rng.random() < 0.15:
        mel[:, rng.integers(56, 62) :] = SILENCE
        mel[:, : rng.integers(0, 9)] = SILENCE
    if rng.random() < 0.6:
        distance = rng.uniform(0.8, 4.5)  # signal above noise, in tenfolds of power
        mel = np.logaddexp(mel * 2.3026, (noise(rng, frames) + mel.max() - 1 - distance) * 2.3026) / 2.3026
    return mel.astype(np.float32)


def _room(mel: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Let power ring on after it sounded, 0.1 to 0.5 s for 60 dB."""
    keep = 10.0 ** (-6 * 0.02 / rng.uniform(0.1, 0.5))
    gain = rng.uniform(0.05, 0.4)
    power = 10.0**mel
    tail = np.zeros(MELS, np.float32)
    for frame in power:
        tail, direct = keep * (tail + gain * frame), tail
        frame += direct
    return np.log10(power).astype(np.float32)


@dataclass(frozen=True)
class Batch:
    """Clips as tensors. Times are encoder positions of 40 ms."""

    mel: Tensor  # (clips, 2 L, 80) normalised
    phone: Tensor  # (clips, L, 2); -1 past the end
    piece: Tensor  # (clips, L): the piece being spoken, `end` between words; -1 past the end
    tokens: Tensor  # (clips, T) decoder input
    target: Tensor  # (clips, T); -1 past the end
    span: Tensor  # (clips, T, 2) first and last position of the target piece; -1, -1 for none
    seconds: float
    words: list[list[tuple[float, float, str]]]


def _supervise(clip: Clip, pieces: Pieces, length: int) -> tuple[NDArray[np.int64], list[int], list[tuple[int, int]]]:
    """Return the piece at each position (L,), the clip's pieces and the positions of each."""
    at = np.full(length, pieces.end, np.int64)
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    for start, end, word in clip.words:
        found, ends = pieces.word(word)
        before = 0.0
        for piece, share in zip(found, ends, strict=True):
            first = (start + before * (end - start)) * FRAMES_PER_SECOND / 2
            last = (start + share * (end - start)) * FRAMES_PER_SECOND / 2
            at[int(first) : max(int(first) + 1, int(last))] = piece
            ids.append(piece)
            spans.append((int(first), min(length - 1, int(last))))
            before = share
    return at, ids, spans


def collate(
    clips: list[Clip], pieces: Pieces, rng: np.random.Generator, seconds: float, mask: bool, replace: float
) -> Batch:
    """Disturb clips and stack them, filled up to `seconds`.

    `replace` is the share of decoder input pieces drawn at random. Sizes come in few steps, because
    the matrix kernels are built anew for every size that they have not met.
    """
    length = int(seconds * FRAMES_PER_SECOND / 2)
    mel = np.zeros((len(clips), 2 * length, MELS), np.float32)
    phone = np.full((len(clips), 2 * length), -1, np.int64)
    piece = np.full((len(clips), length), -1, np.int64)
    rows = []
    for i, clip in enumerate(clips):
        frames = min(len(clip.mel), 2 * length)
        heard = disturb(clip.mel[:frames].copy(), rng, bool(clip.words) or bool(clip.phone.any()))
        if mask and rng.random() < 0.2:
            _mask(heard, rng)
        mel[i, :frames] = (np.maximum(heard, heard.max() - 8.0) + 4.0) / 4.0
        phone[i, :frames] = clip.phone[:frames]
        at, ids, spans = _supervise(clip, pieces, length)
        piece[i, : frames // 2] = at[: frames // 2]
        rows.append((ids, spans))
    width = -(-(max(len(ids) for ids, _ in rows) + 2) // 16) * 16
    tokens = np.full((len(clips), width), pieces.end, np.int64)
    target = np.full((len(clips), width), -1, np.int64)
    span = np.full((len(clips), width, 2), -1, np.int64)
    for i, (ids, spans) in enumerate(rows):
        n = len(ids)
        tokens[i, : n + 2] = [pieces.start, pieces.no_times, *ids]
        target[i, : n + 2] = [pieces.no_times if n else pieces.no_speech, *ids, pieces.end]
        if n:
            span[i, 1 : n + 1] = spans
            swap = rng.random(n) < replace
            tokens[i, 2 : n + 2][swap] = rng.integers(0, pieces.end, int(swap.sum()))
    return Batch(
        torch.from_numpy(mel), torch.from_numpy(phone).unflatten(1, (-1, 2)), torch.from_numpy(piece),
        torch.from_numpy(tokens), torch.from_numpy(target), torch.from_numpy(span),
        sum(len(clip.mel) for clip in clips) / FRAMES_PER_SECOND, [clip.words for clip in clips],
    )  # fmt: skip


def _mask(mel: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Blot out a band of frequencies and a moment, in place."""
    band, width = int(rng.integers(0, MELS - 12)), int(rng.integers(1, 12))
    mel[:, band : band + width] = mel.mean()
    moment, length = int(rng.integers(0, max(1, len(mel) - 12))), int(rng.integers(1, 10))
    mel[moment : moment + length] = mel.mean()
