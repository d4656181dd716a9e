"""What touches the whole house: its clinics, the code tables that all share, and links that go by e-mail."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.delivery.test_notice import mailing
from tests.web.conftest import Site
from tests.web.test_people import BOSS, send
from tests.web.test_signin import csrf, person, set_up
from transcribe import coding
from transcribe.service import auditing
from transcribe.service.identity import accounts

TABULAR = b"""<ICD10CM.tabular><version>2027</version><chapter><name>1</name><desc>Some</desc><section id="A00-A09">
<desc>Some</desc><diag><name>A00</name><desc>Cholera</desc><diag><name>A00.9</name><desc>Cholera, unspecified</desc>
</diag></diag></section></chapter></ICD10CM.tabular>"""
CPT = b"code,descriptor\n99999,Made up for a test\n"


@pytest.fixture
def site(site: Site, tmp_path: Path) -> Site:
    """With code tables of its own."""
    at(site, cache_dir=tmp_path / "cache")
    return site


@pytest.fixture
def boss(site: Site) -> TestClient:
    """The browser of an admin of clinic a, which was here first."""
    person(site, "admin", email=BOSS)
    return set_up(site, BOSS)[0]


@pytest.fixture
def guest(site: Site) -> TestClient:
    """That of an admin of a clinic that came later."""
    person(site, "admin", email="guest@south.example", clinic="b")
    return set_up(site, "guest@south.example")[0]


def test_an_admin_of_the_first_clinic_adds_another_and_goes_there(site: Site, boss: TestClient) -> None:
    """And is its admin; both clinics' audits have it, and a name is there once."""
    assert send(boss, "/admin/clinics", name=" South Annex ").status_code == 303
    made = accounts.find_clinic(site.house, "South Annex")
    for clinic in (made, site.clinics["a"]):
        (entry, *_) = auditing.entries(site.house, clinic, action="clinic added")
        assert (entry.name, entry.subject) == ("Ann", made)
    assert send(boss, "/admin/clinics", name="South Annex").status_code == 400
    assert send(boss, "/admin/clinics", name="  ").status_code == 400
    assert "South Annex" in boss.get("/admin/clinic").text
    send(boss, "/account/clinic", clinic=made)
    page = boss.get("/admin/people").text
    assert BOSS in page
    assert "South Annex" in page


def test_an_admin_of_a_later_clinic_adds_none_and_sees_none(site: Site, guest: TestClient) -> None:
    """What touches every clinic is not theirs, nor are the names of the others."""
    assert send(guest, "/admin/clinics", name="Mine").status_code == 403
    assert "Clinic a" not in guest.get("/admin/clinic").text
    answer = guest.post("/admin/codes", data={"csrf": csrf(guest)}, files={"file": ("x-2027.xml", TABULAR)})
    assert answer.status_code == 403
    assert "data-sends" not in guest.get("/admin/codes").text
    assert not coding.releases(site.house.settings.cache_dir)


def test_a_program_adds_no_clinic(site: Site) -> None:
    """Somebody must be its admin."""
    assert site.client("a admin").post("/admin/clinics", data={"name": "Of a program"}).status_code == 403


def bring(client: TestClient, *files: tuple[str, bytes], **fields: str) -> tuple[int, str]:
    """Send files to the page; the status, and what the page says."""
    answer = client.post(
        "/admin/codes", data={"csrf": csrf(client), **fields}, files=[("file", each) for each in files]
    )
    return answer.status_code, answer.text


