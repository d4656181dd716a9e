"""Every signed report arrives at every target, as one report there, whatever the receiver does; or somebody is told."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import docx
import pytest
from sqlalchemy import update

from tests.delivery.examples import HEADER, TEXT, signed
from tests.delivery.test_mllp import receiving
from tests.service.signing import (
    add_signature,
    forget_waiting,
    reaching,
    rows,
    rule,
    send_all,
    sign,
    state,
    states,
    target,
)
from transcribe.delivery.hl7.read import parse
from transcribe.document.letterhead import Desk
from transcribe.domain import Status
from transcribe.errors import NotAllowed, UsageError
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliver, deliveries, letterheads
from transcribe.service.review.refusals import WrongState
from transcribe.service.scrub import scrub
from transcribe.store.deliveries import Delivery, Way
from transcribe.store.engine import transaction

pytestmark = pytest.mark.enable_socket


def admin(clinic: str) -> Principal:
    return Principal("me", clinic, frozenset({"admin"}), "Me")


def mllp(house: House, clinic: str, port: int, **settings: Any) -> tuple[House, str]:
    """A target at a receiver on this machine, and the house that may reach it."""
    return reaching(house, f"mllp://127.0.0.1:{port}"), target(
        house, clinic, "mllp", host="127.0.0.1", port=port, tls=False, **settings
    )


def test_signing_puts_down_a_row_for_each_target_of_the_clinic(house: House, clinic: str) -> None:
    """Not for another clinic's, and not for one that was removed."""
    other = accounts.add_clinic(house, "South")
    mine = {target(house, clinic), target(house, clinic)}
    target(house, other)
    job = sign(house, clinic)
    assert {row.target_id for row in rows(house)} == mine
    assert {(row.job_id, row.happened, row.state) for row in rows(house)} == {(job, "signed", "waiting")}


def test_a_report_without_targets_stays_signed(house: House, clinic: str) -> None:
    """Nobody has it, so nobody says that it was delivered."""
    job = sign(house, clinic)
    assert send_all(house) == 0
    assert state(house, job) == "signed"


def test_the_document_lies_in_the_folder(house: House, clinic: str) -> None:
    """With the text of record, signature and accepted code; the job is delivered and the chain of audit says so."""
    target(house, clinic, names="{date_of_service}/{record_number}_{report}_{version}", forms=["docx", "csv"])
    job = sign(house, clinic)
    send_all(house)
    folder = house.settings.outbox / clinic / "2026-05-18"
    text = "\n".join(each.text for each in docx.Document(str(folder / f"17_{job}_1.docx")).paragraphs)
    assert all(line in text for line in TEXT.split("\n"))
    assert "Electronically signed by Bo Q. Example, MD" in text
    assert '"M25.562","Pain in left knee"' not in text
    assert "M25.562" in (folder / f"17_{job}_1.csv").read_text()
    (row,) = rows(house)
    assert (row.state, row.acknowledgement.split("\n")[0]) == ("acknowledged", f"2026-05-18/17_{job}_1.docx")
    assert row.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert state(house, job) == "delivered"
    assert [each["state"] for each in accounts.verify_audit(house)] == ["whole"]


MISBEHAVING = [
    "drops",
    "cuts after commit",
    "half",
    "AR",
    "another",
    "noise",
    "AE",
    "cuts after commit",
    "half",
    "drops",
]


@pytest.mark.parametrize("message", ["mdm", "oru"])
def test_every_report_arrives_once_at_a_receiver_that_misbehaves(house: House, clinic: str, message: str) -> None:
    """It refuses, cuts the line after its commit, sends half an answer: distinct ids there equal reports here."""
    with receiving(*MISBEHAVING) as receiver:
        reach, _ = mllp(house, clinic, receiver.port, message=message)
        signed_jobs = [sign(house, clinic) for _ in range(8)]
        attempts = send_all(reach, rounds=15)
    assert attempts == 8 + len(MISBEHAVING)
    assert set(states(house)) == {"acknowledged"}
    assert receiver.kept.keys() == {row.message_id for row in rows(house)}
    assert len(receiver.kept) == 8
    numbers = {
        parse(each).value("TXA" if message == "mdm" else "OBR", 12 if message == "mdm" else 3)
        for each in receiver.kept.values()
    }
    assert numbers == set(signed_jobs)
    assert {state(house, job) for job in signed_jobs} == {"delivered"}


