"""Signing in with a browser: cookies, proofs against forged requests, the way in and out."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from tests.service.identity.test_signin import KEPT, PASSWORD
from tests.web.conftest import Site
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store.engine import now, transaction
from transcribe.store.people import Person
from transcribe.web.app import make_app
from transcribe.web.signin import inside

ANN = "ann@north.example"


def person(site: Site, *roles: str, email: str = ANN, clinic: str = "a") -> str:
    """The id of a person with a password."""
    made = accounts.add_person(site.house, site.clinics[clinic], "Ann", email, *roles)
    with transaction(site.house.engine) as session:
        session.get_one(Person, made).password_hash = KEPT
    return made


def browser(site: Site, base: str = "https://localhost") -> TestClient:
    """A browser that has never been here."""
    return TestClient(site.app, base_url=base, follow_redirects=False, client=("127.0.0.1", 5))


def sign_in(client: TestClient, email: str = ANN, password: str = PASSWORD) -> Any:
    return client.post("/sign-in", data={"email": email, "password": password})


def set_up(site: Site, email: str = ANN, password: str = PASSWORD) -> tuple[TestClient, str]:
    """A browser that has signed in for the first time, and the secret of the second factor."""
    client = browser(site)
    assert sign_in(client, email, password).headers["location"].startswith("/sign-in/set-up")
    secret = re.search(r'class="key">(\w+)<', client.get("/sign-in/set-up").text)
    assert secret
    answer = client.post("/sign-in/set-up", data={"code": pyotp.TOTP(secret[1]).now()})
    assert answer.status_code == 200, answer.text
    forget_steps(site)
    return client, secret[1]


def forget_steps(site: Site) -> None:
    """Let the half minute of everybody's last code be over."""
    with transaction(site.house.engine) as session:
        session.execute(update(Person).values(totp_step=None))


def csrf(client: TestClient) -> str:
    """The proof that the pages of this session send."""
    return hmac.digest(cookie(client).encode(), b"csrf", "sha256").hex()


def cookie(client: TestClient) -> str:
    """The proof of its session that the browser keeps."""
    return next(each.value or "" for each in client.cookies.jar if each.name.endswith("session"))


def showing(site: Site, proof: str) -> TestClient:
    """A browser that shows this proof of a session."""
    client = browser(site)
    client.headers["Cookie"] = f"__Host-session={proof}"
    return client


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Site]:
    """A demo."""
    app = make_app(Settings(data_dir=tmp_path, demo=True), lambda queue, job: None)
    site = Site(app, [], {}, {})
    yield site
    site.house.close()


def test_a_demo_names_its_accounts_and_each_signs_in(demo: Site) -> None:
    """With one press, in each role, and without a second factor."""
    shown = browser(demo, "http://localhost").get("/sign-in").text
    for role in accounts.ROLES:
        assert f"{role}@demo" in shown
        client = browser(demo, "http://localhost")
        answer = client.post("/sign-in", data={"email": f"{role}@demo", "password": "demo", "next": "/api/v1/jobs"})
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/api/v1/jobs"
        assert client.get("/api/v1/jobs").status_code == 200
        assert (client.get("/api/v1/queue").status_code == 200) == (role != "clinic")


def test_a_demo_lets_nobody_in_from_elsewhere(demo: Site) -> None:
    """Not from another machine and not under another name, though the password is known to all."""
    for base, here in (("http://localhost", "10.0.0.7"), ("http://evil.example", "127.0.0.1")):
        client = TestClient(demo.app, base_url=base, client=(here, 5))
        assert client.post("/sign-in", data={"email": "admin@demo", "password": "demo"}).status_code == 403


@pytest.mark.parametrize(("base", "name"), [("https://localhost", "__Host-session"), ("http://localhost", "session")])
def test_cookies_are_kept_from_scripts_and_from_other_sites(site: Site, base: str, name: str) -> None:
    """HttpOnly, SameSite, for the whole host and, over TLS, for this host and TLS alone."""
    person(site, "editor")
    kept = sign_in(browser(site, base)).headers["set-cookie"]
    assert kept.startswith(f"{name}=")
    for part in ("HttpOnly", "Path=/", "SameSite=lax", *(["Secure"] if base.startswith("https") else [])):
        assert part in kept
    assert "Domain" not in kept


