"""The path of each role through the pages, from the keyboard: queue, signature, finished reports, settings, quality."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import stored
from tests.browser.conftest import Server, Visits
from tests.service.reports import save
from transcribe.service import recordings, rules
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, versions
from transcribe.settings import DEMO_PASSWORD


def person(server: Server, role: str) -> Principal:
    return Principal(server.people[role], server.clinic, frozenset({role}), f"Demo {role.title()}")


@pytest.fixture(scope="module")
def jobs(server: Server) -> dict[str, str]:
    """The jobs by their work type; the letter is released, the consultation corrected and released."""
    with server.house() as house:
        clinic = server.clinic
        found = {each.view.work_type: each.view.job for each in recordings.sent(house, clinic)}
        for author in rules.authors(house, clinic):
            rules.say_author(house, person(server, "admin"), author.author, server.people["clinician"])
        job, editor = found["consultation"], person(server, "editor")
        text = versions.one(house, editor, job, 1)["text"].replace("palpitations", "flutters", 1)
        save(house, editor, job, 1, text)
        for job in (found["letter"], found["consultation"]):
            stored.release(house, clinic, server.people, job)
    return found


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_an_editor_works_through_the_queue(visit: Visits, jobs: dict[str, str]) -> None:
    """What is due first is taken with one key; j and k walk, m opens what else can be done, ? says so."""
    page = visit("editor", "/review")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator(f"a[href='/review/{jobs['operative_report']}']").first).to_be_focused()
    press(page, "j", "k", "m")
    page.get_by_label("Note").first.fill("Is it the left side?")
    page.get_by_role("button", name="To QA").first.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Sent to QA")
    page.get_by_role("link", name="In QA 1").press("Enter")
    expect(page.get_by_text("notes: 1")).to_be_visible()
    press(page, "j", "m")
    page.get_by_label("Note").fill("Yes, left.")
    page.get_by_role("button", name="Answer").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Answered")
    page.keyboard.press("n")
    page.wait_for_url(f"**/review/{jobs['operative_report']}")


def test_a_claim_is_seen_by_others(visit: Visits, jobs: dict[str, str]) -> None:
    """With who has it; and without a note nothing is sent anywhere."""
    with visit.server.house() as house:
        claims.claim(house, person(visit.server, "admin"), jobs["progress_note"])
    page = visit("editor", "/review")
    row = page.locator("tr", has=page.locator(f"a[href='/review/{jobs['progress_note']}']"))
    expect(row).to_contain_text("Demo Admin")
    row.locator("summary").press("Enter")
    row.get_by_role("button", name="On hold").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say why in the note")
    visit.forgive("409")


def test_filters_take_effect_at_once(visit: Visits, jobs: dict[str, str]) -> None:
    """Without a reload, and the focus stays where it is."""
    page = visit("editor", "/review")
    page.get_by_label("Work type").focus()
    page.get_by_label("Work type").select_option("progress_note")
    expect(page.locator("tr[data-line]")).to_have_count(1)
    expect(page.get_by_label("Work type")).to_be_focused()
    page.get_by_label("STAT only").check()
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()


def test_a_clinician_signs(visit: Visits, jobs: dict[str, str]) -> None:
    """A wrong password is told; the right one signs, and the next report is there."""
    page = visit("clinician", "/sign")
    expect(page.locator("tr[data-line]")).to_have_count(2)
    page.keyboard.press("n")
    page.wait_for_url("**/sign/*")
    first = page.url
    page.get_by_label("Your password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The password is wrong")
    page.get_by_label("Your password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Signed")
    assert page.url != first
    page.get_by_label("What is to be changed").fill("The date is missing.")
    page.get_by_role("button", name="Give it back").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Given back")
    expect(page.get_by_text("Nothing waits for your signature")).to_be_visible()
    visit.forgive("403")


def test_a_clinic_finds_reads_and_acknowledges(visit: Visits, jobs: dict[str, str]) -> None:
    """Only what is signed; a patient's name never stands in an address."""
    page = visit("clinic", "/reports")
    expect(page.locator("tr[data-line]")).to_have_count(1)
    page.get_by_label("Patient or record number").fill("placeholder edgar")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-line]")).to_have_count(1)
    assert "placeholder" not in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="DOCX of Edgar Placeholder").press("Enter")
    assert download.value.path().read_bytes().startswith(b"PK")
    page.get_by_label("Patient or record number").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No report fits")).to_be_visible()
    page.goto("/reports?new=1")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Acknowledge").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Acknowledged")
    page.goto("/reports?new=1")
    expect(page.get_by_text("Everything is acknowledged")).to_be_visible()


