"""Links that work once, the own account, the people of a clinic, its audit."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from tests.service.identity.test_signin import PASSWORD
from tests.web.conftest import Site
from tests.web.test_signin import ANN, browser, csrf, forget_steps, person, set_up, showing, sign_in
from transcribe.service.identity import accounts, links
from transcribe.settings import Settings
from transcribe.store.engine import transaction
from transcribe.store.people import Link
from transcribe.store.tables import AuditEntry, Clinic
from transcribe.web.app import make_app

NEW = "another long password"
BOSS = "boss@north.example"


@pytest.fixture
def boss(site: Site) -> TestClient:
    """The browser of an admin of clinic a."""
    person(site, "admin", email=BOSS)
    return set_up(site, BOSS)[0]


def send(client: TestClient, path: str, **fields: Any) -> Any:
    """Send a form of one of our pages."""
    return client.post(path, data={"csrf": csrf(client), **fields})


def link_in(answer: Any) -> str:
    """The path of the one-time link that a page shows."""
    found = re.search(r"https://localhost(/join/[\w-]+)<", answer.text)
    assert found, answer.text
    return found[1]


def test_whoever_is_invited_chooses_a_password_once_and_is_in(site: Site, boss: TestClient) -> None:
    """From the link to the second factor; the link works no second time."""
    link = link_in(send(boss, "/admin/people", name="Bob", email="bob@north.example", role=["editor", "clinician"]))
    guest = browser(site)
    assert "bob@north.example" in guest.get(link).text
    assert guest.post(link, data={"password": NEW, "again": "other"}).status_code == 422
    assert guest.post(link, data={"password": "short", "again": "short"}).status_code == 422
    answer = guest.post(link, data={"password": NEW, "again": NEW})
    assert answer.headers["location"].startswith("/sign-in/set-up")
    assert browser(site).get(link).status_code == 404
    assert browser(site).post(link, data={"password": NEW, "again": NEW}).status_code == 404
    shown = boss.get("/admin/people").text
    assert "bob@north.example" in shown
    assert "editor, clinician" in shown


def test_a_link_runs_out(site: Site, boss: TestClient) -> None:
    """An invitation after a week; and a newer one ends the older."""
    link = link_in(send(boss, "/admin/people", name="Bob", email="bob@north.example", role="editor"))
    newer = link_in(send(boss, "/admin/people", name="Bob", email="bob@north.example", role="editor"))
    assert browser(site).get(link).status_code == 404
    assert browser(site).get(newer).status_code == 200
    with transaction(site.house.engine) as session:
        for row in session.scalars(select(Link)):
            row.expires_at -= timedelta(days=7)
    assert browser(site).get(newer).status_code == 404


def test_the_first_admin_is_made_in_the_browser_and_only_with_the_printed_link(tmp_path: Path) -> None:
    """Once; whoever comes later, or without it, finds nothing."""
    app = make_app(Settings(data_dir=tmp_path), lambda queue, job: None)
    site = Site(app, [], {}, {})
    assert "Nobody can sign in here yet" in browser(site).get("/sign-in").text
    older, link = links.first(site.house), links.first(site.house)
    given = {"clinic": "North", "name": "Ann", "email": ANN, "password": NEW, "again": NEW}
    for wrong in (older, "guess"):
        assert browser(site).post(f"/join/{wrong}", data=given).status_code == 404
    assert "Name of your clinic" in browser(site).get(f"/join/{link}").text
    for missing in ({"clinic": " "}, {"email": "none"}, {"password": "short", "again": "short"}):
        assert browser(site).post(f"/join/{link}", data={**given, **missing}).status_code == 422
    answer = browser(site).post(f"/join/{link}", data=given)
    assert answer.headers["location"].startswith("/sign-in/set-up")
    assert links.first(site.house) is None
    assert browser(site).post(f"/join/{link}", data=given).status_code == 404
    with transaction(site.house.engine) as session:
        assert session.scalars(select(Clinic.name)).all() == ["North"]
    client, _ = set_up(site, password=NEW)
    assert client.get("/admin/people").status_code == 200
    site.house.close()


def test_a_new_password_ends_the_sessions_everywhere_else(site: Site) -> None:
    """The old one opens nothing from then on."""
    person(site, "editor")
    other, secret = set_up(site)
    client = browser(site)
    sign_in(client)
    client.post("/sign-in/code", data={"code": pyotp.TOTP(secret).now()})
    assert send(client, "/account/password", old="wrong", new=NEW, again=NEW).status_code == 403
    assert send(client, "/account/password", old=PASSWORD, new="short", again="short").status_code == 422
    assert send(client, "/account/password", old=PASSWORD, new=NEW, again=NEW).status_code == 303
    assert client.get("/api/v1/jobs").status_code == 200
    assert other.get("/api/v1/jobs").status_code == 401
    assert sign_in(browser(site)).status_code == 403


def test_a_session_is_seen_and_ended_from_another_browser(site: Site) -> None:
    """One by one, or all others at once; nobody ends anybody else's."""
    person(site, "editor")
    one, secret = set_up(site)
    forget_steps(site)
    client = browser(site)
    sign_in(client)
    client.post("/sign-in/code", data={"code": pyotp.TOTP(secret).now()})
    ends = re.findall(r'action="(/account/sessions/\w{32}/end)"', client.get("/account").text)
    assert len(ends) == 1
    person(site, "editor", email="bob@north.example")
    stranger, _ = set_up(site, "bob@north.example")
    assert send(stranger, ends[0]).status_code == 404
    assert one.get("/api/v1/jobs").status_code == 200
    assert send(client, ends[0]).status_code == 303
    assert one.get("/api/v1/jobs").status_code == 401
    assert send(client, "/account/sessions/end").status_code == 303
    assert client.get("/api/v1/jobs").status_code == 200


