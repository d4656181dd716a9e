"""The sweep as a process: `python -m workers.sweep`."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import asdict

from transcribe import logs
from transcribe.service.house import open_house
from transcribe.service.sweep import tick
from transcribe.settings import Settings
from workers import alive
from workers.app import make_app
from workers.ring import ring_of

EVERY_SECONDS = 15


def main() -> None:
    """Sweep until SIGTERM. A database that is away ends the process: whoever supervises it starts it again."""
    settings = Settings()
    logs.configure(settings.log_format, part="sweep")
    # A sweep is transactions: one that is left half-way has not happened.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    house = open_house(settings, ring_of(make_app(settings)))
    while True:
        swept = asdict(tick(house))
        if any(swept.values()):
            logs.logger().info("swept", **swept)
        alive.touch("sweep")
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main()
