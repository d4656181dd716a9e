"""A clinician signs a report, for good: the signature is bound to what it says, and the text never changes again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from transcribe.domain import WorkType
from transcribe.errors import NotAllowed, NotFound, UsageError
from transcribe.service import codes
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliver
from transcribe.service.review import tallies, versions
from transcribe.service.review.access import refuse
from transcribe.service.review.claims import drop, opened, take
from transcribe.service.review.refusals import WrongState
from transcribe.store import audit, jobs
from transcribe.store.engine import now, reading, transaction
from transcribe.store.receipts import Receipt
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Author, Clinic, Dictation, Job, State
from transcribe.work_types import work_type

AUTHOR, PROXY = "author", "proxy"
"""Meanings of a signature; one by proxy stands for the author's. A work type may ask for others beside it."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature: its id, its moment, and the digest that binds it."""

    signature: str
    at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a report must be signed as, each by another person, and whether somebody may sign for its author."""

    signatures: tuple[str, ...]
    proxy: bool


def sign(house: House, who: Principal, job: str, version: int, meaning: str = AUTHOR) -> Signed:
    """Sign the newest version; with the last signature that it needs the report is final and sets out.

    Whoever calls this has just made sure that it is this person. Raises `Overtaken` for an older version,
    `WrongState` for a signature that is there or not asked for, and `NotAllowed` for one this person may not give.
    """
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, "sign")
        newest = versions.expected(house, session, who, found, dictation, version)
        take(session, who, found)
        rule, given = _rule(session, found), _given(session, newest)
        _refuse(session, who, dictation, meaning, rule, given)
        row = Signature(
            version_id=newest.id, clinic_id=who.clinic, person_id=who.actor, printed_name=who.name, meaning=meaning,
            digest="", signed_at=now(session),
        )  # fmt: skip
        plain = versions.whole(house, newest, found.work_type)
        row.digest = _bound(found, newest, dictation, plain, row)
        row.final = not _missing(rule, [*given, row])
        session.add(row)
        drop(found)
        session.flush()
        if row.final:
            _finish(session, found, newest, plain)
        audit.record(session, who.clinic, who.actor, "signed", job, version=version, meaning=meaning, digest=row.digest)
    return Signed(row.id, row.signed_at, row.digest)


def _finish(session: Session, job: Job, version: Version, plain: Mapping[str, Any]) -> None:
    """The version is the report of record now: whoever had an earlier one has to take note of it anew."""
    jobs.move(session, job, State.SIGNED)
    codes.note_decisions(session, version, plain["decisions"])
    if job.signed_at is None:
        tallies.note_signed(session, job)
    job.signed_at, job.withdrawn_at = now(session), None
    session.execute(delete(Receipt).where(Receipt.job_id == job.id))
    deliver.signed(session, job, version)


def refuse_early(house: House, who: Principal, job: str, version: int, meaning: str) -> None:
    """Raise as `sign` would, before anybody is asked for a password."""
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, "sign")
        newest = versions.expected(house, session, who, found, dictation, version)
        _refuse(session, who, dictation, meaning, _rule(session, found), _given(session, newest))


def needed(house: House, who: Principal, job: str) -> list[str]:
    """The meanings that this person may still sign the newest version with."""
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        rule, given = _rule(session, found), _given(session, versions.latest(session, found))
        return [
            meaning for meaning in (*rule.signatures, PROXY) if _fits(session, who, dictation, meaning, rule, given)
        ]


def verify(house: House, clinic: str, job: str) -> list[dict[str, Any]]:
    """Each signature under the job's report, with whether all that it is bound to is still as it was."""
    with reading(house.engine) as session:
        if session.scalar(select(Job.clinic_id).where(Job.id == job)) != clinic:
            raise NotFound(f"There is no job {job}.")
        rows = session.execute(
            select(Signature, Version, Job, Dictation)
            .join(Version, Version.id == Signature.version_id)
            .join(Job, Job.id == Version.job_id)
            .join(Dictation, Dictation.id == Job.dictation_id)
            .where(Job.id == job)
            .order_by(Signature.signed_at)
        ).all()
    return [
        {
            "signature": row.id, "name": row.printed_name, "meaning": row.meaning, "at": row.signed_at,
            "version": version.number, "hash": row.digest,
            "whole": row.digest == _bound(job_, version, about, versions.whole(house, version, job_.work_type), row),
        }
        for row, version, job_, about in rows
    ]  # fmt: skip


