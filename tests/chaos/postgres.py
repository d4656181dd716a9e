"""A PostgreSQL of a test's own, on a unix socket, that can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

USER = "postgres"


def program(name: str) -> str | None:
    """Where a program of PostgreSQL is; Debian keeps the server's off PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)]))


def _as_user() -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    return {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}


class Postgres:
    """One cluster in `folder`, with every durability setting as it comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgres"
        self.folder.mkdir(parents=True)
        for parent in (self.folder, *self.folder.parents[:-1]):
            # The server runs as another user, who must be able to reach it.
            if os.geteuid() == 0 and parent.stat().st_uid == 0 and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o011)
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)
        self.process: subprocess.Popen[bytes] | None = None
        initdb = program("initdb")
        assert initdb, "PostgreSQL is not installed"
        subprocess.run(
            [initdb, "--pgdata", "data", "--username", USER, "--auth", "trust", "--no-sync", "--data-checksums"],
            cwd=self.folder, check=True, capture_output=True, **_as_user(),
        )  # fmt: skip

    @property
    def url(self) -> str:
        """What TRANSCRIBE_DATABASE_URL is set to."""
        return f"postgresql://{USER}@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        server = program("postgres")
        assert server
        command = [server, "-D", "data", "-k", str(self.folder), "-c", "listen_addresses=", "-c", "shared_buffers=32MB"]
        ends = time.monotonic() + 60
        while True:
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **_as_user()
                )
            while self.process.poll() is None:
                if self._answers():
                    return
                assert time.monotonic() < ends, "PostgreSQL does not answer"
                time.sleep(0.1)
            # A killed server's own processes may still hold its memory; they notice soon, but for one that waits for
            # a lock of another, which an administrator would have to end.
            assert time.monotonic() < ends, "PostgreSQL does not start"
            if time.monotonic() > ends - 45:
                self._kill_left_over()
            time.sleep(0.2)

    def _kill_left_over(self) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if process.joinpath("cwd").readlink() == self.folder / "data":
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                continue  # It ended, or is not to be looked at.

    def _answers(self) -> bool:
        ready = program("pg_isready")
        assert ready
        return subprocess.run([ready, "-q", "-h", str(self.folder)], check=False).returncode == 0

    def kill(self) -> None:
        """The server dies as in a crash, without a word to anybody."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def check(self) -> None:
        """Raise when a page or an index of the cluster is damaged."""
        amcheck = program("pg_amcheck")
        assert amcheck
        subprocess.run(
            [amcheck, "--host", str(self.folder), "--username", USER, "--install-missing", "postgres"],
            check=True, capture_output=True,
        )  # fmt: skip
