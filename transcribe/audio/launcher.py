"""Starts a script that reads untrusted bytes as a process of its own, with as few rights as this machine can enforce.

Three walls, each on its own: limits of the operating system; a filter of system calls, on Linux; and, where
bubblewrap is installed and may work, a file system that holds Python and nothing else, and no network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from transcribe.errors import MissingPart

MEMORY_BYTES = 2 * 1024**3
"""Address space that a decoder may use; one that decodes speech uses a tenth of it."""

_HERE = Path(__file__).parent
_CONFINE = _HERE / "confine.py"
_PROBE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Which walls stand around a decoder on this machine: limits always, these where they can be had."""

    bubblewrap: bool
    call_filter: bool

    def __str__(self) -> str:
        walls = ("bubblewrap",) * self.bubblewrap + ("system call filter",) * self.call_filter
        return ", ".join((*walls, "limits"))


@cache
def sandbox() -> Sandbox:
    """What this machine can enforce, tried out once per process; `MissingPart` where no decoder can be started."""
    with_bubblewrap = _probe(bubblewrap=True) if shutil.which("bwrap") else None
    said = with_bubblewrap or _probe(bubblewrap=False)
    if said is None:
        raise MissingPart("Recordings cannot be decoded on this machine: Python with PyAV does not start under limits.")
    return Sandbox(with_bubblewrap is not None, said == b"filtered")


def launch(
    script: Path,
    *,
    file: IO[bytes] | int,
    cpu_seconds: int,
    orders: dict[str, Any] | None = None,
    libraries: tuple[str, ...] = (),
    bubblewrap: bool | None = None,
) -> subprocess.Popen[bytes]:
    """Start `script`, whose `main` takes `orders`, confined: `file` is its stdin, its stdout is a pipe.

    Its stderr goes nowhere, and it finds `libraries` loaded. Without a word on `bubblewrap` it is used where it works.
    """
    walled = sandbox().bubblewrap if bubblewrap is None else bubblewrap
    limits = {"memory": MEMORY_BYTES, "cpu": cpu_seconds, "libraries": libraries}
    # A pipe, as arguments and environment can be read by others; small enough that nobody need read while we write.
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        json.dump({**(orders or {}), **limits}, pipe)
    # -S, -s and -P: nothing but the standard library and the libraries named is ever looked for or run.
    python = [sys.executable, "-S", "-s", "-P", "-B", str(_CONFINE), str(script), str(reading)]
    environment = _environment(libraries)
    command = [*_walls(script, environment), *python] if walled else python
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and script; nothing here comes from a user
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(reading,),
            env=environment,
            cwd="/",
        )
    finally:
        os.close(reading)


def _environment(libraries: tuple[str, ...]) -> dict[str, str]:
    # One thread: decoding speech needs no more, and threads count as processes, of which there may be none.
    return {"PYTHONPATH": os.pathsep.join(_folders(libraries)), "OPENBLAS_NUM_THREADS": "1"}


def _folders(libraries: tuple[str, ...]) -> list[str]:
    """The folders in which the libraries are installed."""
    found = [find_spec(name) for name in libraries]
    return sorted({str(Path(spec.origin).parents[1]) for spec in found if spec and spec.origin})


def _walls(script: Path, environment: dict[str, str]) -> list[str]:
    """The bubblewrap command up to the program it runs: Python, the libraries and the script can be read, no more."""
    python = Path(sys.executable)
    needed = {Path("/usr"), Path(sys.base_prefix), python.resolve().parents[1], python.parent}
    needed |= {_CONFINE, script, *map(Path, filter(None, environment["PYTHONPATH"].split(os.pathsep)))}
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for folder in ("/bin", "/lib", "/lib64"):
        place = Path(folder)
        if place.is_symlink():
            command += ["--symlink", str(place.readlink()), folder]
        elif place.is_dir():
            command += ["--ro-bind", folder, folder]
    for path in sorted(needed):
        command += ["--ro-bind", str(path), str(path)]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return [*command, "--remount-ro", "/", "--chdir", "/", "--"]


def _probe(*, bubblewrap: bool) -> bytes | None:
    """What a confined script says of its walls; None when none could be started."""
    try:
        with launch(
            _HERE / "probe.py", file=subprocess.DEVNULL, cpu_seconds=10, libraries=("av",), bubblewrap=bubblewrap
        ) as process:
            said, _ = process.communicate(timeout=_PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said if process.returncode == 0 and said else None
