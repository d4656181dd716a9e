"""The tasks: thin shells around the use cases. A ring says that something waits; the database says what."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable
from functools import cache

from celery import Celery

from transcribe import logs, pipeline, speech
from transcribe.service.house import House, open_house
from transcribe.service.process import Load, work
from transcribe.settings import Settings
from workers.app import QUEUES, make_app
from workers.ring import ring_of


def register(app: Celery, load: Load) -> None:
    """Give the application a task for each queue; what it needs is loaded once per process, after the fork."""

    @cache
    def house() -> House:
        return open_house(Settings(), ring_of(app))

    for queue in QUEUES:
        # Not shared: an application made beside this one would get this one's tasks.
        app.task(_answering(house, load, queue), name=f"transcribe.{queue}", shared=False)


def _answering(house: Callable[[], House], load: Load, queue: str) -> Callable[[str], None]:
    def answer(job: str) -> None:
        """Do the step that is due first; none waits when another worker was faster."""
        try:
            work(house(), queue, load, worker=f"{platform.node()}:{os.getpid()}")
        except (Exception, SystemExit):  # noqa: BLE001 - nothing may reach Celery, see below
            # Celery 5.7 ends the whole worker on a MemoryError, and would log what an error says. The step was not
            # finished: its lease ends, and the sweep has it done again or failed with a reason.
            logs.logger().error("step_not_told", queue=queue, job=job, exc_info=True)
        finally:
            _give_memory_back()

    return answer


def _give_memory_back() -> None:
    """Return what a step has freed to the system: hearing leaves a third of the process unused, and glibc keeps it."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


@cache
def _recogniser() -> speech.Recogniser:
    settings = Settings()
    return speech.load_recogniser(settings.model, settings.cache_dir, threads=settings.cpu_threads)


@cache
def load_tools() -> pipeline.Tools:
    """The text half, loaded once per process."""
    return pipeline.load_tools(Settings().cache_dir)


app = make_app(Settings())
register(app, Load(_recogniser, load_tools))
