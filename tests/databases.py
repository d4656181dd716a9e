"""A house on each database: SQLite, and a real PostgreSQL that runs for the session in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import Engine, create_engine, text

from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store.engine import open_engine
from transcribe.store.schema import upgrade


@dataclass
class Bell:
    """Notes who was rung for."""

    rung: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, queue: str, job: str) -> None:
        self.rung.append((queue, job))


@dataclass(frozen=True)
class Postgres:
    """A running server: where its socket lies."""

    folder: Path

    def url(self, database: str) -> str:
        """How `database` is reached."""
        return f"postgresql:///{database}?host={self.folder}&user=postgres"

    def execute(self, statement: str) -> None:
        """Run a statement outside of any transaction."""
        url = self.url("postgres").replace("postgresql", "postgresql+psycopg", 1)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def program(name: str) -> str | None:
    """Where a program of PostgreSQL is; Debian keeps some off PATH."""
    places = [*os.environ["PATH"].split(os.pathsep), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=os.pathsep.join(places))


def as_postgres(*command: str) -> None:
    """Run a command of PostgreSQL, which refuses to be root."""
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*user, *command], check=True, capture_output=True, cwd="/")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that keeps what it says it keeps (fsync is on), reached by a socket; its template has our tables."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if not initdb or not pg_ctl:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(mkdtemp(prefix="pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    as_postgres(initdb, "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "--data-checksums", "-E", "UTF8")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=200"
    as_postgres(pg_ctl, "-D", str(folder / "data"), "-l", str(folder / "log"), "-o", options, "-w", "start")
    server = Postgres(folder)
    try:
        server.execute("CREATE DATABASE template_ours")
        engine = open_engine(server.url("template_ours"))
        upgrade(engine)
        engine.dispose()
        yield server
    finally:
        as_postgres(pg_ctl, "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with our tables."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with our tables and nothing in them, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "transcribe.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"t_{os.urandom(6).hex()}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE template_ours")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """A database without any table, of each kind in turn."""
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).unlink()
        return database_url
    server: Postgres = request.getfixturevalue("postgres")
    name = database_url.split("/")[3].partition("?")[0]
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.execute(f"CREATE DATABASE {name}")
    return database_url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on each database in turn."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def bell() -> Bell:
    """Notes who was rung for."""
    return Bell()


@pytest.fixture
def house(database_url: str, tmp_path: Path, bell: Bell) -> Iterator[House]:
    """A house on each database in turn; nobody works in it yet."""
    opened = open_house(Settings(data_dir=tmp_path / "data", database_url=database_url), bell)
    yield opened
    opened.close()


@pytest.fixture
def clinic(house: House) -> str:
    """The id of a clinic."""
    return accounts.add_clinic(house, "North")
