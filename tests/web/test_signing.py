"""Release, signature and what belongs to a person or a clinic, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.web.asked import EDIT
from tests.web.conftest import CANARY, Site
from tests.web.drafts import TEXT, as_bytes, plain_draft
from tests.web.test_review import person
from transcribe.service import codes
from transcribe.service.identity import passwords
from transcribe.store.engine import reading, transaction
from transcribe.store.people import Membership, Person
from transcribe.store.tables import AuditEntry

PASSWORD = "correct horse battery staple"


@pytest.fixture
def job(site: Site) -> str:
    """A job in review; the editor ann, and the clinician jane, who has a password."""
    made = site.job()
    site.draft(made, as_bytes(plain_draft()))
    person(site, "ann", "editor")
    jane = person(site, "jane", "clinician")
    with transaction(site.house.engine) as session:
        session.get_one(Person, jane).password_hash = passwords.hashed(PASSWORD)
    return made


def sign(site: Site, job: str, version: int = 1, **more: Any) -> Any:
    asked = {"version": version, "password": PASSWORD, "meaning": "proxy", **more}
    return site.client("jane").post(f"/api/v1/jobs/{job}/sign", json=asked)


def release(site: Site, job: str, version: int = 1, **more: Any) -> Any:
    return site.client("ann").post(f"/api/v1/jobs/{job}/release", json={"version": version, **more})


def test_a_report_goes_from_release_to_signature(site: Site, job: str) -> None:
    """With the password; the clinic reads it from then on, and not before."""
    receives = f"/api/v1/jobs/{job}/result"
    assert sign(site, job).status_code == 409
    assert release(site, job).status_code == 204
    assert site.client("a clinic").get(receives).status_code == 404
    assert site.client("jane").get(f"/api/v1/jobs/{job}/sign").json() == {"meanings": ["proxy"], "code": False}
    wrong = sign(site, job, password="guess")
    assert (wrong.status_code, "password" in wrong.json()["detail"]) == (403, True)
    assert sign(site, job, version=2).status_code == 412
    given = sign(site, job)
    assert given.status_code == 200
    assert sign(site, job).status_code == 409
    (checked,) = site.client("a clinic").get(f"/api/v1/jobs/{job}/signatures").json()
    assert (checked["hash"], checked["name"], checked["whole"]) == (given.json()["hash"], "jane", True)
    assert site.client("a clinic").get(receives).json()["status"] == "signed"
    shown = site.client("ann").get(f"/api/v1/jobs/{job}/report").json()
    assert (shown["status"], shown["may"]) == ("final", ["addenda"])
    assert "correct" in site.client("jane").get(f"/api/v1/jobs/{job}/report").json()["may"]
    edited = site.client("jane").put(f"/api/v1/jobs/{job}/report", json=EDIT, headers={"If-Match": '"1"'})
    assert edited.status_code == 409


def test_a_signed_report_is_corrected_over_http(site: Site, job: str) -> None:
    """A clinician asks for it with a reason; the clinic reads the signed one until there is another, and it after."""
    release(site, job)
    sign(site, job)
    jane, ann, clinic = site.client("jane"), site.client("ann"), site.client("a clinic")
    place = f"/api/v1/jobs/{job}/correct"
    assert jane.post(place, json={"reason": ""}).status_code == 422
    assert ann.post(place, json={"reason": "Wrong side."}).status_code == 403
    asked = jane.post(place, json={"reason": "Wrong side."})
    assert (asked.status_code, asked.json()) == (201, {"version": 2})
    assert ann.get(f"/api/v1/jobs/{job}/report").json()["state"] == "in_review"
    assert [each["kind"] for each in ann.get(f"/api/v1/jobs/{job}/versions").json()] == ["signed", "corrected"]
    assert clinic.get(f"/api/v1/jobs/{job}/result").json()["text"] == TEXT
    assert jane.post(f"/api/v1/jobs/{job}/cancel").status_code == 409
    assert release(site, job, version=2).status_code == 204
    assert ann.post(f"/api/v1/jobs/{job}/keep").status_code == 403
    assert jane.post(f"/api/v1/jobs/{job}/keep").status_code == 409
    assert sign(site, job, version=2).status_code == 200
    assert ann.get(f"/api/v1/jobs/{job}/report").json()["status"] == "amended"
    assert clinic.get(f"/api/v1/jobs/{job}/result?form=docx").content != clinic.get(
        f"/api/v1/jobs/{job}/result?form=docx&signed=1"
    ).content  # fmt: skip
    assert clinic.get(f"/api/v1/jobs/{job}/result?signed=3").status_code == 404
    assert jane.post(place, json={"reason": "And the dose."}).status_code == 201
    assert jane.post(f"/api/v1/jobs/{job}/keep").status_code == 204
    assert ann.get(f"/api/v1/jobs/{job}/report").json()["state"] == "signed"


def test_who_lost_the_role_signs_nothing(site: Site, job: str) -> None:
    """From the next request on: 403."""
    release(site, job)
    with transaction(site.house.engine) as session:
        session.execute(delete(Membership).where(Membership.role == "clinician"))
    assert sign(site, job).status_code == 403


def test_a_token_that_is_nobodys_signs_nothing(site: Site, job: str) -> None:
    """A machine with the role of a clinician has no password."""
    release(site, job)
    asked = {"version": 1, "password": PASSWORD, "meaning": "proxy"}
    assert site.client("a clinician").post(f"/api/v1/jobs/{job}/sign", json=asked).status_code == 403


def test_open_checks_and_unread_texts_are_told(site: Site, job: str) -> None:
    """409 with the checks, 503 while the text is being read; the workers are called."""
    mark = {"start": 0, "end": 7, "kind": "check", "reason": "Look.", "severity": "critical"}
    other = site.job(sound=b"other")
    site.draft(other, as_bytes(plain_draft() | {"marks": [mark]}))
    refused = release(site, other)
    assert (refused.status_code, refused.json()["checks"]) == (409, [mark])
    assert release(site, other, despite="Looked.").status_code == 204
    site.client("ann").put(f"/api/v1/jobs/{job}/report", json=EDIT, headers={"If-Match": '"1"'})
    later = release(site, job, 2)
    assert (later.status_code, later.headers["retry-after"]) == (503, "5")
    progress = site.client("ann").get(f"/api/v1/jobs/{job}/reading").json()
    assert progress == {"version": 2, "read_version": 1, "failed": False}
    assert site.client("ann").post(f"/api/v1/jobs/{job}/reread").json() == {"version": 2}


def test_the_queue_is_shown_with_who_has_what(site: Site, job: str) -> None:
    """Rows, counts, and the next one to do; notes go with the report."""
    assert site.client("ann").post("/api/v1/review/next").json() == {"job": job}
    assert site.client("jane").post("/api/v1/review/next").status_code == 404
    page = site.client("ann").get("/api/v1/review").json()
    (row,) = page["jobs"]
    assert (row["job"], row["claim"]["mine"], row["author"], row["patient"]) == (
        job, True, f"Dr. {CANARY}", f"{CANARY}, Anna",
    )  # fmt: skip
    assert (page["counts"]["open"], page["counts"]["mine"], page["next"]) == (1, 1, None)
    asked = site.client("ann").post(f"/api/v1/jobs/{job}/question", json={"note": "Left or right?"})
    assert asked.status_code == 204
    (returned,) = site.client("jane").get("/api/v1/review", params={"scope": "returned"}).json()["jobs"]
    assert (returned["stage"], returned["notes"]) == ("returned", 1)
    assert site.client("jane").post(f"/api/v1/jobs/{job}/answer", json={"note": "Left."}).status_code == 204
    assert site.client("ann").post(f"/api/v1/jobs/{job}/hold", json={"note": "Wait."}).status_code == 200
    assert site.client("ann").post(f"/api/v1/jobs/{job}/resume").status_code == 200


def test_what_a_person_sets_is_theirs(site: Site, job: str) -> None:
    """Settings and abbreviations come back to who set them, and to nobody else."""
    ann, jane = site.client("ann"), site.client("jane")
    keys = {"preset": "oTranscribe", "own": {"F2": "back"}}
    assert ann.put("/api/v1/me/settings", json={"keys": keys, "speed": 1.2}).status_code == 204
    assert ann.put("/api/v1/expander", json={"cp": "chest pain"}).status_code == 204
    me = ann.get("/api/v1/me").json()
    assert (me["name"], me["roles"], me["clinic"]["name"], me["keys"]) == ("ann", ["editor"], "Clinic A", keys)
    assert me["settings"]["speed"] == 1.2
    assert (ann.get("/api/v1/expander").json(), jane.get("/api/v1/expander").json()) == ({"cp": "chest pain"}, {})
    assert jane.get("/api/v1/me").json()["settings"] == {}
    assert ann.put("/api/v1/me/settings", json={"x": "y" * 70_000}).status_code == 422


def test_a_clinics_words_are_what_its_workers_read(site: Site, job: str) -> None:
    """Normals and words are kept in its wordbook; another clinic's is not touched, and nonsense changes nothing."""
    ann = site.client("ann")
    normals = {"knee exam": 'Full range of motion.\n\n"Stable" \\ º.'}
    assert ann.put("/api/v1/normals", json=normals).status_code == 204
    assert ann.put("/api/v1/words", json={"words": ["Zytiga"], "replace": {"novo log": "NovoLog"}}).status_code == 204
    assert ann.get("/api/v1/normals").json() == normals
    kept = ann.get("/api/v1/words").json()
    assert (kept["words"], kept["replace"]) == (["Zytiga"], {"novo log": "NovoLog"})
    assert ann.put("/api/v1/words", json={"words": [""]}).status_code == 422
    assert ann.get("/api/v1/words").json() == kept
    assert site.client("b editor").get("/api/v1/normals").json() == {}
    assert [path.name for path in (site.house.settings.words_dir / site.clinics["a"]).iterdir()] == ["house.toml"]


