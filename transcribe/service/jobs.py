"""What people and programs see of jobs, and what they may do to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, exists, func, select, true, tuple_
from sqlalchemy.orm import Session

from transcribe import domain
from transcribe.delivery import forms
from transcribe.errors import NotFound, UsageError
from transcribe.service import findings
from transcribe.service.house import House
from transcribe.service.outgoing import deliver, letterheads
from transcribe.service.review import notes, versions
from transcribe.service.review.access import is_signed
from transcribe.service.review.notes import NoteKind
from transcribe.service.review.of_record import of_record, signed_version
from transcribe.service.turnaround import SOON
from transcribe.store import audit, outbox
from transcribe.store import jobs as queue
from transcribe.store.deliveries import Delivery
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Draft
from transcribe.store.tables import Dictation, Job, State, Step, StepState

LONGEST_PAGE = 200

_AGEING = sorted(queue.OPEN - {State.ON_HOLD, State.FAILED})
"""States in which the clock runs."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it is shown. `progress` is the share that is done, 0 to 1; `position` its place among those that wait
    for the same workers, 1 being next (None when it does not wait or its place was not asked for).

    `seconds` is the recording's length (None until it is known), `findings` what is wrong with it; `overdue` that its
    time is up.
    """

    job: str
    clinic: str
    state: str
    reason: str
    reason_code: str
    progress: float
    priority: str
    due: datetime
    overdue: bool
    drafts: int
    attempts: int
    work_type: str
    seconds: float | None
    findings: tuple[domain.Flaw, ...]
    received: datetime
    changed: datetime
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A report in one of its forms."""

    content: bytes
    media_type: str
    file_name: str


def status(house: House, clinic: str, job: str) -> JobView:
    """How far a job is; `NotFound` for one that is not the clinic's."""
    with reading(house.engine) as session:
        view = views(session, _of(clinic).where(Job.id == job))
        if not view:
            raise NotFound(f"There is no job {job}.")
        return _placed(session, view[0])


def listing(house: House, clinic: str, *, state: str = "", after: str = "", limit: int = 50) -> list[JobView]:
    """The clinic's jobs, newest first; `after` is the last job of the page before."""
    query = _of(clinic).order_by(Job.created_at.desc(), Job.id.desc()).limit(_page(limit))
    if state:
        query = query.where(Job.state == _state(state))
    with reading(house.engine) as session:
        if after:
            last = session.scalar(select(Job.created_at).where(Job.id == after, Job.clinic_id == clinic))
            if last is None:
                raise NotFound(f"There is no job {after}.")
            query = query.where(tuple_(Job.created_at, Job.id) < (last, after))
        return views(session, query)


def attention(house: House, clinic: str, *, limit: int = 50) -> list[JobView]:
    """Jobs that a person has to look at: those that failed, those whose report does not arrive where it is to go,
    then those that are late or soon will be, by due time.
    """
    with reading(house.engine) as session:
        failed = _of(clinic).where(Job.state == State.FAILED).order_by(Job.due_at).limit(_page(limit))
        ageing = _of(clinic).where(Job.state.in_(_AGEING), Job.due_at < now(session) + SOON)
        late = ageing.order_by(Job.due_at).limit(_page(limit))
        stuck = _of(clinic).where(exists().where(Delivery.job_id == Job.id, outbox.stuck(now(session))))
        lost = [
            replace(view, reason=_NOT_ARRIVED, reason_code="not_delivered")
            for view in views(session, stuck.order_by(Job.due_at).limit(_page(limit)))
        ]
        return [*views(session, failed), *lost, *views(session, late)][: _page(limit)]


_NOT_ARRIVED = "The report is signed and does not arrive where it is to go: see its deliveries."


def waiting(house: House, clinic: str, *, limit: int = 50) -> list[JobView]:
    """The clinic's jobs that wait for a worker, in the order in which they will be taken up."""
    query = _of(clinic).where(Job.state == State.QUEUED).order_by(Job.stat.desc(), Job.due_at, Job.id)
    with reading(house.engine) as session:
        found = views(session, query.limit(_page(limit)))
    return [replace(view, position=place) for place, view in enumerate(found, start=1)]


def retry(house: House, clinic: str, actor: str, job: str) -> JobView:
    """Start a failed job again where it stopped; what was done of it is kept."""
    return _act(house, clinic, actor, job, "retried", queue.retry)


def cancel(house: House, clinic: str, actor: str, job: str) -> JobView:
    """Stop a job for good."""
    return _act(house, clinic, actor, job, "cancelled", queue.cancel)


def hold(house: House, clinic: str, actor: str, job: str, note: str = "") -> JobView:
    """Put a job on hold, for the reason that the note gives: nobody works on it and its clock stands still."""

    def act(session: Session, row: Job) -> None:
        queue.hold(session, row)
        row.claimed_by = row.claimed_until = None
        if note:
            notes.add(session, clinic, actor, job, NoteKind.HOLD, note)

    return _act(house, clinic, actor, job, "held", act)


def resume(house: House, clinic: str, actor: str, job: str) -> JobView:
    """Take a job off hold; it is due later by the time it was held."""

    def act(session: Session, row: Job) -> list[str]:
        notes.settle(session, job, NoteKind.HOLD)
        return queue.resume(session, row)

    return _act(house, clinic, actor, job, "resumed", act)


