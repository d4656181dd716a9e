"""Signing in and looking after people in a real browser, from the keyboard, in a service that is no demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from tests.browser.conftest import REPOSITORY, TABLET, WIDE, Server, Visits
from transcribe.service.house import open_house
from transcribe.service.identity import links
from transcribe.settings import Settings
from transcribe.store.engine import transaction
from transcribe.store.people import Person, SignIn

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service in which nobody can sign in yet."""
    folder = tmp_path_factory.mktemp("empty")
    command = [sys.executable, "-m", "tests.web.server", str(folder)]
    surroundings = {**os.environ, "REAL": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=surroundings) as process:
        assert process.stdout
        yield Server(f"http://127.0.0.1:{process.stdout.readline().strip()}", folder, {})
        process.terminate()


class Telephone:
    """What shows the codes of somebody's second factor."""

    secret = ""

    def read(self, page: Any) -> None:
        page.get_by_text("I cannot read the picture").press("Enter")
        self.secret = page.inner_text(".key")

    def code(self) -> str:
        return pyotp.TOTP(self.secret).now()


def forget_steps(folder: Path) -> None:
    """Let the half minute of everybody's last code be over."""
    change(folder, lambda session: session.execute(update(Person).values(totp_step=None)))


def change(folder: Path, act: Callable[[Any], object]) -> None:
    house = open_house(Settings(data_dir=folder))
    with transaction(house.engine) as session:
        act(session)
    house.close()


def keys(page: Any, *pressed: str) -> None:
    """Type each text where the focus is; TAB and ENTER are keys."""
    for each in pressed:
        if each in ("Tab", "Enter", "Space"):
            page.keyboard.press(each)
        else:
            page.keyboard.type(each)


def begin(visit: Visits, server: Server, accessible: Callable[..., None]) -> tuple[Any, Telephone]:
    """The first admin's account, made from the printed link with the keyboard alone; each page is checked."""
    house = open_house(Settings(data_dir=server.folder))
    link = links.first(house)
    house.close()
    page = visit(path=f"/join/{link}")
    accessible(page)
    keys(
        page, "North Clinic", "Tab", "Ann Admin", "Tab", "ann@north.example", "Tab", PASSWORD, "Tab", PASSWORD, "Enter"
    )
    page.wait_for_url("**/sign-in/set-up**")
    telephone = Telephone()
    telephone.read(page)
    accessible(page)
    page.get_by_label("Code").focus()
    keys(page, telephone.code(), "Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="I have kept them").press("Enter")
    page.wait_for_url("**/admin/**")
    return page, telephone


def test_from_an_empty_service_to_a_second_person(
    visit: Visits, server: Server, accessible: Callable[..., None]
) -> None:
    """First account, invitation, joining, signing in again with a code, ending a session: no mouse, no fault of axe."""
    page, telephone = begin(visit, server, accessible)
    page.goto("/admin/people")
    accessible(page)
    page.locator("#f-name").focus()
    keys(page, "Eve Editor", "Tab", "eve@north.example", "Tab", "Tab", "Space")
    page.get_by_role("button", name="Invite").press("Enter")
    link = page.inner_text(".secret")
    accessible(page)
    guest = visit(path=link)
    guest.locator("#f-password").focus()
    keys(guest, PASSWORD, "Tab", PASSWORD, "Enter")
    guest.wait_for_url("**/sign-in/set-up**")
    page.goto("/admin/people")
    page.get_by_role("link", name="Eve Editor").press("Enter")
    accessible(page)
    for path in ("/admin/tokens", "/admin/audit?check=true", "/account"):
        page.goto(path)
        accessible(page)
    expect(page.get_by_role("row").filter(has_text="this one")).to_have_count(1)
    page.get_by_role("button", name="Sign out").first.press("Enter")
    page.wait_for_url("**/sign-in")
    forget_steps(server.folder)
    keys(page, "ann@north.example", "Tab", "wrong", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    accessible(page)
    visit.forgive("403")
    page.locator("#f-password").focus()
    keys(page, PASSWORD, "Enter")
    page.wait_for_url("**/sign-in/code**")
    accessible(page)
    keys(page, telephone.code(), "Enter")
    page.wait_for_url(re.compile(r"/admin/"))


@pytest.mark.parametrize("width", [WIDE, TABLET])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_is_accessible_in_both_colours_and_on_a_tablet(
    visit: Visits, accessible: Callable[..., None], theme: str, width: int
) -> None:
    """Before anybody has done anything."""
    page = visit(path="/sign-in", theme=theme, width=width)
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_session_says_that_it_ends_and_leaves_the_page(visit: Visits, server: Server) -> None:
    """Whoever is there stays with one key; where nobody is, the page is gone and leads back after signing in."""
    page = visit(path="/sign-in")
    forget_steps(server.folder)
    change(server.folder, lambda session: session.execute(update(Person).values(totp_at=None, totp=None)))
    keys(page, "ann@north.example", "Tab", PASSWORD, "Enter")
    page.wait_for_url("**/sign-in/set-up**")
    telephone = Telephone()
    telephone.read(page)
    page.get_by_label("Code").fill(telephone.code())
    keys(page, "Enter")
    page.get_by_role("link", name="I have kept them").press("Enter")
    page.goto("/account")
    _age(server, timedelta(minutes=14))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys(page, "Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_function("fetch('/api/v1/session').then(a => a.json()).then(a => a.seconds_left > 880)")
    _age(server, timedelta(minutes=16))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url("**/sign-in?next=/account")
    visit.forgive("401")


def _age(server: Server, by: timedelta) -> None:
    def older(session: Any) -> None:
        for row in session.scalars(select(SignIn)):
            row.seen_at -= by

    change(server.folder, older)
