"""Rings the workers from a thread of its own, so that no answer waits for the broker."""

from __future__ import annotations

from queue import Full, Queue
from threading import Thread

from transcribe.service.house import Ring

_MOST_WAITING = 1000


class Doorbell:
    """A ring that returns at once; a call that is lost or does not fit is made up for by the sweep."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._calls: Queue[tuple[str, str]] = Queue(_MOST_WAITING)
        Thread(target=self._work, name="doorbell", daemon=True).start()

    def __call__(self, queue: str, job: str) -> None:
        """Have the workers of `queue` called soon."""
        try:
            self._calls.put_nowait((queue, job))
        except Full:
            return

    def _work(self) -> None:
        while True:
            self._ring(*self._calls.get())
