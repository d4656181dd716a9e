"""Pictures of pages, light, dark and narrow: python -m tests.browser.look FOLDER PATH ROLE and further pairs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import PIPE, Popen

from playwright.sync_api import sync_playwright

from tests.browser import stored
from tests.browser.conftest import SAMPLES, TABLET, WIDE, Server, Visits


def main() -> None:
    """Take the pictures."""
    out, wanted = Path(sys.argv[1]), list(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.gettempdir()) / "pages-to-look-at"
    people = stored.kept(folder, SAMPLES)
    command = [sys.executable, "-m", "tests.web.server", str(folder)]
    with Popen(command, stdout=PIPE, text=True) as process, sync_playwright() as driver:
        assert process.stdout
        server = Server(f"http://127.0.0.1:{process.stdout.readline().strip()}", folder, people)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visit = Visits(browser, server)
        for path, role in wanted:
            for name, width, theme in (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("tablet", TABLET, "light")):
                page = visit(role, path, width=width, theme=theme)
                page.wait_for_timeout(300)
                page.screenshot(
                    path=out / f"{path.strip('/').replace('/', '-').partition('?')[0] or 'home'}-{name}.png",
                    full_page=True,
                )
        sys.stdout.write("\n".join(visit.sins) + "\n")
        browser.close()
        process.terminate()


if __name__ == "__main__":
    main()
