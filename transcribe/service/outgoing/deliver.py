"""A signed report sets out for every target of its clinic, and is brought there as often as it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from transcribe import document, logs
from transcribe.delivery import notice
from transcribe.delivery.hl7 import control_id
from transcribe.delivery.kinds import kind_of
from transcribe.delivery.parcel import Happened, Parcel
from transcribe.delivery.retry import Refused, Unwanted, wait_after
from transcribe.delivery.targets import Allowed
from transcribe.delivery.ways import Outside, bring
from transcribe.document.letterhead import Desk
from transcribe.domain import Report
from transcribe.errors import TranscribeError, TryLater, refusal
from transcribe.service.condition import DATABASE_AWAY
from transcribe.service.house import SYSTEM, House
from transcribe.service.outgoing import letterheads
from transcribe.service.review.of_record import of_record, signed_version
from transcribe.settings import Settings
from transcribe.store import audit, jobs, outbox
from transcribe.store.deliveries import Delivery, Target, Way
from transcribe.store.engine import now, reading, transaction
from transcribe.store.outbox import Sending
from transcribe.store.reports import Version
from transcribe.store.sealing import open_text
from transcribe.store.tables import Clinic, Job, State

MOST_ATTEMPTS = 80
"""At a receiver that is away, these take three days: a weekend, and a day to mend it."""

MOST_UNWANTED = 8
"""At a receiver that reads a report and does not want it, these take half an hour."""


def signed(session: Session, job: Job, version: Version) -> None:
    """Put a row down for each target of the clinic; belongs in the transaction that signs `version`.

    A report is new to a target that was sent none, and replaced at one that was; an addendum happens to the report it
    adds to.
    """
    mine = (Target.clinic_id == job.clinic_id, Target.removed_at.is_(None))
    sent = (Delivery.job_id == job.id, Delivery.happened != Happened.CANCELLED, Delivery.state != Way.CANCELLED)
    knowing = set(session.scalars(select(Delivery.target_id).where(*sent)))
    for target in session.scalars(select(Target.id).where(*mine)).all():
        happened = Happened.REPLACED if target in knowing else Happened.SIGNED
        add(session, job, version, target, Happened.ADDENDUM if job.parent_id else happened)


def add(session: Session, job: Job, version: Version, target: str, happened: Happened, note: str = "") -> Delivery:
    """One row: what happened to the report is told to the target, under an id that this telling keeps for good."""
    moment = now(session)
    told = select(func.count()).where(Delivery.version_id == version.id, Delivery.target_id == target)
    row = Delivery(
        clinic_id=job.clinic_id, job_id=job.id, report_id=job.parent_id or job.id, version_id=version.id,
        target_id=target, happened=happened, note=note, made_at=moment, changed_at=moment,
        message_id=control_id(job.id, str(version.number), target, happened, str(session.scalar(told))),
    )  # fmt: skip
    session.add(row)
    return row


def work(house: House, desk: Desk) -> bool:
    """Send what is due first and note what came of it; False when nothing is due.

    Raises only what keeps the database from being told: the row's lease ends then, and it is sent again.
    """
    with transaction(house.engine) as session:
        sending = outbox.claim(session)
    if sending is None:
        return False
    log = logs.logger().bind(delivery=sending.delivery, job=sending.job, target=sending.target)
    try:
        said, digest = _sent(house, desk, sending)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        told = refusal(error)
        log.warning("delivery_failed", code=told.code, attempt=sending.attempts, exc_info=error)
        with transaction(house.engine) as session:
            _not_sent(session, sending, told, foreseen=told is error)
        return True
    with transaction(house.engine) as session:
        _arrived(session, sending, said, digest)
    log.info("delivered")
    return True


def _sent(house: House, desk: Desk, sending: Sending) -> tuple[str, str]:
    """What the receiver said, and the SHA-256 of the report's text that it has now."""
    with reading(house.engine) as session:
        row = session.get_one(Delivery, sending.delivery)
        target = session.get_one(Target, row.target_id)
        parcel = _packed(house, desk, session, row)
    kind = kind_of(target.settings | {"kind": target.kind})
    secret = open_text(target.secret, house.blobs.key_of(target.clinic_id))
    said = bring(parcel, kind, secret, outside(house.settings, target.clinic_id))
    return said, parcel.report.digest


