"""Signed reports for tests, as the review room leaves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from tests.delivery.examples import signed as example
from tests.store.makers import add_job
from transcribe import report
from transcribe.document.letterhead import Desk
from transcribe.domain import Report
from transcribe.service import headers
from transcribe.service.house import House
from transcribe.service.outgoing import deliver
from transcribe.service.receive import named
from transcribe.store.deliveries import Delivery, Target, Way
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person
from transcribe.store.reports import Kind, Signature, Version
from transcribe.store.sealing import seal_text
from transcribe.store.tables import Dictation, Job, Patient, State


def sign(
    house: House, clinic: str, shown: Report | None = None, *, parent: str | None = None, version: int = 1
) -> str:  # fmt: skip
    """The job of a report that was signed just now, with everything that signing does."""
    shown = shown or example()
    with transaction(house.engine) as session:
        job = add_job(session, clinic)
        job.parent_id, job.state, job.work_type = parent, State.RELEASED, shown.work_type.key
        header, dictation = shown.dictation.header, session.get_one(Dictation, job.dictation_id)
        dictation.header = headers.to_json(header)
        patient = named(session, Patient, clinic, record_number=header.record_number)
        session.flush()
        dictation.patient_id = patient and patient.id
        name = job.id
    add_signature(house, name, shown, version=version)
    return name


def add_signature(house: House, name: str, shown: Report, *, version: int = 1) -> None:
    """Sign a version of the job's report, which is made if there is none of that number."""
    with transaction(house.engine) as session:
        job = session.get_one(Job, name)
        found = session.scalar(select(Version).where(Version.job_id == name, Version.number == version))
        if found is None:
            job.state = State.IN_REVIEW
            session.flush()
            body = house.blobs.put(job.clinic_id, name, json.dumps(report.to_json(shown)).encode())
            found = Version(
                job_id=name, clinic_id=job.clinic_id, number=version, kind=Kind.EDIT, body=body, reading=body,
                created_at=now(session),
            )  # fmt: skip
            session.add(found)
            session.flush()
        signer = shown.signatures[0].printed
        session.add(
            Signature(
                version_id=found.id, clinic_id=job.clinic_id, person_id=_person(session, signer), meaning="author",
                printed_name=signer, digest="ab" * 32, signed_at=now(session), final=True,
            )
        )  # fmt: skip
        job.state, job.signed_at = State.SIGNED, now(session)
        session.flush()
        deliver.signed(session, job, found)


def _person(session: Any, name: str) -> str:
    """The id of the signer."""
    email = f"{abs(hash(name))}@example.org"
    found = session.scalar(select(Person.id).where(Person.email == email))
    if found is None:
        person = Person(name=name, email=email, created_at=datetime.now(UTC))
        session.add(person)
        session.flush()
        found = person.id
    return str(found)


def target(house: House, clinic: str, kind: str = "folder", secret: str = "", **settings: Any) -> str:
    """The id of a target of the clinic."""
    with transaction(house.engine) as session:
        row = Target(
            clinic_id=clinic, name=f"{kind} {now(session)}", kind=kind, settings=settings, created_at=now(session),
            secret=seal_text(secret, house.blobs.key_of(clinic)),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def reaching(house: House, *places: str) -> House:
    """The house with these places on its list, on this machine."""
    settings = house.settings.model_copy(update={"targets": " ".join(places), "target_networks": "127.0.0.0/8"})
    return replace(house, settings=settings)


def forget_waiting(house: House) -> None:
    """Let all the time that has to be waited be over, and whoever is silent be dead."""
    with transaction(house.engine) as session:
        session.execute(update(Target).values(rests_until=None))
        past = datetime(2020, 1, 1, tzinfo=UTC)
        session.execute(update(Delivery).where(Delivery.state == Way.WAITING).values(run_after=None))
        session.execute(update(Delivery).where(Delivery.state == Way.SENDING).values(lease_until=past))


def send_all(house: House, desk: Desk | None = None, *, rounds: int = 1) -> int:
    """Send what is due, round by round with no time in between; how many attempts there were."""
    attempts = 0
    for _ in range(rounds):
        while deliver.work(house, desk or Desk()):
            attempts += 1
        forget_waiting(house)
    return attempts


def rows(house: House, **by: Any) -> list[Delivery]:
    """The deliveries in the order in which they were made."""
    with reading(house.engine) as session:
        return list(session.scalars(select(Delivery).filter_by(**by).order_by(Delivery.made_at)))


def states(house: House, **by: Any) -> list[str]:
    """Their states."""
    return [row.state for row in rows(house, **by)]


def state(house: House, job: str) -> str:
    """The job's."""
    with reading(house.engine) as session:
        return session.get_one(Job, job).state


def rule(house: House, clinic: str, rules: Mapping[str, Any]) -> None:
    """Give the clinic rules."""
    from transcribe.store.tables import Clinic

    with transaction(house.engine) as session:
        session.get_one(Clinic, clinic).settings = dict(rules)
