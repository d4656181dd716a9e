"""Sends signed reports to their targets: `python -m workers.deliver`.

A process of its own, and no queue of messages: a receiver that hangs keeps nobody waiting but others of the same
target, rows say what is to be sent, and this is the one part that needs a way to the outside.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from threading import Thread

from transcribe import logs
from transcribe.document.letterhead import Desk
from transcribe.service.house import open_house
from transcribe.service.outgoing.deliver import page, work
from transcribe.settings import Settings
from workers import alive

THREADS = 4
"""So many targets can be slow at once before others have to wait."""

_EVERY_SECONDS = 2.0
_PAGE_SECONDS = 60.0


def main() -> None:
    """Send until SIGTERM. What keeps one thread from working ends the process: whoever supervises it starts it again.

    A report that is cut off is sent again when its lease ends, under the same id.
    """
    settings = Settings()
    logs.configure(settings.log_format, part="deliver")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    house, desk = open_house(settings), Desk()
    sending = [Thread(target=_forever, args=(lambda: work(house, desk),), daemon=True) for _ in range(THREADS)]
    for each in sending:
        each.start()
    paged = 0.0
    while all(each.is_alive() for each in sending):
        if time.monotonic() - paged > _PAGE_SECONDS:
            page(house)
            paged = time.monotonic()
        alive.touch("deliver")
        time.sleep(_EVERY_SECONDS)
    sys.exit(1)


def _forever(do: Callable[[], bool]) -> None:
    while True:
        if not do():
            time.sleep(_EVERY_SECONDS)


if __name__ == "__main__":
    main()
