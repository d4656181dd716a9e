"""Pages in a real browser: a server process of its own for each module, people of every role, and two rules for all.

A page asks nothing of another origin, and says nothing on the console: both fail the test.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser import stored
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts, sessions
from transcribe.service.identity.sessions import Origin, Stage
from transcribe.settings import Settings
from transcribe.web import demo

playwright = pytest.importorskip("playwright.sync_api")

REPOSITORY = Path(__file__).parents[2]
AXE = REPOSITORY / "transcribe/web/frontend/node_modules/axe-core/axe.min.js"
SAMPLES = ("letter", "progress_note", "operative_report", "consultation")
WIDE, TABLET = 1280, 820


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@dataclass
class Server:
    """A running server: where it is, its data folder, its clinic, and the person with each role."""

    url: str
    folder: Path
    people: dict[str, str]

    @property
    def clinic(self) -> str:
        """The id of the clinic that the people belong to."""
        with self.house() as house:
            return accounts.find_clinic(house, demo.CLINIC)

    @contextmanager
    def house(self) -> Iterator[House]:
        """The same database and blobs, for a test that looks or prepares."""
        house = open_house(Settings(data_dir=self.folder))
        yield house
        house.close()


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A data folder with drafts in review, made once."""
    folder = tmp_path_factory.mktemp("drafted")
    return folder, stored.prepare(folder, SAMPLES)


@pytest.fixture(scope="module")
def server(drafted: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a copy of that folder."""
    folder = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(drafted[0], folder)
    command = [sys.executable, "-m", "tests.web.server", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout
        yield Server(f"http://127.0.0.1:{process.stdout.readline().strip()}", folder, drafted[1])
        process.terminate()


# No longer than a module: as long as playwright runs, no other test of this process can run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@dataclass
class Visits:
    """Opens pages as people of the clinic, and remembers what the pages did that they must not."""

    chromium: Any
    server: Server
    sins: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def __call__(self, role: str = "", path: str = "/", *, width: int = WIDE, theme: str = "light", **more: Any) -> Any:
        """The page at `path` as the person with `role` sees it, in a browser of their own; "" has not signed in."""
        context = self.chromium.new_context(
            base_url=self.server.url, viewport={"width": width, "height": 800}, color_scheme=theme,
            locale="en-US", timezone_id="UTC", **more,
        )  # fmt: skip
        context.set_default_timeout(10_000)
        context.on("request", self._watch)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.sins.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.sins.append(f"script: {error}"))
        if role:
            self.sign_in(context, role)
        page.goto(path)
        return page

    def sign_in(self, context: Any, role: str) -> None:
        """Be the person with this role from now on."""
        with self.server.house() as house:
            clinic = accounts.find_clinic(house, demo.CLINIC)
            token = sessions.begin(house, self.server.people[role], clinic, Stage.FULL, Origin("127.0.0.1"))
        context.add_cookies([{"name": "session", "value": token, "url": self.server.url}])

    def forgive(self, words: str) -> None:
        """Forget what was said on the console with these words in it: the test asked for it."""
        self.sins[:] = [sin for sin in self.sins if words not in sin]

    def _watch(self, request: Any) -> None:
        # The browser shows a PDF by an extension and pages of its own.
        if not request.url.startswith((self.server.url, "data:", "blob:", "chrome-extension:", "chrome:")):
            self.sins.append(f"foreign: {request.url}")


@pytest.fixture
def visit(chromium: Any, server: Server) -> Iterator[Visits]:
    """How a test opens pages."""
    visits = Visits(chromium, server)
    yield visits
    for context in visits.contexts:
        context.close()
    assert not visits.sins


@pytest.fixture
def accessible() -> Callable[..., None]:
    """Fails with what axe finds on a page against WCAG 2.2 AA."""

    def check(page: Any, *, without: str = "") -> None:
        assert AXE.is_file(), "axe-core is missing: npm ci in transcribe/web/frontend"
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate(
            """without => axe.run(without ? {exclude: [without]} : document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a",
            "wcag21aa", "wcag22aa", "best-practice"]}).then(found => found.violations.flatMap(each => each.nodes.map(
            node => `${each.id}: ${node.target.join(" ")}: ${node.failureSummary}`)))""",
            without,
        )
        assert not found, "\n".join(found)

    return check
