"""Speak generated text with one voice and keep log-mel frames with the phone and word of each."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from features import FRAMES_PER_SECOND, log_power
from text import Writer
from voices import VOICES, Espeak, Flite, Utterance, resample, voice

PHONES = [
    "pau",
    "aa",
    "ae",
    "ah",
    "ao",
    "aw",
    "ax",
    "ay",
    "b",
    "ch",
    "d",
    "dh",
    "eh",
    "er",
    "ey",
    "f",
    "g",
    "hh",
    "ih",
    "iy",
    "jh",
    "k",
    "l",
    "m",
    "n",
    "ng",
    "ow",
    "oy",
    "p",
    "r",
    "s",
    "sh",
    "t",
    "th",
    "uh",
    "uw",
    "v",
    "w",
    "y",
    "z",
    "zh",
]
PHONE_IDS = {name: i for i, name in enumerate(PHONES)}


def frame_phones(utterance: Utterance, frames: int) -> np.ndarray:
    """Return the phone index sounding at the middle of each 20 ms frame, shape (frames,)."""
    ids = np.zeros(frames, np.uint8)
    for start, end, name in utterance.phones:
        first, last = (int(t * FRAMES_PER_SECOND + 0.5) for t in (start, end))
        ids[first:last] = PHONE_IDS.get(name, 0)
    return ids


def speak(speaker: Flite | Espeak, text: str, rng: random.Random) -> Utterance:
    """Say `text` plainly two times in three, else faster, slower, higher, lower or on a stretched tape."""
    if rng.random() < 0.67:
        return speaker.say(text)
    said = speaker.say(text, rate=rng.uniform(0.85, 1.2), pitch=rng.uniform(0.7, 1.3))
    if rng.random() < 0.5:
        return said
    ratio = rng.uniform(0.94, 1.06)
    phones, words = ([(s * ratio, e * ratio, what) for s, e, what in spans] for spans in (said.phones, said.words))
    return Utterance(resample(said.samples, ratio), phones, words)


def utterances(name: str, writer: Writer, rng: random.Random) -> Iterator[Utterance]:
    """Speak without end; what the voice leaves out or adds to the words is dropped."""
    speaker = voice(name)
    while True:
        try:
            yield speak(speaker, writer.sentence(), rng)
        except ValueError:
            continue


def write_shard(path: Path, source: Iterator[Utterance], seconds: float) -> float:
    """Write about `seconds` of speech to `path` (npz) and return how many it became.

    mel (frames, 80) log10 power; phone (frames,); utterance (n + 1,) and word (n + 1,) offsets into
    frames and words; times (words, 2) in seconds from the utterance's start; text (words,).
    """
    mels, phones, times, text, frames, words = [], [], [], [], [0], [0]
    while frames[-1] < seconds * FRAMES_PER_SECOND:
        said = next(source)
        mel = log_power(said.samples)
        mels.append(mel)
        phones.append(frame_phones(said, len(mel)))
        times += [(start, end) for start, end, _ in said.words]
        text += [word.strip(".,?") for _, _, word in said.words]
        frames.append(frames[-1] + len(mel))
        words.append(len(text))
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(
            file, mel=np.concatenate(mels), phone=np.concatenate(phones), utterance=np.array(frames),
            word=np.array(words), times=np.array(times, np.float32), text=np.array(text),
        )  # fmt: skip
    partial.rename(path)
    return frames[-1] / FRAMES_PER_SECOND


def main() -> None:
    """Synthesise from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", choices=VOICES, required=True)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--shard-minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--salad", type=float, default=0.33, help="share of random word sequences")
    parser.add_argument("--out", type=Path, default=Path("build/data"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{args.seed} {args.voice}")
    source = utterances(args.voice, Writer(rng, args.salad), rng)
    for index in range(max(1, round(args.hours * 60 / args.shard_minutes))):
        begun = time.monotonic()
        path = args.out / f"{args.voice}-{args.seed}-{index:03}.npz"
        seconds = write_shard(path, source, args.shard_minutes * 60)
        speed = seconds / (time.monotonic() - begun)
        print(f"{path.name}: {seconds / 60:.1f} min, {speed:.0f} times real time", flush=True)


if __name__ == "__main__":
    main()