def test_ones_own_token_does_what_one_may_do_until_it_is_revoked(site: Site) -> None:
    """Or until its time is over; another's is nobody's business."""
    person(site, "editor")
    client, _ = set_up(site)
    made = re.search(r"tr_[\w-]+", send(client, "/account/tokens", name="script", days=30).text)
    assert made
    heads = {"Authorization": f"Bearer {made[0]}"}
    assert browser(site).get("/api/v1/jobs", headers=heads).status_code == 200
    shown = client.get("/account").text
    assert made[0] not in shown
    revoke = re.findall(r'action="(/account/tokens/\w{32}/revoke)"', shown)
    person(site, "editor", email="bob@north.example")
    assert send(set_up(site, "bob@north.example")[0], revoke[0]).status_code == 404
    assert send(client, revoke[0]).status_code == 303
    assert browser(site).get("/api/v1/jobs", headers=heads).status_code == 401


def test_recovery_codes_and_telephone_are_changed_with_password_and_code(site: Site) -> None:
    """New codes end the old ones; another telephone is set up at the next sign-in."""
    person(site, "editor")
    client, secret = set_up(site)
    assert send(client, "/account/recovery-codes", password="wrong", code="").status_code == 403
    answer = send(client, "/account/recovery-codes", password=PASSWORD, code=pyotp.TOTP(secret).now())
    assert len(re.findall(r"<code>\w{8}-\w{8}</code>", answer.text)) == 10
    assert send(client, "/account/telephone", password=PASSWORD).status_code == 303
    assert client.get("/api/v1/jobs").status_code == 401
    assert sign_in(browser(site)).headers["location"].startswith("/sign-in/set-up")


def test_an_admin_changes_roles_resets_and_disables(site: Site, boss: TestClient) -> None:
    """Each works at once."""
    ann = person(site, "editor")
    client, _ = set_up(site)
    place = f"/admin/people/{ann}"
    assert send(boss, f"{place}/roles", role="clinic").status_code == 303
    assert client.get("/api/v1/queue").status_code == 403
    link = link_in(send(boss, f"{place}/reset"))
    assert client.get("/api/v1/jobs").status_code == 200  # Until the link is taken up.
    browser(site).post(link, data={"password": NEW, "again": NEW})
    assert client.get("/api/v1/jobs").status_code == 401
    link_in(send(boss, f"{place}/reset", second_factor="yes"))
    assert sign_in(browser(site), password=NEW).headers["location"].startswith("/sign-in/set-up")
    client, _ = set_up(site, password=NEW)
    token = re.search(r"tr_[\w-]+", send(client, "/account/tokens", name="script", days=30).text)
    assert send(boss, f"{place}/disable").status_code == 303
    assert client.get("/api/v1/jobs").status_code == 401
    assert token
    heads = {"Authorization": f"Bearer {token[0]}"}
    assert browser(site).get("/api/v1/jobs", headers=heads).status_code == 401
    assert sign_in(browser(site), password=NEW).status_code == 403
    assert send(boss, f"{place}/enable").status_code == 303
    assert sign_in(browser(site), password=NEW).status_code == 303
    assert send(boss, f"{place}/roles").status_code == 303
    assert boss.get(place).status_code == 404


