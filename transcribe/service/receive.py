"""A recording arrives: it is safe on disk before anybody is told so."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4

from transcribe.domain import Dictation
from transcribe.errors import NotFound
from transcribe.files import dictation_of

RECORDING = "recording"
"""Stem of the names under which a received recording and its header are kept."""


def receive(path: Path, data_dir: Path) -> str:
    """Keep a copy of the recording at `path`, with the header beside it, and return its opaque id.

    The folder of the id appears whole, after its bytes have reached the disk, or not at all.
    """
    dictation_of(path)  # No file, or a header that cannot be read is refused now, while somebody is there to mend it.
    identity = uuid4().hex
    arriving, arrived = data_dir / "arriving" / identity, folder_of(identity, data_dir)
    arriving.mkdir(parents=True, mode=0o700)
    try:
        arrived.parent.mkdir(parents=True, exist_ok=True)
        for source in (path, path.with_suffix(".toml")):
            if source.is_file():
                _copy(source, arriving / f"{RECORDING}{source.suffix.lower() or '.audio'}")
        _flush_folder(arriving)
        arriving.rename(arrived)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)  # Still there only when something failed.
    _flush_folder(arrived.parent)
    return identity


def folder_of(identity: str, data_dir: Path) -> Path:
    """Where the dictation `identity` and its drafts are kept; an id that is none is `NotFound`."""
    if len(identity) != 32 or not set(identity) <= set("0123456789abcdef"):
        raise NotFound("This is not the id of a dictation.")
    return data_dir / "dictations" / identity


def waiting(identity: str, data_dir: Path) -> tuple[Path, Dictation]:
    """The recording of `identity` and its dictation, named by the id."""
    folder = folder_of(identity, data_dir)
    found = sorted(path for path in folder.glob(f"{RECORDING}.*") if path.suffix != ".toml")
    if not found:
        raise NotFound(f"There is no dictation {identity}.")
    return found[0], Dictation(identity, dictation_of(found[0]).header)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer)
        writer.flush()
        os.fsync(writer.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
