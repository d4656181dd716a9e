"""Everything known of one dictation becomes one Report, and a Report becomes the draft's JSON."""

from __future__ import annotations

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from transcribe.domain import (
    AcceptedCode,
    Allergy,
    CareSetting,
    CodeSuggestion,
    Condition,
    Dictation,
    Draft,
    Entity,
    Flaw,
    FlawKind,
    Header,
    Mark,
    MarkKind,
    Measurement,
    Medication,
    Reading,
    Report,
    Span,
    Tables,
    Transcript,
    WorkType,
)
from transcribe.doubt import doubts, probability
from transcribe.errors import UnusableInput

COMMAND = "command: "
"""How the names of the rules begin by which the write-up obeys what was said."""


def compose(
    dictation: Dictation,
    work_type: WorkType,
    draft: Draft,
    reading: Reading,
    codes: Iterable[CodeSuggestion],
    *,
    made_by: Mapping[str, str],
    transcript: Transcript | None = None,
) -> Report:
    """The report with the marks of the write-up, a query for each of the most doubtful places, a blank for each
    stretch of speech in which nothing was recognised and for each piece that is missing, and a check for what else
    is wrong with the recording.
    """
    report = Report(
        dictation=dictation,
        work_type=work_type,
        draft=draft,
        reading=reading,
        codes=tuple(codes),
        marks=(),
        made_by=dict(made_by),
        transcript=transcript,
    )
    doubtful = doubts(draft, reading, transcript)
    if transcript is None:
        return with_marks(report, (*draft.marks, *doubtful))
    missing = (*unheard_stretches(draft, transcript), *_flaws(draft, transcript))
    return with_marks(report, (*draft.marks, *doubtful, *missing))


def with_marks(report: Report, marks: Iterable[Mark]) -> Report:
    """The report with `marks` among its own: in text order, none twice, each with the seconds of its words."""
    timed = {
        mark if mark.audio else replace(mark, audio=report.draft.audio(mark.span, report.transcript)) for mark in marks
    }
    every = sorted(timed.union(report.marks), key=lambda mark: (mark.span, mark.kind, mark.reason))
    return replace(report, marks=tuple(every))


def unheard_stretches(draft: Draft, transcript: Transcript) -> tuple[Mark, ...]:
    """A blank, without length, at the place in the text where each stretch of speech without words belongs."""
    marks = []
    for start, end in transcript.unheard:
        reason = f"somebody speaks for {end - start:.1f} s and nothing was recognised; listen"
        marks.append(Mark(_before(start, draft, transcript), MarkKind.BLANK, reason, (start, end)))
    return tuple(marks)


def _before(second: float, draft: Draft, transcript: Transcript) -> Span:
    """The place in the text, without length, after all that was said before this second of the recording."""
    before = [
        token.span.end
        for token in draft.tokens
        if token.heard[0] < token.heard[1] and transcript.words[token.heard[1] - 1].start < second
    ]
    at = max(before, default=0)
    return Span(at, at)


def _flaws(draft: Draft, transcript: Transcript) -> tuple[Mark, ...]:
    """A blank where a piece of the recording is missing, and a check on the whole for every other flaw of its sound."""
    marks = []
    for flaw in transcript.flaws:
        if flaw.kind is FlawKind.MISNAMED:
            continue  # Whoever sent the file is told; nothing is wrong with what was heard.
        if flaw.kind is FlawKind.CUT_SHORT:
            place, kind = Span(len(draft.text), len(draft.text)), MarkKind.BLANK
        elif flaw.audio:
            place, kind = _before(flaw.audio[0], draft, transcript), MarkKind.BLANK
        else:
            place, kind = Span(0, 0), MarkKind.CHECK
        marks.append(Mark(place, kind, flaw.reason, flaw.audio))
    return tuple(marks)


def to_json(report: Report) -> dict[str, Any]:
    """The draft as plain data for `json.dumps`; `heard`, `words` and `commands` only with audio, `flaws`
    where it has any, `accepted` once a person decided.

    Character ranges are half-open and point into `text`; seconds are rounded to hundredths.
    """
    draft = {
        "id": report.dictation.name,
        "text": report.text,
        "work_type": report.work_type.key,
        "status": str(report.status),
        "sections": [
            {"heading": section.heading, "category": str(section.category), **_range(section.span)}
            for section in report.reading.sections
        ],
        "entities": [_entity(entity, report) for entity in report.reading.entities],
        "tables": _tables(report.reading.tables),
        "codes": [_code(code) for code in report.codes],
        "mentioned": [_code(code) for code in report.mentioned],
        "procedures": [{**_range(span), "text": span.of(report.text)} for span in report.procedures],
        "marks": [_mark(mark) for mark in report.marks],
    }
    if report.accepted:
        draft["accepted"] = [_accepted(code) for code in report.accepted]
    if report.transcript is not None:
        draft["heard"] = report.transcript.text
        draft["words"] = _words(report.draft, report.transcript)
        draft["commands"] = _commands(report.draft, report.transcript)
        if report.transcript.flaws:
            draft["flaws"] = [_flaw(flaw) for flaw in report.transcript.flaws]
    return {**draft, "made_by": dict(report.made_by)}


def _range(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}


def _audio(seconds: tuple[float, float] | None) -> dict[str, list[float]]:
    """The optional key `audio`; absent where no second of audio is known."""
    return {} if seconds is None else {"audio": [round(second, 2) for second in seconds]}


