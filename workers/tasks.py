"""The tasks: thin shells around the use cases."""

from __future__ import annotations

from functools import cache

from transcribe import pipeline, speech
from transcribe.errors import TryLater
from transcribe.service.process import process
from transcribe.settings import Settings
from workers.app import app


@cache
def loaded(settings: Settings) -> tuple[speech.Recogniser, pipeline.Tools]:
    """The recogniser and the tools of the text half, loaded once per process and after the fork."""
    recogniser = speech.load_recogniser(settings.model, settings.cache_dir)
    return recogniser, pipeline.load_tools(settings.cache_dir, words_dir=settings.words_dir)


# What may work later is tried again after a minute, three times; the reason stands beside the recording meanwhile.
@app.task(name="transcribe.draft", autoretry_for=(TryLater,), default_retry_delay=60, max_retries=3)  # type: ignore[untyped-decorator] # Celery ships no types
def draft(identity: str) -> None:
    """Draft the report of the dictation `identity`."""
    settings = Settings()
    process(identity, settings, loaded)


def enqueue(identity: str) -> None:
    """Ask a worker to draft the dictation `identity`."""
    draft.delay(identity)
