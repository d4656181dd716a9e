"""Workers and a sweep for tests: a stand-in that hears, and shorter waits than the product's.

`celery --app tests.chaos.stub worker` and `python -m tests.chaos.stub` (the sweep). The product has no such option.
CHAOS_SPEED is how many times faster than speech the stand-in hears. CHAOS_POISON names a JSON file that says which
chunks (by the SHA-256 of their samples) do what to the process that hears them. CHAOS_LIMIT is how many seconds a step
may take.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe import audio
from transcribe.domain import Word
from transcribe.service import heartbeat
from transcribe.service.process import Load
from transcribe.settings import Settings
from transcribe.store import jobs
from workers import sweep, tasks
from workers.app import make_app

VOCABULARY = (
    *(
        "the",
        "patient",
        "was",
        "seen",
        "and",
        "has",
        "been",
        "well",
        "today",
        "we",
        "will",
        "follow",
        "up",
        "with",
        "her",
    ),
    *("next", "week"),
)


def _memory_error() -> None:
    raise MemoryError


def _hang() -> None:
    while True:
        time.sleep(60)


POISONS: dict[str, Callable[[], object]] = {
    "segfault": lambda: ctypes.string_at(0),
    "hang": _hang,
    "memory": _memory_error,
    "exit": lambda: sys.exit(0),
    "end": lambda: os._exit(0),
}


@cache
def _poison() -> dict[str, str]:
    path = os.environ.get("CHAOS_POISON")
    return dict(json.loads(Path(path).read_text())) if path else {}


class StandIn:
    """Takes its time by the length of what it hears; says words that follow from the samples."""

    name = "stand-in"
    max_chunk = 28.0

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        """Two words a second, each chosen by the hash of the samples."""
        digest = sha256(samples.tobytes()).hexdigest()
        if digest in _poison():
            POISONS[_poison()[digest]]()
        seconds = len(samples) / audio.SAMPLE_RATE
        time.sleep(seconds / float(os.environ.get("CHAOS_SPEED", "100")))
        chosen = [
            VOCABULARY[int(digest[at % 60 : at % 60 + 3], 16) % len(VOCABULARY)] for at in range(int(2 * seconds))
        ]
        return [Word(word, at / 2, at / 2 + 0.4, 0.9) for at, word in enumerate(chosen)]


def _shorten() -> None:
    """Waits that suit a test."""
    jobs.PAUSES = (timedelta(seconds=1), timedelta(seconds=1))
    jobs.RING_AGAIN = timedelta(seconds=10)
    heartbeat._FIXED_SECONDS = float(os.environ.get("CHAOS_LIMIT", "20"))
    heartbeat._SECONDS_PER_AUDIO_SECOND = 0.1
    sweep.EVERY_SECONDS = 2


_shorten()
if __name__ == "__main__":
    sweep.main()
else:
    app = make_app(Settings())
    tasks.register(app, Load(StandIn, tasks.load_tools))
