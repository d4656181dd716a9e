"""The tables of who may do what: people, their roles, how they sign in, and what programs show instead of a password.

Of whatever somebody shows as a proof (the cookie of a session or a device, a link, a token, a recovery code) only the
SHA-256 is kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from transcribe.store.columns import Base, new_id


class Person(Base):
    """Somebody who can sign in.

    `totp` is the shared secret of their second factor, as `service.totp` keeps it, in force from `totp_at` on;
    `totp_step` is the last time step whose code was taken, so that none is taken twice.
    `subject` is who they are for the clinic's own sign-in service: issuer and id, divided by a blank.
    """

    __tablename__ = "people"
    __table_args__ = (Index("people_subject", "subject", unique=True),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    totp: Mapped[str | None]
    totp_at: Mapped[datetime | None]
    totp_step: Mapped[int | None]
    subject: Mapped[str | None]


class Membership(Base):
    """A role of a person in a clinic."""

    __tablename__ = "memberships"
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Token(Base):
    """What a program shows instead of a password.

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


class SignIn(Base):
    """A browser session of a person in one clinic; ending it deletes the row, the audit chain remembers it.

    `stage` is how far signing in has come (`service.sessions.Stage`). `confirmed_at` is when the person last showed
    both password and code to sign a report in this session.
    """

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinics.id"))
    stage: Mapped[str]
    agent: Mapped[str] = mapped_column(default="")
    """What the browser calls itself."""
    address: Mapped[str] = mapped_column(default="")
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Device(Base):
    """A browser from which a person has signed in; guesses made elsewhere do not keep its owner out."""

    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    seen_at: Mapped[datetime]


class Try(Base):
    """An attempt at signing in that was not right, or is still being checked, counted under `subject`."""

    __tablename__ = "tries"
    __table_args__ = (Index("tries_recent", "subject", "at"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str]
    at: Mapped[datetime]


class Link(Base):
    """A link that works once: an invitation, a reset, or the very first admin's."""

    __tablename__ = "links"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code that stands in for a lost second factor, once: using it deletes the row."""

    __tablename__ = "recovery_codes"
    digest: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
