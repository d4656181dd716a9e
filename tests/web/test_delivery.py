"""Targets, deliveries and letterheads over HTTP, and the FHIR server from which a clinic reads its reports."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import docx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.documentreference import DocumentReference
from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.delivery.examples import HEADER, TEXT, signed, with_everywhere
from tests.naughty import TEXTS
from tests.service.signing import add_signature, send_all, sign
from tests.web.conftest import Site
from transcribe.delivery.attachment import DOCX
from transcribe.delivery.fhir.checks import problems
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.store.tables import AuditEntry

FOLDER = {"kind": "folder", "names": "{report}_{version}"}


def template(*lines: str) -> bytes:
    made = docx.Document()
    for line in lines or ("Hill Clinic", "{{ patient }}", "{{ body }}", "{{ ending }}"):
        made.add_paragraph(line)
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def added(site: Site, settings: dict[str, Any] | None = None, **more: Any) -> Any:
    return site.client("a admin").post(
        "/api/v1/targets", json={"name": "Records", "settings": settings or FOLDER, **more}
    )


def sent(site: Site) -> str:
    """A signed report that was sent to the folder of clinic a."""
    assert added(site).status_code == 201
    job = sign(site.house, site.clinics["a"])
    send_all(site.house)
    return job


def test_a_target_is_added_shown_and_paused(site: Site) -> None:
    """Defaults are filled in, and nothing goes there while it is paused."""
    target = added(site).json()
    assert target["settings"] == {"names": "{report}_{version}", "forms": ["docx"]}
    admin = site.client("a admin")
    assert [each["target"] for each in admin.get("/api/v1/targets").json()] == [target["target"]]
    place = f"/api/v1/targets/{target['target']}"
    assert admin.post(f"{place}/pause").json()["paused"] is True
    sign(site.house, site.clinics["a"])
    assert send_all(site.house) == 0
    assert admin.delete(place).status_code == 400
    assert admin.post(f"{place}/resume").json()["waiting"] == 1
    assert send_all(site.house) == 1
    assert admin.delete(place).status_code == 204
    assert admin.get("/api/v1/targets").json() == []


def test_a_secret_is_shown_once_at_most(site: Site) -> None:
    """A webhook is given one, which whoever checks signatures needs; no answer holds it again."""
    site.app.state.house = site.house.__class__(
        site.house.engine, site.house.blobs,
        site.house.settings.model_copy(update={"targets": "https://hooks.example.org"}), site.house.ring,
    )  # fmt: skip
    made = added(site, {"kind": "webhook", "url": "https://hooks.example.org/x"}).json()
    assert len(made["secret"]) >= 32
    listed = site.client("a admin").get("/api/v1/targets").text
    assert made["secret"] not in listed
    assert json.loads(listed)[0]["has_secret"] is True
    place = f"/api/v1/targets/{made['target']}"
    changed = {"settings": {"kind": "webhook", "url": "https://hooks.example.org/y"}}
    assert site.client("a admin").put(place, json=changed).json()["secret"] == ""
    assert site.client("a admin").put(place, json={"settings": FOLDER}).status_code == 400


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"kind": "webhook", "url": "https://elsewhere.example.org"}, 403),
        ({"kind": "fhir", "url": "http://169.254.169.254/latest"}, 403),
        ({"kind": "mllp", "host": "127.0.0.1", "port": 5432}, 403),
        ({"kind": "sftp", "host": "x", "user": "u", "host_key": "ssh-ed25519 AAAA"}, 403),
        ({"kind": "sftp", "host": "x", "user": "u", "host_key": "\n"}, 422),
        ({"kind": "folder", "names": "../{report}{version}{patient.__class__}"}, 422),
        ({"kind": "folder", "names": "{report}"}, 422),
        ({"kind": "folder", "forms": ["exe"]}, 422),
        ({"kind": "folder", "root": "/etc"}, 422),
        ({"kind": "mail", "to": "a@b\r\nBcc: c@d"}, 422),
        ({"kind": "mail", "to": "a@b.example"}, 400),
        ({"kind": "shell"}, 422),
    ],
)
def test_a_target_that_may_not_be_is_refused(site: Site, settings: dict[str, Any], status: int) -> None:
    """Places that are not on the machine's list, settings that are none; nothing is kept, nothing repeated."""
    answer = added(site, settings)
    assert answer.status_code == status
    assert site.client("a admin").get("/api/v1/targets").json() == []


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_settings_are_kept_or_refused(shared: Site, text: str) -> None:
    """In every field of every kind, and as name and secret: an answer below 500."""
    kinds: tuple[dict[str, Any], ...] = (
        {"kind": "folder", "names": text},
        {"kind": "folder", "forms": [text]},
        {"kind": "sftp", "host": text, "user": text, "host_key": text, "folder": text},
        {"kind": "webhook", "url": text},
        {"kind": "fhir", "url": text},
        {"kind": "mllp", "host": text, "authority": text, "sending_facility": text},
        {"kind": "mail", "to": text},
        {"kind": text},
    )
    for settings in kinds:
        body = json.dumps({"name": text, "settings": settings, "secret": text}).encode()
        answer = shared.client("a admin").post(
            "/api/v1/targets", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, settings


def test_the_record_of_deliveries(site: Site) -> None:
    """One row per version and target, with the receiver's word for it; held, sent again and cancelled by people."""
    job = sent(site)
    editor = site.client("a editor")
    page = editor.get("/api/v1/deliveries").json()
    (row,) = page["deliveries"]
    assert (row["job"], row["state"], row["happened"], row["attempts"]) == (job, "acknowledged", "signed", 1)
    assert row["acknowledgement"] == f"{job}_1.docx"
    assert page["counts"] == {"acknowledged": 1, "attention": 0}
    place = f"/api/v1/deliveries/{row['delivery']}"
    assert editor.post(f"{place}/hold").status_code == 409
    again = editor.post(f"{place}/resend").json()
    assert (again["state"], again["message_id"], again["attempts"]) == ("waiting", row["message_id"], 0)
    assert editor.post(f"{place}/hold").json()["state"] == "held"
    assert editor.get("/api/v1/deliveries", params={"scope": "held"}).json()["deliveries"][0]["delivery"]
    assert editor.post(f"{place}/release").json()["state"] == "waiting"
    assert editor.post(f"{place}/cancel", json={}).json()["state"] == "cancelled"
    assert editor.get(place).json()["state"] == "cancelled"


def test_pages_of_deliveries_follow_each_other(site: Site) -> None:
    """Newest first, none twice, none left out."""
    added(site)
    jobs = [sign(site.house, site.clinics["a"]) for _ in range(5)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = site.client().get("/api/v1/deliveries", params={"limit": 2, "after": after}).json()
        seen += [row["job"] for row in page["deliveries"]]
        after = page["next"]
    assert seen == jobs[::-1]


def test_another_clinics_rows_are_404(site: Site) -> None:
    """Deliveries, targets, letterheads and reports are as if they did not exist; lists are empty."""
    job = sent(site)
    row = site.client().get("/api/v1/deliveries").json()["deliveries"][0]
    letterhead = _letterhead(site).json()["letterhead"]
    theirs = site.client("b admin")
    for act in ("hold", "release", "resend"):
        assert theirs.post(f"/api/v1/deliveries/{row['delivery']}/{act}").status_code == 404
    assert theirs.post(f"/api/v1/deliveries/{row['delivery']}/cancel", json={"note": "x"}).status_code == 404
    assert theirs.get(f"/api/v1/deliveries/{row['delivery']}").status_code == 404
    assert theirs.get("/api/v1/deliveries", params={"after": row["delivery"]}).status_code == 404
    assert theirs.get("/api/v1/deliveries", params={"target": row["target"]}).json()["deliveries"] == []
    for act in ("pause", "resume", "try"):
        assert theirs.post(f"/api/v1/targets/{row['target']}/{act}").status_code == 404
    assert theirs.delete(f"/api/v1/targets/{row['target']}").status_code == 404
    assert theirs.put(f"/api/v1/targets/{row['target']}", json={"settings": FOLDER}).status_code == 404
    assert theirs.get("/api/v1/targets").json() == theirs.get("/api/v1/letterheads").json() == []
    for place in ("preview", "file"):
        assert theirs.get(f"/api/v1/letterheads/{letterhead}/{place}").status_code == 404
    assert theirs.delete(f"/api/v1/letterheads/{letterhead}").status_code == 404
    clinic = site.client("b clinic")
    for place in (f"DocumentReference/{job}", f"Bundle/{job}", f"Binary/{job}-docx"):
        assert clinic.get(f"/fhir/{place}").status_code == 404
    assert "entry" not in clinic.get("/fhir/DocumentReference").json()


def test_a_trial_says_what_the_receiver_said(site: Site) -> None:
    """Sent at once, about nobody; it makes no row."""
    target = added(site).json()["target"]
    tried = site.client("a admin").post(f"/api/v1/targets/{target}/try").json()
    assert tried == {"arrived": True, "said": "EXAMPLE_2.docx"}
    assert site.client().get("/api/v1/deliveries").json()["deliveries"] == []


def _letterhead(site: Site, content: bytes | None = None, **query: str) -> Any:
    return site.client("a admin").post(
        "/api/v1/letterheads", params={"name": "Own", **query}, content=content or template(),
        headers={"Content-Type": DOCX},
    )  # fmt: skip


def test_a_letterhead_is_examined_kept_and_shown(site: Site) -> None:
    """Its fields are listed, a preview is filled with an example, and the file comes back as it was."""
    given = template()
    made = _letterhead(site, given, work_type="letter").json()
    assert (made["used"], made["work_type"]) == (["body", "ending", "patient"], "letter")
    admin = site.client("a admin")
    place = f"/api/v1/letterheads/{made['letterhead']}"
    assert admin.get(f"{place}/file").content == given
    shown = docx.Document(io.BytesIO(admin.get(f"{place}/preview").content))
    assert "Pat Placeholder & Son" in [each.text for each in shown.paragraphs]
    assert admin.delete(place).status_code == 204
    assert admin.get("/api/v1/letterheads").json() == []


def test_a_letterhead_that_cannot_be_is_refused_with_the_reason(site: Site) -> None:
    """Unknown fields are named; what is no Word file, or attacks, is refused and not kept."""
    admin = site.client("a admin")
    wrong = template("{{ body }}", "{{ nobody }}")
    checked = admin.post("/api/v1/letterheads/check", content=wrong, headers={"Content-Type": DOCX})
    assert checked.json() == {"used": ["body", "nobody"], "unknown": ["nobody"]}
    for content, said in (
        (wrong, "nobody"),
        (template("no text"), "body"),
        (b"PK no zip", "no Word document"),
        (template("{{ body }}", "{{ ''.__class__.__mro__ }}"), "cannot be filled"),
        (template("{{ body }}", "{% for i in range(10**9) %}{% endfor %}"), "calls a function"),
    ):
        answer = _letterhead(site, content)
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
    assert admin.post("/api/v1/letterheads", params={"name": "x"}, content=b"x").status_code == 415
    assert admin.get("/api/v1/letterheads").json() == []


def test_a_clinic_reads_its_signed_reports(site: Site) -> None:
    """An independent library reads what the server says, and our own checks find nothing."""
    job = sent(site)
    clinic = site.client("a clinic")
    CapabilityStatement.model_validate(clinic.get("/fhir/metadata").json())
    page = clinic.get("/fhir/DocumentReference", params={"patient.identifier": "|17"}).json()
    Bundle.model_validate(page)
    (entry,) = page["entry"]
    assert entry["resource"]["id"] == job
    reference = clinic.get(f"/fhir/DocumentReference/{job}").json()
    read = DocumentReference.model_validate(reference)
    assert (read.docStatus, read.subject.display) == ("final", "Ann Example")
    assert read.subject.identifier.value == "17"
    assert all(each.attachment.url.startswith("http://localhost/fhir/") for each in read.content)
    bundle = clinic.get(f"/fhir/Bundle/{job}").json()
    Bundle.model_validate(bundle)
    assert problems(bundle) == ()
    whole = next(
        each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "DocumentReference"
    )
    assert base64.b64decode(whole["content"][0]["attachment"]["data"]).decode() == TEXT
    assert clinic.get(f"/fhir/Binary/{job}-txt").text == TEXT
    document = docx.Document(io.BytesIO(clinic.get(f"/fhir/Binary/{job}-docx").content))
    assert "SHA-256 of the text" in document.paragraphs[-1].text


def test_every_look_is_audited(site: Site) -> None:
    """Who looked for what was found, who read which report in which form, and who was shown the names of patients."""
    job = sent(site)
    clinic = site.client("a clinic")
    site.client("a editor").get("/api/v1/deliveries")
    clinic.get("/fhir/DocumentReference")
    clinic.get(f"/fhir/Binary/{job}-txt")
    with transaction(site.house.engine) as session:
        chain = session.query(AuditEntry).filter_by(clinic_id=site.clinics["a"]).order_by(AuditEntry.number).all()
        assert audit.verify(session, site.clinics["a"]) is None
    looks = [
        (each.action, each.subject, each.detail) for each in chain if each.action in ("searched", "read", "listed")
    ]
    listed = ("listed", site.clinics["a"], {"what": "deliveries", "count": 1})
    assert looks == [listed, ("searched", site.clinics["a"], {"found": [job]}), ("read", job, {"form": "txt"})]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("patient.identifier=17", True), ("patient.identifier=18", False), ("patient:identifier=x|17", True),
        ("type=11506-3", True), ("type=http://loinc.org|11506-3", True), ("type=18842-5", False),
        ("status=current", True), ("status=entered-in-error", False), ("date=ge2020-01-01", True),
        ("date=lt2020-01-01", False), ("date=le2999-12-31&_count=1", True), ("identifier=0", False),
        ("_id=0,1", False),
    ],
)  # fmt: skip
def test_reports_are_found_by_what_fhir_asks(shared: Site, asked: str, found: bool) -> None:
    """By patient, type, status, date and id, alone and together."""
    if not shared.client("a clinic").get("/fhir/DocumentReference").json().get("entry"):
        sign(shared.house, shared.clinics["a"])
    page = shared.client("a clinic").get(f"/fhir/DocumentReference?{asked}").json()
    assert bool(page.get("entry")) is found


