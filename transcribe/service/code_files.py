"""Takes the files of the code tables from a browser as they are offered: XML, text, a licensee's CSV, a ZIP of them."""

from __future__ import annotations

import lzma
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
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
"""Of all files of one import, as sent and again unpacked; those of a year's release come to a third of it."""

MOST_FILES = 12
_MOST_MEMBERS = 200
_KINDS = (".xml", ".txt", ".csv")
_PIECE = 1024 * 1024

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
        raise UnusableInput(str(error).replace(f"{paths[0].parent}/", "")) from error
    except NotAllowed as error:
        raise NotAllowed(
            "CPT may only be used under a licence of the American Medical Association. If you have one, say so below."
        ) from error


def _laid_out(sent: Sequence[tuple[str, IO[bytes]]], folder: Path) -> list[Path]:
    """The files to be read, under their own names in `folder`: a name tells the release."""
    paths: list[Path] = []
    left = MOST_BYTES
    for name, stream in sent:
        if name.lower().endswith(".zip"):
            members = list(_members(name, stream))
        elif name.lower().endswith(_KINDS):
            members = [(_bare(name), stream)]
        else:
            raise UnusableInput(f"{_bare(name)} is none of the official files: XML, text, CSV, or a ZIP of them.")
        for member, content in members:
            path = folder / member
            if path.exists():
                raise UnusableInput(f"{member} is there twice.")
            left -= _copied(content, path, left)
            paths.append(path)
    return paths


def _members(name: str, stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive that can be imported, by bare names; what else is packed with them is left alone."""
    try:
        archive = zipfile.ZipFile(stream)
        inside = [each for each in archive.infolist() if not each.is_dir() and _is_table(each.filename)]
        if len(archive.infolist()) > _MOST_MEMBERS or len(inside) > MOST_FILES:
            raise UnusableInput(f"{_bare(name)} holds more files than an official archive does.")
        if not inside:
            raise UnusableInput(f"{_bare(name)} holds none of the official files: XML, or HCPC…ANWEB.txt.")
        for each in inside:
            yield _bare(each.filename), archive.open(each)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # The last: it is encrypted.
        raise UnusableInput(f"{_bare(name)} cannot be unpacked. Download the archive again.") from error


def _is_table(name: str) -> bool:
    bare = _bare(name).lower()
    return bare.endswith(".xml") or (bare.startswith("hcpc") and bare.endswith("anweb.txt"))


def _bare(name: str) -> str:
    """The last part of a name, whatever it leads to, in characters that every folder takes."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(each if each.isalnum() or each in "-_. ()" else "_" for each in last)[-120:].lstrip(".") or "file"


def _copied(content: IO[bytes], path: Path, left: int) -> int:
    """Write what comes to `path`, as long as it is within `left` bytes; how much it was."""
    size = 0
    with path.open("xb") as kept:
        try:
            while piece := content.read(_PIECE):
                size += len(piece)
                if size > left:
                    raise UnusableInput("These files are larger than the official ones together.")
                kept.write(piece)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
            raise UnusableInput(f"{path.name} cannot be unpacked. Download the archive again.") from error
    return size
