"""A watched folder: half-written files wait, each file is taken once, and bad ones are set aside with the reason."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from transcribe.errors import TryLater, UnusableInput
from transcribe.watch import LEASE_SECONDS, SET_ASIDE, TAKEN, Watched, take, watch


def collector() -> tuple[list[tuple[str, bytes, bool]], Callable[[Path, str], None]]:
    got: list[tuple[str, bytes, bool]] = []

    def receive(path: Path, name: str) -> None:
        got.append((name, path.read_bytes(), path.with_suffix(".toml").is_file()))

    return got, receive


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_recording_is_received_with_its_header_and_leaves_the_folder(tmp_path: Path) -> None:
    """What has settled is handed over under its own name, beside its header, and is gone afterwards."""
    got, receive = collector()
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "a.toml").write_text("")
    watched = Watched(tmp_path, settled=0)
    assert take(watched, receive) == 1
    assert got == [("a.wav", b"sound", True)]
    assert left(tmp_path) == []
    assert take(watched, receive) == 0


def test_a_file_that_grows_is_waited_for(tmp_path: Path) -> None:
    """A half-written file stays; names of unfinished copies, hidden files, folders and links are never taken."""
    got, receive = collector()
    path = tmp_path / "a.wav"
    path.write_bytes(b"so")
    for name in (".a.wav.x", "b.wav.part", "c.tmp", "~d.wav"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "link.wav").symlink_to("/etc/passwd")
    watched = Watched(tmp_path, settled=0.3)
    take(watched, receive)
    time.sleep(0.2)
    path.write_bytes(b"sound")
    take(watched, receive)
    time.sleep(0.2)
    take(watched, receive)
    assert got == []
    time.sleep(0.2)
    take(watched, receive)
    assert [name for name, _, _ in got] == ["a.wav"]
    assert len(left(tmp_path)) == 5


def test_what_cannot_be_received_is_set_aside_with_the_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A bad file does not stop the others, keeps its name for a person, and its name reaches no log."""
    (tmp_path / "Edgar Placeholder.wav").write_bytes(b"bad")
    (tmp_path / "good.wav").write_bytes(b"good")
    got = []

    def receive(path: Path, name: str) -> None:
        if path.read_bytes() == b"bad":
            raise UnusableInput("It is empty.")
        got.append(name)

    with caplog.at_level(logging.DEBUG):
        assert take(Watched(tmp_path, settled=0), receive) == 1
    assert got == ["good.wav"]
    reason, recording = sorted((tmp_path / SET_ASIDE).rglob("*.*"), reverse=True)
    assert reason.read_text() == "unusable_input: It is empty.\n"
    assert recording.name == "Edgar Placeholder.wav"
    assert "Placeholder" not in caplog.text
    assert "unusable_input" in caplog.text


def test_a_fault_that_nobody_foresaw_sets_aside_and_tells_no_secret(tmp_path: Path) -> None:
    """One file that breaks its receiver is out of the way, and the words of the fault are not kept."""
    (tmp_path / "a.wav").write_bytes(b"x")

    def receive(path: Path, name: str) -> None:
        raise RuntimeError("patient Placeholder")

    take(Watched(tmp_path, settled=0), receive)
    (reason,) = (tmp_path / SET_ASIDE).rglob("reason.txt")
    assert "Placeholder" not in reason.read_text()


def test_what_may_work_later_is_put_back(tmp_path: Path) -> None:
    """A full disk or a busy database costs a round, not a recording."""
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "a.toml").write_text("")

    def busy(path: Path, name: str) -> None:
        raise TryLater("The disk is full.")

    watched = Watched(tmp_path, settled=0)
    assert take(watched, busy) == 0
    assert left(tmp_path) == ["a.toml", "a.wav"]
    got, receive = collector()
    assert take(watched, receive) == 1
    assert got == [("a.wav", b"sound", True)]


def test_what_a_dead_watcher_left_is_received(tmp_path: Path) -> None:
    """A claim that is an hour old belongs to nobody; a fresh one is another watcher's."""
    place = tmp_path / TAKEN / "0"
    place.mkdir(parents=True)
    (place / "a.wav").write_bytes(b"sound")
    (tmp_path / "a.toml").write_text("")  # It died between the two.
    got, receive = collector()
    watched = Watched(tmp_path, settled=0)
    assert take(watched, receive) == 0
    old = time.time() - LEASE_SECONDS - 1
    os.utime(place, (old, old))
    assert take(watched, receive) == 1
    assert got == [("a.wav", b"sound", True)]
    assert left(tmp_path) == []


def test_watchers_side_by_side_take_each_recording_once(tmp_path: Path) -> None:
    """Four watchers of one folder, sixty files: each is received once, with its header."""
    for number in range(60):
        (tmp_path / f"{number}.wav").write_bytes(b"%d" % number)
        (tmp_path / f"{number}.toml").write_text("")
    got, receive = collector()
    stopped = threading.Event()
    watchers = [
        threading.Thread(
            target=watch, args=(tmp_path, receive), kwargs={"stopped": stopped, "poll": 0.01, "settled": 0}
        )
        for _ in range(4)
    ]
    for watcher in watchers:
        watcher.start()
    deadline = time.monotonic() + 20
    while len(got) < 60 and time.monotonic() < deadline:
        time.sleep(0.02)
    stopped.set()
    for watcher in watchers:
        watcher.join()
    assert sorted(name for name, _, _ in got) == sorted(f"{number}.wav" for number in range(60))
    assert all(with_header for _, _, with_header in got)
    assert left(tmp_path) == []


def test_a_share_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """A folder that vanishes and comes back is watched on."""
    folder = tmp_path / "share"
    got, receive = collector()
    stopped = threading.Event()
    watcher = threading.Thread(
        target=watch, args=(folder, receive), kwargs={"stopped": stopped, "poll": 0.01, "settled": 0}
    )
    watcher.start()
    time.sleep(0.05)
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"sound")
    deadline = time.monotonic() + 10
    while not got and time.monotonic() < deadline:
        time.sleep(0.02)
    stopped.set()
    watcher.join()
    assert [name for name, _, _ in got] == ["a.wav"]


@pytest.mark.parametrize(
    "name", ["a\nb.wav", "\u202egpj.wav", "王.wav", "; rm -rf x.wav", "x" * 250 + ".wav", b"\xff.wav"]
)
def test_any_name_a_disk_allows_is_received(tmp_path: Path, name: str | bytes) -> None:
    """Names are carried, never made into other paths."""
    place = os.path.join(os.fsencode(tmp_path), os.fsencode(name))  # noqa: PTH118 - bytes that are no UTF-8
    with open(place, "wb") as file:  # noqa: PTH123 - likewise
        file.write(b"sound")
    got, receive = collector()
    assert take(Watched(tmp_path, settled=0), receive) == 1
    assert os.fsencode(got[0][0]) == os.fsencode(name)
    assert left(tmp_path) == []


def test_a_message_beside_a_recording_goes_with_it(tmp_path: Path) -> None:
    """NAME.hl7 waits for its recording, is never taken for one, and a recording waits until both have settled."""
    got = []

    def receive(path: Path, name: str) -> None:
        got.append(sorted(each.name for each in path.parent.iterdir()))

    (tmp_path / "a.hl7").write_text("MSH")
    watched = Watched(tmp_path, settled=0)
    assert take(watched, receive) == 0
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "a.toml").write_text("")
    assert take(watched, receive) == 1
    assert got == [["a.hl7", "a.toml", "a.wav"]]
    assert left(tmp_path) == []
