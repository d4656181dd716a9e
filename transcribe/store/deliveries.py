"""The table of reports on their way to whoever receives them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


class Delivery(Base):
    """One report version on its way to one target; `message_id` stays the same however often it is sent."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("version_id", "target"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    target: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime | None]
    acknowledgement: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
