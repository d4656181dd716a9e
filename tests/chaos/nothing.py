"""Workers whose steps do nothing but what the queue asks of them: what is left is the cost of the queue."""

from __future__ import annotations

from transcribe.service import process
from transcribe.service.heartbeat import Heartbeat
from transcribe.service.house import House
from transcribe.service.process import Load
from transcribe.settings import Settings
from transcribe.store import jobs
from transcribe.store.engine import transaction
from transcribe.store.jobs import Claim
from transcribe.store.tables import State
from workers import tasks
from workers.app import make_app


def _recognise(house: House, claim: Claim, _load: Load, _beat: Heartbeat) -> None:
    process._begin(house, claim, State.RECOGNISING)
    process._finish(house, claim, {"duration": 1.0, "parts": 0, "words": [], "unheard": []}, "nothing", seconds=1.0)


def _draft(house: House, claim: Claim, _load: Load, _beat: Heartbeat) -> None:
    process._begin(house, claim, State.ANNOTATING)
    digest = house.blobs.put(claim.clinic, claim.job, b"a draft")
    with transaction(house.engine) as session:
        process._show(house, session, claim, State.DRAFTING)
    with transaction(house.engine) as session:
        job = jobs.locked(session, claim.job)
        jobs.finish(session, claim, result=digest, made_by="nothing")
        jobs.move(session, job, State.IN_REVIEW)


process._STEPS.update(recognise=_recognise, draft=_draft)
app = make_app(Settings())
tasks.register(app, Load(tasks._recogniser, tasks.load_tools))
