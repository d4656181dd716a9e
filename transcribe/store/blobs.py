"""Recordings and results as blobs: named by their SHA-256, kept per clinic, encrypted when the clinic has a key.

A recording is `CLINIC/aa/bb/SHA256`, shared by dictations of the clinic that are the same, and removed when none of
them needs it. What is made from it lies under the job, `CLINIC/JOB/SHA256`, and is removed with the job's drafts.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

from transcribe.errors import TranscribeError, UnusableInput
from transcribe.store.places import Place
from transcribe.store.sealing import Sealer, opened

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20

HEAD_BYTES = 64
"""How much of the beginning is kept in sight; it says what a file is."""


class Arriving:
    """Bytes on their way in: `write` them, `settle`, then `keep` within the transaction that needs them.

    `digest` and `size` are those of the plain bytes so far, `head` is the first of them. Use it as a context: what was
    not kept is removed.
    """

    def __init__(self, blobs: Blobs, clinic: str, job: str = "") -> None:
        key = blobs.key_of(clinic)
        self.clinic, self.job, self.size, self.head = clinic, job, 0, b""
        self._blobs, self._hash, self._sealer = blobs, sha256(), Sealer(key) if key else None
        self._path = blobs.arriving / uuid4().hex
        self._file = self._path.open("xb")

    @property
    def digest(self) -> str:
        """SHA-256 of what was written."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Take in some bytes, and say how many."""
        self.head += data[: HEAD_BYTES - len(self.head)]
        self._hash.update(data)
        self.size += len(data)
        self._file.write(self._sealer.update(data) if self._sealer else data)
        return len(data)

    def settle(self) -> None:
        """Bring everything that was written to the disk; nothing can be written after it."""
        if self._sealer:
            self._file.write(self._sealer.finish())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._blobs.place.send(self._path, self._name())

    def keep(self) -> str:
        """Give the settled bytes their digest as name, to stay. A blob of that name is replaced by its like."""
        self._blobs.place.keep(self._path, self._name())
        return self.digest

    def _name(self) -> str:
        return name_of(self.clinic, self.digest, self.job)

    def discard(self) -> None:
        """Forget what was not kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Arriving:
        return self

    def __exit__(self, *_error: object) -> None:
        self.discard()


class Blobs:
    """The blobs of all clinics; `key_of` gives a clinic's key, or None when its blobs are kept as they are."""

    def __init__(self, place: Place, arriving: Path, key_of: Callable[[str], bytes | None]) -> None:
        self.place, self.arriving, self.key_of = place, arriving, key_of
        arriving.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, clinic: str, job: str, data: bytes) -> str:
        """Keep what was made for a job, and return its digest."""
        with Arriving(self, clinic, job) as arriving:
            arriving.write(data)
            arriving.settle()
            return arriving.keep()

    def pieces(self, clinic: str, digest: str, job: str = "") -> Iterator[bytes]:
        """The plain bytes, piece by piece; the last piece comes only if the digest is right.

        Raises `NotFound` for a blob that is not there and `TranscribeError` for one that is not what was kept.
        """
        key, found, held = self.key_of(clinic), sha256(), b""
        with self.place.open(name_of(clinic, digest, job)) as file:
            for piece in opened(file, key) if key else iter(lambda: bytes(file.read(_BLOCK)), b""):
                found.update(piece)
                if held:
                    yield held
                held = piece
        if found.hexdigest() != digest:
            raise TranscribeError("A stored file is damaged: its bytes are not those that were received.")
        yield held

    def read(self, clinic: str, digest: str, job: str = "") -> bytes:
        """All the plain bytes; raises as `pieces` does."""
        return b"".join(self.pieces(clinic, digest, job))

    @contextmanager
    def local(self, clinic: str, digest: str, job: str = "") -> Iterator[Path]:
        """A path to the plain bytes for as long as the block lasts.

        Plain bytes of an encrypted blob are not written to a disk where the system has memory files.
        """
        if not self.key_of(clinic) and (path := self.place.file(name_of(clinic, digest, job))):
            self.check(clinic, digest, job)
            yield path
            return
        with _memory_file() as (file, path):
            for piece in self.pieces(clinic, digest, job):
                file.write(piece)
            file.flush()
            yield path

    def check(self, clinic: str, digest: str, job: str = "") -> None:
        """Read the blob to its end; raises as `pieces` does."""
        for _ in self.pieces(clinic, digest, job):
            pass

    def delete(self, clinic: str, digest: str, job: str = "") -> None:
        """Remove a blob, whether it is there or not."""
        self.place.delete(name_of(clinic, digest, job))

    def delete_job(self, clinic: str, job: str) -> None:
        """Remove everything that was made for a job."""
        for name, _ in list(self.place.names(f"{clinic}/{job}")):
            self.place.delete(name)


def name_of(clinic: str, digest: str, job: str = "") -> str:
    """Where a blob lies; only digests name blobs."""
    if not _DIGEST.fullmatch(digest):
        raise UnusableInput("This is not the digest of a stored file.")
    return f"{clinic}/{job}/{digest}" if job else f"{clinic}/{digest[:2]}/{digest[2:4]}/{digest}"


@contextmanager
def _memory_file() -> Iterator[tuple[io.FileIO | io.BufferedWriter, Path]]:
    """A file for plain bytes, which child processes can open by its path, and which ends with this process."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("recording"), "wb") as file:
            yield file, Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        return
    with NamedTemporaryFile(prefix="transcribe-") as named:
        yield named.file, Path(named.name)  # type: ignore[misc] # typeshed does not say that it is a file
