"""The whole service as a test runs it: its parts under the product's own supervisor, each of which can be killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.postgres import Postgres
from transcribe import logs
from transcribe.service.house import House, open_house
from transcribe.service.identity.accounts import add_clinic, add_token
from transcribe.service.supervise import Part, Supervisor
from transcribe.settings import Settings


def until(wanted: Callable[[], Any], *, seconds: float, what: str = "it") -> Any:
    """Wait until `wanted` gives something true, and return it."""
    ends = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < ends, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Fleet:
    """A service in `folder`; with `servers` on PostgreSQL and a private Redis, without on SQLite and message files.

    `stub` puts the stand-in of tests.chaos.stub in the recogniser's place and shortens waits.
    """

    def __init__(self, folder: Path, *, servers: bool, stub: bool = True, **more: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.postgres = Postgres(folder) if servers else None
        if self.postgres:
            self.postgres.start()
        self.environment = {
            "TRANSCRIBE_DATA_DIR": str(folder / "data"),
            "TRANSCRIBE_PORT": str(self.port),
            "TRANSCRIBE_DATABASE_URL": self.postgres.url if self.postgres else "",
            "TRANSCRIBE_LEASE_SECONDS": "6" if stub else "60",
            "TRANSCRIBE_LOG_FORMAT": "json",
            "TMPDIR": str(folder),
            "FLEET_STUB": "1" if stub else "",
            "FLEET_REDIS": "1" if servers else "",
            **more,
        }
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    @cached_property
    def house(self) -> House:
        """The service's database and blobs, for a test to look at and to make accounts in."""
        data = Path(self.environment["TRANSCRIBE_DATA_DIR"])
        return open_house(Settings(data_dir=data, database_url=self.environment["TRANSCRIBE_DATABASE_URL"]))

    @cached_property
    def clinic(self) -> str:
        """The id of a clinic."""
        return add_clinic(self.house, "Fleet clinic")

    @cached_property
    def client(self) -> httpx.Client:
        """Speaks to the web service with a token of the clinic."""
        token = add_token(self.house, self.clinic, "fleet", "transcriptionist")
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def start(self, *parts: str, **more: str) -> None:
        """Start the supervisor, of all parts or of those named, and wait until the web service answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.fleet", *parts],
                env={**os.environ, **self.environment, **more}, stdout=log, stderr=log,
            )  # fmt: skip
        until(self.answers, seconds=180, what="an answer of the web service")

    def answers(self) -> bool:
        """Whether the web service is there."""
        assert self.process is None or self.process.poll() is None, "the supervisor ended"
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def events(self, event: str, part: str = "") -> list[dict[str, Any]]:
        """What was logged of this kind."""
        lines = (line for line in self.log.read_text().splitlines(keepends=True) if line.endswith("}\n"))
        found = [json.loads(line) for line in lines if line.startswith("{") and f'"{event}"' in line]
        return [line for line in found if line["event"] == event and (not part or line["part"] == part)]

    def pids(self) -> dict[str, int]:
        """The process of each part that was started last."""
        return {line["part"]: int(line["pid"]) for line in self.events("part_started")}

    def kill(self, part: str) -> None:
        """A part dies without a word to anybody; what nobody supervises is started again at once."""
        if part == "postgres":
            assert self.postgres
            self.postgres.kill()
            self.postgres.start()
            return
        if part == "serve":
            assert self.process
            self.process.kill()
            self.process.wait()
            self.start()
            return
        try:
            os.kill(self.pids()[part], signal.SIGKILL)
        except ProcessLookupError:
            return  # It is just being started again.

    def stop(self) -> int:
        """Ask the supervisor to stop, and return its status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(90)

    def close(self) -> None:
        """End everything, however far it is."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if "client" in self.__dict__:
            self.client.close()
        if "house" in self.__dict__:
            self.house.close()
        if self.postgres:
            self.postgres.stop()


def _stubbed(part: Part) -> Part:
    """The part with the test's own application or sweep."""
    application = os.environ.get("FLEET_APPLICATION", "tests.chaos.stub")
    stand_in = {"workers.tasks": application, "workers.sweep": "tests.chaos.stub"}
    command = tuple(stand_in.get(word, word) for word in part.command)
    return replace(part, command=command)


def main() -> None:
    """The supervisor's process."""
    from transcribe.cli.serve import parts, prepare

    settings = Settings()
    logs.configure("json", part="serve")
    if not os.environ["FLEET_REDIS"]:
        os.environ["PATH"] = ""  # As on a machine that has no redis-server.
    prepare(settings)
    wanted = [part for part in parts(settings) if len(sys.argv) == 1 or part.name in sys.argv]
    Supervisor([_stubbed(part) for part in wanted] if os.environ["FLEET_STUB"] else wanted).run()


if __name__ == "__main__":
    main()
