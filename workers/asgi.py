"""The web service with Celery's ring: `python -m workers.asgi`, or `uvicorn --factory workers.asgi:make`."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from transcribe import logs
from transcribe.settings import Settings
from transcribe.web.app import make_app
from workers import app as celery
from workers.ring import ring_of

_DRAIN_SECONDS = 10
"""How long requests may go on after SIGTERM; streams of events, which never end, are cut then."""


def make() -> FastAPI:
    """The application for the settings of the environment."""
    settings = Settings()
    return make_app(settings, ring_of(celery.make_app(settings)))


def main() -> None:
    """Listen where the settings say until SIGTERM."""
    settings = Settings()
    logs.configure(settings.log_format, part="web")
    uvicorn.run(
        make(),
        host=settings.host,
        port=settings.port,
        log_config=None,  # The logs are the product's own.
        access_log=False,  # Which report somebody opened belongs in the audit, not in a log.
        server_header=False,
        forwarded_allow_ips=settings.proxies.split(),
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        # An editor's room saves every few seconds: with uvicorn's five, connections would close just as a save begins.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
