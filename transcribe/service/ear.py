"""For the ear: the copy of a recording that browsers play, and the outline of its wave; made once and kept."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from transcribe import audio
from transcribe.errors import NotFound
from transcribe.service.house import House
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.store.jobs import Claim
from transcribe.store.tables import Dictation, Job

What = Literal["audio", "peaks"]

MEDIA_TYPES: dict[What, str] = {"audio": "audio/webm", "peaks": "application/octet-stream"}
_SUFFIXES: dict[What, str] = {"audio": "webm", "peaks": "peaks"}


@dataclass(frozen=True, slots=True)
class Made:
    """Something made from a recording; `digest` names its bytes for ever."""

    content: bytes
    media_type: str
    file_name: str
    digest: str


def make(house: House, claim: Claim, recording: audio.Recording) -> dict[str, str]:
    """Make both from the recording of the claim's job: their digests, by the columns of the dictation they are for."""
    copy = io.BytesIO()  # Half an hour takes 5 MB, and no plain byte of it touches a disk.
    audio.playable(recording, copy)
    playable = house.blobs.put(claim.clinic, claim.job, copy.getvalue())
    peaks = house.blobs.put(claim.clinic, claim.job, audio.peaks(recording).tobytes())
    return {"playable": playable, "peaks": peaks}


def listen(house: House, clinic: str, actor: str, job: str, what: What) -> Made:
    """The copy or the outline of a job's recording, audited as read.

    Raises `NotFound` for a job that is not the clinic's, and for what is not made yet or was deleted.
    """
    with transaction(house.engine) as session:
        dictation = session.scalar(select(Dictation).join(Job).where(Job.id == job, Job.clinic_id == clinic))
        if dictation is None:
            raise NotFound(f"There is no job {job}.")
        if dictation.audio_deleted_at:
            raise NotFound(f"The recording of job {job} was deleted by a retention rule.")
        digest = dictation.playable if what == "audio" else dictation.peaks
        if digest is None:
            raise NotFound(f"The recording of job {job} cannot be played yet: it has not been decoded.")
        audit.record(session, clinic, actor, "listened", job, what=what)
    content = house.blobs.read(clinic, digest, job)
    return Made(content, MEDIA_TYPES[what], f"{job}.{_SUFFIXES[what]}", digest)


def made_from(dictation: Dictation) -> Iterator[str]:
    """The digests of what was made from a recording, kept under its job."""
    yield from filter(None, (dictation.playable, dictation.peaks))