def test_a_clinician_has_a_signed_report_corrected(visit: Visits, jobs: dict[str, str]) -> None:
    """With a reason; it goes on to count, whoever reads it is told, and the correction can be given up."""
    page = visit("clinician", "/reports")
    page.locator("tr[data-line] a").first.press("Enter")
    page.get_by_label("What is wrong").fill("It was the left side.")
    page.get_by_role("button", name="Have it corrected").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Sent to the editors")
    expect(page.get_by_text("This report is being corrected")).to_be_visible()
    expect(page.get_by_label("What is wrong")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="DOCX").press("Enter")
    assert download.value.path().read_bytes().startswith(b"PK")
    page.goto("/reports")
    expect(page.locator("tr[data-line]")).to_contain_text("Being corrected")
    page.go_back()
    page.get_by_role("button", name="Give the correction up").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("given up")
    expect(page.get_by_label("What is wrong")).to_be_visible()


def test_a_clinic_sees_no_draft(visit: Visits, jobs: dict[str, str]) -> None:
    """As if there were none."""
    page = visit("clinic", f"/reports/{jobs['progress_note']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not Found")
    assert page.request.get(f"/reports/{jobs['progress_note']}/file").status == 404
    visit.forgive("404")


def test_an_administrator_changes_the_clinics_rules(visit: Visits) -> None:
    """What cannot be used is told and nothing is kept; what can be is there afterwards."""
    page = visit("admin", "/admin/clinic")
    page.get_by_label("Days that recordings are kept").fill("30")
    page.get_by_role("button", name="Save").first.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_label("Days that recordings are kept")).to_have_value("30")
    page.goto("/admin/work-types")
    page.get_by_label("kind Letter is due").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_label("kind Letter is due")).to_have_value("12")
    with visit.server.house() as house:
        own = rules.of(house, visit.server.clinic)
    assert own["retention"] == {"audio_days": 30} and own["turnaround_hours"] == {"letter": 12}


def test_an_administrator_adds_a_clinic_and_goes_there(visit: Visits) -> None:
    """By keys; the other clinic begins empty."""
    page = visit("admin", "/admin/clinic")
    page.get_by_label("Name of another clinic").fill("South Annex")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Go there to invite its people")
    page.get_by_role("button", name="Go there South Annex").press("Enter")
    expect(page.locator(".clinic")).to_have_text("South Annex")
    page.goto("/admin/people")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_code_files_that_are_none_are_told_in_place(visit: Visits) -> None:
    """Without leaving the page: how far they are, then why they cannot be used; a table of CPT needs its licence."""
    page = visit("admin", "/admin/codes")
    for name, content, told in (
        ("codes.zip", b"no archive" * 200_000, "cannot be unpacked"),
        ("ours.csv", b"code,descriptor\n99999,Made up\n", "licence"),
    ):
        page.get_by_label("Official files").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        page.get_by_role("button", name="Import").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(page.locator("main")).to_be_focused()
    visit.forgive("422")
    visit.forgive("403")


def test_an_administrator_keeps_words_and_normals(visit: Visits) -> None:
    """A line that is no replacement is named; a normal is changed, and taken out only when asked twice."""
    page = visit("admin", "/admin/words")
    page.get_by_label("Spelt so").fill("Zytiga\nOsage Valley")
    page.get_by_label("Heard = typed").fill("novo log")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Line 1")
    expect(page.get_by_label("Spelt so")).to_have_value("Zytiga\nOsage Valley")
    page.get_by_label("Heard = typed").fill("novo log = NovoLog")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.goto("/admin/normals")
    page.get_by_label("Called").fill("Knee  Exam")
    page.get_by_label("Text").fill("Full range of motion.")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_role("link", name="Change knee exam").press("Enter")
    expect(page.get_by_label("Text")).to_have_value("Full range of motion.")
    page.locator("summary", has_text="Remove").press("Enter")
    page.get_by_role("button", name="Remove the normal").press("Enter")
    expect(page.get_by_text("No normals yet")).to_be_visible()
    visit.forgive("400")


def test_a_reviewer_judges(visit: Visits, jobs: dict[str, str]) -> None:
    """Each place that differs can be a fault; a critical one fails, and the overview says whose it was."""
    page = visit("editor", "/quality?by=recogniser")
    page.get_by_label("Draw by lot").fill("1")
    page.get_by_label("Share or number").select_option("each")
    page.get_by_role("button", name="Draw").press("Enter")
    expect(page.locator("tr[data-line]")).to_have_count(1)
    page.goto(f"/quality/{jobs['consultation']}")
    expect(page.locator("output")).to_have_text("Score 100: passes")
    page.get_by_label("Place", exact=False).first.select_option("critical")
    expect(page.locator("output")).to_have_text("Score 97: fails")
    page.get_by_role("button", name="Keep the judgement").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.goto("/quality?by=recogniser")
    expect(page.locator("tbody tr").first).to_contain_text("97")
    page.goto(f"/quality/{jobs['consultation']}")
    expect(page.get_by_label("Place", exact=False).first).to_have_value("critical")


def test_figures_are_pictures_and_tables(visit: Visits, jobs: dict[str, str]) -> None:
    """And a file for a spreadsheet."""
    page = visit("editor", "/figures?by=author")
    expect(page.get_by_role("img").nth(4)).to_be_attached()
    expect(page.get_by_role("table")).to_contain_text("Samuel Okonedo")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").press("Enter")
    assert "Samuel Okonedo" in download.value.path().read_text()
