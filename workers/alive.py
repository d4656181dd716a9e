"""Says whether a process of the service is well, for containers: `python -m workers.alive NAME`.

Names are web, speech, text, sweep and deliver. The web service is asked over HTTP; each of the others touches a file
from its own loop, and an old one is a stuck loop.
"""

from __future__ import annotations

import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from transcribe.settings import Settings

EVERY_SECONDS = 10
_STALE_SECONDS = 60


def touch(name: str) -> None:
    """Say that the process called `name` is well."""
    _file(name).touch()


def is_well(name: str) -> bool:
    """Whether the process called `name` on this machine is well."""
    if name == "web":
        return _web_answers(Settings().port)
    file = _file(name)
    return file.exists() and time.time() - file.stat().st_mtime < _STALE_SECONDS


def _file(name: str) -> Path:
    return Path(tempfile.gettempdir(), f"transcribe-{name}-alive")


def _web_answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1]) else 1)
