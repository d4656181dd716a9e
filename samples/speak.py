"""Speaks the sample dictations again: every NAME.spoken.txt beside this file becomes NAME.opus.

::

    python samples/speak.py [NAME ...]

One line of a spoken text is one breath: the synthesiser gets it alone and a short pause follows; an empty
line is a longer pause. The same texts and programs give the same files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
RATE = 16_000
PAUSE_S = 0.35
PARAGRAPH_S = 0.7
PEAK = 0.6  # of full scale: loud enough, and far from clipping after lossy coding
SILENCE = 0.01  # of full scale: what the synthesisers leave before and after the words
BITS_PER_S = 32_000

VOICES = {
    "history_and_physical": "espeak",
    "consultation": "kal16",
    "operative_report": "espeak",
    "discharge_summary": "kal16",
    "progress_note": "slt",
    "radiology_report": "rms",
    "letter": "espeak",
    "emergency_note": "slt",
    "traps": "rms",
}

# The letter A would be read as the article.
LETTER_A = {"espeak": ("a one c", "[[eI]] one c"), "flite": ("a one c", "ay one c")}

PACKAGES = {"soffice": "libreoffice-writer", "pdftoppm": "poppler-utils"}

Samples = NDArray[np.float32]


def command(phrase: str, voice: str, wav: Path) -> list[str]:
    """The synthesiser's command line that speaks `phrase` into `wav`."""
    if voice == "espeak":
        return [program("espeak-ng"), "-v", "en-us", "-w", str(wav), phrase.replace(*LETTER_A["espeak"])]
    return [program("flite"), "-voice", voice, "-t", phrase.replace(*LETTER_A["flite"]), "-o", str(wav)]


def program(name: str) -> str:
    """The path of a program; without it the script ends with a sentence that says how to get it."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed; on Debian: apt-get install {PACKAGES.get(name, name)}")
    return found


def speak(phrase: str, voice: str) -> Samples:
    """`phrase` as 16 kHz mono samples in -1..1, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "phrase.wav"
        subprocess.run(command(phrase, voice, wav), check=True)
        samples = read(wav)
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    return samples[loud[0] : loud[-1] + 1]


def read(wav: Path) -> Samples:
    """A mono 16-bit WAV file as 16 kHz samples in -1..1."""
    with wave.open(str(wav), "rb") as file:
        rate, data = file.getframerate(), file.readframes(file.getnframes())
    frame = av.AudioFrame.from_ndarray(np.frombuffer(data, np.int16)[None, :], format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in frames])


def pieces(text: str, voice: str) -> Iterator[Samples]:
    """The words and pauses of a spoken text in order."""
    yield silence(PAUSE_S)
    for line in text.splitlines():
        if line.strip():
            yield speak(line.strip(), voice)
            yield silence(PAUSE_S)
        else:
            yield silence(PARAGRAPH_S - PAUSE_S)


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def encode(samples: Samples, path: Path) -> None:
    """Write Ogg Opus, mono; bit-exact, because the usual stream number is random."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream("libopus", rate=RATE, layout="mono", bit_rate=BITS_PER_S)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def make(name: str) -> float:
    """Speak one sample; its length in seconds."""
    text = (HERE / f"{name}.spoken.txt").read_text("utf-8")
    samples = np.concatenate(list(pieces(text, VOICES[name])))
    encode(samples * (PEAK / float(np.abs(samples).max())), HERE / f"{name}.opus")
    return len(samples) / RATE


if __name__ == "__main__":
    for chosen in sys.argv[1:] or VOICES:
        sys.stdout.write(f"{chosen}\t{VOICES[chosen]}\t{make(chosen):.0f} s\n")
