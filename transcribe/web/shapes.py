"""What travels over HTTP, as the OpenAPI document shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from transcribe.domain import CareSetting, Header
from transcribe.errors import UsageError
from transcribe.work_types import work_type

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _plain(text: str) -> str:
    """`text` trimmed; control characters, which could forge a line of a log or of a message, are refused."""
    if _CONTROL.search(text):
        raise ValueError("no control characters, please")
    return text.strip()


def _listed(key: str) -> str:
    if not key:
        return key
    try:
        return work_type(key).key
    except UsageError:
        raise ValueError("not a work type of this server") from None


Line = Annotated[str, Field(max_length=500), AfterValidator(_plain)]


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
    work_type: Annotated[str, Field(max_length=100), AfterValidator(_listed)] = ""
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
