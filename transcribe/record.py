"""The version of record, as `report.to_json` wrote it, becomes a Report again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transcribe.domain import (
    AcceptedCode,
    Allergy,
    Assertion,
    Band,
    Category,
    CodeSuggestion,
    CodeSystem,
    Condition,
    Dictation,
    Draft,
    Entity,
    Flaw,
    FlawKind,
    Label,
    Mark,
    MarkKind,
    Match,
    Measurement,
    Medication,
    Reading,
    Report,
    Section,
    Severity,
    Span,
    Status,
    Tables,
    Token,
    Transcript,
    Word,
)
from transcribe.work_types import work_type

_ROWS = {
    "medications": Medication,
    "problems": Condition,
    "allergies": Allergy,
    "vitals": Measurement,
    "laboratory": Measurement,
}


def read(plain: Mapping[str, Any], dictation: Dictation) -> Report:
    """The Report that `plain` was made of, about `dictation`, whose header the JSON does not hold.

    The JSON keeps seconds and certainties of written tokens alone: each becomes one heard word of its own text. Which
    commands were among what was heard is not told again, and a word that an edit left no letter of is left out.
    """
    text = plain["text"]
    words = [word for word in plain["words"] if word["start"] < word["end"]] if "words" in plain else None
    draft = Draft(text, tuple(Token(_span(word), (i, i + 1)) for i, word in enumerate(words or ())))
    return Report(
        dictation=dictation,
        work_type=work_type(plain["work_type"]),
        draft=draft,
        reading=Reading(
            tuple(_section(section, text) for section in plain["sections"]),
            tuple(_entity(entity) for entity in plain["entities"]),
            _tables(plain["tables"]),
        ),
        codes=tuple(_code(code) for code in plain["codes"]),
        marks=tuple(mark(each) for each in plain["marks"]),
        made_by=plain["made_by"],
        transcript=None if words is None else _transcript(plain, words),
        status=Status(plain["status"]),
        mentioned=tuple(_code(code) for code in plain.get("mentioned", ())),
        procedures=tuple(_span(each) for each in plain.get("procedures", ())),
        accepted=tuple(_accepted(code) for code in plain.get("accepted", ())),
    )


def _span(plain: Mapping[str, Any]) -> Span:
    return Span(plain["start"], plain["end"])


def _audio(plain: Mapping[str, Any]) -> tuple[float, float] | None:
    seconds = plain.get("audio")
    return None if seconds is None else (seconds[0], seconds[1])


def _section(plain: Mapping[str, Any], text: str) -> Section:
    """The section; its text begins after the colon that ends the heading."""
    span = _span(plain)
    begin = span.start
    if plain["heading"]:
        begin = text.index(":", span.start, span.end) + 1 if ":" in span.of(text) else span.start
        begin += len(text[begin : span.end]) - len(text[begin : span.end].lstrip())
    return Section(plain["heading"], Category(plain["category"]), span, Span(begin, span.end))


def _entity(plain: Mapping[str, Any]) -> Entity:
    return Entity(
        _span(plain),
        Label(plain["label"]),
        plain["text"],
        frozenset(Assertion(each) for each in plain["assertions"]),
        Category(plain["section"]),
        plain["attributes"],
    )


def _tables(plain: Mapping[str, Any]) -> Tables:
    rows = {name: tuple(_row(kind, row) for row in plain[name]) for name, kind in _ROWS.items()}
    return Tables(**rows, no_known_allergies=plain["no_known_allergies"])


def _row(kind: type[Any], plain: Mapping[str, Any]) -> Any:
    told = {name: value for name, value in plain.items() if name not in ("start", "end")}
    return kind(span=_span(plain), **told)


def _code(plain: Mapping[str, Any]) -> CodeSuggestion:
    return CodeSuggestion(
        system=CodeSystem(plain["system"]),
        code=plain["code"],
        title=plain["title"],
        release=plain["release"],
        score=plain["score"],
        band=Band(plain["band"]),
        matched=Match(**plain["matched"]),
        evidence=tuple(_span(each) for each in plain["evidence"]),
        messages=tuple(plain["messages"]),
        alternatives=tuple(plain["alternatives"]),
    )


def _accepted(plain: Mapping[str, Any]) -> AcceptedCode:
    evidence = tuple(_span(each) for each in plain["evidence"])
    return AcceptedCode(CodeSystem(plain["system"]), plain["code"], plain["title"], plain["release"], evidence)


def mark(plain: Mapping[str, Any]) -> Mark:
    """A place to look at, from its plain data."""
    return Mark(_span(plain), MarkKind(plain["kind"]), plain["reason"], _audio(plain), Severity(plain["severity"]))


def flaw(plain: Mapping[str, Any]) -> Flaw:
    """What is wrong with a recording, from its plain data; the place may be missing or None."""
    return Flaw(FlawKind(plain["kind"]), plain["seconds"], plain["reason"], _audio(plain))


def _transcript(plain: Mapping[str, Any], words: list[Mapping[str, Any]]) -> Transcript:
    heard = tuple(
        Word(_span(word).of(plain["text"]), word["audio"][0], word["audio"][1], word["probability"]) for word in words
    )
    flaws = tuple(flaw(each) for each in plain.get("flaws", ()))
    duration = max((word.end for word in heard), default=0.0)
    return Transcript(heard, duration, plain["made_by"].get("recogniser", ""), (), flaws)
