"""Processes are kept running and stopped cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SUPERVISOR = """
import json, sys
from transcribe import logs
from transcribe.service.supervise import Part, Supervisor
logs.configure("json", part="supervisor")
parts = [Part(name, tuple(command), **more) for name, command, more in json.loads(sys.argv[1])]
Supervisor(parts).run()
"""
SLEEP = ["sleep", "60"]


def until(wanted: Callable[[], Any], *, seconds: float = 10) -> Any:
    """Wait until `wanted` gives something true, and return it."""
    ends = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Running:
    """A supervisor in a process of its own, and what it has logged."""

    def __init__(self, folder: Path, parts: list[Any]) -> None:
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, json.dumps(parts)], stderr=log)

    def events(self, event: str, part: str = "") -> list[dict[str, Any]]:
        """What was logged of this kind, as far as the lines are complete."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in lines if line["event"] == event and (not part or line["part"] == part)]

    def pid(self, part: str, nth: int = 0) -> int:
        """The number of the process that was started as the nth of this part."""
        started: list[dict[str, Any]] = until(
            lambda: found if len(found := self.events("part_started", part)) > nth else None
        )
        return int(started[nth]["pid"])


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[[list[Any]], Running]]:
    """Starts a supervisor of these parts; it is ended with the test."""
    running: list[Running] = []

    def start(parts: list[Any]) -> Running:
        running.append(Running(tmp_path, parts))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait(10)


def test_a_part_that_dies_is_started_again_later_each_time(supervise: Callable[[list[Any]], Running]) -> None:
    """The pauses grow, the other part is left alone, and each death says how it came about."""
    running = supervise([["fails", ["false"], {}], ["lasts", SLEEP, {}]])
    lasting = running.pid("lasts")
    running.pid("fails", 2)
    times = [line["timestamp"] for line in running.events("part_started", "fails")]
    assert times == sorted(times)
    os.kill(lasting, signal.SIGKILL)
    assert running.pid("lasts", 1) != lasting
    (death,) = running.events("part_ended", "lasts")
    assert death["signal"] == "SIGKILL"
    assert {line["status"] for line in running.events("part_ended", "fails")} == {1}
    assert len(running.events("part_started", "fails")) <= 4


def test_a_command_that_does_not_exist_is_told_and_tried_again(supervise: Callable[[list[Any]], Running]) -> None:
    """It does not keep the others from running."""
    running = supervise([["missing", ["/no/such/program"], {}], ["lasts", SLEEP, {}]])
    running.pid("lasts")
    assert until(lambda: len(running.events("part_not_started", "missing")) > 1)


@pytest.mark.parametrize("asked_with", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_the_parts_finish_and_foundations_go_last(
    supervise: Callable[[list[Any]], Running], asked_with: signal.Signals
) -> None:
    """A part that takes its time gets it, what the others stand on ends after them, and the supervisor ends well."""
    slow = ["sh", "-c", "trap 'sleep 0.5; exit 7' TERM; while :; do sleep 0.05; done"]
    running = supervise([["ground", SLEEP, {"foundation": True}], ["slow", slow, {}]])
    pids = [running.pid("ground"), running.pid("slow")]
    time.sleep(0.2)
    running.process.send_signal(asked_with)
    assert running.process.wait(10) == 0
    assert [line["part"] for line in running.events("part_ended")] == ["slow", "ground"]
    assert running.events("part_ended", "slow")[0]["status"] == 7
    assert running.events("stopped")
    assert not any(map(alive, pids))


def test_a_part_that_does_not_stop_is_killed_with_its_children(
    supervise: Callable[[list[Any]], Running], tmp_path: Path
) -> None:
    """After its patience; nothing of its session is left behind."""
    child = tmp_path / "child"
    deaf = ["sh", "-c", f"trap '' TERM; sleep 60 & echo $! > {child}; while :; do sleep 0.05; done"]
    running = supervise([["deaf", deaf, {"patience": 0.3}]])
    pids = [running.pid("deaf"), int(until(lambda: child.exists() and child.read_text().strip()))]
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    assert running.events("part_killed", "deaf")
    until(lambda: not any(map(alive, pids)))


def test_a_second_signal_ends_the_waiting(supervise: Callable[[list[Any]], Running]) -> None:
    """Whoever is in a hurry says so twice."""
    deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"]
    running = supervise([["deaf", deaf, {"patience": 60}]])
    running.pid("deaf")
    time.sleep(0.2)
    running.process.send_signal(signal.SIGTERM)
    until(lambda: running.events("stopping"))
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0


def test_parts_die_with_a_supervisor_that_is_killed(supervise: Callable[[list[Any]], Running]) -> None:
    """No part goes on alone, holding a port or a lease."""
    running = supervise([["lasts", SLEEP, {}]])
    pid = running.pid("lasts")
    running.process.kill()
    until(lambda: not alive(pid))


def test_the_children_of_a_part_that_died_are_ended(supervise: Callable[[list[Any]], Running], tmp_path: Path) -> None:
    """Before the part is started again: two generations must not work side by side."""
    children = tmp_path / "children"
    parent = ["sh", "-c", f"sleep 60 & echo $! >> {children}; while :; do sleep 0.05; done"]
    running = supervise([["parent", parent, {}]])
    first = int(until(lambda: children.exists() and children.read_text().split())[0])
    os.kill(running.pid("parent"), signal.SIGKILL)
    running.pid("parent", 1)
    assert not alive(first)


def test_a_part_that_dies_as_all_are_asked_to_stop_is_no_trouble(supervise: Callable[[list[Any]], Running]) -> None:
    """A death that nobody has noticed yet ends nothing but the part: the others are stopped and the end is clean."""
    running = supervise([["ground", SLEEP, {"foundation": True}], ["dies", SLEEP, {}]])
    dying = running.pid("dies")
    running.pid("ground")
    time.sleep(0.2)
    running.process.send_signal(signal.SIGSTOP)
    os.kill(dying, signal.SIGKILL)
    running.process.send_signal(signal.SIGTERM)
    running.process.send_signal(signal.SIGCONT)
    assert running.process.wait(10) == 0
    assert [line["part"] for line in running.events("part_ended")] == ["dies", "ground"]
