"""The Celery instance, with a reason on every setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import Celery

from transcribe.settings import Settings


def broker(settings: Settings) -> dict[str, Any]:
    """The broker that the settings name; without one, messages are files of a private folder, which needs no server."""
    if settings.broker_url:
        return {"broker_url": settings.broker_url}
    folder = settings.data_dir / "broker"
    places = {name: Path(folder, name) for name in ("messages", "control")}
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "broker_url": "filesystem://",
        "broker_transport_options": {
            "data_folder_in": str(places["messages"]),
            "data_folder_out": str(places["messages"]),
            "control_folder": str(places["control"]),
        },
    }


def make_app(settings: Settings) -> Celery:
    """A Celery instance for these settings."""
    app = Celery("transcribe", include=["workers.tasks"])
    app.conf.update(
        **broker(settings),
        # A message holds one opaque id; nothing else may travel, and nothing that can run code when it is read.
        task_serializer="json",
        accept_content=["json"],
        # What came of a dictation is in its folder; a second copy in a result backend could only disagree.
        task_ignore_result=True,
        # Hearing takes minutes: a worker that reserves more than it works on makes others wait behind it.
        worker_prefetch_multiplier=1,
        # The recording and its drafts are the record, so a message may be lost and sent again, but must not come
        # back by itself while a long dictation is still being heard.
        task_acks_late=False,
        # Hearing and the text half need different machines.
        task_default_queue="speech",
        # Logs carry ids; Celery's own argument printing is kept to them too.
        worker_redirect_stdouts=False,
        # A worker that starts before its broker waits for it.
        broker_connection_retry_on_startup=True,
        timezone="UTC",
    )
    return app


app = make_app(Settings())
