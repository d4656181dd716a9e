"""The review room's JSON: a report with its versions, saved with If-Match, and who is at work on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from transcribe.domain import CodeSystem, MarkKind, Severity
from transcribe.service.review import claims, compare, versions
from transcribe.web.auth import Here, Who
from transcribe.web.jobs import JobId
from transcribe.web.problems import Refused

router = APIRouter(tags=["review"])

MOST_BYTES = 8 * 1024 * 1024
"""Of a report that is saved: the times of its words take more than its text."""

_LONGEST = 500_000
"""Characters of a text; a dictation of two hours has a fifth of it."""


_WRITTEN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""Of control characters a text has tab and new line alone."""

Text = Annotated[str, Field(max_length=_LONGEST, pattern=_WRITTEN)]
Remark = Annotated[str, Field(max_length=2000, pattern=_WRITTEN)]
Second = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Place = Annotated[int, Field(ge=0, le=_LONGEST)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9.]{3,10}$")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Placed(_Strict):
    start: Place
    end: Place


class TimedWord(_Placed):
    """A written word with the seconds of what was heard; its range points into the text sent with it."""

    audio: tuple[Second, Second]
    probability: Annotated[float, Field(ge=0, le=1)]


class Marked(_Placed):
    """A place to look at."""

    kind: MarkKind
    reason: Remark
    severity: Severity = Severity.WARNING
    audio: tuple[Second, Second] | None = None


class Decision(_Strict):
    """What was decided about one code; `replaced_by` with "replaced" alone."""

    system: CodeSystem
    code: Code
    decision: Literal["accepted", "rejected", "replaced", "added"]
    replaced_by: Code | None = None


class Edit(_Strict):
    """A report as its editor has it."""

    text: Text
    words: list[TimedWord] = Field([], max_length=100_000)
    marks: list[Marked] = Field([], max_length=5000)
    decisions: list[Decision] = Field([], max_length=500)

    def refuse_misplaced(self) -> None:
        """Raise `RequestValidationError` for ranges that do not fit the text."""
        wrong = _misplaced(self.words, len(self.text), apart=True), _misplaced(self.marks, len(self.text), apart=False)
        for name, at in zip(("words", "marks"), wrong, strict=True):
            if at is not None:
                raise RequestValidationError([{"type": "value_error", "loc": ("body", name, at), "msg": _RANGES}])


_RANGES = "ranges lie in the text, begin before they end, and those of words stand in order and apart"


def _misplaced(ranges: Sequence[_Placed], length: int, *, apart: bool) -> int | None:
    """The first range that does not fit."""
    last = 0
    for at, each in enumerate(ranges):
        if not last <= each.start <= each.end <= length:
            return at
        last = each.end if apart else 0
    return None


class Claim(BaseModel):
    """Who is at work on a report, and until when nobody else may be."""

    person: str
    name: str
    until: datetime
    mine: bool


class NoteShown(BaseModel):
    """What somebody noted."""

    id: str
    kind: str
    person: str
    text: str
    at: datetime
    settled: bool


class ReportShown(BaseModel):
    """The newest version of a report and all that is known of it; ranges point into `text`.

    Sections, entities, tables and codes are those of `read_version`: one older than `version` points into that
    version's text, and the newest is being read or waits for it.
    """

    job: str
    version: int
    read_version: int
    at: datetime
    state: str
    stage: str
    status: Literal["draft", "preliminary", "final", "amended"]
    parent: str | None = Field(description="The job whose report this is an addendum to.")
    work_type: str
    header: dict[str, Any]
    text: str
    words: list[Any]
    marks: list[Any]
    decisions: list[Any]
    sections: list[Any]
    entities: list[Any]
    tables: dict[str, Any]
    codes: list[Any]
    mentioned: list[Any]
    procedures: list[Any]
    flaws: list[Any]
    commands: list[Any] = Field(description="Of a draft: where spoken commands show, and what was said.")
    made_by: dict[str, str]
    claim: Claim | None
    duration: float | None
    notes: list[NoteShown]
    may: list[str] = Field(description="What this person may do with it now, by the names of the routes.")


