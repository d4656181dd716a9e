"""Where the bytes of blobs lie: a folder, or a bucket of an S3-compatible store. Names are relative paths."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from transcribe.errors import MissingPart, NotFound, UsageError


class Place(Protocol):
    """What keeps named bytes."""

    def send(self, file: Path, name: str) -> None:
        """Do ahead what of `keep` takes long."""

    def keep(self, file: Path, name: str) -> None:
        """Make the bytes of `file`, which are on disk, those of `name`: wholly or not at all, and to stay."""

    def open(self, name: str) -> IO[bytes]:
        """The bytes of `name`; `NotFound` when there are none."""

    def file(self, name: str) -> Path | None:
        """The file that holds just these bytes, if there is one."""

    def has(self, name: str) -> bool:
        """Whether there is anything of this name."""

    def delete(self, name: str) -> None:
        """Forget `name`, whether it is there or not."""

    def names(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every name below `prefix` and when it was kept."""


class Folder:
    """Blobs as files of a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def send(self, file: Path, name: str) -> None:
        """Nothing: a file is renamed in no time."""

    def keep(self, file: Path, name: str) -> None:
        """Rename the file to its place and flush every folder whose entries that changed."""
        target = self.root / name
        new = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.rename(target)
        for folder in {target.parent, *(each.parent for each in new)}:
            flush_folder(folder)

    def open(self, name: str) -> IO[bytes]:
        """The file, opened."""
        try:
            return (self.root / name).open("rb")
        except FileNotFoundError as error:
            raise NotFound("A stored file is not there any more.") from error

    def file(self, name: str) -> Path | None:
        """Its path."""
        return self.root / name if self.has(name) else None

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.root / name).is_file()

    def delete(self, name: str) -> None:
        """Remove the file."""
        (self.root / name).unlink(missing_ok=True)

    def names(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every file below the folder `prefix`, with the time of its last change."""
        for path in sorted((self.root / prefix).rglob("*")):
            if path.is_file():
                yield path.relative_to(self.root).as_posix(), datetime.fromtimestamp(path.stat().st_mtime, UTC)


class Bucket:
    """Blobs as objects of an S3-compatible store, which is named like `s3://bucket/prefix`.

    Credentials, region and endpoint come from the usual AWS_… variables.
    """

    def __init__(self, url: str) -> None:
        try:
            import obstore
        except ImportError as error:
            raise MissingPart("Blobs in a bucket need obstore: pip install 'transcribe-dictation[s3]'") from error
        self._obstore: Any = obstore
        self._store = obstore.store.from_url(url, client_options={"allow_http": True})

    def send(self, file: Path, name: str) -> None:
        """Send the file; the store answers once it holds it."""
        self._obstore.put(self._store, name, file)

    def keep(self, file: Path, name: str) -> None:
        """Nothing, unless what was sent has been removed since."""
        if not self.has(name):
            self.send(file, name)

    def open(self, name: str) -> IO[bytes]:
        """The object, read as it is needed."""
        self._known(name)
        return io.BufferedReader(_Object(self._obstore.open_reader(self._store, name)))

    def file(self, name: str) -> Path | None:
        """Never: the bytes are elsewhere."""
        return None

    def has(self, name: str) -> bool:
        """Whether the object is there."""
        try:
            self._known(name)
        except NotFound:
            return False
        return True

    def delete(self, name: str) -> None:
        """Remove the object."""
        self._obstore.delete(self._store, name)

    def names(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every object below `prefix`."""
        for page in self._obstore.list(self._store, prefix):
            for entry in page:
                yield entry["path"], entry["last_modified"]

    def _known(self, name: str) -> None:
        try:
            self._obstore.head(self._store, name)
        except FileNotFoundError as error:
            raise NotFound("A stored file is not there any more.") from error


class _Object(io.RawIOBase):
    """An object of the bucket as Python's own files are."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the object goes."""
        data = bytes(self._reader.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)


def open_place(url: str, data_dir: Path) -> Place:
    """The place that `url` names, or the folder of the data folder when it names none."""
    if not url:
        return Folder(data_dir / "blobs")
    if url.startswith("file://"):
        return Folder(Path(url.removeprefix("file://")))
    if not url.startswith("s3://"):
        raise UsageError("TRANSCRIBE_BLOB_URL is s3://BUCKET/PREFIX or file:///FOLDER.")
    return Bucket(url)


def flush_folder(folder: Path) -> None:
    """Bring the entries of a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
