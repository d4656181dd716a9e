"""A client with a ledger: it sends recordings, each until it is acknowledged, and remembers what it was told."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

import httpx
import numpy as np
from numpy.typing import NDArray

from tests.invariants import Receipt
from transcribe import assets, audio


@cache
def two_minutes() -> NDArray[np.int16]:
    """A minute of one sample and a minute of another, as 16-bit samples at 16 kHz."""
    pieces = []
    for name in ("letter", "consultation"):
        recording = audio.inspect(assets.shipped("samples") / f"{name}.opus")
        pieces.append(np.concatenate(list(audio.blocks(recording)))[: 60 * audio.SAMPLE_RATE])
    return np.asarray(np.clip(np.concatenate(pieces), -1, 1) * 32767, dtype=np.int16)


def recordings(count: int, *, seed: int = 0, seconds: float = 6.0) -> Iterator[bytes]:
    """Short WAV files of speech, each other than the rest."""
    chosen = np.random.default_rng(seed)
    for _ in range(count):
        length = int(chosen.uniform(0.7, 1.3) * seconds * audio.SAMPLE_RATE)
        start = int(chosen.integers(0, len(two_minutes()) - length))
        yield wav(two_minutes()[start : start + length])


def wav(samples: NDArray[np.int16]) -> bytes:
    """The bytes of a WAV file with these samples at 16 kHz."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(audio.SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


@dataclass
class Sender:
    """Sends, and keeps the ledger."""

    client: httpx.Client
    ledger: list[Receipt] = field(default_factory=list)
    refused: int = 0
    """Answers other than 201, and connections that broke: each was tried again."""

    def send_once(self, recording: bytes, key: str) -> bool:
        """Send a recording; whether it was acknowledged."""
        try:
            answer = self.client.post(
                "/api/v1/dictations", files={"file": ("dictation.wav", recording)}, headers={"Idempotency-Key": key}
            )
        except httpx.TransportError:
            self.refused += 1
            return False
        if answer.status_code != 201:
            assert answer.status_code >= 500 or answer.status_code in (409, 423), answer.text
            self.refused += 1
            return False
        self.ledger.append(Receipt(key, sha256(recording).hexdigest(), answer.json()["job"]))
        return True
