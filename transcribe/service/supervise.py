"""Keeps processes running: starts them, starts again what dies, and stops them cleanly, one log line per event.

It knows nothing of what they do. A part is its own session, so that Ctrl-C reaches the supervisor alone and a part's
own children can be ended with it; on Linux parts die with a supervisor that is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from transcribe import logs

_TICK = 0.1
"""Seconds between two looks at the parts."""

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 15.0
_SETTLED_SECONDS = 10.0
"""A part that has run for this long counts as sound: the next time it dies it is started again at once."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A process to keep running.

    `patience` is how many seconds it has to finish what it does once it was asked to stop. A `foundation` is what the
    others stand on: it is stopped after them.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10.0
    foundation: bool = False


class _Kept:
    """One part and the process that is it at the moment."""

    def __init__(self, part: Part, log: IO[bytes] | None) -> None:
        self.part = part
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.due = 0.0
        self._began = 0.0
        self._delay = _FIRST_DELAY

    def start(self) -> None:
        """Start the process; a command that cannot be started counts as one that died at once."""
        self._began = time.monotonic()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - a part's command is ours, never a request's
                self.part.command,
                env={**os.environ, **self.part.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # Parts log to stderr; what a library prints is no event.
                stderr=self._log,
                start_new_session=True,
                preexec_fn=_dying_with(os.getpid()),
            )
        except OSError:
            logs.logger().error("part_not_started", part=self.part.name, exc_info=True)
            self._wait_longer()
            return
        logs.logger().info("part_started", part=self.part.name, pid=self.process.pid)

    def ended(self) -> bool:
        """Whether the process is over; what is left of its session is ended then."""
        if self.process is None:
            return True
        # Looked at without being reaped: its number must not be given away while its session may still be signalled.
        if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        _kill_session(self.process.pid)
        status = self.process.wait()
        told = {"signal": signal.Signals(-status).name} if status < 0 else {"status": status}
        logs.logger().info("part_ended", part=self.part.name, pid=self.process.pid, **told)
        self.process = None
        self._wait_longer()
        return True

    def _wait_longer(self) -> None:
        """Settle when to start again: each time later, unless it had run well."""
        now = time.monotonic()
        if now - self._began >= _SETTLED_SECONDS:
            self._delay = _FIRST_DELAY
        self.due = now + self._delay
        self._delay = min(2 * self._delay, _LONGEST_DELAY)

    def ask_to_stop(self) -> None:
        """Let the process finish what it does."""
        if self.process:
            # Not by Popen, which reaps a process that has just ended: its number is needed until its session is over.
            os.kill(self.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process and its session."""
        if self.process:
            logs.logger().warning("part_killed", part=self.part.name, pid=self.process.pid)
            _kill_session(self.process.pid)
            self.process.wait()
            self.process = None


class Supervisor:
    """Runs `parts` until somebody asks it to stop; what they log goes to `log`, by default to stderr."""

    def __init__(self, parts: Sequence[Part], *, log: IO[bytes] | None = None) -> None:
        self._kept = [_Kept(part, log) for part in parts]
        self._asked = 0

    def stop(self) -> None:
        """Ask for the end; asked twice, the parts get no more time. May be called from any thread."""
        self._asked += 1

    def run(self) -> None:
        """Keep the parts running until SIGTERM, SIGINT or `stop`; belongs in the main thread."""
        with _signals(self.stop):
            for kept in self._kept:
                kept.start()
            try:
                while not self._asked:
                    self._look_after()
                    time.sleep(_TICK)
            finally:
                self._end()

    def _look_after(self) -> None:
        for kept in self._kept:
            if kept.process and kept.ended():
                continue
            if kept.process is None and time.monotonic() >= kept.due:
                kept.start()

    def _end(self) -> None:
        logs.logger().info("stopping")
        for foundation in (False, True):
            stopping = [kept for kept in self._kept if kept.part.foundation is foundation]
            for kept in stopping:
                kept.ask_to_stop()
            self._wait_for(stopping)
        logs.logger().info("stopped")

    def _wait_for(self, stopping: list[_Kept]) -> None:
        asked = time.monotonic()
        while stopping:
            stopping = [kept for kept in stopping if not kept.ended()]
            for kept in stopping:
                if self._asked > 1 or time.monotonic() - asked > kept.part.patience:
                    kept.kill()
            time.sleep(_TICK)


def _kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _dying_with(supervisor: int) -> Callable[[], None] | None:
    """What a new process does first so that the kernel kills it when the supervisor dies; only Linux can."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def bind() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # It died before it could be bound to.
            os._exit(1)

    return bind


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT call `stop` instead of ending this process."""
    before = {each: signal.signal(each, lambda *_: stop()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
