"""What holds for every answer, and what those see who watch over the service."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from tests.test_imports import loaded_by
from tests.web.conftest import CANARY, HEADER, Site
from tests.web.test_access import ENDLESS, ROUTES, ask
from transcribe.store.tables import State
from transcribe.web.guard import MOST_BYTES

HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


KEPT = ("/docs/", "/static/", "/spelling")
"""What browsers may keep, as it says nothing of any patient: scripts, styles and words."""


@pytest.mark.parametrize("route", sorted(set(ROUTES) - set(ENDLESS)))
def test_every_answer_has_its_headers(shared: Site, route: str) -> None:
    """Security headers on all; what may hold patients' data is stored nowhere."""
    for who in ("", "a admin"):
        answer = ask(shared, route, who)
        assert answer.headers.items() >= HEADERS.items()
        assert answer.headers["content-security-policy"].startswith(("default-src 'none'", "default-src 'self'"))
        if not any(kept in route for kept in KEPT):
            assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_address_and_method_are_problems(shared: Site) -> None:
    """404 and 405 look like every other refusal, and 405 says what there is."""
    missing = shared.client().get(f"/{CANARY}")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert CANARY not in missing.text
    wrong = shared.client().delete("/api/v1/jobs")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert wrong.json()["status"] == 405


def test_a_body_that_is_no_recording_is_small(site: Site) -> None:
    """413 for a megabyte and more, announced or not."""
    client = site.client()
    assert client.post("/api/v1/jobs/x/retry", content=b"x" * (MOST_BYTES + 1)).status_code == 413
    deep = client.post("/api/v1/jobs/x/retry", content=b"[" * MOST_BYTES, headers={"Content-Type": "application/json"})
    assert deep.status_code == 404


def test_what_nobody_foresaw_is_a_500_without_its_words(site: Site, logged: pytest.CaptureFixture[str]) -> None:
    """The answer and the log name its kind and place; the words, which could be a patient's, are nowhere."""

    @site.app.get("/fails")
    def fails() -> None:
        raise KeyError(CANARY)

    answer = site.client().get("/fails")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "KeyError" in answer.json()["detail"]
    told = logged.readouterr().err
    assert "request_failed" in {json.loads(line)["event"] for line in told.splitlines()}
    assert CANARY not in answer.text + told


def test_a_database_that_is_away_is_503_and_to_be_tried_again(site: Site) -> None:
    """Requests are told when to come back; the process lives, is not ready, and is so again afterwards."""
    place = site.house.settings.data_dir / "transcribe.db"
    job = site.job()
    site.house.engine.dispose()
    moved = place.rename(place.with_suffix(".away"))
    place.mkdir()
    answer = site.client().get(f"/api/v1/jobs/{job}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["code"] == "try_later"
    assert site.client("").get("/healthz").status_code == 200
    ready = site.client("").get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert "transcribe_database_up 0.0" in site.client("").get("/metrics").text
    place.rmdir()
    moved.rename(place)
    assert site.client().get(f"/api/v1/jobs/{job}").status_code == 200


def test_readiness_tells_what_is_missing(site: Site) -> None:
    """Ready when all is there; a broker that is away makes it degraded, as recordings are still received."""
    settings = site.house.settings
    ready = site.client("").get("/readyz").json()
    assert ready["checks"] | {"sandbox": ""} == {
        "database": "ok", "blobs": "ok", "workers": "ok", "broker": "ok", "sandbox": "",
    }  # fmt: skip
    settings.private_broker.parent.mkdir()
    settings.private_broker.touch()  # Nobody listens there.
    away = site.client("").get("/readyz")
    assert (away.status_code, away.json()["status"]) == (200, "degraded")
    assert away.json()["checks"]["broker"] == "does not answer"
    assert site.job()


def test_readiness_without_a_place_for_recordings(site: Site) -> None:
    """503: nothing can be received."""
    site.house.blobs.arriving.rmdir()
    assert site.client("").get("/readyz").json()["checks"]["blobs"] == "nothing can be written"
    assert site.client("").get("/readyz").status_code == 503


def test_metrics_count_states_ages_and_answers(site: Site) -> None:
    """Jobs by state, what waits, what is late, and answers by route; no ids in labels."""
    job = site.job()
    failed = site.job(sound=b"other")
    site.bring(failed, State.FAILED)
    site.client().get(f"/api/v1/jobs/{job}")
    text = site.client("").get("/metrics").text
    assert 'transcribe_jobs{state="queued"} 1.0' in text
    assert 'transcribe_jobs{state="failed"} 1.0' in text
    assert 'transcribe_steps{queue="speech",state="waiting"} 2.0' in text
    assert re.search(r'transcribe_oldest_waiting_seconds{queue="speech"} \d', text)
    assert "transcribe_late_jobs 0.0" in text
    assert 'transcribe_http_answers_total{method="GET",route="/api/v1/jobs/{job}",status="200"} 1.0' in text
    assert job not in text


def test_no_word_of_a_patient_reaches_logs_or_metrics(site: Site, logged: pytest.CaptureFixture[str]) -> None:
    """After receiving, refusing and failing with the canary in every field, it stands in none of them."""
    for data in (HEADER, {**HEADER, "date_of_birth": CANARY}, {CANARY: CANARY}):
        answer = site.client().post("/api/v1/dictations", files={"file": (f"{CANARY}.wav", b"x")}, data=data)
        assert CANARY not in answer.text
    for path in (
        f"/api/v1/jobs/{CANARY}",
        f"/api/v1/jobs?state={CANARY}",
        f"/api/v1/jobs?after={CANARY}",
        f"/{CANARY}",
    ):
        answer = site.client().get(path)
        assert answer.is_client_error
        assert CANARY not in answer.text
    site.app.add_api_route("/fails", lambda: sqlite3.connect(f"/nowhere/{CANARY}/x"))
    site.client().get("/fails")
    out = logged.readouterr()
    assert "request_failed" in out.err
    assert CANARY not in out.err + out.out + site.client("").get("/metrics").text


def test_the_page_of_the_api_loads_nothing_from_elsewhere(shared: Site) -> None:
    """Page, script and style come from this server, and the page's policy allows nothing else."""
    client = shared.client("")
    page = client.get("/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) == 4
    for part in parts:
        assert client.get(f"/{part}").status_code == 200, part
    assert client.get("/docs/../settings.py").status_code == 404
    assert client.get("/openapi.json").json()["info"]["title"] == "Transcribe"


def test_only_the_web_loads_what_the_web_needs() -> None:
    """The command line and the use cases stay free of fastapi and httpx."""
    assert loaded_by("import transcribe.cli").isdisjoint({"fastapi", "httpx", "sqlalchemy", "prometheus_client"})
    assert loaded_by("import transcribe.service.uploads, transcribe.service.condition").isdisjoint({"fastapi", "httpx"})
    assert loaded_by("import transcribe.web.app").isdisjoint({"spacy", "faster_whisper", "celery"})
