"""The house: the database, the blobs and the bell that every use case works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from transcribe.errors import NotFound
from transcribe.settings import Settings
from transcribe.store.blobs import Blobs
from transcribe.store.engine import default_url, open_engine, reading
from transcribe.store.places import open_place
from transcribe.store.schema import prepare
from transcribe.store.sealing import master_key, unwrapped
from transcribe.store.tables import Clinic

SYSTEM = "system"
"""The actor of what no person did."""

Ring = Callable[[str, str], None]
"""Tells the workers of a queue that there is a job; it never raises, as the sweep makes up for a call nobody heard."""


@dataclass(frozen=True, slots=True)
class House:
    """What every use case works with; one per process, opened after the fork."""

    engine: Engine
    blobs: Blobs
    settings: Settings
    ring: Ring

    @property
    def lease(self) -> timedelta:
        """How long a worker may be silent."""
        return timedelta(seconds=self.settings.lease_seconds)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def nobody(_queue: str, _job: str) -> None:
    """Rings for nobody: for commands that leave it to the sweep."""


def open_house(settings: Settings, ring: Ring = nobody) -> House:
    """Open database and blobs, making or bringing them up to date where that is safe.

    Raises `MissingPart` for a database that can lose rows or whose schema is not this version's.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    prepare(engine)
    place = open_place(settings.blob_url, settings.data_dir)
    return House(engine, Blobs(place, settings.data_dir / "arriving", _keys(engine, settings)), settings, ring)


def _keys(engine: Engine, settings: Settings) -> Callable[[str], bytes | None]:
    """The key of each clinic that has one; it is looked up once, as it never changes."""
    master = master_key(settings.master_key)
    known: dict[str, bytes | None] = {}

    def key_of(clinic: str) -> bytes | None:
        if clinic not in known:
            with reading(engine) as session:
                found = session.get(Clinic, clinic)
            if found is None:
                raise NotFound("There is no such clinic.")
            known[clinic] = unwrapped(found.wrapped_key, master) if found.wrapped_key else None
        return known[clinic]

    return key_of