def test_an_admin_does_not_lock_themselves_out(site: Site, boss: TestClient) -> None:
    """Neither by roles nor by disabling."""
    me = accounts.find_person(site.house, BOSS)
    assert send(boss, f"/admin/people/{me}/roles", role="editor").status_code == 422
    assert send(boss, f"/admin/people/{me}/disable").status_code == 422
    assert boss.get("/admin/people").status_code == 200


def test_an_admin_has_no_hand_on_who_works_for_another_clinic_too(site: Site, boss: TestClient) -> None:
    """Else a reset here would open the other clinic's door; only the roles here are theirs to change."""
    ann = person(site, "editor", clinic="b")
    place = f"/admin/people/{ann}"
    for act in ("reset", "disable", "enable", "roles"):
        assert send(boss, f"{place}/{act}", role="editor").status_code == 404
    answer = send(boss, "/admin/people", name="Ann", email=ANN, role="editor")
    assert (answer.status_code, "/join/" in answer.text) == (303, False)
    for act in ("reset", "disable", "enable"):
        assert send(boss, f"{place}/{act}").status_code == 403
    assert send(boss, f"{place}/roles").status_code == 303
    assert accounts.find_person(site.house, ANN) == ann


def test_an_invitation_to_somebody_another_clinic_has_invited_shows_no_link(site: Site, boss: TestClient) -> None:
    """It would be the key to an account with roles there."""
    accounts.add_person(site.house, site.clinics["b"], "Ann", ANN, "admin")
    answer = send(boss, "/admin/people", name="Ann", email=ANN, role="editor")
    assert (answer.status_code, "/join/" in answer.text) == (303, False)


def test_programs_tokens_are_made_and_revoked(site: Site, boss: TestClient) -> None:
    """With a role of their own."""
    made = re.search(r"tr_[\w-]+", send(boss, "/admin/tokens", name="recorder", role="transcriptionist").text)
    assert made
    heads = {"Authorization": f"Bearer {made[0]}"}
    assert browser(site).get("/api/v1/queue", headers=heads).status_code == 200
    named = accounts.principal(site.house, made[0]).actor
    assert send(boss, f"/admin/tokens/{named}/revoke").status_code == 303
    assert browser(site).get("/api/v1/queue", headers=heads).status_code == 401
    assert send(boss, "/admin/tokens", name="recorder", role="emperor").status_code == 422


def test_the_audit_page_shows_narrows_and_checks(site: Site, boss: TestClient) -> None:
    """Who did what, page by page; a changed entry is named."""
    job = site.job()
    shown = boss.get("/admin/audit").text
    assert job in shown
    assert "Ann" in shown
    assert job not in boss.get("/admin/audit", params={"action": "signed in"}).text
    assert job in boss.get("/admin/audit", params={"subject": job}).text
    assert "Nothing was found" in boss.get("/admin/audit", params={"before": 1}).text
    assert "entries is whole" in boss.get("/admin/audit", params={"check": True}).text
    with site.house.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.execute(update(AuditEntry).where(AuditEntry.subject == job).values(actor="somebody else"))
    assert re.search(r"chain is broken: entry \d+ has been changed", boss.get("/admin/audit?check=true").text)


def test_a_page_learns_how_long_the_session_lasts_without_prolonging_it(site: Site) -> None:
    """So that what is typed is saved, and the end announced, in time."""
    person(site, "editor")
    client, _ = set_up(site)
    left = client.get("/api/v1/session").json()["seconds_left"]
    assert 890 < left <= 900
    assert site.client().get("/api/v1/session").json() == {"seconds_left": None}
    assert showing(site, "x").get("/api/v1/session").status_code == 401
