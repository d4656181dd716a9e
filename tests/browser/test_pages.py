"""Every page for everybody: in both colours, on a desk and on a tablet, to axe and without a way out of the origin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser import stored
from tests.browser.conftest import TABLET, WIDE, Server, Visits
from transcribe.service import sent

PAGES = [
    ("transcriptionist", "/uploads"),
    ("transcriptionist", "/uploads?whose=all"),
    ("editor", "/review"),
    ("editor", "/review?scope=mine"),
    ("editor", "/figures"),
    ("editor", "/quality?percent=100"),
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
        first, second = [each.view.job for each in sent.sent(house, clinic)][:2]
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
