"""A recording that arrives in pieces: its bytes lie in a file, a row says how many of them are safe on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from transcribe.errors import NotFound, TryLater, UsageError
from transcribe.service.house import House
from transcribe.store.engine import now, reading, transaction
from transcribe.store.tables import Upload

KEPT = timedelta(days=2)
"""How long an upload may take from its first byte to its last; one that is not complete by then is dropped."""

LEASE = timedelta(seconds=30)
"""How long a writer that has gone silent keeps others out."""

_PIECE = 1024 * 1024

_BUSY = "Another request writes to this upload now."


class Busy(TryLater):
    """Somebody else is the writer of an upload."""


@dataclass(frozen=True, slots=True)
class Uploading:
    """How far an upload is; `length` in bytes, None while unknown; `job` once it is complete and received."""

    id: str
    length: int | None
    offset: int
    metadata: Mapping[str, Any]
    job: str | None
    expires_at: datetime


def begin(house: House, clinic: str, actor: str, *, length: int | None, metadata: Mapping[str, Any]) -> Uploading:
    """A new upload of `length` bytes, of which none is here."""
    with transaction(house.engine) as session:
        moment = now(session)
        row = Upload(
            clinic_id=clinic, actor=actor, length=length, metadata_=dict(metadata),
            created_at=moment, expires_at=moment + KEPT,
        )  # fmt: skip
        session.add(row)
        session.flush()
        path = _path(house, row.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        return _seen(row)


def find(house: House, clinic: str, actor: str, upload: str) -> Uploading:
    """The upload; `NotFound` for what is not this actor's, has expired or was ended."""
    with reading(house.engine) as session:
        return _seen(_row(session, clinic, actor, upload))


def set_length(house: House, upload: Uploading, length: int) -> Uploading:
    """Say how long the upload will be; `UsageError` when that was said before and differs."""
    with transaction(house.engine) as session:
        row = session.get_one(Upload, upload.id)
        if row.length not in (None, length) or length < row.offset:
            raise UsageError("The length of an upload cannot change.")
        row.length = length
        return _seen(row)


def end(house: House, upload: Uploading) -> None:
    """Forget the upload and its bytes; `Busy` while somebody writes to it."""
    with transaction(house.engine) as session:
        _lease(session, upload.id)
        session.execute(delete(Upload).where(Upload.id == upload.id))
    _path(house, upload.id).unlink(missing_ok=True)


def pieces(house: House, upload: Uploading, left: int) -> Iterator[bytes]:
    """The first `left` bytes of the upload."""
    with _path(house, upload.id).open("rb") as file:
        while piece := file.read(min(_PIECE, left)):
            left -= len(piece)
            yield piece


def drop_expired(house: House) -> int:
    """Forget what was not completed in time; returns how many uploads that were."""
    with transaction(house.engine) as session:
        gone = list(session.scalars(select(Upload.id).where(Upload.expires_at < now(session)).limit(500)))
        session.execute(delete(Upload).where(Upload.id.in_(gone)))
    for upload in gone:
        _path(house, upload).unlink(missing_ok=True)
    return len(gone)


class Writer:
    """The one writer of an upload, for as long as its lease holds; `upload` is how far it was when it began."""

    def __init__(self, house: House, upload: Uploading, until: datetime) -> None:
        self.upload, self.offset = upload, upload.offset
        self._house, self._until, self._renewed = house, until, monotonic()
        # Whatever stands beyond the offset was never acknowledged.
        self._file = os.open(_path(house, upload.id), os.O_WRONLY)
        os.ftruncate(self._file, self.offset)

    @property
    def silent(self) -> float:
        """Seconds since the lease was taken or renewed."""
        return monotonic() - self._renewed

    def write(self, data: bytes) -> None:
        """Put `data` behind what is there; it counts only after `save`."""
        if self.silent > LEASE.total_seconds():
            raise Busy(_BUSY)
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, self.offset)
            self.offset += written
            view = view[written:]

    def save(self) -> None:
        """Make what was written safe on disk and count it, and renew the lease; `Busy` when another has it now."""
        os.fsync(self._file)
        self._renew(offset=self.offset)

    def renew(self) -> None:
        """Renew the lease without counting what was written since; `Busy` when another has it now."""
        self._renew()

    def _renew(self, **values: Any) -> None:
        with transaction(self._house.engine) as session:
            until = now(session) + LEASE
            if not self._own(session, locked_until=until, **values):
                raise Busy(_BUSY)
        self._until, self._renewed = until, monotonic()

    def received(self, job: str, answer: Mapping[str, str]) -> Uploading:
        """Note the job that the upload became, and what was answered; its bytes are in the blobs now."""
        with transaction(self._house.engine) as session:
            row = session.get_one(Upload, self.upload.id)
            row.job_id, row.metadata_ = job, {**row.metadata_, "answer": dict(answer)}
            seen = _seen(row)
        _path(self._house, self.upload.id).unlink(missing_ok=True)
        return seen

    def spoilt(self) -> None:
        """Forget the upload: its bytes are not those that were announced."""
        with transaction(self._house.engine) as session:
            session.execute(delete(Upload).where(Upload.id == self.upload.id))
        _path(self._house, self.upload.id).unlink(missing_ok=True)

    def close(self) -> None:
        """Let the next writer in."""
        os.close(self._file)
        with transaction(self._house.engine) as session:
            self._own(session, locked_until=None)

    def _own(self, session: Session, **values: Any) -> bool:
        """Change the row if the lease is still this writer's: the moment it ends is what it is known by."""
        done = session.execute(
            update(Upload).where(Upload.id == self.upload.id, Upload.locked_until == self._until).values(**values)
        )
        assert isinstance(done, CursorResult)
        return done.rowcount == 1


def open_writer(house: House, upload: Uploading) -> Writer:
    """Become the writer of the upload, to be closed at the end; `Busy` while another is."""
    with transaction(house.engine) as session:
        until = _lease(session, upload.id)
        fresh = _seen(session.get_one(Upload, upload.id))
    return Writer(house, fresh, until)


def _lease(session: Session, upload: str) -> datetime:
    """Take the lease of the upload and return when it ends; `Busy` while another has it."""
    moment = now(session)
    free = or_(Upload.locked_until.is_(None), Upload.locked_until < moment)
    taken = session.execute(update(Upload).where(Upload.id == upload, free).values(locked_until=moment + LEASE))
    assert isinstance(taken, CursorResult)
    if taken.rowcount != 1:
        raise Busy(_BUSY)
    return moment + LEASE


def _row(session: Session, clinic: str, actor: str, upload: str) -> Upload:
    row = session.execute(
        select(Upload).where(
            Upload.id == upload, Upload.clinic_id == clinic, Upload.actor == actor, Upload.expires_at > now(session)
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("There is no such upload, or its time is over.")
    return row


def _seen(row: Upload) -> Uploading:
    return Uploading(row.id, row.length, row.offset, row.metadata_, row.job_id, row.expires_at)


def _path(house: House, upload: str) -> Path:
    return house.settings.data_dir / "uploads" / upload
