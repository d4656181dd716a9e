"""Measure a converted model through faster-whisper, as the product uses it; prints one JSON object."""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from features import RATE
from numpy.typing import NDArray
from text import Writer
from voices import VOICES, voice

Samples = NDArray[np.float32]
Words = list[tuple[float, float, str]]  # start s, end s, word


@dataclass
class Tally:
    """Word errors, word-start errors (s) and time spent over any number of recordings."""

    wrong: int = 0
    words: int = 0
    starts: list[float] = field(default_factory=list)
    audio: float = 0.0
    spent: float = 0.0
    mistakes: list[str] = field(default_factory=list)

    def add(self, said: Words, heard: Words, audio: float, spent: float) -> None:
        """Count one recording: what was said, what was heard, its length (s) and the time spent (s)."""
        pairs = align([w for _, _, w in said], [w for _, _, w in heard])
        self.words += len(said)
        self.audio += audio
        self.spent += spent
        for i, j in pairs:
            if i is not None and j is not None and said[i][2] == heard[j][2]:
                self.starts.append(abs(said[i][0] - heard[j][0]))
            else:
                self.wrong += 1
                self.mistakes.append(
                    f"{said[i][2] if i is not None else '-'} → {heard[j][2] if j is not None else '-'}"
                )

    def figures(self) -> dict[str, float]:
        """Rates and errors so far."""
        starts = np.array(self.starts or [np.nan])
        return {
            "wer": round(self.wrong / max(1, self.words), 4),
            "words": self.words,
            "start_median_s": round(float(np.median(starts)), 3),
            "start_p95_s": round(float(np.percentile(starts, 95)), 3),
            "times_real_time": round(self.audio / max(1e-9, self.spent), 1),
        }


