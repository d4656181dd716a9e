"""Patients and visits that a clinic's own system tells of (ADT and orders), kept for the dictations to come."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from transcribe.delivery.hl7 import Incoming
from transcribe.domain import Header
from transcribe.errors import TryLater
from transcribe.service.condition import DATABASE_AWAY
from transcribe.service.house import SYSTEM, House
from transcribe.service.receive import named
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.store.tables import Dictation, Encounter, Patient


def keep(house: House, clinic: str, incoming: Incoming) -> None:
    """Keep what the message says of a patient and a visit; a message that comes again changes nothing.

    Raises `TryLater` while the database is away, so that the sender keeps the message.
    """
    try:
        with transaction(house.engine) as session:
            audit.lock_chain(session, clinic)  # So that two messages about one patient come after each other.
            patient = _patient(session, clinic, incoming.header)
            if incoming.merged_from and incoming.merged_from != patient.record_number:
                _merge(session, clinic, incoming.merged_from, patient)
            _encounter(session, clinic, incoming.header, patient)
            audit.record(session, clinic, SYSTEM, "told", patient.id, message=incoming.event)
    except DATABASE_AWAY as error:
        raise TryLater("The database does not answer just now.") from error


def _patient(session: Session, clinic: str, header: Header) -> Patient:
    patient = named(session, Patient, clinic, record_number=header.record_number)
    assert patient is not None
    patient.name, patient.sex = header.patient or patient.name, header.sex or patient.sex
    patient.date_of_birth = header.date_of_birth or patient.date_of_birth
    session.flush()
    return patient


def _encounter(session: Session, clinic: str, header: Header, patient: Patient) -> None:
    encounter = named(session, Encounter, clinic, number=header.encounter)
    if encounter:
        encounter.setting, encounter.patient_id = header.setting, patient.id
        encounter.date_of_service = header.date_of_service or encounter.date_of_service


def _merge(session: Session, clinic: str, number: str, into: Patient) -> None:
    """Give what was of the record number that is no longer valid to the patient who has it now."""
    gone = session.scalar(select(Patient).where(Patient.clinic_id == clinic, Patient.record_number == number))
    if gone is None:
        return
    for table in (Encounter, Dictation):
        session.execute(update(table).where(table.patient_id == gone.id).values(patient_id=into.id))
    session.delete(gone)
