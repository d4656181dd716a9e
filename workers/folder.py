"""Messages as files of one folder, for machines without a broker: written aside and renamed, so none is read half.

Kombu's own transport of this kind writes in place, and a worker that reads too early, or after the writer was
killed, ends with an error.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import virtual


class Channel(virtual.Channel):
    """Reads and writes the folder."""

    # A queue is whatever files bear its name; nothing is kept of it elsewhere.
    do_restore = False

    @property
    def _folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _put(self, queue: str, message: Any, **_: Any) -> None:
        name = f"{time.time_ns():020}-{uuid4().hex}.{queue}"
        arriving = self._folder / f"{name}.arriving"
        arriving.write_text(json.dumps(message), "utf-8")
        arriving.rename(self._folder / f"{name}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for name in self._waiting(queue):
            path = self._folder / name
            try:
                content = path.read_text("utf-8")
                path.unlink()  # Of several who have read it, the one who removes it has it.
            except FileNotFoundError:
                continue
            return json.loads(content)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for name in waiting:
            (self._folder / name).unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue: str) -> list[str]:
        """The names of the queue's messages, oldest first."""
        return sorted(path.name for path in self._folder.glob(f"*.{queue}.msg"))


class Transport(virtual.Transport):
    """What Celery is given as `broker_transport`."""

    Channel = Channel
    implements = virtual.Transport.implements
    driver_type = "folder"
    driver_name = "folder"

    def driver_version(self) -> str:
        """The version of the folder's layout."""
        return "1"
