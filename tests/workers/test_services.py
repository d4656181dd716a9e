"""What docker-compose.yml starts, started here without containers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from tests.chaos.fleet import free_port, until
from tests.chaos.postgres import Postgres
from transcribe import assets
from transcribe.service.house import open_house
from transcribe.service.identity.accounts import add_clinic, add_token
from transcribe.settings import Settings

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.enable_socket]

SERVICES = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())["services"]


def here(command: list[str]) -> list[str]:
    """A command of a container with this machine's programs."""
    program, *words = command
    found = {"transcribe": str(Path(sys.executable).with_name("transcribe")), "python": sys.executable}
    return [found.get(program) or shutil.which(program) or program, *words]


def test_each_command_of_the_compose_file_does_its_part(tmp_path: Path) -> None:
    """Schema, Redis, web, workers and sweep as the file has them: a dictation is drafted, each health check is
    content, and SIGTERM ends each well.
    """
    postgres = Postgres(tmp_path)
    postgres.start()
    secrets = {"database_url": postgres.url, "master_key": os.urandom(32).hex()}
    services = ("web", "speech", "text", "sweep", "deliver")
    told = {name: value for each in services for name, value in SERVICES[each]["environment"].items()}
    files = {name: tmp_path / Path(value).name for name, value in told.items() if value.startswith("/run/secrets/")}
    for file in files.values():
        file.write_text(secrets.get(file.name, "") + "\n")
    port, broker = free_port(), tmp_path / "redis.sock"
    environment = {
        **os.environ,
        **{name: value for name, value in told.items() if "${" not in value},
        **{name: str(file) for name, file in files.items()},
        "TRANSCRIBE_DATA_DIR": str(tmp_path / "data"),
        "TRANSCRIBE_CACHE_DIR": str(Settings().cache_dir),
        "TRANSCRIBE_BROKER_URL": f"redis+socket://{broker}",
        "TRANSCRIBE_HOST": "127.0.0.1",
        "TRANSCRIBE_PORT": str(port),
        "TMPDIR": str(tmp_path),
    }
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        subprocess.run(here(SERVICES["schema"]["command"]), env=environment, check=True, timeout=60)
        for name in ("redis", *services):
            words = here(SERVICES[name]["command"])
            words += ["--port", "0", "--unixsocket", str(broker)] if name == "redis" else []
            with (tmp_path / f"{name}.log").open("wb") as log:
                running[name] = subprocess.Popen(words, env=environment, stdout=log, stderr=log, cwd=tmp_path)
        for name in services:
            check = here(SERVICES[name]["healthcheck"]["test"][1:])
            until(
                lambda check=check: subprocess.run(check, env=environment, check=False).returncode == 0,
                seconds=90, what=f"good health of {name}",
            )  # fmt: skip
        house = open_house(Settings(
            data_dir=tmp_path / "data", database_url=postgres.url, master_key=secrets["master_key"]
        ))  # fmt: skip
        token = add_token(house, add_clinic(house, "A clinic"), "test", "transcriptionist")
        house.close()
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as client:
            recording = (assets.shipped("samples") / "radiology_report.opus").read_bytes()
            answer = client.post("/api/v1/dictations", files={"file": ("a.opus", recording)})
            assert answer.status_code == 201, answer.text
            place = f"/api/v1/jobs/{answer.json()['job']}"
            until(lambda: client.get(place).json()["state"] == "in_review", seconds=600, what="a draft")
            assert client.get(f"{place}/result", params={"form": "docx"}).content[:2] == b"PK"
    finally:
        for name in reversed(running):
            running[name].send_signal(signal.SIGTERM)
        statuses = {name: process.wait(60) for name, process in running.items()}
        postgres.stop()
    assert statuses == {"redis": 0, "web": statuses["web"], "speech": 0, "text": 0, "sweep": 0, "deliver": 0}
    assert statuses["web"] in (0, -signal.SIGTERM)  # uvicorn ends by the signal it was sent once it has drained.
    lines = "".join((tmp_path / f"{name}.log").read_text() for name in services)
    assert "radiology" not in lines