def test_codes_are_found_by_their_beginning_and_by_words(site: Site, job: str) -> None:
    """With title, release, and whether a claim may hold them; those that may come first."""
    find = site.client("ann")
    found = find.get("/api/v1/codes", params={"q": "i11"}).json()
    assert {each["code"] for each in found} >= {"I11", "I11.0", "I11.9"}
    assert [each["billable"] for each in found] == sorted((each["billable"] for each in found), reverse=True)
    assert find.get("/api/v1/codes", params={"q": "essential hypertension"}).json()[0]["code"] == "I10"
    assert find.get("/api/v1/codes", params={"q": "S72.001A"}).json()[0]["title"]
    assert find.get("/api/v1/codes", params={"q": "zzzz"}).json() == []
    assert codes.search(site.house, "I10")[0].system == "ICD-10-CM"


def test_figures_come_as_json_and_as_a_table(site: Site, job: str) -> None:
    """For who runs the clinic's editing."""
    release(site, job)
    (row,) = site.client("ann").get("/api/v1/figures", params={"by": "author"}).json()
    assert (row["reports"], row["words"], row["edits_per_100_words"]) == (1, len(TEXT.split()), 0.0)
    table = site.client("ann").get("/api/v1/figures", params={"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 2
    assert site.client("jane").get("/api/v1/figures").status_code == 403
    judged = site.client("ann").post(f"/api/v1/jobs/{job}/score", json={"right": 1})
    assert judged.json() == {"critical": 0, "minor": 0, "score": 100, "passed": True}
    quality = site.client("ann").get("/api/v1/quality", params={"by": "recogniser", "percent": 100}).json()
    assert (quality["rows"][0]["recogniser"], quality["sample"]) == ("ear", [])


def test_no_word_of_a_report_leaves_it(site: Site, logged: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Neither into logs, refusals, the audit chain, nor to whoever may not read it."""
    job = site.job()
    text = TEXT + f" {CANARY} says so."
    site.draft(job, as_bytes(plain_draft(text)))
    person(site, "ann", "editor")
    ann = site.client("ann")
    said: list[str] = []
    edit = {"text": text, "words": [{"start": 5, "end": 1, "audio": [0, 1], "probability": 1}]}
    for body in (edit, {"text": f"{CANARY}\x00"}, {"text": text, f"{CANARY}": 1}, {"text": [CANARY]}):
        said.append(ann.put(f"/api/v1/jobs/{job}/report", json=body, headers={"If-Match": '"1"'}).text)
    assert ann.put(f"/api/v1/jobs/{job}/report", json={"text": text}, headers={"If-Match": '"1"'}).status_code == 200
    said.append(ann.post(f"/api/v1/jobs/{job}/qa", json={"note": CANARY}).text)
    said.append(ann.post(f"/api/v1/jobs/{job}/release", json={"version": 2, "despite": CANARY}).text)
    foreign = site.client("b editor")
    for path in ("report", "versions", "versions/1", "compare?left=1&right=2", "signatures", "reading", "score"):
        said.append(foreign.get(f"/api/v1/jobs/{job}/{path}").text)
    said.append(foreign.get("/api/v1/review").text)
    said.append(ann.get("/metrics").text)
    said.extend(logged.readouterr())
    with reading(site.house.engine) as session:
        said += [json.dumps(entry.detail) + entry.action for entry in session.scalars(select(AuditEntry))]
    assert [each for each in said if CANARY in each] == []
