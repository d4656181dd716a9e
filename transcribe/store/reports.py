"""The tables of what a job's report says: drafts, versions, decisions on them, signatures, and what people note."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


class Kind(StrEnum):
    """How a version came about."""

    DRAFT = "draft"
    EDIT = "edit"
    RESTORED = "restored"
    ADDENDUM = "addendum"
    CORRECTED = "corrected"
    """A signed text, to be edited and signed anew."""


class Draft(Base):
    """A machine draft: one per job and pipeline, where `pipeline` names everything that made it."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("job_id", "pipeline"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    pipeline: Mapped[str]
    body: Mapped[str]
    """Digest of the blob of the draft's JSON."""
    created_at: Mapped[datetime]


class Version(Base):
    """One version of a report's text; numbers have no gaps and each but the first has one parent, the one before."""

    __tablename__ = "versions"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(default=Kind.DRAFT.value, server_default=Kind.DRAFT.value)
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    body: Mapped[str]
    """Digest of the blob of the version's JSON: text, words, marks and decisions; a draft's holds its reading, too."""
    text_hash: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """SHA-256 of the text, as documents print it."""
    marks: Mapped[int] = mapped_column(default=0, server_default="0")
    """Places that somebody still has to look at."""
    reading: Mapped[str | None]
    """Digest of the blob of what was read from this version, the draft's JSON; None until it has been read."""
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("job_id", "number"),)


class CodeDecision(Base):
    """What a person decided about one code of a version that left their hands: counted, and learnt from."""

    __tablename__ = "code_decisions"
    __table_args__ = (Index("code_decisions_counts", "clinic_id", "system", "code", "decision", "replaced_by"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), index=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    system: Mapped[str]
    code: Mapped[str]
    decision: Mapped[str]
    replaced_by: Mapped[str] = mapped_column(default="")


class Signature(Base):
    """A person's signature under one version; `digest` binds content, version, signer, meaning and time."""

    __tablename__ = "signatures"
    __table_args__ = (UniqueConstraint("version_id", "meaning"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    printed_name: Mapped[str]
    meaning: Mapped[str]
    digest: Mapped[str]
    final: Mapped[bool] = mapped_column(default=False, server_default=false())
    """With it every signature was there, and the version became the report of record."""
    signed_at: Mapped[datetime]


class Note(Base):
    """What one person tells another about a job; `settled_at` is when it was answered or has lost its point."""

    __tablename__ = "notes"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    actor: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Skip(Base):
    """That somebody does not want to be given a job."""

    __tablename__ = "skips"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))


class Tally(Base):
    """What a released report amounts to, in figures: one row per job, made anew each time it is released."""

    __tablename__ = "tallies"
    __table_args__ = (Index("tallies_period", "clinic_id", "released_at"),)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    editor: Mapped[str]
    """Who released it."""
    author: Mapped[str]
    """The author's name as the header gives it."""
    recogniser: Mapped[str]
    work_type: Mapped[str]
    released_at: Mapped[datetime]
    hours: Mapped[float]
    """From receipt to release, and to the last signature where it is there."""
    signed_hours: Mapped[float | None]
    on_time: Mapped[bool]
    seconds: Mapped[float]
    characters: Mapped[int]
    visible: Mapped[int]
    """Characters that are no white space."""
    words: Mapped[int]
    edits: Mapped[int]
    """Words put in, taken out or replaced since the machine's draft."""
    offered: Mapped[int]
    """Codes that the machine suggested, and how many of those suggested were accepted."""
    accepted: Mapped[int]
    added: Mapped[int]
    """Codes that a person added or put in another's place."""


class Score(Base):
    """A reviewer's judgement of the difference between two versions of a report."""

    __tablename__ = "scores"
    __table_args__ = (UniqueConstraint("job_id", "left", "right"), Index("scores_period", "clinic_id", "at"))
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    left: Mapped[int]
    right: Mapped[int]
    reviewer: Mapped[str]
    editor: Mapped[str]
    """Whose work was judged; empty where it was the machine's."""
    author: Mapped[str]
    recogniser: Mapped[str]
    faults: Mapped[list[Any]]
    """[{"block", "severity", "category"}]; places and classes, no words."""
    critical: Mapped[int]
    minor: Mapped[int]
    score: Mapped[int]
    passed: Mapped[bool]
    at: Mapped[datetime]


class Preference(Base):
    """How one person wants the review room: keys, speed, abbreviations."""

    __tablename__ = "preferences"
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    settings: Mapped[dict[str, Any]]
    expander: Mapped[dict[str, Any]]
