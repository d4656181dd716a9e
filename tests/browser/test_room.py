"""The review room as those see it who work in it: by keys alone, two at once, with the line cut, and after a reload."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TABLET, WIDE, Server, Visits
from tests.browser.room import draft, enter, text
from tests.service.workers import tools
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.process import Load, work
from transcribe.service.review import versions
from transcribe.settings import DEMO_PASSWORD

PICTURES = Path(__file__).parents[2] / "samples" / "pictures"


@pytest.fixture
def fresh(server: Server) -> str:
    """A consultation that was just heard, with doubts."""
    with server.house() as house:
        return draft(house, server, "consultation")


@pytest.fixture(scope="module")
def untouched(server: Server) -> str:
    """One that nobody changes."""
    with server.house() as house:
        return draft(house, server, "consultation")


@pytest.fixture(scope="module")
def worn(server: Server) -> str:
    """One that many change, one after the other."""
    with server.house() as house:
        return draft(house, server, "consultation")


@pytest.fixture
def job(server: Server, worn: str) -> str:
    """That one, with its first text again."""
    with server.house() as house:
        who = Principal(server.people["editor"], server.clinic, frozenset({"editor"}), "Editor")
        if versions.show(house, who, worn)["version"] > 1:
            versions.restore(house, who, worn, 1)
    return worn


def stands(page: Any, words: str) -> None:
    """Wait until the room shows just this text."""
    page.wait_for_function("words => document.querySelector('.ProseMirror').innerText === words", arg=words)


def saved(page: Any) -> None:
    """Wait until the room says that all is saved."""
    page.wait_for_selector("#saved[data-state=saved]")


def kept(page: Any, job: str) -> dict[str, Any]:
    """The report as the server has it."""
    found: dict[str, Any] = page.context.request.get(f"/api/v1/jobs/{job}/report").json()
    return found


def read_again(house: House) -> None:
    """The text worker does what waits for it."""
    while work(house, "text", Load(lambda: None, tools), worker="t"):  # type: ignore[arg-type,return-value]
        pass


def test_a_report_is_reviewed_by_keys_alone(visit: Visits, server: Server, fresh: str) -> None:
    """From opening it to its release: marks, a word put right, a code refused, and nobody touched a mouse."""
    page = enter(visit, fresh)
    keys = page.keyboard
    marks = int(page.inner_text("#tab-checks .count"))
    assert marks > 2
    keys.press("Tab")  # To the first place to look at, which sounds.
    expect(page.locator("#spot")).to_contain_text("certainty")
    page.wait_for_selector("[data-act=play] use[href$='#pause']", state="attached")
    keys.press("Control+Shift+Space")
    page.wait_for_selector(f"#tab-checks .count:text-is('{marks - 1}')")
    keys.press("Control+f")
    keys.type("arterial fibrillation")
    keys.press("Tab")
    keys.type("atrial fibrillation")
    keys.press("Alt+Enter")
    keys.press("Escape")
    expect(page.locator(".ProseMirror")).not_to_contain_text("arterial")
    keys.press("Alt+2")
    page.wait_for_function("document.activeElement.matches('.codeline')")
    first = page.evaluate("document.activeElement.querySelector('strong').textContent")
    keys.press("r")
    page.wait_for_selector(f".codeline.rejected:has-text('{first}')")
    keys.press("Escape")
    expect(page.locator(".ProseMirror")).to_be_focused()
    keys.press("Alt+1")
    while page.locator(".check").count():
        before = page.locator(".check").count()
        keys.press("d")
        page.locator(".check").nth(before - 1).wait_for(state="detached")
    keys.press("Control+s")
    saved(page)
    keys.press("Escape")
    keys.press("Control+Shift+s")
    expect(page.locator("dialog[open] .primary")).to_be_visible()
    expect(page.locator("dialog[open]")).not_to_contain_text(first)
    keys.press("Tab")
    page.locator("dialog[open] .primary").focus()
    keys.press("Enter")
    with server.house() as house:
        for _ in range(60):
            if page.url.endswith("/review?said=released"):
                break
            read_again(house)
            page.wait_for_timeout(500)
    found = kept(page, fresh)
    assert found["state"] == "released"
    decided = {each["code"]: each["decision"] for each in found["decisions"]}
    assert decided.pop(first) == "rejected"
    assert decided, "what stood ticked went with the report"
    assert set(decided.values()) == {"accepted"}
    visit.forgive("404")
    visit.forgive("503")


def token(page: Any) -> str:
    """What proves that a request comes from this page."""
    return str(page.get_attribute("meta[name=csrf]", "content"))


def typed(page: Any, words: str) -> None:
    """Type at the end of the first paragraph."""
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.type(words)


def test_an_edit_is_saved_by_itself(visit: Visits, job: str) -> None:
    """And the room says when."""
    page = enter(visit, job)
    typed(page, " Seen today.")
    saved(page)
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d"))
    assert "Seen today." in kept(page, job)["text"]


def test_another_editor_sees_who_is_at_work(visit: Visits, job: str) -> None:
    """And can read, but not type into it."""
    enter(visit, job)
    other = enter(visit, job, "admin")
    expect(other.locator("#spot")).to_contain_text("is working on this report")
    expect(other.locator(".ProseMirror")).to_have_attribute("contenteditable", "false")
    visit.forgive("423")


def test_two_windows_lose_nothing(visit: Visits, job: str) -> None:
    """The later one sees both texts and puts both together in one key."""
    one = enter(visit, job)
    other = one.context.new_page()
    other.goto(one.url)
    other.wait_for_selector("body[data-ready]")
    typed(one, " First window.")
    saved(one)
    other.keyboard.press("Control+End")
    other.keyboard.type(" Second window.")
    expect(other.locator("dialog[open] .sides")).to_contain_text("First window")
    expect(other.locator("dialog[open] .sides")).to_contain_text("Second window")
    other.locator("dialog[open] .primary").focus()
    other.keyboard.press("Enter")
    saved(other)
    found = kept(other, job)["text"]
    assert "First window." in found
    assert found.endswith("Second window.")
    visit.forgive("412")


def test_what_is_typed_without_a_line_is_sent_when_it_is_back(visit: Visits, job: str) -> None:
    """The room says so meanwhile, and nothing waits for the line."""
    page = enter(visit, job)
    with offline(page):
        typed(page, " Typed in a tunnel.")
        page.wait_for_selector("#saved[data-state=offline]")
        page.keyboard.type(" And more.")
    saved(page)
    assert "Typed in a tunnel. And more." in kept(page, job)["text"]
    visit.forgive("ERR_INTERNET_DISCONNECTED")


@contextmanager
def offline(page: Any) -> Iterator[None]:
    """Without a line."""
    page.context.set_offline(True)
    yield
    page.context.set_offline(False)


def test_a_reload_in_the_middle_of_a_word_loses_nothing(visit: Visits, job: str) -> None:
    """Neither the text, nor what can be undone."""
    page = enter(visit, job)
    before = text(page)
    typed(page, " Unsav")
    with offline(page):  # It reaches the server after the reload, not before.
        page.wait_for_timeout(300)
    page.on("dialog", lambda asked: asked.accept())
    page.reload()
    page.wait_for_selector("body[data-sounds]")
    expect(page.locator(".ProseMirror")).to_contain_text(" Unsav")
    for _ in range(40):  # Unless it arrived while the page went, the room sends it now.
        if " Unsav" in kept(page, job)["text"]:
            break
        page.wait_for_timeout(250)
    assert " Unsav" in kept(page, job)["text"]
    for _ in " Unsav":  # On a slow machine each letter is a step of its own.
        if text(page) != before:
            page.keyboard.press("Control+z")
    stands(page, before)
    visit.forgive("ERR_INTERNET_DISCONNECTED")
    visit.forgive("412")  # What was sent while the page went came in without an answer.


def test_nobody_is_asked_about_their_own_text(visit: Visits, job: str) -> None:
    """A save whose answer never came is known for one's own after a reload, however much was typed since."""
    page = enter(visit, job)
    page.on("dialog", lambda asked: asked.accept())
    page.route("**/report", lambda route: (route.fetch(), route.abort()) if route.request.method == "PUT" else None)
    typed(page, " Sent")
    page.wait_for_selector("#saved[data-state=offline]")
    page.keyboard.type(" and more")
    page.unroute("**/report")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    saved(page)
    assert " Sent and more" in kept(page, job)["text"]
    expect(page.locator("dialog[open]")).to_have_count(0)
    visit.forgive("ERR_FAILED")
    visit.forgive("412")


