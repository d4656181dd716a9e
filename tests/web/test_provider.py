"""Signing in by a clinic's own OpenID Connect service, against a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.service.provider import CLIENT, SECRET, Provider, running
from tests.web.conftest import Site
from tests.web.test_signin import ANN, browser
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person
from transcribe.web.app import make_app

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as made:
        made.claims = {"sub": "42", "email": ANN, "email_verified": True}
        yield made


@pytest.fixture
def site(provider: Provider, tmp_path: Path) -> Iterator[Site]:
    """An application that trusts the provider, with Ann, who has no password, in a clinic."""
    settings = Settings(
        data_dir=tmp_path, oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
        oidc_title="North Health",
    )  # fmt: skip
    made = Site(make_app(settings, lambda queue, job: None), [], {}, {})
    made.clinics["a"] = accounts.add_clinic(made.house, "North")
    accounts.add_person(made.house, made.clinics["a"], "Ann", ANN, "editor")
    yield made
    made.house.close()


def come(site: Site, provider: Provider, back: str = "/account") -> tuple[Any, Any]:
    """A browser that goes there and back; and the answer it gets then."""
    client = browser(site)
    sent = client.get("/sign-in/provider", params={"next": back})
    assert sent.status_code == 303, sent.text
    return client, client.get(provider.authorise(sent.headers["location"]))


def test_who_has_an_account_comes_in_and_is_bound_to_the_service(site: Site, provider: Provider) -> None:
    """By the address at first, and later by who they are there, whatever their address is then."""
    assert "Sign in with North Health" in browser(site).get("/sign-in").text
    client, answer = come(site, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/api/v1/jobs").status_code == 200
    provider.claims |= {"email": "other@x.example", "email_verified": False}
    assert come(site, provider)[1].status_code == 303
    with reading(site.house.engine) as session:
        person = session.get_one(Person, accounts.find_person(site.house, ANN))
        assert person.subject == f"{provider.issuer} 42"


@pytest.mark.parametrize("claims", [
    {"email_verified": False}, {"email_verified": "true"}, {"email": "nobody@x.example"}, {"email": ""},
])  # fmt: skip
def test_who_has_no_account_stays_out(site: Site, provider: Provider, claims: dict[str, Any]) -> None:
    """Also by an address that the service does not vouch for."""
    provider.claims |= claims
    client, answer = come(site, provider)
    assert (answer.status_code, "ask an admin" in answer.text) == (403, True)
    assert client.get("/api/v1/jobs").status_code == 401


def test_who_is_bound_to_somebody_else_there_stays_out(site: Site, provider: Provider) -> None:
    """An address that was given to another person there opens nothing here."""
    come(site, provider)
    provider.claims["sub"] = "43"
    assert come(site, provider)[1].status_code == 403


def test_who_is_disabled_here_stays_out(site: Site, provider: Provider) -> None:
    """Whatever the service says."""
    with transaction(site.house.engine) as session:
        session.get_one(Person, accounts.find_person(site.house, ANN)).disabled_at = now(session)
    assert come(site, provider)[1].status_code == 403


@pytest.mark.parametrize("claims", [
    {"iss": "http://evil.example"}, {"aud": "another"}, {"exp": 1}, {"nonce": "old"}, {"sub": None},
])  # fmt: skip
def test_a_token_that_is_not_for_us_and_this_sign_in_is_refused(
    site: Site, provider: Provider, claims: dict[str, Any]
) -> None:
    """Another issuer, another receiver, run out, or seen before."""
    provider.claims |= claims
    client, answer = come(site, provider)
    assert (answer.status_code, "begin again" in answer.text) == (403, True)
    assert client.get("/api/v1/jobs").status_code == 401


def test_a_token_of_another_key_is_refused(site: Site, provider: Provider) -> None:
    """Though it says all that it should."""
    provider.signs_with = RSAKey.generate_key(2048)
    assert come(site, provider)[1].status_code == 403


def test_an_answer_to_another_browsers_request_is_refused(site: Site, provider: Provider) -> None:
    """So that nobody is signed in as somebody else by a link; and a code works once."""
    sent = browser(site).get("/sign-in/provider")
    back = provider.authorise(sent.headers["location"])
    assert browser(site).get(back).status_code == 400
    other = browser(site)
    other.get("/sign-in/provider")
    assert other.get(back).status_code == 403
    client = browser(site)
    there = provider.authorise(client.get("/sign-in/provider").headers["location"])
    assert client.get(there).status_code == 303
    assert client.get(there).status_code == 400


def test_without_the_setting_there_is_no_such_way(tmp_path: Path) -> None:
    """And no button for it."""
    site = Site(make_app(Settings(data_dir=tmp_path), lambda queue, job: None), [], {}, {})
    assert "/sign-in/provider" not in browser(site).get("/sign-in").text
    assert browser(site).get("/sign-in/provider").status_code == 404
    site.house.close()


def test_a_service_that_is_away_is_told(site: Site, provider: Provider) -> None:
    """503, to be tried again; passwords still work."""
    away = Settings(data_dir=site.house.settings.data_dir, oidc_issuer="http://127.0.0.1:9", oidc_client_id="x")
    other = Site(make_app(away, lambda queue, job: None), [], {}, {})
    assert browser(other).get("/sign-in/provider").status_code == 503
    assert browser(other).get("/sign-in").status_code == 200
    other.house.close()
