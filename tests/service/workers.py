"""Workers for tests: a recogniser that hears the same few words in every chunk, or fails as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcribe import assets, pipeline
from transcribe.domain import Header, Word
from transcribe.service.house import House
from transcribe.service.process import Load, work
from transcribe.service.receive import Received, receive
from transcribe.settings import Settings

SAMPLE = assets.shipped("samples") / "letter.opus"


@dataclass
class Hearing:
    """Hears "no pneumonia" and how long the chunk is; raises `error` instead, if there is one."""

    error: Exception | None = None
    name: str = "hearing 1"
    max_chunk: float = 28.0

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        """Words that depend on the chunk's samples alone."""
        if self.error:
            raise self.error
        words = ["no", "pneumonia", "for", str(len(samples)), "days", "period"]
        return [Word(word, at / 4, at / 4 + 0.2, 0.9) for at, word in enumerate(words)]


@cache
def tools() -> pipeline.Tools:
    """The text half, loaded once."""
    return pipeline.load_tools(Settings().cache_dir)


def load(recogniser: Hearing | None = None) -> Load:
    """What a worker loads."""
    return Load(lambda: recogniser or Hearing(), tools)


def send(house: House, clinic: str, path: Path = SAMPLE, header: Header | None = None, **more: str) -> Received:
    """A recording comes in."""
    return receive(house, path, clinic=clinic, actor="me", file_name=path.name, header=header or Header(), **more)


def work_off(house: House, loading: Load | None = None, *, between: Callable[[], object] = lambda: None) -> int:
    """Do steps until none waits; how many were done."""
    done = 0
    while any(work(house, queue, loading or load(), worker="w") for queue in ("speech", "text")):
        done += 1
        between()
    return done
