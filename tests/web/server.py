"""Serves a demo on a free port, or on the one that is given: `python -m tests.web.server FOLDER [PORT]`.

With REAL=1 in the environment it is no demo.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import uvicorn

from transcribe import logs
from transcribe.settings import Settings
from transcribe.web.app import make_app


def main() -> None:
    """Print the port, then serve."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.bind(("127.0.0.1", port))
    logs.configure("json", part="web")
    app = make_app(Settings(data_dir=folder, demo="REAL" not in os.environ), lambda queue, job: None)
    sys.stdout.write(f"{line.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run([line])


if __name__ == "__main__":
    main()
