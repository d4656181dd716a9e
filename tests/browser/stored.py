"""A clinic as it is in the middle of a day: people, and sample dictations heard, written up and drafted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func

from tests.service.workers import tools
from transcribe import assets
from transcribe.domain import Word
from transcribe.errors import TryLater
from transcribe.report import read_header
from transcribe.service import rules
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.service.process import Load, work
from transcribe.service.receive import receive
from transcribe.service.review import sign as signing
from transcribe.service.review.release import release as release_
from transcribe.settings import Settings
from transcribe.store.engine import reading
from transcribe.store.reports import Version
from transcribe.web import demo


@dataclass
class Replay:
    """Hears what is spoken in a sample, at an even pace."""

    words: list[str]
    seconds: float
    name: str = "replay 1"
    max_chunk: float = 28.0
    said: int = field(default=0)

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        """The words that belong to the next so many samples."""
        length = len(samples) / 16_000
        until = min(len(self.words), self.said + round(length * len(self.words) / self.seconds) + 1)
        mine, self.said = self.words[self.said : until], until
        pace = length / max(1, len(mine))
        return [Word(word, at * pace, (at + 0.9) * pace, 0.95) for at, word in enumerate(mine)]


def prepare(folder: Path, samples: tuple[str, ...]) -> dict[str, str]:
    """Fill `folder` with the demo's clinic and drafts of `samples`, in review; the person with each role."""
    settings = Settings(data_dir=folder, demo=True)
    house = open_house(settings)
    demo.prepare(settings, house)
    clinic = accounts.find_clinic(house, demo.CLINIC)
    people = {role: accounts.find_person(house, demo.address(role)) for role in accounts.ROLES}
    for name in samples:
        draft(house, clinic, people["transcriptionist"], name)
    house.close()
    return people


def draft(house: House, clinic: str, actor: str, name: str, *, hears: type[Replay] = Replay) -> str:
    """The job of a sample that was sent, heard and drafted."""
    path = assets.shipped("samples") / f"{name}.opus"
    header = read_header(path.with_suffix(".toml"))
    job = receive(house, path, clinic=clinic, actor=actor, file_name=path.name, header=header).job
    words = path.with_suffix(".spoken.txt").read_text("utf-8").split()
    recogniser = hears(words, seconds=len(words) / 2.3)
    while any(work(house, queue, Load(lambda: recogniser, tools), worker="w") for queue in ("speech", "text")):
        pass
    return job


def read(house: House) -> None:
    """Let the worker of texts do what waits for it."""
    while work(house, "text", Load(lambda: Replay([], 1.0), tools), worker="w"):
        pass


def newest(house: House, job: str) -> int:
    """The number of the job's newest version."""
    with reading(house.engine) as session:
        return session.query(func.max(Version.number)).filter_by(job_id=job).scalar()


def release(house: House, clinic: str, people: dict[str, str], job: str) -> None:
    """The editor lets go of the report as it is."""
    editor = Principal(people["editor"], clinic, frozenset({"editor"}), "Demo Editor")
    with suppress(TryLater):  # The checks are made for a text that was changed; then it can go.
        release_(house, editor, job, newest(house, job), despite="checked against the recording")
        return
    read(house)
    release_(house, editor, job, newest(house, job), despite="checked against the recording")


def sign(house: House, clinic: str, people: dict[str, str], job: str) -> None:
    """The clinician, who is its author, signs the released report."""
    for author in rules.authors(house, clinic):
        admin = Principal(people["admin"], clinic, frozenset({"admin"}), "Demo Admin")
        rules.say_author(house, admin, author.author, people["clinician"])
    clinician = Principal(people["clinician"], clinic, frozenset({"clinician"}), "Demo Clinician")
    for meaning in signing.needed(house, clinician, job):
        if meaning != signing.PROXY:
            signing.sign(house, clinician, job, newest(house, job), meaning)
