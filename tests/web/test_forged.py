"""Who is out is out on every route, and what another site's page asks for is refused on every route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.service.identity.test_signin import KEPT
from tests.web.asked import ASKED
from tests.web.conftest import Site
from tests.web.test_access import CHUNK, ROUTES
from tests.web.test_signin import browser, csrf, person, set_up, showing, sign_in
from transcribe.service.identity import accounts, people, sessions, signin
from transcribe.service.identity.sessions import LONGEST, Origin
from transcribe.store.engine import now, transaction
from transcribe.store.people import Person, SignIn
from transcribe.web.auth import access

GUARDED = [route for route in ROUTES if access()[route] is not None]
UNSAFE = [route for route in ROUTES if not route.startswith(("GET ", "HEAD ", "OPTIONS "))]


def send(client: TestClient, route: str, **more: Any) -> Any:
    """A request to a route, with ids of nothing in its path and what it needs in its body."""
    method, path = route.split()
    for name in ("{name:path}", "{name}"):
        path = path.replace(name, "tokens.css")
    while "{" in path:
        path = path[: path.index("{")] + "1" * 32 + path[path.index("}") + 1 :]
    asked = ASKED.get(route, {}) | more
    heads = {
        **(CHUNK if "uploads" in path else {}),
        **ASKED.get(route, {}).get("headers", {}),
        **more.get("headers", {}),
    }
    return client.request(method, path, **{**asked, "headers": heads})


@dataclass
class Out:
    """Browsers and programs of people who are out, by why."""

    site: Site
    clients: dict[str, TestClient]


@pytest.fixture(scope="module")
def out(shared: Site) -> Out:
    """Everybody had every role before."""

    def somebody(name: str) -> str:
        return person(shared, *accounts.ROLES, email=f"{name}@north.example")

    def full(name: str) -> tuple[str, TestClient]:
        return somebody(name), set_up(shared, f"{name}@north.example")[0]

    def change(by: Callable[[Any], None]) -> None:
        with transaction(shared.house.engine) as session:
            by(session)

    boss = accounts.Principal(somebody("boss"), shared.clinics["a"], frozenset({"admin"}), "Boss")
    half = browser(shared)
    somebody("half")
    sign_in(half, "half@north.example")
    waiting = browser(shared)
    full("waiting")
    sign_in(waiting, "waiting@north.example")
    disabled, theirs = full("disabled")
    program = accounts.add_token(shared.house, shared.clinics["a"], "t", person=disabled)
    people.disable(shared.house, boss, disabled, disabled=True)
    gone, ended = full("ended")
    sessions.end(shared.house, gone, sessions.listing(shared.house, gone)[0]["session"])
    old, aged = full("old")
    change(lambda session: _age(session, old))
    made = {
        "setting up a second factor": half, "still to show a code": waiting, "disabled": theirs, "session ended": ended,
        "session too old": aged, "session never was": showing(shared, "x" * 43),
        "disabled, by a program": browser(shared),
    }  # fmt: skip
    made["disabled, by a program"].headers["Authorization"] = f"Bearer {program}"
    return Out(shared, made)


def _age(session: Any, person: str) -> None:
    row = session.query(SignIn).filter_by(person_id=person).one()
    row.began_at = now(session) - LONGEST - LONGEST


@pytest.mark.parametrize("route", GUARDED)
def test_who_is_out_gets_401(out: Out, route: str) -> None:
    """Whatever the reason; on every route that asks who it is."""
    statuses = {why: send(client, route).status_code for why, client in out.clients.items()}
    assert statuses == dict.fromkeys(out.clients, 401)


@pytest.fixture(scope="module")
def everybody(shared: Site) -> TestClient:
    """The browser of somebody with every role."""
    ann = person(shared, *accounts.ROLES, email="all@north.example")
    client = browser(shared)
    token = sessions.begin(shared.house, ann, shared.clinics["a"], signin.Stage.FULL, Origin("127.0.0.1"))
    client.cookies.set("__Host-session", token, domain="localhost.local")
    with transaction(shared.house.engine) as session:
        session.get_one(Person, ann).password_hash = KEPT
    return client


FORGED = {
    "no proof": {}, "a wrong proof": {"X-CSRF-Token": "0" * 64},
    "text": {"Content-Type": "text/plain"},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
}  # fmt: skip
FOREIGN = {
    "a foreign origin": {"Origin": "https://evil.example"}, "no origin": {"Origin": "null"},
    "another site": {"Sec-Fetch-Site": "cross-site"}, "a sister site": {"Sec-Fetch-Site": "same-site"},
    "our name on another port": {"Origin": "https://localhost:8443"}, "without TLS": {"Origin": "http://localhost"},
}  # fmt: skip


@pytest.mark.parametrize("route", UNSAFE)
def test_what_was_not_sent_by_our_own_page_is_403(everybody: TestClient, route: str) -> None:
    """Though the browser shows the cookie: without the session's proof, and from elsewhere even with it."""
    if access()[route] is not None:
        for why, heads in FORGED.items():
            assert (why, send(everybody, route, headers=heads).status_code) == (why, 403)
    for why, heads in FOREIGN.items():
        answer = send(everybody, route, headers={"X-CSRF-Token": csrf(everybody), **heads})
        assert (why, answer.status_code) == (why, 403)


OURS = {"an old browser": {}, "a browser": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        "a script": {"Origin": "https://localhost"}}  # fmt: skip


@pytest.mark.parametrize("heads", OURS.values(), ids=OURS)
def test_what_our_own_page_sends_is_taken(everybody: TestClient, heads: dict[str, str]) -> None:
    """With the proof in a header or in the form, as browsers of each age tell where it comes from."""
    proof = {"X-CSRF-Token": csrf(everybody)}
    assert everybody.put("/api/v1/expander", json={}, headers={**heads, **proof}).status_code != 403
    form = {"name": "t", "role": "editor", "csrf": csrf(everybody)}
    assert everybody.post("/admin/tokens", data=form, headers=heads).status_code == 200
    parts = {name: (None, value) for name, value in form.items()}
    assert everybody.post("/admin/tokens", files=parts, headers=heads).status_code == 200  # type: ignore[arg-type]
    assert everybody.post("/api/v1/dictations", files=parts, headers=heads).status_code == 403  # type: ignore[arg-type]


def test_a_program_with_a_token_needs_no_proof(shared: Site) -> None:
    """No browser sends a token by itself."""
    client = shared.client()
    assert client.post("/api/v1/uploads", headers={**CHUNK, "Origin": "https://evil.example"}).status_code != 403