def _entity(entity: Entity, report: Report) -> dict[str, Any]:
    return {
        **_range(entity.span),
        "label": str(entity.label),
        "text": entity.text,
        "assertions": sorted(entity.assertions),
        "section": str(entity.section),
        "attributes": dict(entity.attributes),
        **_audio(report.draft.audio(entity.span, report.transcript)),
    }


def _tables(tables: Tables) -> dict[str, Any]:
    """Each table as a list of rows; a row has its range and whatever is known of it."""
    rows = {
        field.name: [_row(each) for each in getattr(tables, field.name)]
        for field in fields(tables)
        if field.name != "no_known_allergies"
    }
    return {**rows, "no_known_allergies": tables.no_known_allergies}


def _row(row: Medication | Condition | Allergy | Measurement) -> dict[str, Any]:
    told = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "span"}
    return {**_range(row.span), **{name: words for name, words in told.items() if words}}


def _code(code: CodeSuggestion) -> dict[str, Any]:
    return {
        "system": str(code.system),
        "code": code.code,
        "title": code.title,
        "release": code.release,
        "score": round(code.score, 4),
        "band": str(code.band),
        "matched": {"term": code.matched.term, "source": code.matched.source},
        "evidence": [_range(span) for span in code.evidence],
        "messages": list(code.messages),
        "alternatives": list(code.alternatives),
    }


def _accepted(code: AcceptedCode) -> dict[str, Any]:
    told = {"system": str(code.system), "code": code.code, "title": code.title, "release": code.release}
    return {**told, "evidence": [_range(span) for span in code.evidence]}


def _mark(mark: Mark) -> dict[str, Any]:
    told = {"kind": str(mark.kind), "reason": mark.reason, "severity": str(mark.severity)}
    return {**_range(mark.span), **told, **_audio(mark.audio)}


def _flaw(flaw: Flaw) -> dict[str, Any]:
    return {"kind": str(flaw.kind), "seconds": round(flaw.seconds, 2), "reason": flaw.reason, **_audio(flaw.audio)}


def _commands(draft: Draft, transcript: Transcript) -> list[dict[str, Any]]:
    """What spoken commands did: the range in which each shows, and the words that were taken as the command."""
    obeyed = [change for change in draft.changes if change.rule.startswith(COMMAND)]
    said = [" ".join(word.text for word in transcript.words[slice(*change.heard)]) for change in obeyed]
    return [{**_range(_shown(draft, change.heard)), "said": words} for change, words in zip(obeyed, said, strict=True)]


def _shown(draft: Draft, heard: tuple[int, int]) -> Span:
    """Where the heard words `[first, last)` show: in their tokens, or in the gap in which they left none."""
    low = bisect_right(draft.tokens, heard[0], key=lambda token: token.heard[1])
    high = bisect_left(draft.tokens, heard[1], lo=low, key=lambda token: token.heard[0])
    if low < high:
        shown = Span(draft.tokens[low].span.start, draft.tokens[high - 1].span.end)
        whole = heard[0] <= draft.tokens[low].heard[0] and draft.tokens[high - 1].heard[1] <= heard[1]
        return shown if whole else Span(shown.start, shown.start)  # What was said instead stays.
    start = draft.tokens[low - 1].span.end if low else 0
    return Span(start, max(start, draft.tokens[low].span.start if low < len(draft.tokens) else len(draft.text)))


def _words(draft: Draft, transcript: Transcript) -> list[dict[str, Any]]:
    """One entry for each written token that a heard word stands behind."""
    return [
        {
            **_range(token.span),
            **_audio(draft.audio(token.span, transcript)),
            "probability": round(certainty, 4),
        }
        for token in draft.tokens
        if (certainty := probability(token, transcript)) is not None
    ]


def read_header(path: Path) -> Header:
    """What a TOML file beside a recording says of the dictation; its keys are the fields of `Header`.

    Dates are TOML dates or ISO text. Raises `UnusableInput`, which names the file and the key but no value.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{path} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(f"{path} is not TOML: {error}.") from error
    kinds = {field.name: str(field.type) for field in fields(Header)}
    if unknown := sorted(table.keys() - kinds.keys()):
        raise UnusableInput(f"{path} has the unknown key '{unknown[0]}'; known are: {', '.join(kinds)}.")
    return Header(**{key: _field(path, key, value, kinds[key]) for key, value in table.items()})


def _field(path: Path, key: str, value: object, kind: str) -> Any:
    convert, expected = FIELDS[kind]
    found = convert(value)
    if found is None:
        raise UnusableInput(f"{path}: '{key}' must be {expected}.")
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def _setting(value: object) -> CareSetting | None:
    return CareSetting(value) if isinstance(value, str) and value in set(CareSetting) else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        value = _iso(datetime.fromisoformat, value)
    return value if isinstance(value, datetime) else None


def _day(value: object) -> date | None:
    if isinstance(value, str):
        value = _iso(date.fromisoformat, value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _iso(parse: Callable[[str], date], text: str) -> date | None:
    try:
        return parse(text)
    except ValueError:
        return None


# By the annotation of the field: how a TOML value is taken (None: it cannot be) and what a person should write.
FIELDS: dict[str, tuple[Callable[[object], object], str]] = {
    "str": (_text, "text in quotation marks"),
    "bool": (_flag, "true or false"),
    "tuple[str, ...]": (_texts, 'a list of texts, as in ["A. Name, MD"]'),
    "CareSetting": (_setting, "one of: " + ", ".join(CareSetting)),
    "date | None": (_day, "a date, as in 2026-05-18"),
    "datetime | None": (_moment, "a date with a time, as in 2026-05-18T16:42:00"),
}
