"""What programs see of jobs and may do to them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import get_args

import pytest

from tests.web.conftest import Site
from tests.web.drafts import as_bytes, plain_draft
from transcribe.delivery.forms import FORMS
from transcribe.store.engine import transaction
from transcribe.store.tables import Job, State
from transcribe.web.jobs import Form

CONTRACT = {"job", "state", "reason", "progress", "priority", "due", "drafts", "attempts", "work_type"}


def test_the_status_has_what_other_programs_rely_on(site: Site) -> None:
    """All keys that were promised, with their kinds of values."""
    job = site.job()
    shown = site.client().get(f"/api/v1/jobs/{job}").json()
    assert shown.keys() >= CONTRACT
    assert (shown["job"], shown["state"], shown["reason"], shown["drafts"]) == (job, "queued", "", 0)
    assert (shown["priority"], shown["attempts"], shown["progress"]) == ("routine", 0, 0)
    assert datetime.fromisoformat(shown["due"]).tzinfo is not None
    assert shown["position"] == 1


def test_pages_hold_every_job_once(site: Site) -> None:
    """Newest first, page by page, until `next` is null."""
    made = [site.job(sound=str(number).encode()) for number in range(5)]
    found, after, pages = [], "", 0
    while after is not None:
        page = site.client().get("/api/v1/jobs", params={"limit": 2, "after": after}).json()
        found += [job["job"] for job in page["jobs"]]
        after, pages = page["next"], pages + 1
    assert found == made[::-1]
    assert pages == 3


def test_lists_can_be_narrowed_to_a_state(site: Site) -> None:
    """Only jobs in it; a state that does not exist is 422."""
    site.job()
    failed = site.job(sound=b"other")
    site.bring(failed, State.FAILED)
    page = site.client().get("/api/v1/jobs", params={"state": "failed"}).json()
    assert [job["job"] for job in page["jobs"]] == [failed]
    assert site.client().get("/api/v1/jobs", params={"state": "lost"}).status_code == 422
    assert [job["job"] for job in site.client().get("/api/v1/attention").json()] == [failed]


def test_a_job_that_wants_a_password_is_given_one(site: Site) -> None:
    """Then it is in the queue again; the password is in no answer, and a job that wants none takes none."""
    job = site.job()
    place = f"/api/v1/jobs/{job}/password"
    assert site.client().post(place, json={"password": "ward 7"}).status_code == 409
    site.bring(job, State.FAILED)
    with transaction(site.house.engine) as session:
        session.get_one(Job, job).reason_code = "password_needed"
    for wrong in ("", "x" * 17):
        refused = site.client().post(place, json={"password": wrong})
        assert refused.status_code == 422 and "xxx" not in refused.text
    taken = site.client().post(place, json={"password": "ward 7"})
    assert (taken.status_code, taken.json()["state"], "ward" in taken.text) == (200, "queued", False)
    assert site.client("a clinic").post(place, json={"password": "ward 7"}).status_code == 403


@pytest.mark.parametrize("limit", ["0", "201", "x", "99999999999999999999"])
def test_a_page_has_a_sensible_length(shared: Site, limit: str) -> None:
    """Anything else is 422."""
    assert shared.client().get("/api/v1/jobs", params={"limit": limit}).status_code == 422


@pytest.mark.parametrize("after", ["x", "\x00", "0" * 32, "../..", "%"])
def test_a_page_begins_after_a_job(shared: Site, after: str) -> None:
    """After anything else there is nothing: 404."""
    assert shared.client().get("/api/v1/jobs", params={"after": after}).status_code == 404


def test_the_queue_is_shown_in_its_order(site: Site) -> None:
    """STAT before what was there first, each with its place."""
    routine = site.job()
    stat = site.client().post("/api/v1/dictations", files={"file": b"s"}, data={"stat": "true"}).json()["job"]
    shown = site.client().get("/api/v1/queue").json()
    assert [(job["job"], job["position"]) for job in shown] == [(stat, 1), (routine, 2)]


def test_a_job_can_be_held_resumed_cancelled_and_tried_again(site: Site) -> None:
    """Each answers with the new status; what does not fit the state is 409 and says why."""
    client, job = site.client(), site.job()

    def act(what: str) -> tuple[int, str]:
        answer = client.post(f"/api/v1/jobs/{job}/{what}")
        return answer.status_code, answer.json().get("state", "")

    assert act("resume") == (409, "")
    assert act("hold") == (200, "on_hold")
    assert act("hold") == (409, "")
    assert act("resume") == (200, "queued")
    assert act("retry") == (409, "")
    site.bring(job, State.FAILED)
    assert act("retry") == (200, "queued")
    assert act("cancel") == (200, "cancelled")
    assert act("cancel") == (409, "")


def test_the_report_comes_in_its_forms(site: Site) -> None:
    """The JSON as it was made and a DOCX, to be saved and not to be shown."""
    job = site.job()
    early = site.client().get(f"/api/v1/jobs/{job}/result")
    assert early.status_code == 404
    plain = plain_draft()
    site.draft(job, as_bytes(plain))
    body = site.client().get(f"/api/v1/jobs/{job}/result")
    assert body.headers["content-type"] == "application/json"
    assert body.json() == plain | {"decisions": []}
    docx = site.client().get(f"/api/v1/jobs/{job}/result", params={"form": "docx"})
    assert docx.content.startswith(b"PK")
    assert docx.headers["content-disposition"] == f'attachment; filename="{job}.docx"'
    assert site.client().get(f"/api/v1/jobs/{job}/result", params={"form": "exe"}).status_code == 422


def test_events_tell_each_change_and_the_end(site: Site) -> None:
    """A listener hears the status at once and after each change, and when no machine is at the job any more."""
    job = site.job()
    heard: list[tuple[str, object]] = []
    with site.client().stream("GET", f"/api/v1/jobs/{job}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event:"):
                name = line[6:].strip()
            if line.startswith("data:"):
                data = json.loads(line[5:])
                heard.append((name, data["state"] if isinstance(data, dict) else data))
                if len(heard) == 1:
                    site.draft(job, b"{}")
    assert heard == [("status", "queued"), ("status", "in_review"), ("end", "in_review")]
    assert site.client().get(f"/api/v1/jobs/{'0' * 32}/events").status_code == 404


def test_the_api_offers_every_form_of_delivery() -> None:
    """What the route lists is what can be made."""
    assert set(get_args(Form)) == set(FORMS)
