"""Looks around at the time when a script is loaded, which is before system calls are filtered."""

from __future__ import annotations

import json
import os
import socket
from operator import attrgetter
from pathlib import Path
from typing import Any

SEEN = {
    "users": Path("/etc/passwd").exists(),
    "project": Path(__file__).with_name("test_walls.py").exists(),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "processes": sum(name.isdecimal() for name in map(attrgetter("name"), Path("/proc").glob("*"))),
}


def main(orders: dict[str, Any]) -> None:
    """Tell it."""
    os.write(1, json.dumps(SEEN).encode())
