"""The pages of deliveries, targets and letterheads, as an editor and an administrator work with them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visits
from tests.service.signing import rows, send_all, sign, target
from transcribe.delivery.attachment import DOCX
from transcribe.service.identity import accounts
from transcribe.service.outgoing import deliver
from transcribe.store.deliveries import Way
from transcribe.store.engine import transaction
from transcribe.web import demo


def word(*lines: str) -> dict[str, Any]:
    made = docx.Document()
    for line in lines:
        made.add_paragraph(line)
    saved = io.BytesIO()
    made.save(saved)
    return {"name": "own.docx", "mimeType": DOCX, "buffer": saved.getvalue()}


@pytest.fixture(scope="module")
def sent(server: Server) -> str:
    """The job of a report that arrived in one folder, was refused by another target and waits for a third."""
    with server.house() as house:
        clinic = accounts.find_clinic(house, demo.CLINIC)
        target(house, clinic, names="{report}_{version}")
        job = sign(house, clinic)
        send_all(house)
        target(house, clinic, "mllp", host="127.0.0.1", port=1)
        second = sign(house, clinic)
        with transaction(house.engine) as session:
            for row in session.query(deliver.Delivery).filter_by(job_id=second):
                row.state, row.reason = Way.REFUSED, "The receiver has read it and refuses it (AE)."
        assert len(rows(house)) == 3
    return job


@pytest.mark.parametrize("path", ["/deliveries", "/deliveries?scope=attention", "/deliveries?scope=held"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_work_with_the_page(
    visit: Visits, accessible: Callable[..., None], sent: str, path: str, theme: str
) -> None:  # fmt: skip
    """In both colours, with the receiver's word for each report."""
    accessible(visit("editor", path, theme=theme))


def test_a_delivery_is_sent_again_held_and_cancelled(visit: Visits, server: Server, sent: str) -> None:
    """Without a script: each button is a form, and the page says what came of it."""
    page = visit("editor", "/deliveries?scope=attention")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Send again").first.click()
    expect(page.locator("main")).to_contain_text("sent again in a moment")
    page.goto("/deliveries?scope=waiting")
    page.get_by_role("button", name="Hold", exact=True).first.click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto("/deliveries?scope=held")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto("/deliveries?scope=acknowledged")
    page.locator("summary", has_text="Withdraw").click()
    page.get_by_label("Why").fill("wrong patient")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("told in a moment")
    with server.house() as house:
        assert [row.note for row in rows(house) if row.happened == "cancelled"] == ["wrong patient"]


@pytest.mark.parametrize("kind", ["folder", "sftp", "webhook", "fhir", "mllp", "mail"])
def test_each_kind_of_target_has_its_form(visit: Visits, accessible: Callable[..., None], kind: str) -> None:
    """With names and hints that a screen reader finds."""
    accessible(visit("admin", f"/admin/targets?kind={kind}"))


def test_a_target_is_added_tried_paused_and_removed(visit: Visits, accessible: Callable[..., None]) -> None:
    """What the receiver said to the example is shown."""
    page = visit("admin", "/admin/targets?kind=folder")
    page.get_by_label("Name (needed)").fill("Archive")
    page.get_by_label("PDF").uncheck()
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Archive").click()
    page.get_by_role("button", name="Send an example").click()
    expect(page.locator("main")).to_contain_text("The example arrived.")
    expect(page.locator("main")).to_contain_text("EXAMPLE_2.docx")
    accessible(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("link", name="Archive")).to_have_count(0)


def test_what_is_wrong_with_a_target_is_said(visit: Visits) -> None:
    """And what was typed stays, but for the secret."""
    page = visit("admin", "/admin/targets?kind=mllp")
    page.get_by_label("Name (needed)").fill("Lab")
    page.get_by_label("Host (needed)").fill("lab.example.org")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("not on the list")
    expect(page.get_by_label("Host (needed)")).to_have_value("lab.example.org")
    visit.forgive("403")
    visit.forgive("400")


def test_a_letterhead_is_examined_used_and_retired(
    visit: Visits, accessible: Callable[..., None], tmp_path: Path
) -> None:  # fmt: skip
    """Its fields are shown, unknown ones are named, and the preview is a Word file."""
    page = visit("admin", "/admin/templates")
    page.set_input_files("#f-file", word("Hill Clinic", "{{ patient }}", "{{ body }}", "{{ nobody }}"))
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("alert")).to_contain_text("fields that there are not: nobody")
    visit.forgive("422")
    page.set_input_files("#f-file", word("Hill Clinic", "{{ patient }}", "{{ body }}"))
    page.get_by_role("button", name="Only see what is in it").click()
    expect(page.locator("dl").first).to_contain_text("body patient")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.set_input_files("#f-file", word("Hill Clinic", "{{ patient }}", "{{ body }}"))
    page.get_by_label("Name").fill("Own")
    page.get_by_role("button", name="Use it").click()
    accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Filled with an example").click()
    download.value.save_as(tmp_path / "preview.docx")
    assert "Pat Placeholder & Son" in [each.text for each in docx.Document(str(tmp_path / "preview.docx")).paragraphs]
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("main")).to_contain_text("No letterhead yet")


def test_reports_are_dated_by_a_clinics_clocks(visit: Visits) -> None:
    """A time zone that there is not is told; one that there is, is kept."""
    page = visit("admin", "/admin/templates")
    page.get_by_label("Time zone of signatures").fill("Nowhere/Else")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("America/Chicago")
    visit.forgive("422")
    page.get_by_label("Time zone of signatures").fill("America/Chicago")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_label("Time zone of signatures")).to_have_value("America/Chicago")