class SavedShown(BaseModel):
    """What became of a save."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    at: datetime


class VersionShown(BaseModel):
    """A version without its text."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    person: str | None
    name: str
    at: datetime
    kind: Literal["draft", "edit", "restored", "released", "signed", "addendum", "corrected"]
    hash: str = Field(description="SHA-256 of the text.")


class VersionText(BaseModel):
    """A version as it was saved."""

    version: int
    at: datetime
    text: str
    words: list[Any]
    marks: list[Any]
    decisions: list[Any]


class BlockShown(BaseModel):
    """A stretch of two texts."""

    model_config = ConfigDict(from_attributes=True)

    op: Literal["equal", "insert", "delete", "replace"]
    left: str
    right: str


class Compared(BaseModel):
    """Two versions, word by word."""

    blocks: list[BlockShown]


IfMatch = Annotated[str, Header(alias="If-Match", description='The version that was edited, as in "3".')]


@router.get("/api/v1/jobs/{job}/report")
def show_report(who: Who, house: Here, job: JobId) -> ReportShown:
    """The report as it is now."""
    return ReportShown.model_validate(versions.show(house, who, job))


@router.put("/api/v1/jobs/{job}/report")
def save_report(who: Who, house: Here, job: JobId, edit: Edit, if_match: IfMatch = "") -> SavedShown:
    """Save an edit as the next version. 412 with "theirs" when somebody saved in between, 423 with "claim" when
    somebody else is at work on it.
    """
    if not if_match:
        raise Refused(428, "Say which version was edited, in the header If-Match.")
    expected = re.fullmatch(r'"?(\d{1,9})"?', if_match, re.ASCII)
    # Whatever else it says, it names no version, and so not the newest.
    number = int(expected[1]) if expected else 0
    edit.refuse_misplaced()
    body = versions.Body(edit.text, len(edit.marks), edit.model_dump_json(exclude_none=True).encode())
    return SavedShown.model_validate(versions.save(house, who, job, number, body))


@router.get("/api/v1/jobs/{job}/versions")
def list_versions(who: Who, house: Here, job: JobId) -> list[VersionShown]:
    """All versions, oldest first."""
    return [VersionShown.model_validate(each) for each in versions.listing(house, who, job)]


@router.get("/api/v1/jobs/{job}/versions/{number}")
def show_version(who: Who, house: Here, job: JobId, number: Number) -> VersionText:
    """One version as it was saved."""
    return VersionText.model_validate(versions.one(house, who, job, number))


@router.post("/api/v1/jobs/{job}/versions/{number}/restore")
def restore_version(who: Who, house: Here, job: JobId, number: Number) -> SavedShown:
    """Make an earlier version the newest again."""
    return SavedShown.model_validate(versions.restore(house, who, job, number))


@router.get("/api/v1/jobs/{job}/compare")
def compare_versions(
    who: Who, house: Here, job: JobId, left: Annotated[Number, Query()], right: Annotated[Number, Query()]
) -> Compared:
    """What differs between two versions."""
    texts = [versions.one(house, who, job, number)["text"] for number in (left, right)]
    return Compared(blocks=[BlockShown.model_validate(each) for each in compare.blocks(*texts)])


@router.post("/api/v1/jobs/{job}/claim")
def claim(who: Who, house: Here, job: JobId) -> Claim:
    """Take the job, or keep it for another ten minutes; 423 with "claim" when somebody else has it."""
    return Claim.model_validate(claims.claim(house, who, job))


@router.post("/api/v1/jobs/{job}/leave", status_code=204)
def leave(who: Who, house: Here, job: JobId) -> None:
    """Give the job back to whoever comes next."""
    claims.leave(house, who, job)
