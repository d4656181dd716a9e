"""Takes the files of the code tables from a browser as they are offered: XML, text, a licensee's CSV, a ZIP of them."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from transcribe import coding
from transcribe.errors import NotAllowed, TryLater, UnusableInput, UsageError
from transcribe.service.house import House
from transcribe.service.identity import clinics
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.engine import transaction

MOST_BYTES = 128 * 1024 * 1024
"""Of all files of one import as they are sent; those of a year's release come to a third of it."""

MOST_FILES = 12

_FOLDERS = re.compile(r"(?:/[\w.-]+)+/")

_busy = threading.Lock()


def bring(
    house: House, who: Principal, sent: Sequence[tuple[str, IO[bytes]]], *, release: str = "", licensed: bool = False
) -> list[str]:
    """Import files, each its name and content; what each became, as `coding.import_files` tells it.

    Raises `NotAllowed` for a guest of the house, and for a CPT table unless its licence is confirmed; `UnusableInput`
    for files that are none of these or too large; `TryLater` while somebody else's are imported.
    """
    clinics.refuse_guest(house, who)
    if not 0 < len(sent) <= MOST_FILES:
        raise UsageError(f"Choose the files first; at most {MOST_FILES} at once.")
    if not _busy.acquire(blocking=False):
        raise TryLater("Another import is under way; try again when it is done.")
    try:
        with tempfile.TemporaryDirectory(prefix="codes-") as folder:
            paths = _laid_out(sent, Path(folder))
            done = _told(paths, house, release=release, licensed=licensed)
    finally:
        _busy.release()
    with transaction(house.engine) as session:
        audit.record(session, who.clinic, who.actor, "codes imported", who.clinic, became=done)
    return done


def _told(paths: list[Path], house: House, *, release: str, licensed: bool) -> list[str]:
    try:
        return coding.import_files(paths, house.settings.cache_dir, release=release, licensed=licensed)
    except UnusableInput as error:  # It names the file where it was laid; people know it by its name alone.
        raise UnusableInput(_FOLDERS.sub("", str(error))) from error
    except NotAllowed as error:
        raise NotAllowed(
            "CPT may only be used under a licence of the American Medical Association. If you have one, say so below."
        ) from error


def _laid_out(sent: Sequence[tuple[str, IO[bytes]]], folder: Path) -> list[Path]:
    """The files under their own names in `folder`: a name tells the release."""
    paths = [folder / _bare(name) for name, _ in sent]
    if len(set(paths)) < len(paths):
        raise UnusableInput("Two of the files have the same name.")
    for path, (_, content) in zip(paths, sent, strict=True):
        with path.open("xb") as kept:
            shutil.copyfileobj(content, kept)
    return paths


def _bare(name: str) -> str:
    """The last part of a name, whatever it leads to, in characters that every folder takes."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(each if each.isalnum() or each in "-_. ()" else "_" for each in last)[-120:].lstrip(".") or "file"
