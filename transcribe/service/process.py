"""A worker takes up a step of a job, does it under a lease, and says what came of it.

recognise (decode; hear, or cut what is long into parts) → hear (each part) → draft (the text half)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from transcribe import audio, failpoints, logs, pipeline, report, speech
from transcribe.domain import Dictation, Report, Transcript, Word
from transcribe.errors import NotFound, TranscribeError, TryLater, UnusableInput, UsageError, refusal
from transcribe.service import codes, ear, findings, headers, unlocking
from transcribe.service.heartbeat import Heartbeat
from transcribe.service.house import SYSTEM, House
from transcribe.service.review import rereading
from transcribe.store import audit, jobs, tables
from transcribe.store.engine import now, reading, transaction
from transcribe.store.jobs import Claim
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Job, State, Step

PART_SECONDS = 120.0
"""Speech in a part of a long dictation; what is shorter is heard where it was decoded."""

_IN_VAIN = (UnusableInput, NotFound, UsageError)
"""Refusals that no repetition mends."""


@dataclass(frozen=True, slots=True)
class Load:
    """How a worker gets what hears and what reads: each loads once, in the process that needs it."""

    recogniser: Callable[[], speech.Recogniser]
    tools: Callable[[], pipeline.Tools]


def work(house: House, queue: str, load: Load, *, worker: str) -> bool:
    """Take up the best waiting step of `queue` and do it; False when none waits.

    A step that fails waits again or fails its job: nothing is raised but what keeps the database from being told.
    """
    with transaction(house.engine) as session:
        claim = jobs.claim(session, queue, lease=house.lease, worker=worker)
        failpoints.reach("claim_before_commit")
    failpoints.reach("claim_after_commit")
    if claim is None:
        return False
    log = logs.logger().bind(job=claim.job, step=claim.name, number=claim.part, attempt=claim.attempts)
    log.info("step_begun")
    with Heartbeat(house, claim) as beat:
        try:
            _STEPS[claim.name](house, claim, load, beat)
        except Exception as error:
            told = refusal(error)
            log.warning("step_failed", code=told.code, exc_info=error)
        else:
            log.info("step_done")
            return True
    with transaction(house.engine) as session:
        give_up = jobs.fail if isinstance(told, _IN_VAIN) else jobs.retry_later
        if give_up(session, claim, told.code, str(told)):
            note_failure(session, claim)
    return True


def note_failure(session: Session, claim: Claim) -> None:
    """Audit that the claim's job has failed, if it has."""
    job = session.get_one(Job, claim.job)
    if job.state == State.FAILED:
        audit.record(session, claim.clinic, SYSTEM, "failed", job.id, step=claim.name, reason=job.reason_code)


def _recognise(house: House, claim: Claim, load: Load, beat: Heartbeat) -> None:
    """Decode the recording; hear it, or cut it into parts for any worker to hear."""
    dictation = _begin(house, claim, State.RECOGNISING)
    recogniser = _recogniser(house, claim, dictation, load)
    with house.blobs.local(claim.clinic, dictation.digest) as path:
        try:
            recording = audio.inspect(path, password=unlocking.password(house, dictation), called=dictation.file_name)
        except UnusableInput as error:
            # The file is named by its digest here, which tells nobody anything.
            raise type(error)(str(error).replace(path.name, "The recording", 1)) from None
        beat.limit(recording.seconds)
        _note(house, dictation, seconds=recording.seconds, findings=findings.to_json(recording.flaws))
        failpoints.reach("recognise_decoded")
        cut = speech.chunks(audio.blocks(recording), longest=recogniser.max_chunk)
        parts = speech.deal(cut, seconds=PART_SECONDS)
        first, second = next(parts, []), next(parts, None)
        found: dict[str, Any] = {"duration": recording.seconds, "flaws": findings.to_json(recording.flaws)}
        if second is None:
            heard = speech.hear_chunks(first, recogniser, on_progress=beat.heard)
            found |= {"parts": 0, **_plain(heard)}
        else:
            found["parts"] = _plan(house, claim, chain([first, second], parts), beat)
        if not dictation.playable:  # Last, as others can hear the parts meanwhile.
            _note(house, dictation, **ear.make(house, claim, recording))
    _finish(house, claim, found, recogniser.name, seconds=recording.seconds if second is None else 0.0)
    if dictation.ds2_password:
        _note(house, dictation, ds2_password="")