def test_a_receiver_that_is_down_costs_one_attempt(house: House, clinic: str) -> None:
    """However many reports wait for it; the pause doubles up to an hour, and nothing is lost."""
    reach, name = mllp(house, clinic, 9)
    for _ in range(5):
        sign(house, clinic)
    assert send_all(reach) == 1
    pauses = []
    for _ in range(12):
        deliver.work(reach, Desk())
        with transaction(house.engine) as session:
            found = session.get_one(deliver.Target, name)
            assert found.rests_until is not None
            pauses.append(round((found.rests_until - found.served_at).total_seconds()))
        forget_waiting(house)
    # The two times are read one after the other, on a busy machine a second apart.
    assert pauses[:3] == pytest.approx([30, 60, 120], abs=5)
    assert pauses[-2:] == pytest.approx([3600, 3600], abs=5)
    assert set(states(house)) == {"waiting"}


def test_a_slow_receiver_keeps_nobody_else_waiting(house: House, clinic: str) -> None:
    """While something is being sent to one target nothing else is, and all others are served."""
    slow, quick = target(house, clinic), target(house, clinic)
    for _ in range(2):
        sign(house, clinic)
    with transaction(house.engine) as session:
        first = deliver.outbox.claim(session)
    assert first
    taken = []
    while True:
        with transaction(house.engine) as session:
            claimed = deliver.outbox.claim(session)
            if claimed is None:
                break
            deliver.outbox.acknowledge(session, claimed, "", "")
            taken.append(claimed.target)
    assert taken == [quick if first.target == slow else slow] * 2


def test_what_a_receiver_stumbles_over_does_not_stop_the_rest(house: House, clinic: str) -> None:
    """A report at which it always hangs up goes behind the others."""
    with receiving("drops") as receiver:
        reach, _ = mllp(house, clinic, receiver.port)
        jobs_ = [sign(house, clinic) for _ in range(3)]
        deliver.work(reach, Desk())
        forget_waiting(house)
        receiver.plan[:] = ["AA", "AA", "drops"]
        send_all(reach)
    assert [state(house, job) for job in jobs_] == ["signed", "delivered", "delivered"]


def test_what_a_receiver_does_not_want_is_left_to_a_person(house: House, clinic: str) -> None:
    """After half an hour of trying; it is on the list of what asks for attention until somebody has it sent again."""
    with receiving(*["AE"] * deliver.MOST_UNWANTED) as receiver:
        reach, _ = mllp(house, clinic, receiver.port)
        job = sign(house, clinic)
        assert send_all(reach, rounds=20) == deliver.MOST_UNWANTED
        (row,) = rows(house)
        assert (row.state, row.reason_code, state(house, job)) == ("refused", "unwanted", "signed")
        assert "Ann" not in row.reason
        assert [view.reason_code for view in jobs.attention(house, clinic)] == ["not_delivered"]
        assert deliveries.counts(house, clinic) == {"refused": 1, "attention": 1}
        deliveries.resend(house, admin(clinic), row.id)
        send_all(reach)
    assert receiver.kept.keys() == {row.message_id}
    assert len(set(receiver.seen)) == 1
    assert state(house, job) == "delivered"
    assert jobs.attention(house, clinic) == []


def test_a_target_that_is_on_no_list_gets_nothing(house: House, clinic: str) -> None:
    """And a person is told, as no repetition mends that."""
    with receiving() as receiver:
        mllp(house, clinic, receiver.port)
        sign(house, clinic)
        send_all(house)
    assert not receiver.seen
    assert [(row.state, row.reason_code) for row in rows(house)] == [("failed", NotAllowed.code)]


def _send(house_settings: Any) -> None:
    from transcribe.service.house import open_house

    deliver.work(open_house(house_settings), Desk())


def test_killed_while_sending_it_is_sent_again_under_the_same_id(house: House, clinic: str) -> None:
    """The receiver had it already, and drops the repeat by its id."""
    if house.engine.dialect.name != "sqlite":
        return
    with receiving("hangs") as receiver:
        reach, _ = mllp(house, clinic, receiver.port)
        job = sign(house, clinic)
        sender = multiprocessing.get_context("forkserver").Process(target=_send, args=(reach.settings,))
        sender.start()
        while not receiver.kept and sender.is_alive():
            sender.join(0.05)
        sender.kill()
        sender.join()
        assert sender.exitcode == -signal.SIGKILL
        assert send_all(reach) == 0  # Its lease holds: it might still be at it.
        assert send_all(reach) == 1
    assert len(receiver.kept) == 1
    assert receiver.seen == [rows(house)[0].message_id] * 2
    assert state(house, job) == "delivered"


def test_held_until_it_is_released(house: House, clinic: str) -> None:
    """Nobody sends what a person holds."""
    target(house, clinic)
    job = sign(house, clinic)
    (row,) = rows(house)
    assert deliveries.hold(house, admin(clinic), row.id).state == "held"
    assert send_all(house) == 0
    with pytest.raises(WrongState):
        deliveries.hold(house, admin(clinic), row.id)
    deliveries.release(house, admin(clinic), row.id)
    send_all(house)
    assert state(house, job) == "delivered"