def _bound(job: Job, version: Version, dictation: Dictation, plain: Mapping[str, Any], row: Signature) -> str:
    """SHA-256 over what the signature stands for, in canonical JSON (sorted keys, no blanks, UTF-8)."""
    content = {
        "job": job.id,
        "version": version.number,
        "text": sha256(plain["text"].encode()).hexdigest(),
        "header": sha256(_canonical(dictation.header)).hexdigest(),
        "codes": sorted([code["system"], code["code"]] for code in plain.get("accepted", ())),
        "signer": row.person_id,
        "name": row.printed_name,
        "meaning": row.meaning,
        "at": row.signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return sha256(_canonical(content)).hexdigest()


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _rule(session: Session, job: Job) -> Rule:
    """The rule of the work type, or the clinic's own: "signing": {WORK TYPE: {"signatures": […], "proxy": …}}."""
    usual: WorkType = work_type(job.work_type)
    own = session.get_one(Clinic, job.clinic_id).settings.get("signing", {}).get(usual.key, {})
    return Rule(tuple(own.get("signatures", usual.signatures)), own.get("proxy", usual.proxy))


def _given(session: Session, version: Version) -> list[Signature]:
    return list(session.scalars(select(Signature).where(Signature.version_id == version.id)))


def _missing(rule: Rule, given: list[Signature]) -> set[str]:
    """The meanings that nobody has signed with yet."""
    return set(rule.signatures) - {AUTHOR if row.meaning == PROXY else row.meaning for row in given}


def _refuse(
    session: Session, who: Principal, dictation: Dictation, meaning: str, rule: Rule, given: list[Signature]
) -> None:
    place = AUTHOR if meaning == PROXY else meaning
    if place not in rule.signatures:
        raise UsageError(f"This report is signed as: {', '.join(rule.signatures)}.")
    if place not in _missing(rule, given):
        raise WrongState(f"This report is signed as {meaning} already.")
    if any(row.person_id == who.actor for row in given):
        raise NotAllowed("The second signature is another person's.")
    if meaning == PROXY and not rule.proxy:
        raise NotAllowed("Nobody may sign this kind of report for its author.")
    if meaning == AUTHOR and not _is_author(session, who, dictation):
        raise NotAllowed("Only its author signs a report as such; an administrator says which person an author is.")


def _fits(
    session: Session, who: Principal, dictation: Dictation, meaning: str, rule: Rule, given: list[Signature]
) -> bool:
    try:
        _refuse(session, who, dictation, meaning, rule, given)
    except (UsageError, NotAllowed):
        return False
    return not (meaning == PROXY and _is_author(session, who, dictation))


def _is_author(session: Session, who: Principal, dictation: Dictation) -> bool:
    """Whether this person dictated it: as the clinic says, else by name. Who dictated unnamed signs for themselves."""
    if dictation.author_id is None:
        return True
    author = session.get_one(Author, dictation.author_id)
    return author.person_id == who.actor if author.person_id else _plain(author.name) == _plain(who.name)


def _plain(name: str) -> list[str]:
    """A name without its title and credentials, in any order: "Dr. Ann Lee", "Lee, Ann" and "Ann Lee, MD" are one."""
    return sorted(set(re.findall(r"\w+", name.lower())) - _TITLES)


_TITLES = frozenset({"dr", "prof", "md", "do", "phd", "np", "pa", "rn", "facs", "facp", "c"})