def packed(*members: tuple[str, bytes]) -> bytes:
    """A ZIP of these."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def test_official_files_are_imported_as_they_are_offered(site: Site, boss: TestClient) -> None:
    """Alone or in an archive, of which only what belongs to the tables is taken, under its bare name."""
    assert bring(boss, ("icd10cm-tabular-2027.xml", TABULAR), release="2026-10")[0] == 200
    archive = packed(("../../x/icd10cm-tabular-April-1-2027.xml", TABULAR), ("guide.pdf", b"no"), ("notes.txt", b"no"))
    status, page = bring(boss, ("April 2027.zip", archive))
    assert status == 200, page
    cache = site.house.settings.cache_dir
    assert [each.release for each in coding.releases(cache)] == ["2026-10", "2027-04"]
    assert "2027-04" in page
    (entry, *_) = auditing.entries(site.house, site.clinics["a"], action="codes imported")
    assert entry.detail == {"became": ["2027-04"]}


@pytest.mark.parametrize(
    "files",
    [
        (),
        (("a.exe", b"MZ"),),
        (("a.xml", b"<no"),),
        (("a.xml", b"<other/>"),),
        (("a.zip", b"PK no"),),
        (("a.zip", packed(("inner.zip", packed(("icd10cm-tabular.xml", TABULAR))))),),
        (("a.zip", packed(*((f"icd10cm-tabular-{number}.xml", TABULAR) for number in range(30)))),),
        (("a.zip", packed(("x/icd10cm-tabular.xml", TABULAR), ("y/icd10cm-tabular.xml", TABULAR))),),
        (("../../evil.txt", b"no table"),),
    ],
    ids=["nothing", "program", "broken", "foreign", "no archive", "nested", "many", "twice", "text"],
)
def test_what_is_no_official_file_is_refused(
    site: Site, boss: TestClient, files: tuple[tuple[str, bytes], ...]
) -> None:
    """With the reason on the page, without the folder it lay in, and nothing changes."""
    status, page = bring(boss, *files)
    assert status == 422
    assert 'role="alert"' in page
    assert "/tmp" not in page
    assert not list(Path(site.house.settings.cache_dir).glob("**/*.sqlite"))


def test_an_archive_that_unpacks_to_too_much_is_refused(
    site: Site, boss: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small it is as it comes."""
    monkeypatch.setattr("transcribe.coding.archive._MOST_BYTES", 100_000)
    status, page = bring(boss, ("a.zip", packed(("icd10cm-tabular-2027.xml", TABULAR + b" " * 200_000))))
    assert status == 422
    assert "more than the tables of a release" in page


def test_a_cpt_table_asks_for_the_licence(site: Site, boss: TestClient) -> None:
    """Which is confirmed by a tick, once."""
    status, page = bring(boss, ("ours.csv", CPT))
    assert status == 403
    assert "licence" in page
    status, page = bring(boss, ("ours.csv", CPT), licence="yes")
    assert status == 200
    assert "1 CPT codes" in page
    assert "Made up" not in page


@pytest.mark.enable_socket
def test_a_link_goes_by_e_mail_where_there_is_a_mail_server(site: Site, boss: TestClient) -> None:
    """To whom it is for, and then no page shows it; where the mail server refuses, the page shows it as ever."""
    with mailing("250 ok") as (server, kept):
        at(site, smtp_url=server, mail_from="no-reply@north.example", public_url="https://reports.north.example")
        page = send(boss, "/admin/people", name="Bob", email="bob@north.example", role=["editor"]).text
        assert "was sent to bob@north.example" in page
        assert "/join/" not in page
        letter = b"".join(kept).decode()
        assert "https://reports.north.example/join/" in letter
        assert "\r\nTo: bob@north.example\r\n" in letter
        bob = accounts.find_person(site.house, "bob@north.example")
        assert auditing.entries(site.house, site.clinics["a"], action="link sent")[0].subject == bob
        kept.clear()
        assert "was sent to" in send(boss, f"/admin/people/{bob}/reset").text
        assert kept
    with mailing("550 nobody") as (server, kept):
        at(site, smtp_url=server, mail_from="no-reply@north.example", public_url="https://reports.north.example")
        page = send(boss, f"/admin/people/{bob}/reset").text
        assert "https://reports.north.example/join/" in page
        assert 'role="alert"' in page
        assert not kept


def at(site: Site, **settings: object) -> None:
    """Let the service run with these settings from now on."""
    house = site.house
    site.app.state.house = replace(house, settings=house.settings.model_copy(update=settings))
