"""Patients and visits that a clinic's system tells of fill the headers of dictations that come after."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.delivery.test_hl7 import ADT
from tests.service.workers import send
from transcribe.delivery import hl7
from transcribe.domain import CareSetting, Header
from transcribe.errors import UnusableInput
from transcribe.service import headers, intake
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store.engine import transaction
from transcribe.store.tables import AuditEntry, Dictation, Encounter, Job, Patient

ANN = "Ann Q O'Ne&il III"


def tell(house: House, clinic: str, message: str = ADT) -> None:
    intake.keep(house, clinic, hl7.read(message))


def kept(house: House, clinic: str, **said: str) -> Header:
    """The header of a dictation that came with this one."""
    job = send(house, clinic, header=Header(**said)).job
    with transaction(house.engine) as session:
        return headers.from_json(session.scalars(select(Dictation.header).join(Job).where(Job.id == job)).one())


def test_a_dictation_is_filled_by_its_record_number(house: House, clinic: str) -> None:
    """Name, birth and sex come from the clinic's own system; what the dictation says itself stays."""
    tell(house, clinic)
    found = kept(house, clinic, record_number="17")
    assert (found.patient, found.date_of_birth, found.sex) == (ANN, date(1960, 1, 31), "female")
    assert kept(house, clinic, record_number="17", sex="male").sex == "male"


def test_a_dictation_is_filled_by_its_visit(house: House, clinic: str) -> None:
    """The number of the visit is enough: whose it was, when, and that it was a stay."""
    tell(house, clinic)
    found = kept(house, clinic, encounter="E-9")
    assert (found.patient, found.record_number, found.date_of_service) == (ANN, "17", date(2026, 5, 17))
    assert found.setting is CareSetting.INPATIENT


def test_a_dictation_of_somebody_else_is_not_filled(house: House, clinic: str) -> None:
    """A visit number that belongs to another patient than the one named is wrong: no record number is guessed."""
    tell(house, clinic)
    found = kept(house, clinic, encounter="E-9", patient="Zoe Other")
    assert (found.patient, found.record_number, found.date_of_birth) == ("Zoe Other", "", None)
    with transaction(house.engine) as session:
        assert session.scalars(select(Patient.name)).all() == [ANN]


def test_another_clinics_patients_are_not_known(house: House, clinic: str) -> None:
    """The same record number is another patient elsewhere."""
    tell(house, clinic)
    assert kept(house, accounts.add_clinic(house, "South"), record_number="17").patient == ""


def test_a_message_that_comes_again_changes_nothing(house: House, clinic: str) -> None:
    """But for the note that it came; no word of it stands there."""
    for _ in range(3):
        tell(house, clinic)
    with transaction(house.engine) as session:
        assert (session.query(Patient).count(), session.query(Encounter).count()) == (1, 1)
        notes = session.query(AuditEntry).filter_by(action="told").all()
    assert [note.detail for note in notes] == [{"message": "ADT^A08"}] * 3


def test_merged_patients_become_one(house: House, clinic: str) -> None:
    """Visits and dictations of the number that is no longer valid go to the one that is (A40)."""
    tell(house, clinic)
    kept(house, clinic, record_number="17")
    merge = (
        ADT.replace("A08", "A40").replace("17^^^NORTH", "18^^^NORTH").replace("PV1|", "MRG|17\rPV1|").replace("E-9", "")
    )
    tell(house, clinic, merge)
    with transaction(house.engine) as session:
        (patient,) = session.scalars(select(Patient)).all()
        assert patient.record_number == "18"
        assert set(session.scalars(select(Encounter.patient_id))) == {patient.id}
        assert set(session.scalars(select(Dictation.patient_id))) == {patient.id}


def test_what_is_no_message_about_a_patient_is_refused() -> None:
    """Its sender is told."""
    with pytest.raises(UnusableInput):
        hl7.read(ADT.replace("ADT^A08", "BAR^P01"))


@pytest.mark.enable_socket
def test_the_command_listens(tmp_path: Path) -> None:
    """`transcribe listen` takes a message over a real line, keeps it before it answers, and ends when it is told to."""
    environment = {**os.environ, "TRANSCRIBE_DATA_DIR": str(tmp_path), "TRANSCRIBE_LOG_FORMAT": "json"}
    house = open_house(Settings(data_dir=tmp_path))
    clinic = accounts.add_clinic(house, "North")
    command = [sys.executable, "-c", "from transcribe.cli import main; main()", "listen", "--clinic", "North"]
    with subprocess.Popen([*command, "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        port = re.search(r'"port": (\d+)', process.stderr.readline())
        assert port
        assert hl7.send(ADT, "127.0.0.1", int(port[1]), timeout=10).code == "AA"
        process.terminate()
    with transaction(house.engine) as session:
        assert session.scalars(select(Patient.name).where(Patient.clinic_id == clinic)).one() == ANN
    house.close()
