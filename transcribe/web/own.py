"""What belongs to a person or a clinic over HTTP: preferences, abbreviations, normals, words; and codes to choose."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from transcribe.domain import CodeSystem
from transcribe.service import codes, wordbooks
from transcribe.service.identity import preferences
from transcribe.web.auth import Here, Who
from transcribe.web.review import Text
from transcribe.web.shapes import Day, Line

router = APIRouter(tags=["own"])

_MOST_SETTINGS = 64 * 1024


def _bounded(given: dict[str, Any]) -> dict[str, Any]:
    if len(str(given)) > _MOST_SETTINGS:
        raise ValueError("more than anybody sets")
    return given


Settings = Annotated[dict[str, JsonValue], AfterValidator(_bounded)]
_SHORT = r"^[^\x00-\x1f\x7f]{0,99}[!-~][^\x00-\x1f\x7f]{0,99}$"
"""Somewhere in it stands more than blanks."""

Short = Annotated[str, Field(pattern=_SHORT)]
Long = Annotated[Text, Field(min_length=1, max_length=20_000)]
# What JSON Schema lets in beside names of a pattern has to be ruled out.
Entries = Annotated[dict[Short, Long], Field(max_length=5000, json_schema_extra={"additionalProperties": False})]


class Me(BaseModel):
    """Who is asking, and how they want the review room."""

    person: str
    name: str
    roles: list[str]
    clinic: dict[str, str]
    keys: Any
    settings: dict[str, Any]


class StyleShown(BaseModel):
    """The switches of the house style; what is left out is as the house has it."""

    model_config = ConfigDict(extra="forbid")

    dimensions: Literal["x", "by"] = "x"
    small_numbers: Literal["words", "figures"] = "words"
    latin: Literal["dotted", "plain", "words"] = "dotted"
    dates: Literal["long", "numeric"] = "long"
    expand: Annotated[list[Short], Field(max_length=1000)] = []


class Words(BaseModel):
    """The clinic's own words and what is typed for what is said; None leaves a table as it is."""

    model_config = ConfigDict(extra="forbid")

    words: Annotated[list[Short], Field(max_length=20_000)] | None = None
    replace: (
        Annotated[dict[Short, Line], Field(max_length=20_000, json_schema_extra={"additionalProperties": False})] | None
    ) = None
    style: StyleShown | None = None


class CodeShown(BaseModel):
    """A code of the tables."""

    model_config = ConfigDict(from_attributes=True)

    system: CodeSystem
    code: str
    title: str
    billable: bool
    release: str


@router.get("/api/v1/me")
def show_me(who: Who, house: Here) -> Me:
    """Who is asking."""
    return Me.model_validate(preferences.me(house, who))


@router.put("/api/v1/me/settings", status_code=204)
def keep_settings(who: Who, house: Here, settings: Settings) -> None:
    """Keep the key map, the speed and whatever else the room remembers of this person."""
    preferences.keep_settings(house, who, settings)


@router.get("/api/v1/expander")
def show_expander(who: Who, house: Here) -> dict[str, str]:
    """What this person's abbreviations stand for."""
    return preferences.expander(house, who)


@router.put("/api/v1/expander", status_code=204)
def keep_expander(who: Who, house: Here, entries: Entries) -> None:
    """Keep this person's abbreviations."""
    preferences.keep_expander(house, who, dict(entries))


@router.get("/api/v1/normals")
def show_normals(who: Who, house: Here, author: Annotated[str, Query(max_length=500)] = "") -> dict[str, str]:
    """The clinic's normals by the name they are called by, and those of an author."""
    return dict(wordbooks.show(house, who.clinic, author=author).texts)


@router.put("/api/v1/normals", status_code=204)
def keep_normals(who: Who, house: Here, normals: Entries) -> None:
    """Keep the clinic's normals; dictations that come in from now on know them."""
    wordbooks.keep(house, who, texts=dict(normals))


@router.get("/api/v1/words")
def show_words(who: Who, house: Here, author: Annotated[str, Query(max_length=500)] = "") -> Words:
    """The clinic's own words, for writing and for the spell check."""
    book = wordbooks.show(house, who.clinic, author=author)
    return Words.model_validate(wordbooks.plain(book) | {"words": list(book.words)}, extra="ignore")


@router.put("/api/v1/words", status_code=204)
def keep_words(who: Who, house: Here, words: Words) -> None:
    """Keep the tables that are given."""
    given: dict[str, Any] = words.model_dump(exclude_none=True)
    if "words" in given:
        given["words"] = {"typed": given["words"]}
    wordbooks.keep(house, who, **given)


@router.get("/api/v1/codes")
def search_codes(
    who: Who,
    house: Here,
    q: Annotated[str, Query(min_length=1, max_length=200, description="The beginning of a code, or words.")],
    day: Annotated[Day | None, Query(alias="date", description="The date of service; today without one.")] = None,
    system: CodeSystem | None = None,
) -> list[CodeShown]:
    """Codes of the tables in force that day."""
    return [CodeShown.model_validate(each) for each in codes.search(house, q, on=day, system=system)]