def test_a_session_that_ends_costs_no_letter(visit: Visits, job: str) -> None:
    """The room asks for the password where one is, and goes on."""
    page = enter(visit, job)
    page.context.clear_cookies()
    typed(page, " Typed after the session.")
    page.wait_for_selector("dialog[open] #again-email")
    page.keyboard.type("editor@demo")
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    saved(page)
    assert "Typed after the session." in kept(page, job)["text"]
    visit.forgive("401")


def test_what_a_spoken_command_did_is_taken_back_in_one_key(visit: Visits, fresh: str) -> None:
    """The words that were said stand there again, and one undo brings the effect back."""
    page = enter(visit, fresh)
    before = text(page)
    page.locator(".ProseMirror p").first.click()
    page.keyboard.press("End")
    page.wait_for_timeout(200)
    page.keyboard.press("Alt+Backspace")
    page.wait_for_function(
        "count => document.querySelector('.ProseMirror').innerText.split(' period').length - 1 === count",
        arg=before.count(" period") + 1,
    )
    page.keyboard.press("Control+z")
    stands(page, before)


def test_an_earlier_version_stands_beside_this_one_and_again(visit: Visits, job: str) -> None:
    """By keys, in the panel of versions."""
    page = enter(visit, job)
    before, number = text(page), kept(page, job)["version"]
    typed(page, " Not to stay.")
    saved(page)
    page.keyboard.press("Alt+6")
    page.wait_for_selector(f".history [data-item='{number}']")
    page.locator(f".history [data-item='{number}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] ins")).to_contain_text("Not to stay.")
    page.keyboard.press("Escape")
    page.locator(f".history [data-item='{number}']").focus()
    page.keyboard.press("r")
    page.wait_for_selector(f".history [data-item='{number + 2}']")
    stands(page, before)
    assert "Not to stay." not in kept(page, job)["text"]


