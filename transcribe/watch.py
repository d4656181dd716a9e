"""Takes recordings out of a folder that others write into, also over a network, where nobody tells what has changed.

::

    FOLDER/NAME              what somebody puts there; it is taken when it has stopped growing
    FOLDER/taken/ID/NAME     claimed by one watcher, by renaming, until it is received
    FOLDER/set-aside/ID/     what cannot be received, with reason.txt beside it, for a person
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from transcribe.errors import TranscribeError, TryLater, UnusableInput, refusal

TAKEN, SET_ASIDE, REASON = "taken", "set-aside", "reason.txt"

POLL_SECONDS = 5.0
SETTLED_SECONDS = 10.0
"""A file that has kept its size and time for so long is whole: no recorder pauses longer while it copies."""

LEASE_SECONDS = 3600.0
"""What was taken so long ago and is still there was left behind by a watcher that died."""

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".upload", "~")
_HEADERS = (".toml", ".hl7")
"""Files of these kinds go with the recording of their name."""

Receive = Callable[[Path, str], object]
"""Makes the recording at a path, which somebody named so, safe; it may be deleted afterwards.

`TryLater` leaves it for the next round, `UnusableInput` and every other error sets it aside.
"""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Watched:
    """A folder and what was seen in it: by name, size and time of each file and since when, on our own clock."""

    folder: Path
    settled: float = SETTLED_SECONDS
    seen: dict[str, tuple[tuple[int, int], float]] = field(default_factory=dict)


def watch(
    folder: Path,
    receive: Receive,
    *,
    stopped: threading.Event,
    poll: float = POLL_SECONDS,
    settled: float = SETTLED_SECONDS,
) -> None:
    """Take what comes into `folder` until `stopped` is set; a folder that is away for a while is waited for."""
    watched = Watched(folder, settled)
    while not stopped.is_set():
        try:
            take(watched, receive)
        except OSError as error:
            # A share that is not there now; its name may be a person's.
            _log.warning("watched folder out of reach: %s", error.strerror)
        stopped.wait(poll)


def take(watched: Watched, receive: Receive) -> int:
    """One round: receive what has settled, and what a dead watcher left; the number of recordings received."""
    done = 0
    for path in (*_settled(watched), *_left_behind(watched.folder)):
        claimed = _claimed(path, watched.folder)
        if claimed:
            done += _received(claimed, watched.folder, receive)
    return done


def _settled(watched: Watched) -> Iterator[Path]:
    """The files that have not changed for long enough, and whose header, if one is there, has not either."""
    now, seen = time.monotonic(), {}
    with os.scandir(watched.folder) as entries:
        here = {entry.name: shape for entry in entries if (shape := _shape(entry))}
    for name, shape in here.items():
        before = watched.seen.get(name)
        seen[name] = before if before and before[0] == shape else (shape, now)
    watched.seen = seen
    quiet = {name for name, (_, since) in seen.items() if now - since >= watched.settled}
    for name in sorted(quiet):
        headers = {Path(name).with_suffix(kind).name for kind in _HEADERS}
        if not name.endswith(_HEADERS) and (headers & seen.keys()) <= quiet:
            yield watched.folder / name


def _shape(entry: os.DirEntry[str]) -> tuple[int, int] | None:
    """Size and time of change (ns) of a file that may be taken; None for all else, and for one that is gone again."""
    if entry.name.startswith((".", "~")) or entry.name.lower().endswith(_UNFINISHED):
        return None
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # Another watcher took it.
        return None
    return status.st_size, status.st_mtime_ns


def _left_behind(folder: Path) -> Iterator[Path]:
    """Folders of recordings that were taken and never received."""
    if (folder / TAKEN).is_dir():
        for place in sorted((folder / TAKEN).iterdir()):
            if place.is_dir() and time.time() - place.stat().st_mtime > LEASE_SECONDS:
                yield place


def _claimed(path: Path, folder: Path) -> Path | None:
    """The recording in a place that is ours alone; None when another watcher was faster."""
    place = folder / TAKEN / uuid4().hex
    left_behind = path.parent.name == TAKEN
    try:
        if left_behind:
            path.rename(place)
            os.utime(place)
        else:
            place.mkdir(parents=True)
            path.rename(place / path.name)
    except FileNotFoundError:
        if place.is_dir():
            place.rmdir()
        return None
    recording = next((each for each in sorted(place.iterdir()) if each.suffix not in _HEADERS), None)
    if recording is None:
        _clear(place)
        return None
    # Whoever has the recording has its header too; a watcher that died between the two left it in the folder.
    for kind in _HEADERS:
        header = (folder / recording.name).with_suffix(kind)
        if header.is_file() and not header.is_symlink():
            header.rename(place / header.name)
    return recording


def _received(path: Path, folder: Path, receive: Receive) -> bool:
    """Hand the recording over; True when it is safe."""
    try:
        receive(path, path.name)
    except TryLater as error:
        _log.warning("put back for later: %s", error.code)
        _put_back(path, folder)
        return False
    except Exception as error:  # noqa: BLE001 - one file that nobody foresaw must not stop the others
        _set_aside(path, folder, refusal(error))
        return False
    _clear(path.parent)
    return True


def _put_back(path: Path, folder: Path) -> None:
    """Leave it where it was found; where a file of its name has come since, the lease brings it back."""
    if not any((folder / each.name).exists() for each in path.parent.iterdir()):
        for each in sorted(path.parent.iterdir()):
            each.rename(folder / each.name)
        path.parent.rmdir()


def _set_aside(path: Path, folder: Path, error: TranscribeError) -> None:
    place = folder / SET_ASIDE / path.parent.name
    place.parent.mkdir(exist_ok=True)
    path.parent.rename(place)
    (place / REASON).write_text(f"{error.code}: {error}\n", "utf-8", errors="backslashreplace")
    kind = "unusable" if isinstance(error, UnusableInput) else "failed"
    _log.warning("set aside %s (%s: %s)", place.name, kind, error.code)


def _clear(place: Path) -> None:
    for each in place.iterdir():
        each.unlink()
    place.rmdir()
