"""Pictures of pages, light, dark and narrow, for whoever builds them: FOLDER PATH ROLE PATH ROLE ….

`{in_review}`, `{released}` and `{signed}` in a path stand for a job that is so.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import stored
from tests.browser.conftest import TABLET, WIDE, Server, Visits
from transcribe.service import recordings

SAMPLES = ("letter", "progress_note", "operative_report", "consultation", "discharge_summary", "radiology_report")


def main() -> None:
    """Take the pictures."""
    out, wanted = Path(sys.argv[1]), list(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.gettempdir()) / "pages-to-look-at"
    day: dict[str, Any] = json.loads((folder / "day.json").read_text()) if folder.exists() else _day(folder)
    command = [sys.executable, "-m", "tests.web.server", str(folder)]
    with Popen(command, stdout=PIPE, text=True) as process, sync_playwright() as driver:
        assert process.stdout
        server = Server(f"http://127.0.0.1:{process.stdout.readline().strip()}", folder, day["people"])
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visit = Visits(browser, server)
        for path, role in wanted:
            name = path.strip("/").replace("/", "-").partition("?")[0].replace("{", "").replace("}", "") or "home"
            for kind, width, theme in (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("tablet", TABLET, "light")):
                page = visit(role, path.format(**day["jobs"]), width=width, theme=theme)
                page.wait_for_timeout(300)
                page.screenshot(path=out / f"{name}-{kind}.png", full_page=True)
        sys.stdout.write("\n".join(visit.sins) + "\n")
        browser.close()
        process.terminate()


def _day(folder: Path) -> dict[str, Any]:
    """A clinic with a report in each state."""
    people = stored.prepare(folder, SAMPLES)
    server = Server("", folder, people)
    clinic = server.clinic
    with server.house() as house:
        jobs = [each.view.job for each in recordings.sent(house, clinic)]
        for job in jobs[:4]:
            stored.release(house, clinic, people, job)
        for job in jobs[:2]:
            stored.sign(house, clinic, people, job)
    day = {"people": people, "jobs": {"signed": jobs[0], "released": jobs[2], "in_review": jobs[4]}}
    (folder / "day.json").write_text(json.dumps(day))
    return day


if __name__ == "__main__":
    main()
