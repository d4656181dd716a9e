"""The review queue: what is to be done first, by whom, and what people do with a report besides editing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from transcribe.errors import NotFound
from transcribe.service import auditing
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.jobs import JobView, shown
from transcribe.service.review import notes
from transcribe.service.review.access import EDITORS, QA, RETURNED, refuse
from transcribe.service.review.claims import as_seen, drop, is_live, names, opened, take
from transcribe.service.review.notes import NoteKind
from transcribe.store import audit
from transcribe.store import jobs as rows
from transcribe.store.engine import now, plan_anew, reading, transaction
from transcribe.store.people import Membership, Person
from transcribe.store.reports import Note, Skip, Tally, Version
from transcribe.store.tables import Author, Dictation, Job, State

_GIVEN_TO = EDITORS | {"transcriptionist"}
"""The roles of people a report can be given to."""


class Scope(StrEnum):
    """Which reports are asked for."""

    OPEN = "open"
    """In review, for every editor."""
    MINE = "mine"
    """Those that this person has claimed or was given."""
    QA = "qa"
    RETURNED = "returned"
    """Back with their author, who was asked something."""
    TO_SIGN = "to_sign"
    """This person's own dictations that were released, and those of authors who are nobody here."""


_STAGES = {"": Scope.OPEN, QA: Scope.QA, RETURNED: Scope.RETURNED}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What part of the queue: `author` is a name as headers give it, `after` the last job of the page before."""

    scope: Scope = Scope.OPEN
    author: str = ""
    work_type: str = ""
    stat: bool | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A job as the queue shows it; `notes` counts open ones, `marks` the places to look at.

    `minutes_left` until it is due is negative for one that is late; `assigned` is the name of whose it is to do.
    """

    view: JobView
    stage: str
    author: str
    patient: str
    claim: dict[str, Any] | None
    assigned: str
    notes: int
    minutes_left: int
    marks: int


def reports(house: House, who: Principal, wanted: Wanted) -> list[Row]:
    """The reports of a scope: STAT first, then by due time; audited, as each tells a patient's name."""
    with reading(house.engine) as session:
        plan_anew(session)
        found = _ordered(session, who, wanted)
        shown = _rows(session, who, found) if found else []
    if shown:
        auditing.note_listed(house, who.clinic, who.actor, len(shown), what=f"queue: {wanted.scope}")
    return shown


def first(house: House, who: Principal, scope: Scope) -> str | None:
    """The job of a scope that is due first, without a word of whom it is about; None where nothing waits."""
    with reading(house.engine) as session:
        found = _ordered(session, who, Wanted(scope, limit=1))
    return found[0].id if found else None


def counts(house: House, who: Principal) -> dict[str, int]:
    """How many reports each scope has; of those in review how many are STAT, and how many are overdue."""
    with reading(house.engine) as session:
        moment = now(session)
        grouped = session.execute(
            select(Job.stage, Job.stat, func.count(), func.count().filter(Job.due_at < moment))
            .where(Job.clinic_id == who.clinic, Job.state == State.IN_REVIEW)
            .group_by(Job.stage, Job.stat)
        ).all()
        found = dict.fromkeys((*_STAGES.values(), "stat", "overdue"), 0)
        for stage, stat, count, late in grouped:
            found[_STAGES[stage]] += count
            found["stat"] += count * stat
            found["overdue"] += late
        for scope in (Scope.MINE, Scope.TO_SIGN):
            found[scope] = session.scalar(select(func.count(Job.id)).where(*_scope(who, scope, moment))) or 0
    return {str(name): count for name, count in found.items()}


def editors(house: House, clinic: str) -> list[tuple[str, str]]:
    """Who a report can be given to: id and name."""
    query = select(Person.id, Person.name).join(Membership, Membership.person_id == Person.id).distinct()
    mine = query.where(Membership.clinic_id == clinic, Membership.role.in_(_GIVEN_TO), Person.disabled_at.is_(None))
    with reading(house.engine) as session:
        return [(row[0], row[1]) for row in session.execute(mine.order_by(Person.name))]


