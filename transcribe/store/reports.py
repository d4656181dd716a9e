"""The tables of what a job's report says: drafts, versions, decisions on them, signatures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


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
    docx: Mapped[str]
    """Digest of the blob of the DOCX."""
    created_at: Mapped[datetime]


class Version(Base):
    """One version of a report's text; numbers have no gaps and each but the first has one parent, the one before."""

    __tablename__ = "versions"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    number: Mapped[int]
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    body: Mapped[str]
    """Digest of the blob of the version's JSON."""
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("job_id", "number"),)


class CodeDecision(Base):
    """What an editor decided about one code of one version: accepted, rejected, replaced or added."""

    __tablename__ = "code_decisions"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), index=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    system: Mapped[str]
    code: Mapped[str]
    decision: Mapped[str]
    replaced_by: Mapped[str | None]
    decided_at: Mapped[datetime]


class MarkDecision(Base):
    """That a person looked at a mark of a version, and what came of it."""

    __tablename__ = "mark_decisions"
    __table_args__ = (UniqueConstraint("version_id", "start", "end", "kind"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    start: Mapped[int]
    end: Mapped[int]
    kind: Mapped[str]
    decision: Mapped[str]
    decided_at: Mapped[datetime]


class Signature(Base):
    """A person's signature under one version; `digest` binds content, version, signer, meaning and time."""

    __tablename__ = "signatures"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), index=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    printed_name: Mapped[str]
    meaning: Mapped[str]
    digest: Mapped[str]
    signed_at: Mapped[datetime]
