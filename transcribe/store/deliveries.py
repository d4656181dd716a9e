"""The tables of reports on their way out: where a clinic wants them, each one's way there, and letterheads."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


class Way(StrEnum):
    """How far a report is on its way to one target."""

    WAITING = "waiting"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    """A person stopped it and may let it go on."""
    REFUSED = "refused"
    """The receiver has read it and does not want it."""
    FAILED = "failed"
    """It cannot be made or could not be brought there for days."""
    CANCELLED = "cancelled"


class Target(Base):
    """Where signed reports of a clinic go; `settings` are those of its `kind`.

    `secret` is sealed when the clinic has a key. `failures` in a row make it rest until `rests_until`, so that a
    receiver that is down costs one attempt, whatever waits for it.
    """

    __tablename__ = "targets"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secret: Mapped[str] = mapped_column(Text, default="")
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None]
    served_at: Mapped[datetime | None]
    """When something was last sent there, which keeps those who send fair."""
    paused_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Delivery(Base):
    """One version of a report on its way to one target, because of what happened to it: a value of `Happened`.

    `message_id` and `made_at` stay the same however often it is sent, so that it is the same message. `report_id` is
    the job of the report that it happened to: of an addendum, the job of the report it is added to.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("deliveries_choice", "state", "target_id", "made_at"),
        Index("deliveries_newest", "clinic_id", "made_at", "id"),
        Index("deliveries_order", "report_id", "target_id", "made_at"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    target_id: Mapped[str] = mapped_column(ForeignKey("targets.id"))
    happened: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    """Why, in the words of the person who withdrew it."""
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=Way.WAITING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    run_after: Mapped[datetime | None]
    reason_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    acknowledgement: Mapped[str] = mapped_column(Text, default="")
    """What the receiver said when it took the report."""
    digest: Mapped[str] = mapped_column(default="")
    """SHA-256 of what was sent last."""
    told_at: Mapped[datetime | None]
    """When somebody was told that it does not arrive."""
    acknowledged_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Letterhead(Base):
    """A clinic's Word template for a work type, or for all (""); of those not retired the newest is used."""

    __tablename__ = "letterheads"
    __table_args__ = (Index("letterheads_choice", "clinic_id", "work_type", "created_at"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    name: Mapped[str]
    work_type: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    """Digest of the blob of the template, which lies under the letterhead's id."""
    used: Mapped[list[Any]] = mapped_column(default=list)
    """The names of the fields in it."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
