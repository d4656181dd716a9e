"""What the tests of the review room share: drafts with doubts in them, and the way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.browser import stored
from tests.browser.conftest import Server, Visits
from transcribe.domain import Word
from transcribe.service.house import House

MISHEARD = {"dizziness": "business", "atrial": "arterial", "lisinopril": "listen april", "ambulatory": "ambulance"}


@dataclass
class Doubtful(stored.Replay):
    """Hears some words wrong, and is not sure of these and of some others."""

    name: str = "doubtful 1"

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        """The words of the chunk."""
        return [self._heard(at, word) for at, word in enumerate(super().recognise(samples))]

    def _heard(self, at: int, word: Word) -> Word:
        wrong = MISHEARD.get(word.text)
        doubt = 0.31 if wrong else 0.44 if at % 17 == 9 else 0.58 if at % 7 == 3 else 0.96
        return Word(wrong or word.text, word.start, word.end, doubt)


def draft(house: House, server: Server, name: str) -> str:
    """The job of a sample that was heard with doubts."""
    return stored.draft(house, server.clinic, server.people["transcriptionist"], name, hears=Doubtful)


def enter(visit: Visits, job: str, role: str = "editor", **more: Any) -> Any:
    """The room of a job, when it can be worked in and heard."""
    page = visit(role, f"/review/{job}", **more)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_selector("body[data-sounds]")
    return page


def text(page: Any) -> str:
    """The text as the room has it."""
    return str(page.inner_text(".ProseMirror"))