def _plan(house: House, claim: Claim, parts: Iterable[list[speech.Chunk]], beat: Heartbeat) -> int:
    """Put down a step for each part as it is cut, and call for workers; how many parts there are."""
    number = 0
    for number, part in enumerate(parts, start=1):
        beat.heard(0.0)
        blob = house.blobs.put(claim.clinic, claim.job, speech.pack(part))
        failpoints.reach("part_blob_written")
        with transaction(house.engine) as session:
            job = _show(house, session, claim, State.RECOGNISING)
            seconds = sum(chunk.seconds for chunk in part)
            new = jobs.plan_part(session, job, number, blob=blob, seconds=seconds)
            failpoints.reach("plan_before_commit")
        failpoints.reach("plan_after_commit")
        if new:
            house.ring("speech", claim.job)
    return number


def _hear(house: House, claim: Claim, load: Load, beat: Heartbeat) -> None:
    """Hear one part of a long dictation."""
    dictation = _begin(house, claim, State.RECOGNISING)
    recogniser = _recogniser(house, claim, dictation, load)
    beat.limit(claim.seconds)
    part = speech.unpack(house.blobs.read(claim.clinic, claim.input["blob"], claim.job))
    heard = []
    done = 0.0
    for chunk in part:
        heard.append(speech.hear_chunks([chunk], recogniser))
        done += chunk.seconds
        beat.heard(done)
        failpoints.reach("hear_chunk")
    words = speech.Heard(
        tuple(word for each in heard for word in each.words), tuple(gap for each in heard for gap in each.unheard)
    )
    _finish(house, claim, _plain(words), recogniser.name, seconds=claim.seconds)


def _recogniser(house: House, claim: Claim, dictation: tables.Dictation, load: Load) -> speech.Recogniser:
    """What hears, told which words to expect of this author."""
    expected = Dictation(claim.job, headers.from_json(dictation.header))
    return speech.expecting(load.recogniser(), pipeline.hot_words(expected, _words_dir(house, claim)))


def _words_dir(house: House, claim: Claim) -> Path:
    """The clinic's wordbooks: a header may name any author or clinic, but only those of the job's clinic are read."""
    return house.settings.words_dir / claim.clinic


def _finish(house: House, claim: Claim, found: dict[str, Any], made_by: str, *, seconds: float) -> None:
    """Keep what was found; whoever finishes the last part puts down the step that drafts."""
    digest = house.blobs.put(claim.clinic, claim.job, json.dumps(found, ensure_ascii=False).encode())
    with transaction(house.engine) as session:
        job = jobs.locked(session, claim.job)
        jobs.finish(session, claim, result=digest, made_by=made_by, seconds=seconds)
        if claim.name == "recognise":
            jobs.drop_parts(session, job, beyond=found["parts"])
        if last := not jobs.open_steps(session, job.id, "recognise", "hear"):
            jobs.add_step(session, job, "draft", "text")
        failpoints.reach("hear_before_commit")
    failpoints.reach("hear_after_commit")
    if last:
        house.ring("text", claim.job)


def _draft(house: House, claim: Claim, load: Load, beat: Heartbeat) -> None:
    """Write up, read and code what was heard, and put the draft before a person."""
    dictation = _begin(house, claim, State.ANNOTATING)
    failpoints.reach("draft_started")
    tools = replace(load.tools(), words_dir=_words_dir(house, claim))
    transcript = _transcript(house, claim)
    beat.limit(transcript.duration)
    header = headers.from_json(dictation.header)
    header = replace(header, transcribed_at=header.transcribed_at or datetime.now().astimezone().replace(microsecond=0))
    drafted = codes.shifted(house, claim.clinic, pipeline.draft(transcript, Dictation(claim.job, header), tools))
    with transaction(house.engine) as session:
        _show(house, session, claim, State.DRAFTING)
    content = json.dumps(report.to_json(drafted), ensure_ascii=False, indent=2) + "\n"
    body = house.blobs.put(claim.clinic, claim.job, content.encode())
    failpoints.reach("draft_blobs_written")
    with transaction(house.engine) as session:
        job = jobs.locked(session, claim.job)
        jobs.finish(session, claim, result=body, made_by=_makers(drafted))
        _put_before_a_person(session, job, drafted, body)
        blobs = [step.input["blob"] for step in _steps(session, job.id) if "blob" in step.input]
        failpoints.reach("draft_before_commit")
    failpoints.reach("draft_after_commit")
    for blob in blobs:
        house.blobs.delete(claim.clinic, blob, claim.job)