def test_any_two_versions_stand_side_by_side_and_one_of_them_again(visit: Visits, job: str) -> None:
    """Chosen by arrows, walked through by letters, and neither has to be the newest."""
    page = enter(visit, job)
    before, number = text(page), kept(page, job)["version"]
    for words in (" First change.", " Second change."):
        typed(page, words)
        page.keyboard.press("Control+s")
        saved(page)
    page.keyboard.press("Alt+v")
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("ins")).to_contain_text(["Second change"])
    for name, chosen in (("On the left", number + 1), ("On the right", number)):
        dialog.get_by_label(name).focus()
        page.keyboard.press("Home")
        for _ in range(chosen - 1):
            page.keyboard.press("ArrowDown")
        expect(dialog.get_by_label(name)).to_have_value(str(chosen))
    expect(dialog.locator("del")).to_have_text([re.compile("^[. ]*First change[. ]*$")])
    expect(dialog.locator("ins")).to_have_count(0)
    page.keyboard.press("n")
    expect(dialog.locator("del.here")).to_be_in_viewport()
    dialog.locator(f"[data-restore='{number}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#spot")).to_contain_text(f"Version {number} stands again")
    stands(page, before)
    assert "change." not in kept(page, job)["text"]


def test_tables_lead_to_their_place_and_sound(visit: Visits, untouched: str) -> None:
    """A row plays by one key where it stands, and by another the text is there, selected."""
    page = enter(visit, untouched)
    page.keyboard.press("Alt+8")
    rows = page.locator(".tables tr[data-item]")
    expect(rows.first).to_be_focused()
    expect(rows.nth(4)).to_be_attached()
    page.keyboard.press("ArrowDown")
    drug, dose = rows.nth(1).locator("th").inner_text(), rows.nth(1).locator("td").first.inner_text()
    page.keyboard.press("Space")
    page.wait_for_selector("[data-act=play] use[href$='#pause']", state="attached")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".ProseMirror")).to_be_focused()
    chosen = page.evaluate("getSelection().toString()")
    assert chosen.startswith(drug)
    assert dose in chosen
    expect(page.locator(".panel.tables")).to_contain_text("Allergies")


def test_a_report_without_figures_has_no_tables_and_says_so(visit: Visits, server: Server, job: str) -> None:
    """After everything was deleted and the text read again."""
    page = enter(visit, job)
    page.keyboard.press("Control+a")
    page.keyboard.type("Nothing to tell.")
    page.keyboard.press("Control+s")
    saved(page)
    page.keyboard.press("Alt+8")
    expect(page.locator(".panel.tables .hint")).to_contain_text("being read")
    sent = page.context.request.post(f"/api/v1/jobs/{job}/reread", headers={"X-CSRF-Token": token(page)})
    assert sent.ok
    with server.house() as house:
        read_again(house)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.keyboard.press("Alt+8")
    expect(page.locator(".panel.tables")).to_contain_text("names no drugs")


