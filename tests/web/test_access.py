"""Who may do what: the table of access, and that no clinic sees another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.web.asked import ASKED
from tests.web.conftest import Site
from transcribe.errors import UsageError
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store.tables import State
from transcribe.web.app import ROUTERS, make_app
from transcribe.web.auth import access
from transcribe.web.demo import is_loopback

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
ROUTES = sorted(f"{method} {route.path}" for router in ROUTERS for route in router.routes for method in route.methods)

ENDLESS = ("GET /uploads/events",)
"""Answers that go on until the listener leaves."""


def ask(site: Site, route: str, who: str, *, job: str = "0" * 32, upload: str = "0" * 32) -> Any:
    """A request to a route as `who`, with these ids in its path."""
    method, path = route.split()
    path = path.replace("{job}", job).replace("{upload}", upload).replace("{name}", "start.js").replace("{number}", "1")
    path = path.replace("{name:path}", "tokens.css")
    heads = {**CHUNK, "Upload-Length": "1"} if "uploads" in path else {}
    asked = {"headers": heads} | ASKED.get(route, {})
    return site.client(who).request(method, path, follow_redirects=False, **asked)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    """A route that nobody decided about fails here."""
    assert sorted(access()) == ROUTES


def test_the_table_names_roles_that_exist() -> None:
    """A role that is written wrong would let nobody in."""
    for roles in access().values():
        assert (roles or frozenset()) <= set(accounts.ROLES)


@pytest.mark.parametrize("route", ROUTES)
def test_each_role_may_what_the_table_says(shared: Site, route: str) -> None:
    """No token: 401. A role that is not in the row: 403. Another: anything else."""
    roles = access()[route]
    if roles is None:
        assert ask(shared, route, "").status_code not in (401, 403)
        return
    nobody = ask(shared, route, "")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    for role in accounts.ROLES:
        if route not in ENDLESS or role not in roles:
            assert (ask(shared, route, f"a {role}").status_code == 403) == (role not in roles)


@pytest.mark.parametrize("token", ["", "x", "Bearer", "tr_", "\x00", "é" * 50, "demo"])
def test_a_token_that_is_none_is_401(shared: Site, token: str) -> None:
    """Whatever it looks like."""
    answer = shared.client("").get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}".encode("latin-1")})
    assert answer.status_code == 401
    assert (
        shared.client("").get("/api/v1/jobs", headers={"Authorization": f"Basic {token}".encode("latin-1")}).status_code
        == 401
    )


def test_a_revoked_token_is_401(site: Site) -> None:
    """From the moment it is revoked."""
    token = accounts.add_token(site.house, site.clinics["a"], "t", "editor")
    heads = {"Authorization": f"Bearer {token}"}
    client = site.client("")
    assert client.get("/api/v1/jobs", headers=heads).status_code == 200
    named = accounts.principal(site.house, token).actor
    accounts.revoke_token(site.house, site.clinics["a"], named)
    assert client.get("/api/v1/jobs", headers=heads).status_code == 401


@pytest.mark.parametrize("route", [route for route in ROUTES if "{job}" in route or "{upload}" in route])
def test_another_clinics_ids_are_404(site: Site, route: str) -> None:
    """As if they did not exist, word for word; and nothing happens to them."""
    if route.startswith("OPTIONS"):
        return
    job = site.job()
    site.draft(job, b'{"text": "x"}')
    begun = site.client().post("/api/v1/uploads", headers={**TUS, "Upload-Length": "5"}).headers["Location"]
    upload = begun.rpartition("/")[2]
    who = f"b {min(access()[route] or ['editor'], key=lambda role: role != 'editor')}"
    foreign = ask(site, route, who, job=job, upload=upload)
    missing = ask(site, route, who)
    assert foreign.status_code == 404
    assert foreign.text.replace(job, "0" * 32) == missing.text
    assert site.client().get(f"/api/v1/jobs/{job}").json()["state"] == "in_review"
    assert site.client().head(begun, headers=TUS).headers["Upload-Offset"] == "0"


def test_lists_hold_the_own_clinics_jobs_only(site: Site) -> None:
    """In every list, and as the place where a page begins."""
    job = site.job()
    failed = site.job(sound=b"other")
    site.bring(failed, State.FAILED)
    theirs = site.client("b editor")
    assert theirs.get("/api/v1/jobs").json() == {"jobs": [], "next": None}
    assert theirs.get("/api/v1/queue").json() == []
    assert theirs.get("/api/v1/attention").json() == []
    assert theirs.get("/api/v1/jobs", params={"after": job}).status_code == 404


def test_the_demo_answers_on_this_machine_only(tmp_path: Path) -> None:
    """Its token is known to everybody: it works from here, under this machine's name, and never on another address."""
    app = make_app(Settings(data_dir=tmp_path, demo=True), lambda queue, job: None)
    heads = {"Authorization": "Bearer demo"}
    site = Site(app, [], {}, {})

    def status(base: str, client: tuple[str, int]) -> int:
        from fastapi.testclient import TestClient

        return TestClient(app, base_url=base, client=client).get("/api/v1/jobs", headers=heads).status_code

    assert status("http://localhost:8000", ("127.0.0.1", 5)) == 200
    assert status("http://[::1]:8000", ("::1", 5)) == 200
    assert status("http://localhost:8000", ("10.0.0.7", 5)) == 401
    assert status("http://evil.example:8000", ("127.0.0.1", 5)) == 401
    site.house.close()
    with pytest.raises(UsageError, match="that everybody knows"):
        make_app(Settings(data_dir=tmp_path, demo=True, host="0.0.0.0"), lambda queue, job: None)
    # A second start finds the clinic of the first.
    Site(make_app(Settings(data_dir=tmp_path, demo=True), lambda queue, job: None), [], {}, {}).house.close()


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False)],
)
def test_what_counts_as_this_machine(host: str, local: bool) -> None:
    """Addresses that no other machine can reach."""
    assert is_loopback(host) is local
