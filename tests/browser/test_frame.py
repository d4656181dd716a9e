"""What holds for every page: its frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TABLET, WIDE, Visits


@pytest.mark.parametrize("width", [WIDE, TABLET])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_refusal_is_a_page(visit: Visits, accessible: Callable[..., None], theme: str, width: int) -> None:
    """It says what happened and leads on, in both colours and on a tablet."""
    page = visit("editor", "/nothing", width=width, theme=theme)
    expect(page.locator("h1")).to_have_text("Not Found")
    accessible(page)
    visit.forgive("404")


def test_light_or_dark_is_remembered(visit: Visits) -> None:
    """Without a script, and led back to the same page."""
    page = visit("editor", "/nothing?a=b")
    page.get_by_role("button", name="Dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/nothing?a=b")
    visit.forgive("404")


def test_the_first_tab_skips_to_the_content(visit: Visits) -> None:
    """Whoever works from the keyboard need not pass the menu."""
    page: Any = visit("editor", "/nothing")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    visit.forgive("404")
