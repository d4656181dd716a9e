"""The commands that keep a service in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.sounds import saved, tone
from transcribe.cli import app, serve
from transcribe.doctor import examine
from transcribe.domain import Header
from transcribe.errors import NotAllowed, NotFound, TranscribeError, UsageError
from transcribe.service import unlocking
from transcribe.service.house import open_house
from transcribe.service.identity import accounts, links
from transcribe.service.receive import receive
from transcribe.settings import Settings


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that the commands find."""
    monkeypatch.setenv("TRANSCRIBE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> str:
    """What a command prints; what it raises is raised."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return done.stdout.strip()


def rows(*arguments: str) -> list[dict[str, Any]]:
    """What a command prints for machines."""
    found: list[dict[str, Any]] = json.loads(run(*arguments, "--json"))
    return found


def test_the_password_of_a_clinics_recorders_is_asked_for(data_dir: Path) -> None:
    """It is typed, not an argument that others see, and neither it nor that there is one is ever printed."""
    clinic = run("clinic", "add", "North")
    for typed, kept in (("ward 7", True), ("", False)):
        done = CliRunner().invoke(app, ["clinic", "password", "--clinic", "North"], input=f"{typed}\n")
        assert done.exit_code == 0 and "ward" not in done.output
        house = open_house(Settings())
        assert unlocking.is_said(house, clinic) is kept
        house.close()
    assert rows("clinic", "list")[0]["rules"] == {}


def test_a_clinic_gets_its_people_and_machines(data_dir: Path) -> None:
    """What is printed is what others need: an id, a token that lets somebody in."""
    clinic = run("clinic", "add", "North", "--audio-days", "30", "--stat-hours", "2")
    assert rows("clinic", "list")[0]["rules"] == {"stat_hours": 2.0, "retention": {"audio_days": 30.0}}
    run("user", "add", "a@b.c", "--name", "A. Name", "--clinic", "North", "--role", "editor", "--role", "admin")
    person, machine = (
        run("token", "add", "cli", "--clinic", "North", *whose) for whose in (("--user", "A@b.c"), ("--role", "clinic"))
    )
    house = open_house(Settings())
    assert accounts.principal(house, person).roles == {"editor", "admin"}
    assert accounts.principal(house, machine).clinic == clinic
    run("token", "revoke", accounts.principal(house, machine).actor, "--clinic", clinic)
    with pytest.raises(TranscribeError):
        accounts.principal(house, machine)
    house.close()
    assert machine not in json.dumps(rows("token", "list", "--clinic", "North"))
    (chain,) = rows("audit", "verify")
    assert (chain["clinic"], chain["state"], chain["entries"]) == ("North", "whole", 5)


def test_a_link_for_a_password_is_made_on_the_machine_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an admin who is locked out; and the first one of all is printed when the service starts."""
    monkeypatch.setenv("TRANSCRIBE_PUBLIC_URL", "https://reports.example.org")
    run("clinic", "add", "North")
    run("user", "add", "a@b.c", "--name", "A. Name", "--clinic", "North", "--role", "admin")
    serve.welcome(Settings())
    assert "https://reports.example.org/join/" in capsys.readouterr().err
    link = run("user", "link", "A@b.c", "--second-factor")
    house = open_house(Settings())
    assert link.startswith("https://reports.example.org/join/")
    links.take_up(house, link.rpartition("/")[2], "correct horse battery")
    serve.welcome(Settings())
    assert capsys.readouterr().err == ""
    house.close()


def test_what_cannot_be_meant_is_refused() -> None:
    """A clinic that is not there, a token of nobody."""
    with pytest.raises(NotFound):
        run("token", "add", "cli", "--clinic", "North", "--role", "clinic")
    run("clinic", "add", "North")
    with pytest.raises(UsageError):
        run("token", "add", "cli", "--clinic", "North")
    with pytest.raises(NotFound):
        run("token", "add", "cli", "--clinic", "North", "--user", "a@b.c")


def test_a_backup_is_restored_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine everything is there; a file that was damaged since is named with a failing status."""
    clinic = run("clinic", "add", "North")
    house = open_house(Settings())
    path = saved(tmp_path / "a.wav", tone(0.2))
    job = receive(house, path, clinic=clinic, actor="me", file_name="a.wav", header=Header()).job
    house.close()
    run("backup", str(tmp_path / "b.tar"))
    with pytest.raises(NotAllowed):
        run("restore", str(tmp_path / "b.tar"))
    monkeypatch.setenv("TRANSCRIBE_DATA_DIR", str(tmp_path / "there"))
    assert rows("restore", str(tmp_path / "b.tar")) == []
    assert rows("scrub") == []
    (recording,) = (each for each in (tmp_path / "there" / "blobs").rglob("*") if each.is_file())
    recording.write_bytes(b"other")
    done = CliRunner().invoke(app, ["scrub", "--json"])
    assert isinstance(done.exception, TranscribeError)
    assert [(fault["job"], fault["what"]) for fault in json.loads(done.stdout)] == [(job, "recording")]


def test_the_doctor_looks_at_database_recordings_and_encryption(data_dir: Path) -> None:
    """Before first use, after it, and where something is wrong; without making anything itself."""

    def findings(**given: str) -> dict[str, tuple[bool, str]]:
        return {each.what: (each.ok, each.found + each.advice) for each in examine(Settings(**given))}  # type: ignore[arg-type] # they are texts

    fresh = findings()
    assert fresh["database"][0]
    assert "made on first use" in fresh["database"][1]
    assert not data_dir.exists()
    assert run("db", "upgrade")
    assert "revision" in findings(master_key="0" * 64)["database"][1]
    assert findings(master_key="0" * 64)["encryption at rest"][0]
    assert not findings(master_key="short")["encryption at rest"][0]
    away = findings(database_url="postgresql://me:hidden@/none?host=/nowhere")["database"]
    assert not away[0]
    assert "hidden" not in away[1]
    assert not findings(blob_url="ftp://x")["recordings"][0]
