"""A recording arrives: it is on disk, and in the queue, before anybody is told so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe import audio, failpoints
from transcribe.domain import CareSetting, Header
from transcribe.errors import NotFound, UnusableInput, UsageError
from transcribe.service.headers import to_json
from transcribe.service.house import House
from transcribe.service.turnaround import promised
from transcribe.store import audit, jobs
from transcribe.store.blobs import Arriving
from transcribe.store.engine import now, transaction
from transcribe.store.tables import Author, Clinic, Dictation, Encounter, IdempotencyKey, Job, Patient, State

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a recording: its job, an earlier job of the clinic with the very same recording, and whether
    this answer repeats the one given to the same request before.
    """

    job: str
    duplicate_of: str | None
    repeated: bool


def arriving(house: House, clinic: str) -> Arriving:
    """Where the bytes of a recording are written as they come; `receive` takes it."""
    return Arriving(house.blobs, clinic)


def receive(
    house: House,
    source: Path | IO[bytes] | Arriving,
    *,
    clinic: str,
    actor: str,
    file_name: str,
    header: Header,
    key: str = "",
    request: str = "",
) -> Received:
    """Keep a recording and put its job into the queue; when this returns, no crash can lose it.

    With an idempotency `key`, a request that is repeated gets the first one's answer; `request` stands for what was
    asked (by default header, name and recording), and the same key for another one is a `UsageError`.
    Raises `UnusableInput` for a recording without bytes, `UnknownFormat` for what its first bytes show to be none, and
    `NotFound` for a clinic or a file that is not there.
    """
    with _written(house, source, clinic) as recording:
        if not recording.size:
            raise UnusableInput("The recording is empty: it has no bytes at all.")
        audio.refuse_format("The file", recording.head)
        failpoints.reach("upload_written")
        recording.settle()
        failpoints.reach("upload_flushed")
        asked = request or _digest(header, file_name, recording.digest)
        with transaction(house.engine) as session:
            audit.lock_chain(session, clinic)  # So that a repeated request waits for the first to be answered.
            if earlier := _answered(session, clinic, actor, key, asked):
                return earlier
            same = _same_recording(session, clinic, recording.digest)
            recording.keep()
            failpoints.reach("upload_renamed")
            job = _put_down(session, recording, actor, file_name, header)
            if key:
                session.add(
                    IdempotencyKey(
                        clinic_id=clinic, actor=actor, key=key, request=asked, job_id=job.id, created_at=job.created_at
                    )
                )
            audit.record(session, clinic, actor, "received", job.id, digest=recording.digest, size=recording.size)
            failpoints.reach("receive_before_commit")
    failpoints.reach("receive_after_commit")
    house.ring("speech", job.id)
    return Received(job.id, same, repeated=False)


@contextmanager
def _written(house: House, source: Path | IO[bytes] | Arriving, clinic: str) -> Iterator[Arriving]:
    """The recording's bytes, arrived."""
    if isinstance(source, Arriving):
        with source:
            yield source
        return
    if isinstance(source, Path):
        if not source.is_file():
            raise NotFound(f"There is no file {source}.")
        with source.open("rb") as file, _written(house, file, clinic) as recording:
            yield recording
        return
    with arriving(house, clinic) as recording:
        while block := source.read(_BLOCK):
            recording.write(block)
        yield recording


def _digest(header: Header, file_name: str, recording: str) -> str:
    return sha256(json.dumps([to_json(header), file_name, recording], sort_keys=True).encode()).hexdigest()


def _answered(session: Session, clinic: str, actor: str, key: str, asked: str) -> Received | None:
    """The answer that was given for this idempotency key."""
    found = session.get(IdempotencyKey, (clinic, actor, key)) if key else None
    if found is None:
        return None
    if found.request != asked:
        raise UsageError("This idempotency key was used for another request; use a new one for each.")
    digest = session.scalar(select(Dictation.digest).join(Job).where(Job.id == found.job_id))
    earlier = _same_recording(session, clinic, digest or "")
    return Received(found.job_id, None if earlier == found.job_id else earlier, repeated=True)


