"""Log-mel features, equal to those that faster-whisper computes from the same samples."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # samples per second
HOP = 320  # samples from one mel frame to the next: 20 ms
FFT = 512
MELS = 80
FRAMES_PER_SECOND = RATE // HOP  # 50
WINDOW_FRAMES = 3_000  # faster-whisper pads every window to this many frames
LONGEST_SPEECH_FRAMES = 1_500  # and fills at most these (chunk_length 30 s)
FLOOR = -10.0  # log10 of the smallest power that is told apart from nothing


@lru_cache(maxsize=1)
def filters() -> NDArray[np.float32]:
    """Slaney mel filters, shape (80, 257), taken from faster-whisper itself."""
    from faster_whisper.feature_extractor import FeatureExtractor

    extractor = FeatureExtractor(feature_size=MELS, hop_length=HOP, chunk_length=30, n_fft=FFT)
    return np.asarray(extractor.mel_filters, np.float32)


def log_power(samples: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return log10 mel power, shape (frames, 80), of one utterance surrounded by silence.

    `samples` is mono at 16 kHz in -1..1; it is filled up with silence to whole frames, so that
    utterances can be joined by joining their frames.
    """
    frames = -(-len(samples) // HOP)
    padded = np.zeros(frames * HOP + FFT, np.float32)
    padded[FFT // 2 : FFT // 2 + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, FFT)[: frames * HOP : HOP]
    window = np.hanning(FFT + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(windows * window, axis=-1)) ** 2
    mel = power.astype(np.float32) @ filters().T
    return np.log10(np.maximum(mel, 10.0**FLOOR)).astype(np.float16)


def normalise(log_mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clamp to 80 dB below the loudest value and scale, as Whisper does."""
    return (np.maximum(log_mel, log_mel.max() - 8.0) + 4.0) / 4.0
