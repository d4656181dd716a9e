"""The same API over PostgreSQL, and what it says while that is away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.databases import Postgres
from tests.web.conftest import HEADER, Site
from tests.web.test_uploads import SOUND, begin, send
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.web.app import make_app

pytestmark = pytest.mark.service


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Iterator[Site]:
    """An application over a database of its own."""
    name = f"w_{os.urandom(6).hex()}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template_ours")
    rung: list[tuple[str, str]] = []
    settings = Settings(data_dir=tmp_path, database_url=postgres.url(name), max_upload_bytes=5_000_000)
    site = Site(make_app(settings, lambda queue, job: rung.append((queue, job))), rung, {}, {})
    site.clinics["a"] = accounts.add_clinic(site.house, "Clinic A")
    site.tokens["a editor"] = accounts.add_token(site.house, site.clinics["a"], "t", "editor")
    yield site
    site.house.close()
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_api_does_the_same(site: Site) -> None:
    """Forms, uploads with their lease, lists, acts, readiness and metrics."""
    client, job = site.client(), site.job()
    sent = send(site, begin(site), 0, SOUND)
    assert sent.status_code == 204
    assert {row["job"] for row in client.get("/api/v1/jobs").json()["jobs"]} == {job, sent.headers["Transcribe-Job"]}
    assert [row["position"] for row in client.get("/api/v1/queue").json()] == [1, 2]
    assert client.post(f"/api/v1/jobs/{job}/hold").json()["state"] == "on_hold"
    assert client.get("/readyz").json()["checks"]["workers"] == "ok"
    assert 'transcribe_jobs{state="on_hold"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize("path", ["x\x00y", "\x00", "é" * 40, "0" * 31 + "G"])
def test_an_id_that_no_database_takes_is_404(site: Site, path: str) -> None:
    """As any other that names nothing."""
    client = site.client()
    assert client.get("/api/v1/jobs", params={"after": path}).status_code == 404
    for place in (f"/api/v1/jobs/{quote(path)}", f"/api/v1/jobs/{quote(path)}/result"):
        assert client.get(place).status_code == 404
    assert client.head(f"/api/v1/uploads/{quote(path)}", headers={"Tus-Resumable": "1.0.0"}).status_code == 404


def test_a_database_that_goes_away_is_503_until_it_is_back(site: Site, postgres: Postgres) -> None:
    """Connections that were open are found dead, new ones are refused, and afterwards all is as before."""
    name = site.house.engine.url.database
    client = site.client()
    assert client.get("/api/v1/jobs").status_code == 200
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    for answer in (
        client.get("/api/v1/jobs"),
        client.post("/api/v1/dictations", files={"file": ("a.wav", b"sound")}, data=HEADER),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert site.job()
