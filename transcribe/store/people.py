"""The tables of who may do what: people, their roles, and what programs show instead of a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


class Person(Base):
    """Somebody who can sign in."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """A role of a person in a clinic."""

    __tablename__ = "memberships"
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Token(Base):
    """What a program shows instead of a password; only the SHA-256 of the token is kept.

    A token without a person is a machine's, with `role`; one with a person has that person's roles in the clinic.
    """

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    role: Mapped[str | None]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
