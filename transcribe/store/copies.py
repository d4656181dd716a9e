"""A copy of the whole database in one file, and a database from such a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, Engine, make_url

from transcribe.errors import MissingPart, NotAllowed, TranscribeError
from transcribe.store.engine import open_engine
from transcribe.store.places import flush_folder
from transcribe.store.schema import tables


def kind_of(url: str) -> str:
    """What a database is: "sqlite" or "postgresql"; a copy of one is none of the other."""
    return make_url(url).get_backend_name()


def copy_database(engine: Engine, target: Path) -> None:
    """Write the database as it is at one moment into `target`; nobody who works with it has to wait.

    Raises `MissingPart` without pg_dump for a PostgreSQL database.
    """
    if engine.dialect.name == "postgresql":
        _run("pg_dump", engine.url, "--format=custom", "--no-owner", "--enable-row-security", f"--file={target}")
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()


def restore_database(url: str, source: Path) -> None:
    """Make the database that `url` names from a copy; `NotAllowed` when there is one already."""
    refuse_full(url)
    if kind_of(url) == "postgresql":
        _run("pg_restore", make_url(url), "--no-owner", "--single-transaction", "--exit-on-error", str(source))
        return
    target = Path(make_url(url).database or "")
    arriving = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(source, arriving)
    with arriving.open("rb+") as file:
        os.fsync(file.fileno())
    arriving.rename(target)
    flush_folder(target.parent)


def refuse_full(url: str) -> None:
    """Raise `NotAllowed` when the database holds tables already."""
    if kind_of(url) == "sqlite" and not Path(make_url(url).database or "").exists():
        return
    engine = open_engine(url)
    try:
        full = bool(tables(engine))
    finally:
        engine.dispose()
    if full:
        raise NotAllowed("There is a database already; restore into an empty place, so that nothing is overwritten.")


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; the password is not for others to see in the list of processes."""
    found = shutil.which(program)
    if found is None:
        raise MissingPart(f"{program} is not on PATH; install the PostgreSQL client programs.")
    environment = {**os.environ, "PGPASSWORD": str(url.password)} if url.password else None
    shown = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - the arguments are ours and the administrator's
        [found, "--dbname", shown, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise TranscribeError(f"{program} failed: {told}")
