"""Reports in review for tests, without recordings and without the models that read, and people who work on them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from sqlalchemy import select

from tests.store.makers import add_job
from tests.web.drafts import TEXT, as_bytes, plain_draft
from transcribe.domain import Header
from transcribe.service import headers
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import versions
from transcribe.store.engine import now, transaction
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Author, Dictation, State, Step, StepState


def person(house: House, clinic: str, name: str, *roles: str) -> Principal:
    """Somebody with these roles."""
    made = accounts.add_person(house, clinic, name, f"{name.replace(' ', '.').lower()}@x.example", *roles)
    return Principal(made, clinic, frozenset(roles), name)


def drafted(
    house: House,
    clinic: str,
    text: str = TEXT,
    *codes: str,
    author: str = "",
    due: float = 24.0,
    stat: bool = False,
    work_type: str = "progress_note",
) -> str:
    """A job in review with one draft of this text, which suggests these codes."""
    body = as_bytes(plain_draft(text, *codes))
    with transaction(house.engine) as session:
        job = add_job(session, clinic, stat=stat, due=due)
        dictation = session.get_one(Dictation, job.dictation_id)
        dictation.header = headers.to_json(Header(author=author, patient="Roe, Jane"))
        if author:
            known = session.scalar(select(Author).filter_by(clinic_id=clinic, name=author))
            if known is None:
                known = Author(clinic_id=clinic, name=author)
                session.add(known)
                session.flush()
            dictation.author_id = known.id
        session.scalars(select(Step).where(Step.job_id == job.id)).one().state = StepState.DONE
        digest = house.blobs.put(clinic, job.id, body)
        draft = Draft(job_id=job.id, clinic_id=clinic, pipeline="p", body=digest, created_at=now(session))
        session.add(draft)
        session.flush()
        version = Version(
            job_id=job.id, clinic_id=clinic, number=1, draft_id=draft.id, body=digest, reading=digest,
            text_hash=sha256(text.encode()).hexdigest(), created_at=now(session),
        )  # fmt: skip
        session.add(version)
        job.state, job.work_type = State.IN_REVIEW, work_type
        return job.id


def save(house: House, who: Principal, job: str, after: int, text: str, **more: Any) -> int:
    """The number of the version that this edit becomes."""
    parts: dict[str, Any] = {"words": [], "marks": [], "decisions": [], **more}
    return versions.save(house, who, job, after, versions.body_of(text=text, **parts)).version