def _same_recording(session: Session, clinic: str, digest: str) -> str | None:
    """The first job of the clinic for this recording that was not cancelled."""
    return session.scalar(
        select(Job.id)
        .join(Dictation)
        .where(Dictation.clinic_id == clinic, Dictation.digest == digest, Job.state != State.CANCELLED)
        .order_by(Job.created_at, Job.id)
        .limit(1)
    )


def _put_down(session: Session, recording: Arriving, actor: str, file_name: str, header: Header) -> Job:
    """The rows of a new dictation: who and what its header names, its job and the first step."""
    moment, clinic = now(session), recording.clinic
    patient = named(session, Patient, clinic, record_number=header.record_number)
    author = named(session, Author, clinic, name=header.author)
    encounter = named(session, Encounter, clinic, number=header.encounter)
    if patient is None and encounter and encounter.patient_id:
        patient = _visitor(session.get_one(Patient, encounter.patient_id), header)
    if patient:
        patient.name, patient.sex = header.patient or patient.name, header.sex or patient.sex
        patient.date_of_birth = header.date_of_birth or patient.date_of_birth
    if encounter:
        inside = CareSetting.INPATIENT in (header.setting, encounter.setting)
        encounter.setting = CareSetting.INPATIENT if inside else header.setting
        encounter.patient_id = patient.id if patient else encounter.patient_id
        encounter.date_of_service = header.date_of_service or encounter.date_of_service
    session.flush()
    header = _completed(header, patient, encounter)
    dictation = Dictation(
        clinic_id=clinic, author_id=author and author.id, patient_id=patient and patient.id,
        encounter_id=encounter and encounter.id, file_name=file_name, header=to_json(header),
        digest=recording.digest, size=recording.size, received_at=moment, received_by=actor,
    )  # fmt: skip
    session.add(dictation)
    session.flush()
    house_rules = session.get_one(Clinic, clinic).settings
    job = Job(
        clinic_id=clinic, dictation_id=dictation.id, work_type=header.work_type, state=State.QUEUED, stat=header.stat,
        due_at=moment + promised(header.work_type, stat=header.stat, rules=house_rules),
        created_at=moment, changed_at=moment,
    )  # fmt: skip
    session.add(job)
    session.flush()
    jobs.add_step(session, job, "recognise", "speech")
    return job


def _visitor(patient: Patient, header: Header) -> Patient | None:
    """The patient of the visit, unless the header names somebody else: then one is wrong, and a person decides."""
    same = set(re.findall(r"\w+", header.patient.casefold())) & set(re.findall(r"\w+", patient.name.casefold()))
    return patient if same or not header.patient else None


def _completed(header: Header, patient: Patient | None, encounter: Encounter | None) -> Header:
    """The header with what the clinic's own system has told of the patient and the visit."""
    if patient:
        header = replace(
            header, patient=header.patient or patient.name, record_number=patient.record_number,
            sex=header.sex or patient.sex, date_of_birth=header.date_of_birth or patient.date_of_birth,
        )  # fmt: skip
    if encounter:
        setting = CareSetting(encounter.setting)
        header = replace(
            header, setting=setting, date_of_service=header.date_of_service or encounter.date_of_service
        )  # fmt: skip
    return header


_Named = TypeVar("_Named", Patient, Author, Encounter)


def named(session: Session, table: type[_Named], clinic: str, **name: str) -> _Named | None:
    """The clinic's row of this name, new if need be; None when the header gives no name."""
    if not all(name.values()):
        return None
    found = session.scalar(select(table).filter_by(clinic_id=clinic, **name))
    if found is None:
        found = table(clinic_id=clinic, **name)
        session.add(found)
    return found