def _put_before_a_person(session: Session, job: Job, drafted: Report, body: str) -> None:
    """The draft and the version that a person begins with."""
    moment = now(session)
    draft = Draft(job_id=job.id, clinic_id=job.clinic_id, pipeline=_makers(drafted), body=body, created_at=moment)
    session.add(draft)
    session.flush()
    last = session.scalar(select(func.max(Version.number)).where(Version.job_id == job.id)) or 0
    session.add(
        Version(
            job_id=job.id, clinic_id=job.clinic_id, number=last + 1, draft_id=draft.id, body=body, created_at=moment,
            text_hash=drafted.digest, marks=len(drafted.marks), reading=body,
        )
    )  # fmt: skip
    job.work_type = drafted.work_type.key
    jobs.move(session, job, State.IN_REVIEW)
    audit.record(session, job.clinic_id, SYSTEM, "drafted", job.id, draft=draft.id, version=last + 1)


def _makers(drafted: Report) -> str:
    return "; ".join(maker for maker in drafted.made_by.values() if maker)


def _begin(house: House, claim: Claim, wanted: State) -> tables.Dictation:
    """Show that the job is being worked on, and say which dictation it is; `TryLater` when the claim is gone."""
    with transaction(house.engine) as session:
        return session.get_one(tables.Dictation, _show(house, session, claim, wanted).dictation_id)


def _show(house: House, session: Session, claim: Claim, wanted: State) -> Job:
    """The job, locked and shown to be in this state; `TryLater` when the claim is gone."""
    job = jobs.locked(session, claim.job)
    if not jobs.renew(session, claim, lease=house.lease):
        raise TryLater("This step is no longer this worker's.")
    if job.state != wanted:
        jobs.move(session, job, wanted)
    return job


def _note(house: House, dictation: tables.Dictation, **found: Any) -> None:
    """Write down what was found out about a recording, or made from it, by the columns of the dictation."""
    with transaction(house.engine) as session:
        session.execute(update(tables.Dictation).where(tables.Dictation.id == dictation.id).values(**found))


def _transcript(house: House, claim: Claim) -> Transcript:
    """What was heard in all parts, in their order."""
    with reading(house.engine) as session:
        steps = _steps(session, claim.job)
    found = {step.part: json.loads(house.blobs.read(claim.clinic, step.result or "", claim.job)) for step in steps}
    if len(found) != found[0]["parts"] + 1:
        raise TranscribeError("Parts of the dictation are missing; nothing was drafted from the rest.")
    makers = sorted({step.made_by for step in steps})
    heard = [_heard(each) for each in found.values() if "words" in each]
    flaws = findings.from_json(found[0]["flaws"])
    return speech.join(heard, duration=found[0]["duration"], made_by=" and ".join(makers), flaws=flaws)


def _steps(session: Session, job: str) -> list[Step]:
    """The steps that hear, in the order of what they hear."""
    query = select(Step).where(Step.job_id == job, Step.name.in_(["recognise", "hear"]))
    return list(session.scalars(query.order_by(Step.part)))


def _plain(heard: speech.Heard) -> dict[str, Any]:
    return {"words": [list(asdict(word).values()) for word in heard.words], "unheard": heard.unheard}


def _heard(plain: dict[str, Any]) -> speech.Heard:
    return speech.Heard(
        tuple(Word(*word) for word in plain["words"]), tuple((start, end) for start, end in plain["unheard"])
    )


def _reread(house: House, claim: Claim, load: Load, beat: Heartbeat) -> None:
    """Read an edited text again."""
    tools = load.tools()
    beat.limit(0.0)  # No audio, so as long as any text may take.
    rereading.reread(house, claim, tools)


_STEPS = {"recognise": _recognise, "hear": _hear, "draft": _draft, jobs.REREAD: _reread}