def _packed(house: House, desk: Desk, session: Session, row: Delivery) -> Parcel:
    version = session.get_one(Version, row.version_id)
    if row.report_id != row.job_id:  # An addendum travels with what it was added to.
        version = signed_version(session, session.get_one(Job, row.report_id))
    report = of_record(house, session, version, until=row.made_at)
    return Parcel(
        report, Happened(row.happened), row.message_id, row.made_at,
        rendering(house, desk, session, row.clinic_id, report), house.settings.archival_pdf, row.note,
    )  # fmt: skip


def rendering(house: House, desk: Desk, session: Session, clinic: str, report: Report) -> Callable[[Report], bytes]:
    """How the clinic's DOCX is made: in its letterhead for this kind of report, else in the house style.

    By the clinic's rule "codes_page", the house style ends with the accepted codes.
    """
    template = letterheads.current(house, session, clinic, report.work_type.key)
    if template is not None:
        return lambda each: desk.fill(template, each)
    rules = session.get_one(Clinic, clinic).settings
    return partial(document.render, codes_page=rules.get("codes_page", False))


def outside(settings: Settings, clinic: str) -> Outside:
    """What the machine's settings give to sending."""
    return Outside(
        settings.outbox / clinic,
        Allowed(frozenset(settings.targets.split()), frozenset(settings.target_networks.split())),
        settings.smtp_url, settings.mail_from, settings.public_url,
    )  # fmt: skip


def _not_sent(session: Session, sending: Sending, told: TranscribeError, *, foreseen: bool) -> None:
    """Wait and try again, with everything else for a target that is away; or leave it to a person."""
    away = isinstance(told, TryLater) and not isinstance(told, Unwanted) and foreseen
    doubtful = isinstance(told, Unwanted) or type(told) is TranscribeError
    most = MOST_ATTEMPTS if away else MOST_UNWANTED if doubtful else 0
    if sending.attempts < most:
        wait = wait_after(sending.attempts)
        outbox.try_again(session, sending, wait, told.code, str(told), rest=wait_after(sending.failures + 1) * away)
        return
    state = Way.REFUSED if isinstance(told, (Refused, Unwanted)) else Way.FAILED
    if outbox.give_up(session, sending, state, told.code, str(told)):
        detail = {"delivery": sending.delivery, "target": sending.target, "reason": told.code}
        audit.record(session, sending.clinic, SYSTEM, f"delivery {state}", sending.job, **detail)


def _arrived(session: Session, sending: Sending, said: str, digest: str) -> None:
    """Note the proof; a report that every target has is delivered."""
    job = jobs.locked(session, sending.job)
    if not outbox.acknowledge(session, sending, said, digest):
        return  # Another sender has taken it over meanwhile, and will be told the same.
    detail = {"delivery": sending.delivery, "target": sending.target, "sha256": digest}
    audit.record(session, sending.clinic, SYSTEM, "sent", sending.job, **detail)
    note_delivered(session, job)


def note_delivered(session: Session, job: Job) -> None:
    """Bring a signed job that nobody waits for any more to its end. The job is locked."""
    session.flush()
    if job.state == State.SIGNED and outbox.arrived(session, job.id):
        jobs.move(session, job, State.DELIVERED)
        audit.record(session, job.clinic_id, SYSTEM, "delivered", job.id)


def page(house: House) -> int:
    """Tell those whom a clinic names for it (rule "pages": addresses) of what does not arrive, once; how much that is.

    What cannot be told by e-mail is in the log, in the metrics and on the page of deliveries all the same.
    """
    with transaction(house.engine) as session:
        late = outbox.stuck(now(session))
        found = session.scalars(select(Delivery).where(late, Delivery.told_at.is_(None)).limit(1000)).all()
        for row in found:
            row.told_at = now(session)
        clinics = {row.clinic_id: session.get_one(Clinic, row.clinic_id).settings for row in found}
    for clinic, rules in clinics.items():
        mine = [row for row in found if row.clinic_id == clinic]
        logs.logger().error("deliveries_stuck", clinic=clinic, count=len(mine), delivery=mine[0].id)
        for address in rules.get("pages", ()):
            _write_to(house.settings, address, mine)
    return len(found)


def _write_to(settings: Settings, address: str, stuck: list[Delivery]) -> None:
    try:
        mail = notice.notice(
            sender=settings.mail_from, to=address, link=f"{settings.public_url}/deliveries?scope=attention",
            identity=str(len(stuck)), at=datetime.now(UTC), message_id=stuck[0].id, happened="stuck",
        )  # fmt: skip
        notice.send(mail, settings.smtp_url)
    except TranscribeError as error:
        logs.logger().warning("page_failed", code=error.code, exc_info=error)