def take_next(house: House, who: Principal) -> str:
    """Claim the report that is due first, of those that nobody has and this person has not skipped; its job.

    Raises `NotFound` where nothing waits for this person.
    """
    with transaction(house.engine) as session:
        moment = now(session)
        free = (
            *_scope(who, Scope.OPEN, moment),
            or_(Job.claimed_until.is_(None), Job.claimed_until < moment, Job.claimed_by == who.actor),
            or_(Job.assigned_to.is_(None), Job.assigned_to == who.actor),
            ~exists().where(Skip.job_id == Job.id, Skip.actor == who.actor),
            true() if who.roles & EDITORS else _received_by(who),
        )
        for stat in (True, False):
            query = select(Job).where(*free, Job.stat == stat).order_by(Job.due_at, Job.id).limit(1)
            if found := session.scalar(query.with_for_update(skip_locked=True)):
                take(session, who, found)
                audit.record(session, who.clinic, who.actor, "claimed", found.id)
                return found.id
    raise NotFound("Nothing waits in the queue for you.")


def skip(house: House, who: Principal, job: str) -> None:
    """Leave the report to others: `take_next` does not give it to this person any more."""

    def act(session: Session, found: Job) -> None:
        session.merge(Skip(job_id=job, actor=who.actor, clinic_id=who.clinic))
        if found.claimed_by == who.actor:
            drop(found)

    _act(house, who, job, "skip", act)


def assign(house: House, who: Principal, job: str, person: str) -> None:
    """Give the report to a person of the clinic who may edit it; whoever has it just now loses it."""

    def act(session: Session, found: Job) -> None:
        member = select(Membership.role).filter_by(clinic_id=who.clinic, person_id=person)
        if not _GIVEN_TO.intersection(session.scalars(member)):
            raise NotFound("There is nobody of this id who edits reports in this clinic.")
        found.assigned_to = person
        drop(found)

    _act(house, who, job, "assign", act, person=person)


def send_to_qa(house: House, who: Principal, job: str, note: str) -> None:
    """Have somebody with more experience look at what the note names."""
    _act(house, who, job, "qa", _staging(who, QA, NoteKind.QA, note))


def question(house: House, who: Principal, job: str, note: str) -> None:
    """Ask the author."""
    _act(house, who, job, "question", _staging(who, RETURNED, NoteKind.QUESTION, note))


def answer(house: House, who: Principal, job: str, note: str) -> None:
    """Answer what was asked: the report is its asker's again."""

    def act(session: Session, found: Job) -> None:
        asked = (NoteKind.QA, NoteKind.QUESTION)
        last = select(Note.actor).where(Note.job_id == job, Note.kind.in_(asked)).order_by(Note.at.desc()).limit(1)
        found.stage, found.assigned_to = "", session.scalar(last)
        drop(found)
        notes.settle(session, job, *asked)
        notes.add(session, who.clinic, who.actor, job, NoteKind.ANSWER, note)

    _act(house, who, job, "answer", act)


def send_back(house: House, who: Principal, job: str, note: str) -> None:
    """Give a released report back to whoever released it."""

    def act(session: Session, found: Job) -> None:
        rows.move(session, found, State.IN_REVIEW)
        found.assigned_to = session.scalar(select(Tally.editor).where(Tally.job_id == job))
        notes.add(session, who.clinic, who.actor, job, NoteKind.SEND_BACK, note)

    _act(house, who, job, "send_back", act)


def _staging(who: Principal, stage: str, kind: NoteKind, note: str) -> Callable[[Session, Job], None]:
    def act(session: Session, found: Job) -> None:
        take(session, who, found)
        found.stage, found.assigned_to = stage, None
        drop(found)
        notes.add(session, who.clinic, who.actor, found.id, kind, note)

    return act


def _act(house: House, who: Principal, job: str, name: str, act: Callable[[Session, Job], None], **detail: str) -> None:
    """Do something to a report that this person may do, audited."""
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, name)
        act(session, found)
        audit.record(session, who.clinic, who.actor, name, job, **detail)


