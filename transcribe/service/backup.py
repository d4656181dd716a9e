"""Everything in one archive: the database as it was at one moment, and every stored file it relies on."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from transcribe import __version__
from transcribe.errors import NotFound, UnusableInput, UsageError
from transcribe.service.house import House
from transcribe.settings import Settings
from transcribe.store.copies import copy_database, kind_of, refuse_full, restore_database
from transcribe.store.engine import default_url
from transcribe.store.places import flush_folder, open_place
from transcribe.store.schema import known, revision

_BLOB = re.compile(r"blobs/([0-9a-f]{32}/(?:[0-9a-f]{2}/[0-9a-f]{2}|[0-9a-f]{32})/[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive holds."""

    version: str
    made_at: str
    database: str
    revision: str
    database_sha256: str
    files: int = 0


def backup(house: House, target: Path) -> Backup:
    """Write the archive `target`, complete or not at all; the service goes on meanwhile.

    Files are copied as they are kept: encrypted ones stay so, and need the same master key when they are restored.
    """
    if target.exists():
        raise UsageError(f"{target} is there already; a backup overwrites nothing.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    with TemporaryDirectory(dir=target.parent, prefix=".transcribe-") as folder:
        database = Path(folder, "database")
        copy_database(house.engine, database)
        made = Backup(
            __version__, datetime.now(UTC).isoformat(timespec="seconds"), house.engine.dialect.name,
            revision(house.engine) or "", _sha256(database),
        )  # fmt: skip
        try:
            with unfinished.open("wb") as file:
                count = _write(house, file, made, database)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
    flush_folder(target.parent)
    return Backup(**{**asdict(made), "files": count})


def _write(house: House, file: IO[bytes], made: Backup, database: Path) -> int:
    """The members of the archive: what it is, the database, the files, and how many they are as a proof of its end.

    The files come after the database, so that every file it relies on is there, but for what was deleted meanwhile.
    """
    count = 0
    with tarfile.open(fileobj=file, mode="w") as archive:
        _add_json(archive, "backup.json", asdict(made))
        archive.add(database, "database")
        for name, _ in house.blobs.place.names(""):
            try:
                with house.blobs.place.open(name) as source:
                    _add(archive, f"blobs/{name}", source)
            except NotFound:
                continue
            count += 1
        _add_json(archive, "end.json", {"files": count})
    return count


def _add(archive: tarfile.TarFile, name: str, source: IO[bytes]) -> None:
    """A member of as many bytes as `source` gives, which it may not tell beforehand."""
    with TemporaryFile() as file:
        shutil.copyfileobj(source, file)
        member = tarfile.TarInfo(name)
        member.size, member.mode = file.tell(), 0o600
        file.seek(0)
        archive.addfile(member, file)


def _add_json(archive: tarfile.TarFile, name: str, content: dict[str, Any]) -> None:
    data = json.dumps(content, indent=2).encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


def restore(settings: Settings, source: Path) -> Backup:
    """Put the archive's files and database where `settings` say, where there must be no database yet.

    The database comes last: a restore that was interrupted can be done again. Raises `UnusableInput` for an archive
    that is not whole, `UsageError` for one of another kind of database or of a newer version.
    """
    url = settings.database_url or default_url(settings.data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    refuse_full(url)
    with _archive(source) as archive, TemporaryDirectory(dir=settings.data_dir, prefix=".restoring-") as folder:
        made = _about(archive)
        if made.database != kind_of(url):
            raise UsageError(f"This is a backup of a {made.database} database, and the settings name another kind.")
        if made.revision not in known():
            raise UsageError(f"Transcribe {made.version} made this backup; restore it with that or a newer one.")
        database = Path(folder, "database")
        files = _take_out(archive, database, settings, Path(folder, "file"))
        if _sha256(database) != made.database_sha256:
            raise UnusableInput(f"{source} is damaged: its database is not the one that was saved.")
        restore_database(url, database)
    return Backup(**{**asdict(made), "files": files})


@contextmanager
def _archive(source: Path) -> Iterator[tarfile.TarFile]:
    if not source.is_file():
        raise NotFound(f"There is no file {source}.")
    try:
        with tarfile.open(source, "r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError, KeyError, ValueError) as error:
        raise UnusableInput(f"{source} is not a whole backup.") from error


def _about(archive: tarfile.TarFile) -> Backup:
    """What the first member says of the archive."""
    first = archive.extractfile("backup.json")
    assert first is not None
    return Backup(**json.load(first))


def _take_out(archive: tarfile.TarFile, database: Path, settings: Settings, temporary: Path) -> int:
    """Put the files into their place and the database into `database`; how many files there were."""
    place, count, ended = open_place(settings.blob_url, settings.data_dir), 0, False
    for member in archive:
        content = archive.extractfile(member)
        if content is None:
            raise UnusableInput("A backup holds plain files only.")
        if member.name == "end.json":
            ended = json.load(content)["files"] == count
        elif member.name == "database":
            _save(content, database)
        elif found := _BLOB.fullmatch(member.name):
            _save(content, temporary)
            place.send(temporary, found[1])
            place.keep(temporary, found[1])
            count += 1
        elif member.name != "backup.json":
            raise UnusableInput("This archive holds what no backup holds.")
    if not ended:
        raise UnusableInput("This backup is not whole: its end is missing.")
    return count


def _save(content: IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
