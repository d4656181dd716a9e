"""Rings: a message that says to the workers of a queue that a step waits. It may be lost; the sweep rings again."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery
from kombu.exceptions import KombuError

from transcribe import failpoints, logs


def ring_of(app: Celery) -> Callable[[str, str], None]:
    """What rings over the broker of `app`, given a queue and a job's id; a broker that is away is told in the log."""

    def ring(queue: str, job: str) -> None:
        failpoints.reach("before_ring")
        try:
            app.send_task(f"transcribe.{queue}", (job,), queue=queue, ignore_result=True)
        except (KombuError, OSError):
            logs.logger().warning("ring_failed", queue=queue, job=job, exc_info=True)
        failpoints.reach("after_ring")

    return ring
