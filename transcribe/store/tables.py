"""The tables. Every row that holds or leads to a patient's data belongs to a clinic."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


class State(StrEnum):
    """How far a job is."""

    RECEIVED = "received"
    QUEUED = "queued"
    RECOGNISING = "recognising"
    ANNOTATING = "annotating"
    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    SIGNED = "signed"
    DELIVERED = "delivered"
    ON_HOLD = "on_hold"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """How far one step of a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"
    """Not to be taken up: the job is on hold, or another step of it has failed."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Clinic(Base):
    """Whoever's dictations these are; `settings` holds retention rules and house style by name.

    `served_at` is when a worker last took up a step of theirs, which keeps the queue fair.
    `wrapped_key` is the key of the clinic's blobs, encrypted with the master key, when blobs are encrypted.
    """

    __tablename__ = "clinics"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    wrapped_key: Mapped[str | None]
    ds2_password: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """What the clinic's recorders encrypt DS2 dictations with, sealed under the clinic's key where it has one."""
    served_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Author(Base):
    """A clinician who dictates."""

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("clinic_id", "name"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    name: Mapped[str]
    initials: Mapped[str] = mapped_column(default="")
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class Patient(Base):
    """A patient of a clinic, as headers and interfaces name them."""

    __tablename__ = "patients"
    __table_args__ = (UniqueConstraint("clinic_id", "record_number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    record_number: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    date_of_birth: Mapped[date | None]
    sex: Mapped[str] = mapped_column(default="")


class Encounter(Base):
    """A visit or a stay."""

    __tablename__ = "encounters"
    __table_args__ = (UniqueConstraint("clinic_id", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"))
    number: Mapped[str]
    setting: Mapped[str]
    date_of_service: Mapped[date | None]


class Dictation(Base):
    """A received recording: its header as given, its blob, and what was found when it was decoded."""

    __tablename__ = "dictations"
    __table_args__ = (
        Index("dictations_same", "clinic_id", "digest"),
        Index("dictations_sent", "clinic_id", "received_by", "received_at"),
        Index("dictations_received", "clinic_id", "received_at"),
        Index("dictations_dictated", "clinic_id", "author_id", "received_at"),
        Index("dictations_erasing", "audio_erased", "audio_deleted_at"),
        Index("dictations_by", "author_id"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("authors.id"))
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"))
    encounter_id: Mapped[str | None] = mapped_column(ForeignKey("encounters.id"))
    file_name: Mapped[str]
    header: Mapped[dict[str, Any]]
    digest: Mapped[str]
    """SHA-256 of the recording, which names its blob."""
    ds2_password: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """What it is encrypted with, where somebody said so, sealed likewise; gone as soon as it has been decoded."""
    size: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    playable: Mapped[str | None]
    """Digest of the blob, under the job, of the copy that browsers play; it goes with the recording."""
    peaks: Mapped[str | None]
    """Digest of the blob of the wave's outline, likewise."""
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    audio_deleted_at: Mapped[datetime | None]
    """When a retention rule ended the recording's life; from then on nothing may rely on its blob."""
    audio_erased: Mapped[bool] = mapped_column(default=False)
    """Whether the blob has been removed since."""


def _where_there(name: str, *columns: str) -> Index:
    """An index of the few rows that have a value in the last of the columns."""
    there = text(f"{columns[-1]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=there, postgresql_where=there)


class Job(Base):
    """The progress of one dictation. `due_at` is when the report is promised; the clock stops while `on_hold`.

    `held_from` is the state that a job on hold goes back to; `held_at` when its clock stopped.
    `drafts_deleted_at` and `drafts_erased` are for drafts and versions what those of a dictation are for its audio.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("jobs_newest", "clinic_id", "created_at", "id"),
        Index("jobs_newest_in_state", "clinic_id", "state", "created_at", "id"),
        Index("jobs_ageing", "clinic_id", "state", "due_at"),
        Index("jobs_erasing", "drafts_erased", "drafts_deleted_at"),
        Index("jobs_review", "clinic_id", "state", "stage", "stat", "due_at", "id"),
        _where_there("jobs_claimed", "claimed_by"),
        _where_there("jobs_assigned", "assigned_to"),
        _where_there("jobs_addenda", "parent_id"),
        _where_there("jobs_signed", "clinic_id", "signed_at"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    dictation_id: Mapped[str] = mapped_column(ForeignKey("dictations.id"), unique=True)
    work_type: Mapped[str] = mapped_column(default="")
    """Key of the work type; empty until it is known."""
    state: Mapped[str] = mapped_column(default=State.QUEUED.value)
    stat: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime]
    reason_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    held_from: Mapped[str | None]
    held_at: Mapped[datetime | None]
    drafts_deleted_at: Mapped[datetime | None]
    drafts_erased: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Within the review: empty for every editor, `qa` for who looks after quality, `returned` for the author."""
    claimed_by: Mapped[str | None]
    """Who works on it in the review room until `claimed_until`; nobody else changes it meanwhile."""
    claimed_until: Mapped[datetime | None]
    assigned_to: Mapped[str | None]
    """Whose it is to do, where that was said."""
    parent_id: Mapped[str | None]
    """The job whose signed report this one adds to."""
    signed_at: Mapped[datetime | None]
    """When its report got its last signature; it stays signed as it was then while it is being corrected."""
    withdrawn_at: Mapped[datetime | None]
    """When somebody said that the signed report does not count any more."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Step(Base):
    """A piece of work on a job that one worker does under a lease.

    name: `recognise` (decode; hear if short, else cut into parts), `hear` (one part), `draft` (the text half).
    `token` fences: only who holds it may finish. `run_after` delays a repetition. `rung_at` is when a message
    was last sent for it. `clinic_id`, `stat` and `due_at` are the job's, kept here so that the choice is one index.
    """

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("job_id", "name", "part"),
        Index("steps_choice", "queue", "state", "stat", "clinic_id", "due_at", "part"),
        Index("steps_leases", "state", "lease_until"),
        Index("steps_rung", "state", "rung_at"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    name: Mapped[str]
    part: Mapped[int] = mapped_column(default=0)
    queue: Mapped[str]
    state: Mapped[str] = mapped_column(default=StepState.WAITING.value)
    stat: Mapped[bool]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None]
    worker: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]
    run_after: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    input: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """For `hear`: {"blob"}, the digest of its chunks."""
    result: Mapped[str | None]
    """Digest of the blob that holds what came of it."""
    made_by: Mapped[str] = mapped_column(default="")
    seconds: Mapped[float] = mapped_column(default=0.0)
    """Audio seconds that it is about, as far as they are known."""
    seconds_done: Mapped[float] = mapped_column(default=0.0)
    """Audio seconds of them that have been heard."""


class AuditHead(Base):
    """Where a clinic's audit chain ends; whoever adds to the chain locks this row first."""

    __tablename__ = "audit_heads"
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(default="")


class AuditEntry(Base):
    """Who did what to whose data, chained by hash within the clinic; rows are only ever added."""

    __tablename__ = "audit"
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    """Id of a person or token, or `system`."""
    action: Mapped[str]
    subject: Mapped[str]
    """Id of what it was done to."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Ids, codes and counts; never a patient's words."""
    hash: Mapped[str]


class IdempotencyKey(Base):
    """The answer given to a request, given again when the same request comes twice."""

    __tablename__ = "idempotency_keys"
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    """Digest of what was asked."""
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    created_at: Mapped[datetime]


class Upload(Base):
    """A resumable upload (tus 1.0) that is not complete yet; its bytes lie in the data folder under its id."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    actor: Mapped[str]
    length: Mapped[int | None] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"))
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
