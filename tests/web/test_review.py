"""The review room's API: a report is shown, saved without gaps, claimed, compared and restored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.web.asked import EDIT
from tests.web.conftest import CANARY, Site
from tests.web.drafts import TEXT, as_bytes, plain_draft
from transcribe.service.identity import accounts
from transcribe.store import jobs as queue
from transcribe.store.engine import transaction
from transcribe.store.tables import State


def person(site: Site, name: str, *roles: str, clinic: str = "a") -> str:
    """Add somebody who shows a token of their own as e.g. "ann"; their id."""
    made = accounts.add_person(site.house, site.clinics[clinic], name, f"{name}@x.example", *roles)
    site.tokens[name] = accounts.add_token(site.house, site.clinics[clinic], name, person=made)
    return made


@pytest.fixture
def job(site: Site) -> str:
    """A job in review with one draft; editors ann and bob."""
    made = site.job()
    site.draft(made, as_bytes(plain_draft()))
    person(site, "ann", "editor")
    person(site, "bob", "editor")
    return made


def save(site: Site, who: str, job: str, version: int, **edit: Any) -> Any:
    return site.client(who).put(
        f"/api/v1/jobs/{job}/report", json={**EDIT, **edit}, headers={"If-Match": f'"{version}"'}
    )


def test_a_report_is_shown_with_all_that_is_known_of_it(site: Site, job: str) -> None:
    """Text, words with their seconds, header, and what this person may do."""
    shown = site.client("ann").get(f"/api/v1/jobs/{job}/report").json()
    assert (shown["text"], shown["version"], shown["read_version"]) == (TEXT, 1, 1)
    assert (shown["state"], shown["status"], shown["claim"], shown["notes"]) == ("in_review", "draft", None, [])
    assert shown["header"]["patient"] == f"{CANARY}, Anna"
    assert shown["words"][2] == {"start": 11, "end": 18, "audio": [1.0, 1.4], "probability": 0.9}
    assert {"edit", "release", "qa"} <= set(shown["may"])


def test_a_save_is_the_next_version_as_it_was_sent(site: Site, job: str) -> None:
    """Byte for byte, with its person; the reading stays that of the version that was read."""
    words = [{"start": 0, "end": 8, "audio": [0.0, 0.5], "probability": 0.5}]
    marks = [{"start": 3, "end": 3, "kind": "blank", "reason": "unheard", "severity": "warning"}]
    decisions = [{"system": "ICD-10-CM", "code": "I10", "decision": "accepted"}]
    sent = {"text": "HISTORY:\n\nÄ 1º 😀", "words": words, "marks": marks, "decisions": decisions}
    answer = save(site, "ann", job, 1, **sent)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    kept = site.client("ann").get(f"/api/v1/jobs/{job}/versions/2").json()
    assert {key: kept[key] for key in sent} == sent
    shown = site.client("ann").get(f"/api/v1/jobs/{job}/report").json()
    assert (shown["version"], shown["read_version"], shown["text"]) == (2, 1, sent["text"])
    listed = site.client("ann").get(f"/api/v1/jobs/{job}/versions").json()
    assert [(each["number"], each["kind"], each["name"]) for each in listed] == [(1, "draft", ""), (2, "edit", "ann")]


def test_who_saves_on_an_older_version_gets_the_other_text(site: Site, job: str) -> None:
    """412 with "theirs", and nothing is kept of it."""
    assert save(site, "ann", job, 1, text="First.").status_code == 200
    for version in (1, 3):
        answer = save(site, "bob", job, version, text="Second.")
        assert answer.status_code == 412
        assert (answer.json()["theirs"]["text"], answer.json()["theirs"]["version"]) == ("First.", 2)
    assert len(site.client().get(f"/api/v1/jobs/{job}/versions").json()) == 2


def test_a_save_without_if_match_is_428(site: Site, job: str) -> None:
    """Whoever does not say what they edited could overwrite anything."""
    assert site.client("ann").put(f"/api/v1/jobs/{job}/report", json=EDIT).status_code == 428


def test_a_claim_keeps_others_out_until_it_ends(site: Site, job: str) -> None:
    """By leaving or by time; a save is a claim, too."""
    claimed = site.client("ann").post(f"/api/v1/jobs/{job}/claim").json()
    assert (claimed["name"], claimed["mine"]) == ("ann", True)
    theirs = site.client("bob").post(f"/api/v1/jobs/{job}/claim")
    assert theirs.status_code == 423
    assert (theirs.json()["claim"]["name"], theirs.json()["claim"]["mine"]) == ("ann", False)
    assert save(site, "bob", job, 1).status_code == 423
    assert site.client("bob").post(f"/api/v1/jobs/{job}/leave").status_code == 204
    assert save(site, "bob", job, 1).status_code == 423
    assert site.client("ann").post(f"/api/v1/jobs/{job}/leave").status_code == 204
    assert save(site, "bob", job, 1).status_code == 200
    assert site.client("ann").post(f"/api/v1/jobs/{job}/claim").status_code == 423
    with transaction(site.house.engine) as session:
        row = queue.locked(session, job)
        assert row.claimed_until is not None
        row.claimed_until -= timedelta(minutes=11)
    assert site.client("ann").post(f"/api/v1/jobs/{job}/claim").status_code == 200


@pytest.mark.parametrize(
    "edit",
    [
        {"text": "a\x00b"},
        {"text": "a", "words": [{"start": 0, "end": 2, "audio": [0, 1], "probability": 1}]},
        {"text": "abcd", "words": [{"start": 1, "end": 2, "audio": [0, 1], "probability": 1}] * 2},
        {"text": "abcd", "marks": [{"start": 3, "end": 2, "kind": "blank", "reason": ""}]},
        {"text": "abcd", "marks": [{"start": 1, "end": 2, "kind": "other", "reason": ""}]},
        {"text": "abcd", "decisions": [{"system": "ICD-10-CM", "code": "i10; --", "decision": "accepted"}]},
        {"text": "abcd", "more": 1},
    ],
)
def test_what_cannot_be_a_report_is_refused(site: Site, job: str, edit: dict[str, Any]) -> None:
    """422, and no version is made of it."""
    assert save(site, "ann", job, 1, **edit).status_code == 422
    assert len(site.client().get(f"/api/v1/jobs/{job}/versions").json()) == 1


def test_an_earlier_version_comes_back_as_a_new_one(site: Site, job: str) -> None:
    """Nothing between is lost."""
    save(site, "ann", job, 1, text="Second.")
    restored = site.client("ann").post(f"/api/v1/jobs/{job}/versions/1/restore")
    assert restored.json()["version"] == 3
    assert site.client("ann").get(f"/api/v1/jobs/{job}/report").json()["text"] == TEXT
    assert site.client("ann").get(f"/api/v1/jobs/{job}/versions").json()[2]["kind"] == "restored"
    assert site.client("ann").post(f"/api/v1/jobs/{job}/versions/9/restore").status_code == 404


def test_two_versions_are_compared_word_by_word(site: Site, job: str) -> None:
    """Blocks of both texts, in order."""
    save(site, "ann", job, 1, text=TEXT.replace("no chest", "much chest"))
    got = site.client("ann").get(f"/api/v1/jobs/{job}/compare", params={"left": 1, "right": 2}).json()["blocks"]
    assert [(each["op"], each["left"], each["right"]) for each in got if each["op"] != "equal"] == [
        ("replace", "no", "much")
    ]
    assert "".join(each["left"] for each in got) == TEXT


def test_a_transcriptionist_edits_what_they_sent_and_nothing_else(site: Site, job: str) -> None:
    """Another's is 403; a signed text is 409 for everybody."""
    person(site, "tom", "transcriptionist")
    own = site.job("tom", b"own")
    site.draft(own, as_bytes(plain_draft()))
    assert save(site, "tom", own, 1).status_code == 200
    assert save(site, "tom", job, 1).status_code == 403
    site.bring(own, State.SIGNED)
    assert save(site, "tom", own, 2).status_code == 409
    assert save(site, "ann", own, 2).status_code == 409
