"""What a decoder that a file has taken over might try; it runs in the decoder's place and tells what succeeded."""

from __future__ import annotations

import ctypes
import json
import os
import socket
from collections.abc import Callable
from typing import Any


def _grown() -> int:
    return len(bytearray(3 * 1024**3))


def _filled() -> int:
    handle = os.open("/tmp/filled", os.O_WRONLY | os.O_CREAT)
    os.truncate(handle, 10 * 1024**3)
    return os.write(handle, b"x")


def _loaded() -> object:
    return ctypes.CDLL("libutil.so.1")


TRIES: dict[str, Callable[[], object]] = {
    "read the users": lambda: os.read(os.open("/etc/passwd", os.O_RDONLY), 10),
    "read the environment": lambda: os.read(os.open("/proc/self/environ", os.O_RDONLY), 10),
    "list files": lambda: list(os.scandir("/")),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "listen": lambda: socket.socket(socket.AF_UNIX),
    "fork": os.fork,
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "take 3 GB of memory": _grown,
    "write 10 GB": _filled,
    "load a library": _loaded,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
}


def main(orders: dict[str, Any]) -> None:
    """Try everything and write what happened, as JSON."""
    told = {}
    for name, attempt in TRIES.items():
        try:
            told[name] = f"done: {attempt()!r}"
        except (OSError, MemoryError) as error:
            told[name] = type(error).__name__
    os.write(1, json.dumps(told).encode())