def test_who_likes_it_stops_the_recording_by_typing(visit: Visits, job: str) -> None:
    """Only where they chose so; otherwise it plays on."""
    page = enter(visit, job)
    playing = page.locator("[data-act=play] use[href$='#pause']")
    page.keyboard.press("F8")
    expect(playing).to_be_attached()
    page.keyboard.type("x")
    page.wait_for_timeout(200)
    expect(playing).to_be_attached()
    page.keyboard.press("Alt+o")
    page.locator("dialog[open] [name=stop_typing]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(playing).to_be_attached()
    page.keyboard.type("y")
    expect(playing).not_to_be_attached()
    page.context.request.put("/api/v1/me/settings", data={}, headers={"X-CSRF-Token": token(page)})


def test_keys_are_those_of_the_map_one_likes(visit: Visits, job: str) -> None:
    """Chosen once, kept for good, with a key of one's own over it."""
    page = enter(visit, job)
    page.keyboard.press("Alt+o")
    page.select_option("#set-keys", "express-scribe")
    page.focus("#key-hold")
    page.keyboard.press("Alt+z")
    page.locator("dialog[open] .primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]", state="detached")
    page.reload()
    page.wait_for_selector("body[data-sounds]")
    page.keyboard.press("F9")
    page.wait_for_selector("[data-act=play] use[href$='#pause']", state="attached")
    page.keyboard.press("Alt+z")
    expect(page.locator("dialog[open] h2")).to_have_text(re.compile("hold", re.IGNORECASE))
    page.keyboard.press("Escape")
    page.context.request.put("/api/v1/me/settings", data={}, headers={"X-CSRF-Token": token(page)})


def test_nothing_is_spelt_wrong_that_the_field_knows(visit: Visits, job: str) -> None:
    """Drugs are known, a slip is underlined, and the first suggestion puts it right."""
    page = enter(visit, job)
    typed(page, " Metropolol and atorvastatin. ")
    page.wait_for_selector(".misspelt:text-is('Metropolol')")
    expect(page.locator(".misspelt", has_text="atorvastatin")).to_have_count(0)
    for _ in range(9):
        page.keyboard.press("Alt+F7")
        expect(page.locator(".pop button").first).to_be_focused()
        if page.locator(".pop button").first.inner_text().startswith("Metoprolol"):
            page.keyboard.press("Enter")
            break
        page.keyboard.press("Escape")
        expect(page.locator(".pop")).to_have_count(0)
    expect(page.locator(".ProseMirror")).to_contain_text(" Metoprolol and")


PANELS = ("checks", "codes", "entities", "outline", "notes", "history", "preview", "tables")


@pytest.mark.parametrize(("theme", "width"), [("light", WIDE), ("dark", WIDE), ("light", TABLET), ("dark", TABLET)])
def test_everybody_can_use_it(
    visit: Visits, accessible: Callable[..., None], untouched: str, theme: str, width: int
) -> None:
    """Every panel and dialog, in both colours, on a screen and on a tablet."""
    page = enter(visit, untouched, theme=theme, width=width)
    for number, name in enumerate(PANELS, 1):
        page.keyboard.press(f"Alt+{number}")
        page.wait_for_selector(f"#panel-{name}:not([hidden])")
        page.wait_for_timeout(300)
        if name != "preview":
            accessible(page, without="iframe")
    page.keyboard.press("Escape")
    for key in ("F1", "Alt+o", "Alt+v", "Control+Shift+s", "Alt+q"):
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open]")
        accessible(page)
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
    page.keyboard.press("Control+f")
    accessible(page)
    visit.forgive("501")  # No LibreOffice, no PDF: the room shows the text as it is.
    visit.forgive("Applying inline style")  # The checker's own, for the style sheet inside the waveform.


def test_pictures_are_what_the_readme_shows(visit: Visits, untouched: str) -> None:
    """The room in light and dark, with its marks, codes and findings."""
    PICTURES.mkdir(exist_ok=True)
    light = enter(visit, untouched)
    light.keyboard.press("Tab")
    light.wait_for_timeout(1200)
    light.screenshot(path=PICTURES / "room.png")
    light.keyboard.press("Alt+2")
    light.wait_for_timeout(300)
    light.screenshot(path=PICTURES / "codes.png")
    light.keyboard.press("Escape")
    light.keyboard.press("F1")
    light.wait_for_timeout(300)
    light.screenshot(path=PICTURES / "keys.png")
    light.keyboard.press("Escape")
    light.close()
    dark = enter(visit, untouched, theme="dark")
    dark.keyboard.press("Alt+3")
    dark.wait_for_timeout(400)
    dark.screenshot(path=PICTURES / "findings-dark.png")
    assert len(list(PICTURES.glob("*.png"))) >= 4