def _scope(who: Principal, scope: Scope, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """What the jobs of a scope have in common."""
    if scope is Scope.MINE:
        claimed = (Job.claimed_by == who.actor) & (Job.claimed_until > moment)
        given = Job.assigned_to == who.actor
        return (Job.clinic_id == who.clinic, or_(claimed, given), Job.state == State.IN_REVIEW)
    if scope is Scope.TO_SIGN:
        written = select(Dictation.id).outerjoin(Author, Author.id == Dictation.author_id)
        own = or_(Author.person_id.is_(None), Author.person_id == who.actor)
        mine = written.where(Dictation.id == Job.dictation_id, own).exists()
        return (Job.clinic_id == who.clinic, Job.state == State.RELEASED, mine)
    stage = next(stage for stage, named in _STAGES.items() if named is scope)
    return (Job.clinic_id == who.clinic, Job.state == State.IN_REVIEW, Job.stage == stage)


def _narrowed(who: Principal, wanted: Wanted) -> list[ColumnElement[bool]]:
    narrowed: list[ColumnElement[bool]] = []
    if wanted.work_type:
        narrowed.append(Job.work_type == wanted.work_type)
    if wanted.author:
        author = select(Author.id).filter_by(clinic_id=who.clinic, name=wanted.author).scalar_subquery()
        narrowed.append(Job.dictation_id.in_(select(Dictation.id).where(Dictation.author_id == author)))
    if not who.roles & (EDITORS | {"clinician"}):
        narrowed.append(_received_by(who))
    return narrowed


def _received_by(who: Principal) -> ColumnElement[bool]:
    """A transcriptionist's own uploads."""
    return exists().where(Dictation.id == Job.dictation_id, Dictation.received_by == who.actor)


def _ordered(session: Session, who: Principal, wanted: Wanted) -> list[Job]:
    """The jobs of a page: an index leads straight to those that are STAT, and to those that are not."""
    after = session.get(Job, wanted.after) if wanted.after else None
    if wanted.after and (after is None or after.clinic_id != who.clinic):
        raise NotFound(f"There is no job {wanted.after}.")
    found: list[Job] = []
    for stat in (True, False):
        if wanted.stat not in (None, stat) or (after and stat > after.stat):
            continue
        query = select(Job).where(*_scope(who, wanted.scope, now(session)), *_narrowed(who, wanted), Job.stat == stat)
        if after and after.stat == stat:
            query = query.where(tuple_(Job.due_at, Job.id) > (after.due_at, after.id))
        query = query.order_by(Job.due_at, Job.id).limit(wanted.limit - len(found))
        found += session.scalars(query)
    return found


def _rows(session: Session, who: Principal, found: Sequence[Job]) -> list[Row]:
    """The rows of these jobs, with a few queries however many they are."""
    moment, ids = now(session), [job.id for job in found]
    about = select(Dictation.id, Dictation.header).where(Dictation.id.in_([job.dictation_id for job in found]))
    asked = select(Note.job_id, func.count()).where(Note.job_id.in_(ids), Note.settled_at.is_(None))
    newest = select(Version.job_id, func.max(Version.number)).where(Version.job_id.in_(ids)).group_by(Version.job_id)
    looked = select(Version.job_id, Version.marks).where(tuple_(Version.job_id, Version.number).in_(newest))
    headers, marks = _pairs(session, about), _pairs(session, looked)
    open_notes = _pairs(session, asked.group_by(Note.job_id))
    known = names(session, {person for job in found for person in (job.claimed_by, job.assigned_to)})
    return [
        Row(
            view=view,
            stage=job.stage,
            author=headers[job.dictation_id].get("author", ""),
            patient=headers[job.dictation_id].get("patient", ""),
            claim=as_seen(who, job, known) if is_live(job, moment) else None,
            assigned=known.get(job.assigned_to or "", ""),
            notes=open_notes.get(job.id, 0),
            minutes_left=int((job.due_at - moment).total_seconds() // 60),
            marks=marks.get(job.id, 0),
        )
        for job, view in zip(found, shown(session, found), strict=True)
    ]


def _pairs(session: Session, query: Select[str, Any]) -> dict[str, Any]:
    """What a query of two columns finds, by the first."""
    return {row[0]: row[1] for row in session.execute(query)}
