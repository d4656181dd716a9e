"""The process that fills templates: warm libraries, and for each template a fork with limits that ends with it.

A template is data of a stranger for a zip reader, an XML reader and a template language. Should one of them fall, it
falls in a process without files, environment, other reports or time.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import resource
import select
import signal
import sys
import time

from transcribe.document import parts
from transcribe.document.blank import blank
from transcribe.document.letterhead.desk import LENGTH, read_message
from transcribe.document.letterhead.fields import NAMES, example
from transcribe.document.letterhead.fill import filled, used_fields
from transcribe.errors import UnusableInput

SECONDS = 10
"""A template is given this much time; a usual one takes a tenth of a second."""

MEMORY = 2**30
MAX_ANSWER = 64 * 2**20


def main() -> None:
    """Answer questions from stdin on stdout until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Control-C is for the process that asks.
    while True:
        try:
            question, content = read_message(sys.stdin.buffer)
        except EOFError:
            return
        sys.stdout.buffer.write(_answered_apart(question, content))
        sys.stdout.buffer.flush()


def _answered_apart(question: bytes, content: bytes) -> bytes:
    """The message that a fork answers with, or one that says that it came to nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            _limit()
            with os.fdopen(writing, "wb") as out:
                out.write(_answer(question, content))
        finally:
            os._exit(0)  # Whatever happened: a fork never goes on to read questions.
    os.close(writing)
    try:
        message = _all(reading)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if len(message) < LENGTH.size or LENGTH.unpack_from(message)[1] != len(message) - LENGTH.size:
        return _message(b"e", b"The template takes more time or memory than a letterhead may.")
    return message


def _limit() -> None:
    """Little time and memory, no file written, no core dumped, no process started."""
    devices = os.open(os.devnull, os.O_RDWR)
    os.dup2(devices, 0)
    os.dup2(devices, 1)
    for kind, most in (
        (resource.RLIMIT_CPU, SECONDS // 2),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(kind, (most, most))


def _answer(question: bytes, content: bytes) -> bytes:
    try:
        template, report = pickle.loads(content)  # noqa: S301 - from the process that started this one
        if question == b"f":
            return _message(b"a", filled(template, report))
        used = sorted(used_fields(template))
        preview = filled(template, example()) if NAMES.issuperset(used) else b""
        return _message(b"a", json.dumps(used).encode() + b"\n" + preview)
    except UnusableInput as error:
        return _message(b"u", str(error).encode())
    except MemoryError:
        return b""
    except Exception as error:  # noqa: BLE001 - foreign code on foreign data
        return _message(b"u", f"The template cannot be filled ({type(error).__name__}).".encode())


def _message(kind: bytes, content: bytes) -> bytes:
    return LENGTH.pack(kind, len(content)) + content


def _all(reading: int) -> bytes:
    """What comes until the other end is closed, the time is up or it is too much."""
    content, until = bytearray(), time.monotonic() + SECONDS
    while len(content) <= MAX_ANSWER:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        piece = os.read(reading, 2**16) if ready else b""
        if not piece:
            break
        content += piece
    return bytes(content)


def _warm_up() -> None:
    """What is loaded at the first use is loaded before the first fork."""
    document = blank()
    document.add_paragraph("{{ body }}")
    filled(parts.save(document), example())
    gc.freeze()  # A fork that collects garbage would copy the memory it shares.


if __name__ == "__main__":
    _warm_up()
    main()
