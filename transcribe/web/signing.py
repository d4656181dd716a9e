"""Release, signature, correction, addendum over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from transcribe.service.identity import sessions
from transcribe.service.review import addenda, correct, release, sign
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.review import Number, Remark, Text

router = APIRouter(tags=["review"])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Releasing(_Strict):
    """Which version, and why despite critical checks, where there are any."""

    version: Number
    despite: Remark = ""


class Signing(_Strict):
    """What is signed and as what, with the proof that it is this person; the code is asked for once in a session."""

    version: Number
    password: Annotated[str, Field(max_length=1000)]
    code: Annotated[str, Field(max_length=20)] = ""
    meaning: Annotated[str, Field(pattern=r"^[a-z ]{1,40}$")] = sign.AUTHOR


class SignedShown(BaseModel):
    """A signature and the digest that binds it to what was signed."""

    model_config = ConfigDict(from_attributes=True)

    signature: str
    at: datetime
    hash: str


class Signable(BaseModel):
    """As what this person may sign the newest version, and whether the second factor will be asked for."""

    meanings: list[str]
    code: bool


class Verified(BaseModel):
    """A signature; `whole` says that text, header, codes, signer and time are as they were when it was given."""

    signature: str
    name: str
    meaning: str
    at: datetime
    version: int
    hash: str
    whole: bool


class Correcting(_Strict):
    """What is wrong with the signed report."""

    reason: Annotated[Remark, Field(min_length=1)]


class Corrected(BaseModel):
    """The version to be edited, released and signed anew."""

    version: int


class Adding(_Strict):
    """The text of an addendum."""

    text: Annotated[Text, Field(min_length=1)]


class Added(BaseModel):
    """The addendum's job."""

    job: str


@router.post("/api/v1/jobs/{job}/release", status_code=204)
def release_report(who: Who, house: Here, job: JobId, releasing: Releasing) -> None:
    """Let go of the newest version, to be signed. 409 with "checks" while critical ones are open, 503 while the
    workers still read it.
    """
    release.release(house, who, job, releasing.version, despite=releasing.despite.strip())


@router.get("/api/v1/jobs/{job}/sign")
def show_signable(who: Who, house: Here, job: JobId) -> Signable:
    """What signing will ask for."""
    return Signable(meanings=sign.needed(house, who, job), code=sessions.needs_code(house, who))


@router.post("/api/v1/jobs/{job}/sign")
def sign_report(who: Who, house: Here, job: JobId, signing: Signing) -> SignedShown:
    """Sign the newest version, for good."""
    sign.refuse_early(house, who, job, signing.version, signing.meaning)
    sessions.confirm(house, who, signing.password, signing.code)
    return SignedShown.model_validate(sign.sign(house, who, job, signing.version, signing.meaning))


@router.get("/api/v1/jobs/{job}/signatures")
def verify_signatures(who: Who, house: Here, job: JobId) -> list[Verified]:
    """The signatures, each checked against what it was given for."""
    return [Verified.model_validate(each) for each in sign.verify(house, who.clinic, job)]


@router.post("/api/v1/jobs/{job}/correct", status_code=201)
def correct_report(who: Who, house: Here, job: JobId, correcting: Correcting) -> Corrected:
    """Send a signed report back into review as a new version. The signed one stays in the record, and counts until the
    new one is signed.
    """
    return Corrected(version=correct.correct(house, who, job, correcting.reason))


@router.post("/api/v1/jobs/{job}/keep", status_code=204)
def keep_report(who: Who, house: Here, job: JobId) -> None:
    """Give a correction up: the report stays as it was signed."""
    correct.keep(house, who, job)


@router.post("/api/v1/jobs/{job}/addenda", status_code=201)
def add_addendum(who: Who, house: Here, job: JobId, adding: Adding) -> Added:
    """Begin an addendum to a signed report: a job of its own, in review."""
    return Added(job=addenda.add(house, who, job, adding.text))