def result(
    house: House, clinic: str, actor: str, job: str, form: str, *, final: bool = False, number: int = 0
) -> Result:
    """The report in one of `forms.FORMS`: what was signed, else the newest version; that it was read is audited.

    With `number` it is the version that was the first, second, … to be signed, whatever took its place.

    Raises `NotFound` where there is none (yet), where `final` asks for none but a signed one, and `UsageError` for
    another form.
    """
    if form not in forms.FORMS:
        raise UsageError(f"There is no form '{form}'; choose one of: {', '.join(forms.FORMS)}.")
    with transaction(house.engine) as session:
        found = session.scalar(_of(clinic).where(Job.id == job))
        if found is None:
            raise NotFound(f"There is no job {job}.")
        signed = final or number or is_signed(found)
        version = signed_version(session, found, number) if signed else versions.latest(session, found)
        report = of_record(house, session, version)
        render = deliver.rendering(house, letterheads.desk(), session, clinic, report)
        audit.record(session, clinic, actor, "read", job, form=form)
    if form == "json":
        plain = versions.whole(house, version, found.work_type) | {"status": report.status}
        return Result(
            json.dumps(plain, ensure_ascii=False, indent=2).encode() + b"\n", "application/json", f"{job}.json"
        )
    made = forms.export(report, form, version.created_at, archival=house.settings.archival_pdf, render=render)
    return Result(made.content, made.media_type, f"{job}.{forms.SUFFIXES.get(form, form)}")


def _of(clinic: str) -> Select[Job]:
    return select(Job).where(Job.clinic_id == clinic)


def _act(
    house: House, clinic: str, actor: str, job: str, action: str, act: Callable[[Session, Job], Iterable[str] | None]
) -> JobView:
    """Do something to a job, audited; ring for the steps that wait because of it."""
    with transaction(house.engine) as session:
        rung = act(session, queue.locked(session, job, clinic=clinic))
        audit.record(session, clinic, actor, action, job)
    for name in rung or ():
        house.ring(name, job)
    return status(house, clinic, job)


def views(session: Session, query: Select[Job]) -> list[JobView]:
    """The jobs that a query finds, as they are shown."""
    found = session.scalars(query).all()
    return shown(session, found) if found else []


def shown(session: Session, found: Sequence[Job]) -> list[JobView]:
    """The views of these jobs, with four queries however many they are."""
    moment, ids = now(session), [job.id for job in found]
    steps = {
        row[0]: row[1:]
        for row in session.execute(
            select(Step.job_id, func.max(Step.attempts), func.sum(Step.seconds_done))
            .where(Step.job_id.in_(ids))
            .group_by(Step.job_id)
        )
    }
    counted = select(Draft.job_id, func.count()).where(Draft.job_id.in_(ids)).group_by(Draft.job_id)
    drafts = {row[0]: row[1] for row in session.execute(counted)}
    about = select(Dictation.id, Dictation.seconds, Dictation.findings)
    heard = session.execute(about.where(Dictation.id.in_([job.dictation_id for job in found])))
    recordings = {row[0]: (row[1], tuple(findings.from_json(row[2]))) for row in heard}
    return [
        _view(job, moment, *steps.get(job.id, (0, 0.0)), drafts.get(job.id, 0), recordings[job.dictation_id])
        for job in found
    ]


def _view(
    job: Job,
    moment: datetime,
    attempts: int,
    heard: float,
    drafts: int,
    recording: tuple[float | None, tuple[domain.Flaw, ...]],
) -> JobView:
    seconds, flaws = recording
    return JobView(
        job=job.id,
        clinic=job.clinic_id,
        state=job.state,
        reason=job.reason,
        reason_code=job.reason_code,
        progress=_progress(State(job.held_from or job.state), drafts, heard, seconds),
        priority="stat" if job.stat else "routine",
        due=job.due_at,
        overdue=job.state in (*_AGEING, State.FAILED) and job.due_at < moment,
        drafts=drafts,
        attempts=attempts,
        work_type=job.work_type,
        seconds=seconds,
        findings=flaws,
        received=job.created_at,
        changed=job.changed_at,
    )


_HEARING = 0.9
"""The share of the work that hearing is; writing up, reading and coding are the rest."""


def _progress(state: State, drafts: int, heard: float, seconds: float | None) -> float:
    if drafts:
        return 1.0
    if state is State.DRAFTING:
        return 0.97
    return round(_HEARING * min(1.0, heard / seconds), 3) if seconds else 0.0


def _placed(session: Session, view: JobView) -> JobView:
    """The view with the job's place in the queue, if it waits: how many of the clinic's steps come before its first."""
    mine = session.execute(
        select(Step.queue, Step.stat, Step.due_at)
        .where(Step.job_id == view.job, Step.state == StepState.WAITING)
        .order_by(Step.part)
        .limit(1)
    ).one_or_none()
    if mine is None:
        return view
    name, stat, due = mine
    theirs = (Step.queue == name, Step.state == StepState.WAITING, Step.clinic_id == view.clinic)
    ahead = [select(func.count()).where(*theirs, Step.stat == stat, Step.due_at < due)]
    if not stat:
        ahead.append(select(func.count()).where(*theirs, Step.stat == true()))
    return replace(view, position=1 + sum(session.scalar(query) or 0 for query in ahead))


def _page(limit: int) -> int:
    return max(1, min(limit, LONGEST_PAGE))


def _state(given: str) -> State:
    if given not in list(State):
        raise UsageError(f"There is no state '{given}'; choose one of: {', '.join(State)}.")
    return State(given)
