"""A real application over a real database, and two clinics that must not know of each other."""

from __future__ import annotations

import hashlib
import logging
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from transcribe import logs
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store import jobs as queue
from transcribe.store.engine import now, transaction
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import State
from transcribe.web.app import make_app

CANARY = "Quetzalfisch"
"""A word that stands in the patient's data and must stand nowhere else."""

HEADER = {"patient": f"{CANARY}, Anna", "author": f"Dr. {CANARY}", "work_type": "progress_note"}


@dataclass
class Site:
    """A running application and what tests need to speak to it."""

    app: FastAPI
    rung: list[tuple[str, str]]
    tokens: dict[str, str]
    clinics: dict[str, str]

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    def client(self, who: str = "a editor", **options: object) -> TestClient:
        """A client that shows the token of e.g. "a editor": clinic and role; "" shows none."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return TestClient(self.app, base_url="http://localhost", headers=headers, **options)  # type: ignore[arg-type]

    def job(self, who: str = "a editor", sound: bytes = b"RIFF sound") -> str:
        """A job of a recording that was just received."""
        answer = self.client(who).post("/api/v1/dictations", files={"file": ("a.wav", sound)}, data=HEADER)
        assert answer.status_code == 201, answer.text
        job: str = answer.json()["job"]
        return job

    def bring(self, job: str, state: State) -> None:
        """Put the job into a state that workers would have brought it to."""
        with transaction(self.house.engine) as session:
            queue.locked(session, job).state = state

    def draft(self, job: str, body: bytes) -> None:
        """Give the job a draft, as the worker that drafts does."""
        with transaction(self.house.engine) as session:
            row = queue.locked(session, job)
            place = self.house.blobs.put(row.clinic_id, job, body)
            made = Draft(job_id=job, clinic_id=row.clinic_id, pipeline="p", body=place, created_at=now(session))
            session.add(made)
            session.flush()
            session.add(
                Version(
                    job_id=job, clinic_id=row.clinic_id, number=1, draft_id=made.id, body=place,
                    created_at=now(session), reading=place,
                )
            )  # fmt: skip
            row.state = State.IN_REVIEW


@dataclass(frozen=True)
class Prepared:
    """A data folder with the clinics "a" and "b" and a token for each role in each."""

    folder: Path
    tokens: dict[str, str]
    clinics: dict[str, str]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    house = open_house(Settings(data_dir=folder))
    clinics = {name: accounts.add_clinic(house, f"Clinic {name.upper()}") for name in ("a", "b")}
    tokens = {
        f"{name} {role}": accounts.add_token(house, clinic, role, role)
        for name, clinic in clinics.items()
        for role in accounts.ROLES
    }
    house.close()
    return Prepared(folder, tokens, clinics)


def opened(prepared: Prepared, folder: Path) -> Site:
    """An application over a copy of what was prepared."""
    shutil.copytree(prepared.folder, folder)
    rung: list[tuple[str, str]] = []
    settings = Settings(data_dir=folder, max_upload_bytes=5_000_000)
    app = make_app(settings, lambda queue, job: rung.append((queue, job)))
    return Site(app, rung, prepared.tokens, prepared.clinics)


@pytest.fixture
def site(tmp_path: Path, prepared: Prepared) -> Iterator[Site]:
    """An application of its own for a test that changes things."""
    site = opened(prepared, tmp_path / "data")
    yield site
    site.house.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Site]:
    """An application for tests that leave nothing that others would mind."""
    site = opened(prepared, tmp_path_factory.mktemp("shared") / "data")
    yield site
    site.house.close()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.CaptureFixture[str]]:
    """Logs as the service writes them, at their most talkative, onto the captured stderr."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # `configure` replaces both; they are put back.
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logs.configure("json", part="web", level=logging.DEBUG)
    root.setLevel(logging.DEBUG)
    yield capsys
    root.handlers, root.level = before
    logging.captureWarnings(False)
    structlog.reset_defaults()
