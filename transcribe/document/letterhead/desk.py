"""The door to the limited process that fills templates: starts it, asks it, and outlives whatever happens in it."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

from transcribe.document.letterhead.fields import NAMES
from transcribe.domain import Report
from transcribe.errors import TranscribeError, TryLater, UnusableInput

LENGTH = struct.Struct(">cQ")
"""What precedes each message: one letter that says what it is, and how many bytes follow."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a template uses, by name and in order, and the template as .docx filled with an example.

    With an unknown field it cannot be filled, and the preview is empty.
    """

    used: tuple[str, ...]
    unknown: tuple[str, ...]
    preview: bytes


class Desk:
    """Fills templates in a process of its own, which is started at the first use and stays warm until `close`.

    Each template is handled by a fork of that process with limits on time, memory and files.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def examine(self, template: bytes) -> Examined:
        """Which fields the template uses and which of these there are not. `UnusableInput` says why it is refused."""
        names, _, preview = self._ask(b"x", pickle.dumps((template, None))).partition(b"\n")
        used = tuple(json.loads(names))
        return Examined(used, tuple(name for name in used if name not in NAMES), preview)

    def fill(self, template: bytes, report: Report) -> bytes:
        """The template as .docx with the report in it; the same two give the same bytes.

        `UnusableInput` says why a template is refused or cannot be filled, `TranscribeError` that it took too much.
        """
        return self._ask(b"f", pickle.dumps((template, report)))

    def _ask(self, question: bytes, content: bytes) -> bytes:
        with self._lock:
            try:
                process = self._process or self._started()
                assert process.stdin
                assert process.stdout
                process.stdin.write(LENGTH.pack(question, len(content)) + content)
                process.stdin.flush()
                kind, answer = read_message(process.stdout)
            except (OSError, EOFError) as error:
                self._end()
                raise TryLater("The process that fills templates ended; try again.") from error
            except BaseException:
                self._end()  # An answer that nobody waits for would be taken for that to the next question.
                raise
        if kind == b"u":
            raise UnusableInput(answer.decode())
        if kind == b"e":
            raise TranscribeError(answer.decode())
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "transcribe.document.letterhead.child"]
        # Nothing of the environment: no secret of this process is its business.
        self._process = subprocess.Popen(  # noqa: S603 - no shell, own arguments
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def read_message(source: IO[bytes]) -> tuple[bytes, bytes]:
    """The next letter and content; `EOFError` when the other side is gone."""
    kind, length = LENGTH.unpack(_exactly(source, LENGTH.size))
    return kind, _exactly(source, length)


def _exactly(source: IO[bytes], length: int) -> bytes:
    content = source.read(length)
    if len(content) < length:
        raise EOFError
    return content