def test_cancelled_before_it_left_nobody_gets_it(house: House, clinic: str) -> None:
    """A report that all other targets have is delivered then."""
    target(house, clinic)
    job = sign(house, clinic)
    send_all(house)
    second = target(house, clinic)
    add_signature(house, job, signed(), version=2)
    assert state(house, job) == "signed"
    waiting = [row for row in rows(house) if row.state == "waiting"]
    assert {(row.happened, row.target_id == second) for row in waiting} == {("signed", True), ("replaced", False)}
    for row in waiting:
        deliveries.cancel(house, admin(clinic), row.id)
    assert send_all(house) == 0
    assert state(house, job) == "delivered"


def test_a_report_that_was_another_patients_is_taken_back_everywhere(house: House, clinic: str) -> None:
    """Who has it is told by T11 with the reason and without the text; who has it not will not get it."""
    with receiving() as receiver:
        reach, _ = mllp(house, clinic, receiver.port)
        job = sign(house, clinic)
        send_all(reach)
        late = target(house, clinic)
        add_signature(house, job, signed(), version=2)
        with pytest.raises(UsageError, match="Say why"):
            deliveries.withdraw(house, admin(clinic), job, " ")
        deliveries.withdraw(house, admin(clinic), job, "Dictated under a wrong number.")
        send_all(reach)
        last = parse(list(receiver.kept.values())[-1])
    assert (last.value("MSH", 9, 2), last.value("TXA", 12)) == ("T11", job)
    assert (last.value("TXA", 19), last.value("TXA", 21)) == ("CA", "Dictated under a wrong number.")
    assert not last.raw("OBX", 5)
    assert states(house, target_id=late) == ["cancelled"]
    assert len(receiver.kept) == 2


def test_only_a_report_that_was_signed_can_be_taken_back(house: House, clinic: str) -> None:
    """Everything else has not left, and another clinic's is not there."""
    job = sign(house, clinic)
    with transaction(house.engine) as session:
        row = session.get_one(deliver.Job, job)
        row.state, row.signed_at = "in_review", None
    with pytest.raises(WrongState):
        deliveries.withdraw(house, admin(clinic), job, "why")


def test_what_happened_is_told_in_its_order(house: House, clinic: str) -> None:
    """An addendum does not overtake the report, and comes as a document of its own that names its parent."""
    with receiving() as receiver:
        reach, _ = mllp(house, clinic, receiver.port)
        job = sign(house, clinic)
        first = rows(house)[0]
        deliveries.hold(house, admin(clinic), first.id)
        added = sign(house, clinic, signed("The knee was rested.", HEADER), parent=job)
        assert send_all(reach) == 0
        deliveries.release(house, admin(clinic), first.id)
        send_all(reach)
        new, addendum = (parse(each) for each in receiver.kept.values())
    assert (new.value("MSH", 9, 2), addendum.value("MSH", 9, 2)) == ("T02", "T06")
    assert (addendum.value("TXA", 12), addendum.value("TXA", 13)) == (added, job)
    assert addendum.value("OBX", 5).startswith("The knee was rested.")
    assert (state(house, job), state(house, added)) == ("delivered", "delivered")


def test_an_addendum_comes_with_the_whole_document(house: House, clinic: str) -> None:
    """In a folder as a file of its own, beside the one without it."""
    target(house, clinic, names="{report}_{version}")
    job = sign(house, clinic)
    sign(house, clinic, signed("The knee was rested.", HEADER), parent=job)
    send_all(house)
    folder = house.settings.outbox / clinic
    assert {path.name for path in folder.iterdir()} == {f"{job}_1.docx", f"{job}_1-A1.docx"}
    text = "\n".join(each.text for each in docx.Document(str(folder / f"{job}_1-A1.docx")).paragraphs)
    assert "ADDENDUM 1" in text
    assert "The knee was rested." in text