@pytest.mark.parametrize("asked", ["name=Ann", "date=yesterday", "_count=0", "_count=many", "date=ge2026-13-45"])
def test_what_cannot_be_asked_is_an_outcome(shared: Site, asked: str) -> None:
    """A filter that is not known would return everybody's reports if it were passed over."""
    answer = shared.client("a clinic").get(f"/fhir/DocumentReference?{asked}")
    assert answer.status_code == 400
    assert OperationOutcome.model_validate(answer.json()).issue[0].code == "invalid"
    nobody = shared.client("").get("/fhir/DocumentReference")
    assert (nobody.status_code, nobody.json()["issue"][0]["code"]) == (401, "login")
    assert shared.client("a transcriptionist").get("/fhir/DocumentReference").json()["issue"][0]["code"] == "forbidden"


def test_pages_of_a_search_follow_each_other(site: Site) -> None:
    """By the link of the page before, until there is none."""
    jobs = [sign(site.house, site.clinics["a"]) for _ in range(5)]
    link, seen = "http://localhost/fhir/DocumentReference?_count=2&status=current", []
    while link:
        page = site.client("a clinic").get(link).json()
        seen += [entry["resource"]["id"] for entry in page.get("entry", [])]
        link = next((each["url"] for each in page["link"] if each["relation"] == "next"), "")
    assert seen == jobs[::-1]


