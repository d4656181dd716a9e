"""What travels over HTTP, as the OpenAPI document shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from transcribe.domain import CareSetting, FlawKind, Header
from transcribe.errors import NotFound, UsageError
from transcribe.store.tables import State
from transcribe.work_types import work_type, work_types


def _listed(key: str) -> str:
    if not key:
        return key
    try:
        return work_type(key).key
    except UsageError:
        raise ValueError("not a work type of this server") from None


Line = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(str.strip)]
"""Text without control characters, which could forge a line of a log or of a message."""


def _written_out(given: object) -> object:
    if isinstance(given, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", given, re.ASCII):
        raise ValueError("must be a day such as 2026-03-31")
    return given


Day = Annotated[date, BeforeValidator(_written_out)]
"""A day as people write it for machines; a number, which could be seconds since 1970, is none."""

Id = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9a-f]{32}$"})]
"""An opaque id. Another text is answered like an id of nothing, so the pattern is told and not asked for."""

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")


def checked_id(given: str) -> str:
    """`given` if it can be an id; otherwise it names nothing, and no database need be asked."""
    if not _IDENTIFIER.fullmatch(given):
        raise NotFound("There is nothing of this id.")
    return given


_WORK_TYPE = {"enum": ["", *work_types()]}
WorkTypeKey = Annotated[str, Field(max_length=100, json_schema_extra=_WORK_TYPE), AfterValidator(_listed)]
"""A kind of report in any of the ways a person writes it; empty where none is meant."""


class HeaderFields(BaseModel):
    """What is known of a dictation before it is heard; leave out what is not known."""

    model_config = ConfigDict(extra="forbid")

    clinic: Line = Field("", description="Name or id of the clinic; the token says which it is, so it may be left out.")
    patient: Line = ""
    record_number: Line = ""
    date_of_birth: date | None = None
    sex: Line = ""
    encounter: Line = ""
    author: Line = ""
    author_initials: Line = ""
    transcriptionist_initials: Line = ""
    referring: Line = ""
    copies_to: list[Line] = Field([], max_length=20)
    work_type: WorkTypeKey = ""
    stat: bool = False
    setting: CareSetting = CareSetting.OUTPATIENT
    date_of_service: date | None = None
    dictated_at: datetime | None = None

    def header(self) -> Header:
        """The same as the product's own value."""
        return Header(**{**self.model_dump(), "copies_to": tuple(self.copies_to)})


def header_of(fields: Sequence[tuple[str, str]]) -> HeaderFields:
    """The header that the fields of a form or of an upload give; an empty value counts as not given.

    `copies_to` may come more than once, and hold more than one line. Raises `RequestValidationError`.
    """
    given: dict[str, Any] = {}
    for name, value in fields:
        if name == "copies_to" and value:
            given.setdefault(name, []).extend(value.splitlines())
        elif value:
            given[name] = value
    try:
        return HeaderFields.model_validate(given)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_input=False)]
        raise RequestValidationError(faults) from None


class Receipt(BaseModel):
    """What became of a recording."""

    job: str
    duplicate_of: str | None = Field(description="The first job of the same recording, if there was one before.")
    sha256: str = Field(description="Of the recording as it was received.")


class Finding(BaseModel):
    """Something wrong with a recording that can be transcribed all the same."""

    model_config = ConfigDict(from_attributes=True)

    kind: FlawKind
    seconds: float = Field(description="How much of the recording is concerned, or missing.")
    reason: str = Field(description="The same for a person.")
    audio: tuple[float, float] | None = Field(description="Where: start and end in seconds; null for no one place.")


class JobStatus(BaseModel):
    """How far a job is."""

    model_config = ConfigDict(from_attributes=True)

    job: str
    state: State
    reason: str = Field(description="Why it failed and what to do; empty if it did not.")
    progress: float = Field(ge=0, le=1, description="The share that is done.")
    priority: Literal["stat", "routine"]
    due: datetime = Field(description="When the report is promised.")
    drafts: int = Field(description="Machine drafts that were made: 1 when all is well.")
    attempts: int
    work_type: str = Field(description="Empty until it is known.")
    reason_code: str
    overdue: bool
    seconds: float | None = Field(description="Length of the recording, once it is known.")
    findings: list[Finding] = Field(description="What is wrong with the recording, once it was decoded.")
    received: datetime
    changed: datetime
    position: int | None = Field(description="Its place among those that wait for the same workers; 1 is next.")


class Page(BaseModel):
    """Some jobs, newest first."""

    jobs: list[JobStatus]
    next: str | None = Field(description="What to give as `after` for the next page; null on the last one.")
