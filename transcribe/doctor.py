"""Looks at this machine and says what is there, what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from transcribe import assets, audio, coding
from transcribe.errors import TranscribeError
from transcribe.settings import Settings

_NEEDED_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` says what to do when it is not `ok`."""

    what: str
    ok: bool
    optional: bool
    found: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Everything that a person who runs the product may want to know of the machine."""
    findings = [
        Finding("Python", sys.version_info >= (3, 11), False, sys.version.split()[0], "Python 3.11 or newer"),
        _recogniser(settings),
        _codes(settings),
        _folder("data folder", settings.data_dir),
        _folder("cache folder", settings.cache_dir),
        _full_text_search(),
        _sandbox(),
        _package("pydsscodec", "DS2 dictations", "pip install 'transcribe-dictation[ds2]'"),
        _package("celery", "queue worker", "pip install 'transcribe-dictation[worker]'"),
        _program("soffice", "PDF output", "install LibreOffice Writer"),
    ]
    return [replace(finding, advice="") if finding.ok else finding for finding in findings]


def _recogniser(settings: Settings) -> Finding:
    try:
        name, folder, entry = assets.locate(settings.model, settings.cache_dir)
    except TranscribeError as error:
        return Finding("recogniser", False, False, settings.model, str(error))
    faults = assets.verify(entry, settings.cache_dir) if entry else []
    return Finding("recogniser", not faults, False, f"{name} in {folder}", "; ".join(faults))


def _codes(settings: Settings) -> Finding:
    there = coding.releases(settings.cache_dir)
    found = ", ".join(release.release for release in there) or "made on first use"
    ok = bool(there) or find_spec("simple_icd_10_cm") is not None
    return Finding("code tables", ok, False, found, "pip install simple-icd-10-cm")


def _folder(what: str, path: Path) -> Finding:
    """Whether the folder, or the nearest one above it that exists, can be written and has room."""
    there = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        variable = f"TRANSCRIBE_{what.upper().replace(' FOLDER', '_DIR')}"
        return Finding(what, False, False, f"{path} cannot be written", f"set {variable} to a folder that can")
    free = shutil.disk_usage(there).free
    return Finding(what, free > _NEEDED_BYTES, False, f"{path} ({free / 1e9:.0f} GB free)", "make room on this disk")


def _full_text_search() -> Finding:
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    return Finding(
        "SQLite FTS5",
        "ENABLE_FTS5" in options,
        False,
        sqlite3.sqlite_version,
        "a Python built with SQLite FTS5",
    )


def _sandbox() -> Finding:
    try:
        walls = audio.sandbox()
    except TranscribeError as error:
        return Finding("sandbox for recordings", False, False, "none", str(error))
    return Finding(
        "sandbox for recordings",
        walls.bubblewrap,
        True,
        str(walls),
        "install bubblewrap, and allow it to make user namespaces",
    )


def _package(name: str, use: str, advice: str) -> Finding:
    there = find_spec(name) is not None
    return Finding(f"{use} ({name})", there, True, "present" if there else "missing", advice)


def _program(name: str, use: str, advice: str) -> Finding:
    place = shutil.which(name)
    return Finding(f"{use} ({name})", place is not None, True, place or "missing", advice)
