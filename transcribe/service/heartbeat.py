"""A worker's sign of life while it does a step, and the end of a worker that hangs in one."""

from __future__ import annotations

import os
import signal
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from transcribe.errors import TryLater
from transcribe.service.house import House
from transcribe.store import jobs
from transcribe.store.engine import transaction
from transcribe.store.jobs import Claim

_BEATS_PER_LEASE = 4
_PROGRESS_SECONDS = 3.0
"""At least so often it is noted how far a step is, as somebody may be watching."""

_FIXED_SECONDS, _SECONDS_PER_AUDIO_SECOND = 60.0, 6.0
_LOADING_SECONDS = 600.0
"""What a step may take before it knows how much audio it is about: loading a model, decoding."""


class Heartbeat:
    """Renews the lease of a claim for as long as the block lasts.

    Once the step has run past its limit this process is killed: nothing gentler ends a decoder that hangs, and the
    rows know what to do with a worker that died.
    """

    def __init__(self, house: House, claim: Claim) -> None:
        self._house, self._claim = house, claim
        self._heard = 0.0
        self._lost = False
        self._ends = time.monotonic() + _LOADING_SECONDS
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def limit(self, audio_seconds: float) -> None:
        """From now on the step may take as long as this much audio warrants."""
        self._ends = time.monotonic() + _FIXED_SECONDS + _SECONDS_PER_AUDIO_SECOND * audio_seconds

    def heard(self, seconds: float) -> None:
        """Note how much has been heard; `TryLater` when the step is no longer this worker's and work on it is vain."""
        self._heard = seconds
        if self._lost:
            raise TryLater("This step is no longer this worker's.")

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        pause = min(_PROGRESS_SECONDS, self._house.lease.total_seconds() / _BEATS_PER_LEASE)
        while not self._stopped.wait(min(pause, max(0.0, self._ends - time.monotonic()))):
            if time.monotonic() >= self._ends:
                os.kill(os.getpid(), signal.SIGKILL)
            self._beat()

    def _beat(self) -> None:
        try:
            with transaction(self._house.engine) as session:
                lease = self._house.lease
                self._lost = not jobs.renew(session, self._claim, lease=lease, seconds_done=self._heard)
        except SQLAlchemyError:
            return  # The database may be back before the lease ends.