def align(said: list[str], heard: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Pair words along one cheapest way (Levenshtein); None stands for a word left out or put in."""
    cost = np.zeros((len(said) + 1, len(heard) + 1), int)
    cost[:, 0], cost[0] = np.arange(len(said) + 1), np.arange(len(heard) + 1)
    for i, a in enumerate(said, 1):
        for j, b in enumerate(heard, 1):
            cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, cost[i - 1, j - 1] + (a != b))
    i, j, pairs = len(said), len(heard), []
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (said[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return reversed(pairs)


def hear(model: WhisperModel, samples: Samples, beam: int, offset: float = 0.0) -> Words:
    """Transcribe samples with the options that the product uses."""
    segments, _ = model.transcribe(
        samples, language="en", beam_size=beam, temperature=0.0, word_timestamps=True, without_timestamps=True,
        condition_on_previous_text=False, no_speech_threshold=0.6, log_prob_threshold=-1.0, vad_filter=False,
    )  # fmt: skip
    return [
        (offset + float(w.start), offset + float(w.end), w.word.strip())
        for segment in segments for w in segment.words or []
    ]  # fmt: skip


def dictation(name: str, rng: random.Random, seconds: float) -> tuple[Samples, Words, list[float]]:
    """Speak sentences one after the other: samples, words with times, and the starts of sentences (s)."""
    speaker, writer = voice(name), Writer(rng, salad=0.0)
    parts: list[Samples] = []
    words: Words = []
    starts: list[float] = []
    at = 0.0
    while at < seconds:
        said = speaker.say(writer.bare())
        starts.append(at)
        words += [(at + s, at + e, w) for s, e, w in said.words]
        parts.append(said.samples)
        at += len(said.samples) / RATE
    return np.concatenate(parts), words, starts


def chunks(starts: list[float], end: float, longest: float) -> list[tuple[float, float]]:
    """Cut between sentences into stretches of at most `longest` seconds."""
    cuts, first = [], 0.0
    for start, after in zip(starts, [*starts[1:], end], strict=True):
        if after - first > longest and start > first:
            cuts.append((first, start))
            first = start
    return [*cuts, (first, end)]


def on_sentences(model: WhisperModel, name: str, count: int, seed: int, beam: int) -> Tally:
    """Hear single sentences, each alone in its window."""
    rng, tally = random.Random(f"{seed} {name}"), Tally()
    speaker, writer = voice(name), Writer(rng, salad=0.0)
    while count:
        try:
            said = speaker.say(writer.bare())
        except ValueError:
            continue
        count -= 1
        begun = time.process_time()
        heard = hear(model, said.samples, beam)
        tally.add(said.words, heard, len(said.samples) / RATE, time.process_time() - begun)
    return tally


def on_dictation(model: WhisperModel, name: str, seconds: float, seed: int, beam: int, longest: float) -> Tally:
    """Hear sentences that follow each other, in chunks of at most `longest` seconds."""
    samples, words, starts = dictation(name, random.Random(f"{seed} long {name}"), seconds)
    tally, heard = Tally(), list[tuple[float, float, str]]()
    begun = time.process_time()
    for first, last in chunks(starts, len(samples) / RATE, longest):
        heard += hear(model, samples[int(first * RATE) : int(last * RATE)], beam, first)
    tally.add(words, heard, len(samples) / RATE, time.process_time() - begun)
    return tally


def nothings(rng: np.random.Generator, seconds: float = 60.0) -> dict[str, Samples]:
    """Recordings without speech."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    white = rng.normal(0, 1, n)
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), n)
    hum = sum(np.sin(2 * np.pi * 60 * k * t) / k for k in (1, 2, 3, 5))
    tune = np.sin(2 * np.pi * np.repeat(220 * 2 ** (rng.integers(0, 24, int(seconds * 4)) / 12), RATE // 4)[:n] * t)
    made = {
        "silence": 0 * t,
        "hum": 0.05 * hum,
        "white": 0.02 * white,
        "white_loud": 0.1 * white,
        "pink": 0.05 * pink / pink.std(),
        "tune": 0.1 * tune,
    }
    return {name: samples.astype(np.float32) for name, samples in made.items()}


def after_silence(model: WhisperModel, beam: int) -> float:
    """Speech, 60 s of silence, speech: how far the second start is off (s); chunks as the product cuts them."""
    said = voice("slt").say("the patient was discharged home in stable condition period")
    second = len(said.samples) / RATE + 60.0
    heard = hear(model, said.samples, beam) + hear(model, said.samples, beam, second)
    later = [start for start, _, _ in heard if start > second - 30]
    return abs(min(later, default=0.0) - (second + said.words[0][0]))


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("../model"))
    parser.add_argument("--sentences", type=int, default=200, help="in all, shared by the voices")
    parser.add_argument("--long-seconds", type=float, default=120.0, help="of joined sentences for each voice")
    parser.add_argument("--longest-chunk", type=float, default=28.0)
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--mistakes", type=int, default=0, help="print so many of each voice's mistakes")
    parser.add_argument("--out", type=Path, default=None, help="write the figures here too")
    args = parser.parse_args()
    model = WhisperModel(str(args.model), device="cpu", compute_type="int8", cpu_threads=1)
    report: dict[str, object] = {"beam": args.beam}
    for name in VOICES:
        short = on_sentences(model, name, args.sentences // len(VOICES), args.seed, args.beam)
        long = on_dictation(model, name, args.long_seconds, args.seed, args.beam, args.longest_chunk)
        report[name] = {"sentences": short.figures(), "dictation": long.figures()}
        if args.mistakes:
            print(name, "|", "; ".join(short.mistakes[: args.mistakes]), "|", "; ".join(long.mistakes[: args.mistakes]))
    quiet = nothings(np.random.default_rng(args.seed))
    report["words_on"] = {name: len(hear(model, samples, args.beam)) for name, samples in quiet.items()}
    report["start_after_silence_s"] = round(after_silence(model, args.beam), 3)
    report["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(report, indent=1))
    if args.out:
        args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