@pytest.mark.parametrize(("corrections", "event"), [("replace", "T10"), ("edit", "T08")])
def test_a_newer_version_takes_the_place_of_the_older(
    house: House, clinic: str, corrections: str, event: str
) -> None:  # fmt: skip
    """As T10, or as T08 where the receiver wants that, with the number of the one before; versions count what was
    signed, and a receiver that had none gets it as new.
    """
    with receiving() as receiver:
        reach, _ = mllp(house, clinic, receiver.port, corrections=corrections)
        job = sign(house, clinic, version=3)
        add_signature(house, job, signed("The right knee.", HEADER), version=7)
        late = target(house, clinic)
        add_signature(house, job, signed("The left knee.", HEADER), version=9)
        send_all(reach)
        new, newer, newest = (parse(each) for each in receiver.kept.values())
    assert (new.value("MSH", 9, 2), newer.value("MSH", 9, 2)) == ("T02", event)
    assert (new.value("TXA", 12), newer.value("TXA", 12)) == (job, f"{job}-2")
    assert (newer.value("TXA", 13), newest.value("TXA", 13)) == (job, f"{job}-2")
    assert (newer.value("OBX", 11), newer.value("TXA", 17)) == ("C", "LA")
    assert [row.happened for row in rows(house, target_id=late)] == ["signed"]


def test_the_clinics_own_letterhead_is_used(house: House, clinic: str) -> None:
    """The one for its kind of report before the one for all, from the moment it is there."""
    plain = docx.Document()
    plain.add_paragraph("Letterhead of all")
    plain.add_paragraph("{{ body }}")
    saved = io.BytesIO()
    plain.save(saved)
    target(house, clinic, names="{report}_{version}")
    letterheads.add(house, admin(clinic), "all", "", saved.getvalue())
    plain.paragraphs[0].text = "Letterhead of notes"
    own = io.BytesIO()
    plain.save(own)
    letterheads.add(house, admin(clinic), "notes", "progress note", own.getvalue())
    job = sign(house, clinic)
    send_all(house, letterheads.desk())
    made = docx.Document(str(house.settings.outbox / clinic / f"{job}_1.docx"))
    assert made.paragraphs[0].text == "Letterhead of notes"
    assert "Blood pressure 138/82" in "\n".join(each.text for each in made.paragraphs)


def test_somebody_is_told_once_of_what_does_not_arrive(
    house: House, clinic: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Of what was refused, and of what has been on its way for an hour."""
    target(house, clinic)
    sign(house, clinic)
    rule(house, clinic, {"pages": ["desk@example.org"]})
    assert deliver.page(house) == 0
    late = rows(house)[0].made_at - timedelta(hours=2)
    with transaction(house.engine) as session:
        session.execute(update(Delivery).values(made_at=late))
    written: list[Any] = []
    settings = house.settings.model_copy(update={"mail_from": "us@example.org", "public_url": "https://x.example.org"})
    monkeypatch.setattr("transcribe.delivery.notice.send", lambda mail, _: written.append(mail))
    assert deliver.page(replace(house, settings=settings)) == 1
    assert deliver.page(replace(house, settings=settings)) == 0
    ((mail),) = written
    assert (mail["To"], mail["Subject"]) == ("desk@example.org", "Reports do not arrive")
    assert "1 reports did not reach" in mail.get_content()


def test_the_report_of_record_is_what_was_signed(house: House, clinic: str) -> None:
    """Status, ids, signers, codes and evidence, read back from the rows."""
    job = sign(house, clinic)
    with transaction(house.engine) as session:
        version = deliver.signed_version(session, session.get_one(deliver.Job, job))
        found = deliver.of_record(house, session, version)
    assert (found.status, found.identity, found.version) == (Status.SIGNED, job, 1)
    assert (found.text, found.dictation.header.patient) == (TEXT, "Ann Example")
    assert [each.printed for each in found.signatures] == ["Bo Q. Example, MD"]
    assert [each.code for each in found.accepted] == ["M25.562", "99999"]
    assert Way.ACKNOWLEDGED in deliver.outbox.ARRIVED


def test_a_letterhead_is_no_left_over(house: House, clinic: str) -> None:
    """Scrubbing reads it and lets it be, however old it is; retired it stays, as old reports can be asked for again."""
    plain = docx.Document()
    plain.add_paragraph("{{ body }}")
    saved = io.BytesIO()
    plain.save(saved)
    added, _ = letterheads.add(house, admin(clinic), "all", "", saved.getvalue())
    for path in house.settings.data_dir.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    assert (scrub(house).removed, scrub(house).read) == (0, 1)
    assert letterheads.template_of(house, clinic, added.letterhead) == saved.getvalue()


def test_a_clinic_may_want_its_codes_with_the_report(house: House, clinic: str) -> None:
    """As the last page of the house style, which the text of record is no part of."""
    target(house, clinic, names="{report}_{version}")
    rule(house, clinic, {"codes_page": True})
    job = sign(house, clinic)
    send_all(house)
    made = docx.Document(str(house.settings.outbox / clinic / f"{job}_1.docx"))
    assert "CODES" in [each.text for each in made.paragraphs]
    assert made.tables[-1].rows[1].cells[0].text == "M25.562"
