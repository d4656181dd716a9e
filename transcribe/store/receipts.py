"""The table of who acknowledged which finished report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base


class Receipt(Base):
    """That somebody of the receiving clinic has a report; only who was first is noted."""

    __tablename__ = "receipts"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    actor: Mapped[str]
    """Id of a person or token."""
    at: Mapped[datetime]
