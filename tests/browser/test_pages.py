"""Every page for everybody: in both colours, on a desk and on a tablet, to axe and without a way out of the origin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.browser import stored
from tests.browser.conftest import TABLET, WIDE, Server, Visits
from transcribe.service import recordings
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, queue
from transcribe.store.engine import now, transaction
from transcribe.store.jobs import locked

PICTURES = Path(__file__).parents[2] / "samples" / "pictures"

PAGES = [
    ("transcriptionist", "/uploads"),
    ("transcriptionist", "/uploads?whose=all"),
    ("editor", "/review"),
    ("editor", "/review?scope=mine"),
    ("editor", "/figures"),
    ("editor", "/quality?amount=100"),
    ("editor", "/quality/{signed}"),
    ("clinician", "/sign"),
    ("clinician", "/sign/{released}"),
    ("clinic", "/reports"),
    ("clinic", "/reports/{signed}"),
    ("clinic", "/reports?new=1"),
    ("admin", "/admin/system"),
    ("admin", "/admin/clinic"),
    ("admin", "/admin/work-types"),
    ("admin", "/admin/words"),
    ("admin", "/admin/normals"),
    ("admin", "/admin/codes"),
    ("admin", "/admin/people"),
    ("admin", "/admin/audit"),
    ("admin", "/account"),
]


@pytest.fixture(scope="module")
def jobs(server: Server) -> dict[str, str]:
    """A report that is signed and one that waits for it."""
    with server.house() as house:
        clinic = server.clinic
        first, second = [each.view.job for each in recordings.sent(house, clinic)][:2]
        for job in (first, second):
            stored.release(house, clinic, server.people, job)
        stored.sign(house, clinic, server.people, first)
    return {"signed": first, "released": second}


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (WIDE, "dark"), (TABLET, "light"), (TABLET, "dark")])
def test_everybody_can_use_every_page(
    visit: Visits, accessible: Callable[..., None], jobs: dict[str, str], width: int, theme: str
) -> None:
    """Nothing that axe finds, nothing beside the page, nothing on the console."""
    for role in dict.fromkeys(role for role, _ in PAGES):
        page = visit(role, width=width, theme=theme)
        for path in (path for other, path in PAGES if other == role):
            page.goto(path.format(**jobs))
            assert page.locator("h1").count() == 1, path
            accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize(
    ("role", "begins"),
    [
        ("transcriptionist", "/uploads"),
        ("editor", "/review"),
        ("clinician", "/sign"),
        ("clinic", "/reports"),
        ("admin", "/admin/system"),
    ],
)
def test_everybody_begins_where_their_work_is(visit: Visits, role: str, begins: str) -> None:
    """And the menu leads nowhere that they may not go."""
    page = visit(role, "/")
    assert page.url.endswith(begins)
    for address in page.locator(".menu a").evaluate_all("all => all.map(each => each.href)"):
        page.goto(address)
        assert page.locator(".menu a[aria-current]").count() == 1


def test_the_readme_shows_the_queue(visit: Visits, server: Server) -> None:
    """In the middle of a day: one that is needed at once, one that is late, one that somebody has."""
    with server.house() as house:
        clinic = server.clinic
        names = ("emergency_note", "discharge_summary", "radiology_report", "history_and_physical", "letter")
        jobs = [stored.draft(house, clinic, server.people["transcriptionist"], name) for name in names]
        with transaction(house.engine) as session:
            for job, minutes, stat in zip(
                jobs, (35, -20, 90, 600, 1300), (True, False, False, False, False), strict=True
            ):
                row = locked(session, job)
                row.due_at, row.stat = now(session) + timedelta(minutes=minutes), stat
        admin = Principal(server.people["admin"], clinic, frozenset({"admin"}), "Demo Admin")
        claims.claim(house, admin, jobs[2])
        queue.send_to_qa(house, admin, jobs[4], "Is the dose right?")
    page = visit("editor", "/review")
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    page.screenshot(path=PICTURES / "queue.png")
    assert page.locator("tbody tr").first.inner_text().startswith("STAT")
