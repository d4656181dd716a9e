"""What every page carries, and what is served with it."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import Site
from transcribe.web import static
from transcribe.web.menu import home, lines
from transcribe.web.page import inside
from transcribe.web.shown import paragraphs, span


def test_a_page_loads_nothing_from_elsewhere(shared: Site) -> None:
    """No inline script, no inline style, no other origin: the policy says so, and the page does not try."""
    answer = shared.client("a admin").get("/admin/codes")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ") and "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]* src=\"/static/)|<style|\sstyle=|\son\w+=|https?://", answer.text)


def test_parts_are_kept_for_ever_under_their_digest(shared: Site) -> None:
    """Under another address they are asked for again; nothing outside of the two folders is a part."""
    client = shared.client("")
    kept = client.get(static.address("tokens.css"))
    assert "immutable" in kept.headers["cache-control"] and kept.headers["content-type"].startswith("text/css")
    assert client.get("/static/tokens.css?v=old").headers["cache-control"] == "no-cache"
    for name in ("../app.py", "%2e%2e/app.py", "..%2fapp.py", ".built-from", "", "none.css"):
        assert client.get(f"/static/{name}").status_code == 404
    assert static.address("none.js") == ""


def test_a_refusal_is_a_page_for_browsers_and_a_problem_for_programs(shared: Site) -> None:
    """Whoever has not signed in is led to where they can, and back."""
    browser = {"Accept": "text/html"}
    assert "<h1>" in shared.client("a editor").get("/admin/clinic", headers=browser).text
    assert shared.client("a editor").get("/admin/clinic").json()["status"] == 403
    led = shared.client("").get("/review?scope=qa", headers=browser, follow_redirects=False)
    assert led.status_code == 303 and led.headers["location"].startswith("/sign-in?next=")
    assert shared.client("").get("/api/v1/jobs", headers=browser).status_code == 401


def test_the_menu_shows_what_the_table_of_access_allows() -> None:
    """And everybody begins where their work is."""
    assert [line.url for line in lines(frozenset({"clinic"}))] == ["/reports"]
    assert home(frozenset({"editor"})) == "/review" and home(frozenset({"admin"})) == "/admin/system"
    assert home(frozenset({"clinician", "editor"})) == "/review"
    [current] = [line.url for line in lines(frozenset({"admin"}), "/admin/clinic/x") if line.current]
    assert current == "/admin/clinic"


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/\n"]
)
def test_nobody_is_led_elsewhere(address: str) -> None:
    """Only to our own pages."""
    assert inside(address) == "/"
    assert inside("/review?a=b") == "/review?a=b"


def test_light_or_dark_is_remembered_and_leads_back(shared: Site) -> None:
    """In a cookie that no script reads."""
    answer = shared.client("").post("/theme", data={"theme": "dark", "back": "//evil.example"}, follow_redirects=False)
    assert answer.headers["location"] == "/" and "HttpOnly" in answer.headers["set-cookie"]
    page = shared.client("a admin").get("/admin/codes", headers={"Cookie": "theme=dark"})
    assert 'data-theme="dark"' in page.text


def test_a_report_is_shown_as_it_is_written() -> None:
    """A heading is a paragraph of its own in capitals with a colon; items are numbered lines."""
    text = "HISTORY:\n\nWell. PLAN: none.\n\n1. One.\n2. Two.\n\nA\nB"
    assert paragraphs(text) == [
        ("heading", ["HISTORY:"]),
        ("text", ["Well. PLAN: none."]),
        ("list", ["One.", "Two."]),
        ("text", ["A", "B"]),
    ]


def test_a_span_is_told_in_its_two_largest_units() -> None:
    """As people say how late something is."""
    assert [span(each) for each in (0.4, 59, 60, 61, 1440, 3000)] == [
        "0 min", "59 min", "1 h 00 min", "1 h 01 min", "1 d 0 h", "2 d 2 h",
    ]  # fmt: skip