def test_a_draft_is_nobodys_business(site: Site) -> None:
    """What is not signed is not there."""
    job = site.job()
    site.draft(job, b'{"text": "x"}')
    assert site.client("a clinic").get(f"/fhir/Bundle/{job}").status_code == 404


def test_a_report_that_was_withdrawn_says_so_and_nothing_else(site: Site) -> None:
    """Its words may be about somebody else."""
    job = sent(site)
    answer = site.client("a clinician").post(f"/api/v1/jobs/{job}/withdraw", json={"note": "wrong patient"})
    assert answer.status_code == 200
    clinic = site.client("a clinic")
    reference = DocumentReference.model_validate(clinic.get(f"/fhir/DocumentReference/{job}").json())
    assert (reference.status, reference.docStatus) == ("entered-in-error", "entered-in-error")
    bundle = clinic.get(f"/fhir/Bundle/{job}")
    Bundle.model_validate(bundle.json())
    assert problems(bundle.json()) == ()
    assert "Metformin" not in bundle.text
    send_all(site.house)
    assert (site.house.settings.outbox / site.clinics["a"] / f"{job}_1.cancelled.json").is_file()


def test_a_corrected_report_leads_to_the_one_it_replaces(site: Site) -> None:
    """The newest is what a search finds; the one before is superseded, found where that is asked for, and whole."""
    job = sent(site)
    add_signature(site.house, job, signed("The right knee.", HEADER), version=2)
    clinic = site.client("a clinic")

    def found(asked: str) -> list[tuple[str, str]]:
        page = clinic.get(f"/fhir/DocumentReference?{asked}").json()
        return [(each["resource"]["id"], each["resource"]["status"]) for each in page.get("entry", ())]

    assert found("") == [(job, "current")]
    assert found("status=superseded") == [(f"{job}-1", "superseded")]
    assert found("status=superseded,current") == [(job, "current"), (f"{job}-1", "superseded")]
    newest = DocumentReference.model_validate(clinic.get(f"/fhir/DocumentReference/{job}").json())
    assert (newest.docStatus, newest.relatesTo[0].code) == ("amended", "replaces")
    place = newest.relatesTo[0].target.reference
    older = DocumentReference.model_validate(clinic.get(place.removeprefix("http://localhost")).json())
    assert (older.id, older.status) == (f"{job}-1", "superseded")
    assert clinic.get(f"/fhir/Binary/{job}-txt").text == "The right knee."
    assert clinic.get(f"/fhir/Binary/{job}-1-txt").text == TEXT
    for each in (f"Bundle/{job}", f"Bundle/{job}-1"):
        bundle = clinic.get(f"/fhir/{each}").json()
        Bundle.model_validate(bundle)
        assert problems(bundle) == ()
    assert bundle["id"] == f"{job}-1"
    for each in ("-3", "-0", "-x", "-1-1"):
        assert clinic.get(f"/fhir/Bundle/{job}{each}").status_code == 404


@pytest.mark.parametrize("text", [text for text in TEXTS if text.strip()], ids=str)
def test_naughty_reports_are_read_back(shared: Site, text: str) -> None:
    """Text and patient are the same at the other end, but for what no format can hold."""
    plain = text.encode("utf-8", "replace").decode().replace("\r", "")
    report = with_everywhere(plain)
    job = sign(shared.house, shared.clinics["b"], report if plain.strip() else signed())
    clinic = shared.client("b clinic")
    for place in (f"DocumentReference/{job}", f"Bundle/{job}"):
        answer = clinic.get(f"/fhir/{place}")
        assert answer.status_code == 200
        assert answer.json()["resourceType"] == place.partition("/")[0]
    assert clinic.get(f"/fhir/Binary/{job}-txt").text == plain
    assert clinic.get(f"/fhir/Binary/{job}-docx").status_code == 200