def test_the_session_changes_its_proof_when_signing_in_is_complete(site: Site) -> None:
    """One that was planted, or seen before, is worth nothing afterwards."""
    person(site, "editor")
    _, secret = set_up(site)
    assert "__Host-session" in sign_in(showing(site, "planted")).headers["set-cookie"]
    client = browser(site)
    assert sign_in(client).headers["location"] == "/sign-in/code?next=%2F"
    half = cookie(client)
    assert client.get("/api/v1/jobs").status_code == 401
    assert client.post("/sign-in/code", data={"code": pyotp.TOTP(secret).now()}).status_code == 303
    assert client.get("/api/v1/jobs").status_code == 200
    assert showing(site, half).get("/api/v1/jobs").status_code == 401


def test_after_signing_out_the_proof_opens_nothing(site: Site) -> None:
    """Also for whoever kept a copy of it."""
    person(site, "editor")
    client, _ = set_up(site)
    kept = cookie(client)
    answer = client.post("/sign-out", data={"csrf": csrf(client)})
    assert answer.headers["location"] == "/sign-in"
    assert showing(site, kept).get("/api/v1/jobs").status_code == 401


def test_whoever_is_disabled_or_loses_a_role_is_out_at_once(site: Site) -> None:
    """At the next request."""
    ann = person(site, "editor")
    client, _ = set_up(site)
    assert client.get("/api/v1/jobs").status_code == 200
    with transaction(site.house.engine) as session:
        session.get_one(Person, ann).disabled_at = now(session)
    assert client.get("/api/v1/jobs").status_code == 401


def test_a_page_leads_to_signing_in_and_back(site: Site) -> None:
    """To the page that was asked for."""
    person(site, "editor")
    client = browser(site)
    asked = client.get("/", headers={"Accept": "text/html"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/")
    assert 'name="next" value="/api/v1/jobs?state=failed"' in client.get("/sign-in?next=/api/v1/jobs?state=failed").text


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "", "/\tx"]
)
def test_nobody_is_led_elsewhere_from_the_sign_in_page(address: str) -> None:
    """A link to our page must not end on another's."""
    assert inside(address) == "/"


def test_a_wrong_password_is_told_on_the_page(site: Site) -> None:
    """And after ten of them that it is time to wait."""
    person(site, "editor")
    client = browser(site)
    wrong = {"email": ANN, "password": "wrong"}
    for _ in range(10):
        answer = client.post("/sign-in", data=wrong)
        assert (answer.status_code, "address or the password is wrong" in answer.text) == (403, True)
        assert "set-cookie" not in answer.headers
    assert sign_in(client).status_code == 429


def test_no_proof_of_who_somebody_is_reaches_logs_or_the_database(
    site: Site, logged: pytest.CaptureFixture[str]
) -> None:
    """Neither passwords nor codes, cookies, links, tokens or addresses of sign-ins; digests are all that is kept."""
    person(site, "editor")
    client, secret = set_up(site)
    codes = client.post(
        "/account/recovery-codes",
        data={"csrf": csrf(client), "password": PASSWORD, "code": pyotp.TOTP(secret).now()},
    )
    token = client.post("/account/tokens", data={"csrf": csrf(client), "name": "t"})
    proofs = [PASSWORD, cookie(client), *re.findall(r"tr_[\w-]{43}|\b\w{8}-\w{8}\b", codes.text + token.text)]
    browser(site).post("/sign-in", data={"email": "nobody@north.example", "password": "Wrongpassword"})
    browser(site).get("/join/" + "L" * 43)
    site.house.close()
    written = "".join(logged.readouterr())
    kept = b"".join(path.read_bytes() for path in site.house.settings.data_dir.glob("transcribe.db*")).decode("latin-1")
    assert len(proofs) == 13
    for proof in proofs:
        assert proof not in kept
    for proof in (*proofs, ANN, "nobody@north.example", "Wrongpassword", "L" * 43):
        assert proof not in written
