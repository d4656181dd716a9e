"""What containers are told: every service hardened, watched and limited, and no secret in a variable."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from transcribe.cli import app

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["schema", "web", "speech", "text", "sweep", "deliver"]


def test_the_services_are_those_of_the_product() -> None:
    """One for each part, a broker and a database."""
    assert sorted(SERVICES) == sorted([*OURS, "redis", "postgres"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened_and_limited(name: str) -> None:
    """Not root, nothing to write to but its volumes, no privileges, and bounds for memory and processes."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not str(service["user"]).startswith(("0", "root"))
    assert service["mem_limit"]
    assert service["pids_limit"]


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "schema"])
def test_a_service_that_stays_is_watched(name: str) -> None:
    """Its health is asked for, and it is started again when it ends."""
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_commands_exist(name: str) -> None:
    """Each is one that the command line knows."""
    program, *words = SERVICES[name]["command"]
    assert program == "transcribe"
    assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def test_no_secret_stands_in_a_variable() -> None:
    """Passwords and keys come from files that Compose mounts, and each secret that is used is declared."""
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|KEY|TOKEN|DATABASE_URL", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert Path(value).name in service["secrets"]
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()


def test_only_the_web_service_can_be_reached() -> None:
    """All others live in a network without a way out, but for the one that sends; the published port is this machine's
    unless somebody says.
    """
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert "127.0.0.1:8000" in SERVICES["web"]["ports"][0]
    assert SERVICES["deliver"]["networks"] == ["inside", "outside"]
    others = [service for name, service in SERVICES.items() if name not in ("web", "deliver")]
    assert all(service["networks"] == ["inside"] for service in others)


def test_the_example_names_every_variable() -> None:
    """Whoever copies .env.example sees all there is to choose."""
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == given


def _has_compose() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0


@pytest.mark.skipif(not _has_compose(), reason="no Docker Compose on this machine")
def test_docker_itself_understands_the_file() -> None:
    """The client's own check finds nothing wrong."""
    subprocess.run(["docker", "compose", "--file", "docker-compose.yml", "config", "--quiet"], cwd=ROOT, check=True)
