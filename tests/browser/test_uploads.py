"""Sending dictations from the page: many at once, through a cut line, and what became of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TABLET, WIDE, Visits
from transcribe import assets
from transcribe.service import jobs
from transcribe.store.engine import transaction
from transcribe.store.jobs import locked
from transcribe.store.tables import State


def recordings(folder: Path, *names: str) -> list[Path]:
    """Copies of sample recordings, each different from any that was sent."""
    made = []
    for name in names:
        made.append(folder / f"{name}.opus")
        made[-1].write_bytes((assets.shipped("samples") / "letter.opus").read_bytes() + name.encode())
    return made


def test_many_recordings_go_at_once(visit: Visits, tmp_path: Path) -> None:
    """With what is usual for the author, and a patient for each; the list below shows them without a reload."""
    page = visit("transcriptionist", "/uploads")
    page.set_input_files("#files", recordings(tmp_path, "one", "two", "three"))
    page.get_by_label("Author", exact=True).fill("Ines Moreau, MD")
    page.get_by_label("Author", exact=True).blur()
    expect(page.get_by_label("Author's initials")).to_have_value("IM")
    expect(page.get_by_label("Work type")).to_have_value("letter")
    page.get_by_label("STAT").check()
    page.get_by_label("Patient").nth(1).fill("Second Patient")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen .file[data-state=received]")).to_have_count(3)
    row = page.locator("#sent tr", has_text="Second Patient")
    expect(row).to_have_text(re.compile(r"^\s*STAT\s+two\.opus"))
    expect(row.get_by_text("Waiting")).to_be_visible()


def test_a_recording_sent_twice_says_so(visit: Visits, tmp_path: Path) -> None:
    """Beside the file and in the list, from where it can be cancelled: which is asked first."""
    [path] = recordings(tmp_path, "twice")
    page = visit("transcriptionist", "/uploads")
    for _ in range(2):
        page.set_input_files("#files", [path])
        page.get_by_role("button", name="Send (1)").click()
        page.wait_for_selector("#chosen .file:last-child[data-state=received]")
    expect(page.locator("#chosen .file:last-child")).to_contain_text("same recording")
    row = page.locator("#sent tbody tr").first
    expect(row.get_by_text("The same recording was sent before")).to_be_visible()
    row.get_by_text("Cancel", exact=True).click()
    row.get_by_role("button", name="Cancel the dictation").click()
    expect(page.get_by_role("status").filter(has_text="Cancelled")).to_be_visible()
    expect(page.locator("#sent tbody tr").first.get_by_text("Cancelled", exact=True)).to_be_visible()


def test_what_was_cut_off_goes_on(visit: Visits, tmp_path: Path) -> None:
    """After a reload the same file, chosen again, is sent from where it was cut off."""
    [path] = recordings(tmp_path, "cut")
    path.write_bytes(path.read_bytes() * 400)
    page = visit("transcriptionist", "/uploads")
    page.route("**/api/v1/uploads/*", lambda route: route.abort())
    page.set_input_files("#files", [path])
    page.get_by_role("button", name="Send (1)").click()
    page.wait_for_selector("#chosen .file[data-state=waiting]")
    expect(page.locator("#chosen")).to_contain_text("The line is cut")
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/api/v1/uploads/*")
    page.reload()
    expect(page.locator("#unfinished")).to_contain_text("cut.opus")
    page.set_input_files("#files", [path])
    page.wait_for_selector("#chosen .file[data-state=received]")
    expect(page.locator("#unfinished")).to_be_hidden()
    visit.forgive("ERR_FAILED")


def test_sending_can_be_paused_and_resumed(visit: Visits, tmp_path: Path) -> None:
    """By buttons that a keyboard reaches."""
    [path] = recordings(tmp_path, "pause")
    page = visit("transcriptionist", "/uploads")
    held: list[Any] = []
    page.route("**/api/v1/uploads/*", lambda route: held.append(route))
    page.set_input_files("#files", [path])
    page.get_by_role("button", name="Send (1)").press("Enter")
    page.get_by_role("button", name="Pause").press("Enter")
    page.wait_for_selector("#chosen .file[data-state=paused]")
    page.unroute("**/api/v1/uploads/*")
    page.get_by_role("button", name="Resume").press("Enter")
    page.wait_for_selector("#chosen .file[data-state=received]")


def test_what_cannot_be_sent_is_told_at_once(visit: Visits, tmp_path: Path) -> None:
    """An empty file before it is sent, one that is no recording by the server's answer."""
    empty, picture = tmp_path / "empty.wav", tmp_path / "picture.png"
    empty.write_bytes(b"")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    page = visit("transcriptionist", "/uploads")
    page.set_input_files("#files", [empty, picture])
    expect(page.locator("#chosen .file:first-child")).to_contain_text("This file is empty")
    page.get_by_role("button", name="Send (1)").click()
    page.wait_for_selector("#chosen .file:last-child[data-state=refused]")
    expect(page.locator("#chosen .file:last-child [data-why]")).to_be_visible()
    visit.forgive("415")


def test_a_failed_one_says_why_and_can_be_tried_again(visit: Visits) -> None:
    """While the page stays open: the line changes by itself."""
    page = visit("transcriptionist", "/uploads")
    page.wait_for_timeout(300)
    with visit.server.house() as house:
        job = str(page.locator("#sent tbody tr").last.get_attribute("id")).removeprefix("job-")
        page.wait_for_timeout(2500)
        with transaction(house.engine) as session:
            row = locked(session, job)
            row.state, row.reason = State.FAILED, "The recording breaks off. Send it again."
        page.wait_for_selector(f"#job-{job}[data-state=failed]")
        expect(page.locator(f"#job-{job}")).to_contain_text("Send it again")
        page.locator(f"#job-{job}").get_by_role("button", name="Try again").click()
        expect(page.get_by_role("status").filter(has_text="Started again")).to_be_visible()
        assert jobs.status(house, visit.server.clinic, job).state != State.FAILED


@pytest.mark.parametrize("width", [WIDE, TABLET])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(
    visit: Visits, accessible: Callable[..., None], theme: str, width: int, tmp_path: Path
) -> None:
    """With files chosen, in both colours, on a desk and on a tablet."""
    page = visit("transcriptionist", "/uploads", theme=theme, width=width)
    accessible(page)
    page.set_input_files("#files", recordings(tmp_path, "seen"))
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
