"""Looks at this machine and says what is there, what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from transcribe import assets, audio, coding
from transcribe.errors import TranscribeError
from transcribe.settings import Settings
from transcribe.store.engine import default_url, open_engine, sqlite_version
from transcribe.store.places import open_place
from transcribe.store.schema import NEWEST, known, revision
from transcribe.store.sealing import master_key

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
        _database(settings),
        *_walls(settings),
        _blobs(settings),
        _encryption(settings),
        _full_text_search(),
        _sandbox(),
        _package("pydsscodec", "DS2 dictations", "pip install 'transcribe-dictation[ds2]'"),
        _package("celery", "queue worker", "pip install 'transcribe-dictation[service]'"),
        _program("redis-server", "private broker", "install Redis; without it messages are files"),
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
        variable = "TRANSCRIBE_CACHE_DIR" if what == "cache folder" else "TRANSCRIBE_DATA_DIR"
        return Finding(what, False, False, f"{path} cannot be written", f"set {variable} to a folder that can")
    free = shutil.disk_usage(there).free
    return Finding(what, free > _NEEDED_BYTES, False, f"{path} ({free / 1e9:.0f} GB free)", "make room on this disk")


def _database(settings: Settings) -> Finding:
    """Whether the database can be reached, keeps what it commits, and has the tables of this version."""
    url = make_url(settings.database_url or default_url(settings.data_dir))
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        shown = f"{shown}, SQLite {sqlite_version()}"
        if not Path(url.database or "").exists():
            return Finding("database", True, False, f"{shown}, made on first use")
    try:
        engine = open_engine(url.render_as_string(hide_password=False))
        try:
            found = revision(engine)
        finally:
            engine.dispose()
    except TranscribeError as error:
        return Finding("database", False, False, shown, str(error))
    except SQLAlchemyError as error:
        return Finding("database", False, False, shown, f"it does not answer ({type(error).__name__})")
    shown = f"{shown}, revision {found or 'none'}"
    if found in (None, NEWEST):
        return Finding("database", True, False, shown)
    if found not in known():
        return Finding("database", False, False, shown, "a newer version of transcribe made it; install that one")
    if url.get_backend_name() == "sqlite":
        return Finding("database", True, False, f"{shown}, brought up to date at the next start")
    return Finding("database", False, False, shown, "stop all parts, back up, run 'transcribe db upgrade'")


def _walls(settings: Settings) -> list[Finding]:
    """Whether the role that the service has in PostgreSQL is kept from the rows of clinics other than who acts."""
    if not settings.database_url.startswith("postgresql"):
        return []
    try:
        engine = open_engine(settings.database_url)
        with engine.connect() as connection:
            passes = connection.execute(text(_PASSES)).scalar_one()
        engine.dispose()
    except (TranscribeError, SQLAlchemyError):
        return []  # What is wrong with the database is told already.
    found = "its role passes any wall" if passes else "in the database, too"
    advice = "make a role that is no superuser and has no BYPASSRLS, the owner of the database"
    return [Finding("wall between clinics", not passes, True, found, advice)]


_PASSES = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def _blobs(settings: Settings) -> Finding:
    """Whether recordings can be kept where they are to be kept."""
    if not settings.blob_url:
        return _folder("recordings", settings.data_dir / "blobs")
    shown = settings.blob_url
    try:
        place = open_place(settings.blob_url, settings.data_dir)
        with NamedTemporaryFile(delete=False) as file:
            file.write(b"doctor")
        place.send(Path(file.name), "doctor")
        place.keep(Path(file.name), "doctor")
        place.delete("doctor")
        Path(file.name).unlink(missing_ok=True)
    except TranscribeError as error:
        return Finding("recordings", False, False, shown, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a foreign store answers, it cannot be written
        return Finding("recordings", False, False, shown, f"it cannot be written ({type(error).__name__})")
    return Finding("recordings", True, False, shown)


def _encryption(settings: Settings) -> Finding:
    try:
        there = master_key(settings.master_key) is not None
    except TranscribeError as error:
        return Finding("encryption at rest", False, False, "no usable master key", str(error))
    advice = "openssl rand -hex 32 > FILE, and set TRANSCRIBE_MASTER_KEY_FILE, before clinics are added"
    return Finding("encryption at rest", there, True, "for new clinics" if there else "off", advice)


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
