"""The second wall: PostgreSQL itself keeps one clinic's rows from whoever acts for another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import ProgrammingError

from tests.databases import Postgres
from tests.store.makers import new_job
from tests.web.conftest import Site
from transcribe.service import backup
from transcribe.service.house import open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store import audit
from transcribe.store.columns import Base
from transcribe.store.engine import NOBODY, acting_for, reading, transaction
from transcribe.store.tables import AuditEntry, Job
from transcribe.web.app import make_app
from transcribe.web.auth import Here, Who

pytestmark = pytest.mark.service

OUTSIDE = {"memberships", "tokens", "sessions"}
"""By these it is found out who asks, before a clinic is known."""


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """A database of its own whose owner is an ordinary role, as in real service: a superuser passes any wall."""
    name = f"wall_{os.urandom(6).hex()}"
    postgres.execute(f"CREATE ROLE {name} LOGIN")
    postgres.execute(f"CREATE DATABASE {name} OWNER {name}")
    yield postgres.url(name).replace("user=postgres", f"user={name}")
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
    postgres.execute(f"DROP ROLE {name}")


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    """An application over it, with two clinics, each with a job and an editor's token."""
    made = Site(make_app(Settings(data_dir=tmp_path, database_url=url), lambda queue, job: None), [], {}, {})
    for name in ("a", "b"):
        made.clinics[name] = accounts.add_clinic(made.house, f"Clinic {name}")
        for role in ("editor", "admin"):
            made.tokens[f"{name} {role}"] = accounts.add_token(made.house, made.clinics[name], "t", role)
        new_job(made.house.engine, made.clinics[name])
    yield made
    made.house.close()


def test_every_table_that_belongs_to_a_clinic_stands_behind_the_wall(site: Site) -> None:
    """Also one that a later revision adds."""
    belonging = {name for name, table in Base.metadata.tables.items() if "clinic_id" in table.c}
    with reading(site.house.engine) as session:
        walled = session.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
                "WHERE c.relrowsecurity AND c.relforcerowsecurity"
            )
        )
        assert set(walled.scalars()) == belonging - OUTSIDE


def test_without_any_filter_only_the_own_clinics_rows_are_there(site: Site) -> None:
    """However a query was written: all tables, two clinics, nobody, and the service itself."""
    tables = [table for name, table in Base.metadata.tables.items() if "clinic_id" in table.c and name not in OUTSIDE]
    seen = {}
    for who in (*site.clinics.values(), NOBODY, ""):
        with acting_for(who), reading(site.house.engine) as session:
            seen[who] = {clinic for table in tables for clinic in session.scalars(select(table.c.clinic_id).distinct())}
    assert seen == {
        **{clinic: {clinic} for clinic in site.clinics.values()},
        NOBODY: set(), "": set(site.clinics.values()),
    }  # fmt: skip


def test_nothing_is_written_into_or_changed_in_another_clinic(site: Site) -> None:
    """Neither a new row nor an old one nor a row moved there."""
    engine, (a, b) = site.house.engine, (site.clinics["a"], site.clinics["b"])
    with acting_for(a), pytest.raises(ProgrammingError, match="row-level security"), transaction(engine) as session:
        session.execute(text("UPDATE jobs SET clinic_id = :b"), {"b": b})
    with acting_for(a), transaction(engine) as session:
        assert session.execute(text("UPDATE jobs SET stat = true")).rowcount == 1  # type: ignore[attr-defined]
        assert session.execute(text("DELETE FROM jobs WHERE clinic_id = :b"), {"b": b}).rowcount == 0  # type: ignore[attr-defined]
    with acting_for(a), pytest.raises(ProgrammingError, match="row-level security"), transaction(engine) as session:
        session.add(AuditEntry(
            clinic_id=b, number=99, at=func.now(), actor="x", action="x", subject="x", detail={}, hash="x",
        ))  # fmt: skip


def test_a_request_that_forgot_its_filter_still_shows_nothing_of_another_clinic(site: Site) -> None:
    """Whatever runs in a request runs behind the wall of whoever asks, from the moment it is known who that is."""

    @site.app.get("/api/v1/careless/{name}")
    def careless(_who: Who, house: Here) -> list[str]:
        with reading(house.engine) as session:
            return [row.clinic_id for row in session.scalars(select(Job))]

    @site.app.get("/api/v1/nobody")
    def nobody(house: Here) -> int:
        with reading(house.engine) as session:
            return len(session.scalars(select(Job)).all())

    site.app.router.routes[-2].path = "/api/v1/jobs"  # type: ignore[attr-defined] - as the table of access names it
    for name in ("a", "b"):
        assert site.client(f"{name} editor").get("/api/v1/careless/x").json() == [site.clinics[name]]
    assert site.client("").get("/api/v1/nobody").json() == 0


def test_the_service_works_as_an_ordinary_role(site: Site) -> None:
    """Receiving, lists, acts, metrics, the audit and its check, and adding clinics while somebody acts."""
    job = site.job()
    assert site.client().get(f"/api/v1/jobs/{job}").status_code == 200
    assert site.client("b editor").get(f"/api/v1/jobs/{job}").status_code == 404
    assert site.client().post(f"/api/v1/jobs/{job}/hold").json()["state"] == "on_hold"
    assert 'transcribe_jobs{state="queued"} 2.0' in site.client("").get("/metrics").text
    assert site.client("").get("/readyz").json()["checks"]["database"] == "ok"
    assert "is whole" in site.client("a admin").get("/admin/audit?check=true").text
    with acting_for(site.clinics["a"]):
        third = accounts.add_clinic(site.house, "Clinic c")
    with reading(site.house.engine) as session:
        assert audit.verify(session, third) is None


def test_a_backup_by_an_ordinary_role_is_complete(site: Site, url: str, postgres: Postgres, tmp_path: Path) -> None:
    """The wall hides nothing from it, and stands again in what is restored."""
    backup.backup(site.house, tmp_path / "all.tar")
    empty = f"wall_{os.urandom(6).hex()}"
    owner = url.rpartition("user=")[2]
    postgres.execute(f"CREATE DATABASE {empty} OWNER {owner}")
    settings = Settings(data_dir=tmp_path / "new", database_url=postgres.url(empty).replace("=postgres", f"={owner}"))
    backup.restore(settings, tmp_path / "all.tar")
    house = open_house(settings)
    with reading(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 2
    with acting_for(site.clinics["a"]), reading(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
    assert "jobs" in inspect(house.engine).get_table_names()
    house.close()
    postgres.execute(f"DROP DATABASE {empty} WITH (FORCE)")
