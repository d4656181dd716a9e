"""A Report holds what every step found, and its JSON says the same to other programs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path

import pytest

from transcribe import report, writeup
from transcribe.domain import (
    Assertion,
    Band,
    CareSetting,
    Category,
    CodeSuggestion,
    CodeSystem,
    Dictation,
    Draft,
    Entity,
    Flaw,
    FlawKind,
    Header,
    Label,
    Mark,
    MarkKind,
    Match,
    Reading,
    Report,
    Section,
    Span,
    Token,
    Transcript,
    Word,
)
from transcribe.errors import UnusableInput
from transcribe.work_types import work_type

TEXT = "ASSESSMENT:\n\nNo pneumonia. Start 5 mg daily."
#       0          12 13             28


def heard(*words: tuple[str, float]) -> Transcript:
    """Words of half a second each, one after the other."""
    placed = tuple(Word(text, place / 2, place / 2 + 0.5, p) for place, (text, p) in enumerate(words))
    return Transcript(placed, len(words) / 2, "replay")


def written(text: str) -> Draft:
    """A draft in which the n-th written token comes from the n-th heard word."""
    places = re.finditer(r"\S+", text)
    return Draft(text, tuple(Token(Span(*found.span()), (n, n + 1)) for n, found in enumerate(places)))


def composed(draft: Draft, transcript: Transcript | None = None, *entities: Entity) -> Report:
    reading, kind = Reading((), entities), work_type("progress_note")
    return report.compose(Dictation("visit"), kind, draft, reading, (), made_by={"writeup": "1"}, transcript=transcript)


def certain(count: int) -> list[tuple[str, float]]:
    return [("word", 0.9)] * count


def test_json_tells_where_spoken_commands_show() -> None:
    """A mark, a gap and a capital each have their place; of what was taken back only the place before what stands."""
    said = "she has pain in the knee period new line the pain is worse at night comma scratch that it is mild period"
    spoken = said.split()
    words = heard(*((word, 0.9) for word in spoken))
    found = report.to_json(composed(writeup.write_up(spoken), words))
    shown = [(each["said"], found["text"][each["start"] : each["end"]]) for each in found["commands"]]
    assert shown[:2] == [("period", "."), ("new line", "\n")]
    dropped = [place.strip() for said, place in shown if said.endswith("scratch that")]
    assert dropped == [""]


def test_json_is_the_documented_draft() -> None:
    """A draft with audio has exactly the documented keys, in their order, with character ranges and seconds."""
    drug = Entity(Span(27, 38), Label.DOSAGE, "Start 5 mg", section=Category.ASSESSMENT)
    problem = Entity(
        Span(16, 25), Label.PROBLEM, "pneumonia", frozenset({Assertion.NEGATED}), Category.ASSESSMENT, {"side": "left"}
    )
    section = Section("ASSESSMENT", Category.ASSESSMENT, Span(0, len(TEXT)), Span(13, len(TEXT)))
    code = CodeSuggestion(
        CodeSystem.ICD10CM, "I10", "Hypertension", "2026", 0.51239, Band.POSSIBLE, Match("t", "index"), (Span(13, 25),)
    )
    made = report.compose(
        Dictation("visit"),
        work_type("progress_note"),
        written(TEXT),
        Reading((section,), (problem, drug)),
        [code],
        made_by={"recogniser": "r", "writeup": "w", "clinical": "c", "codes": "k"},
        transcript=heard(("assessment", 0.9), ("no", 0.8), ("pneumonia", 0.30004), *certain(4)),
    )
    found = report.to_json(made)
    assert list(found) == [
        *("id", "text", "work_type", "status", "sections", "entities", "tables", "codes"),
        *("mentioned", "procedures", "marks"),
        *("heard", "words", "commands", "made_by"),
    ]
    assert found["status"] == "draft"
    assert found["sections"] == [{"heading": "ASSESSMENT", "category": "assessment", "start": 0, "end": len(TEXT)}]
    assert found["entities"][0] == {
        "start": 16,
        "end": 25,
        "label": "PROBLEM",
        "text": "pneumonia",
        "assertions": ["negated"],
        "section": "assessment",
        "attributes": {"side": "left"},
        "audio": [1.0, 1.5],
    }
    assert found["codes"] == [
        {
            "system": "ICD-10-CM",
            "code": "I10",
            "title": "Hypertension",
            "release": "2026",
            "score": 0.5124,
            "band": "possible",
            "matched": {"term": "t", "source": "index"},
            "evidence": [{"start": 13, "end": 25}],
            "messages": [],
            "alternatives": [],
        }
    ]
    assert [mark["audio"] for mark in found["marks"]] == [[1.0, 1.5]]
    assert found["words"][2] == {"start": 16, "end": 26, "audio": [1.0, 1.5], "probability": 0.3}
    assert found["heard"].startswith("assessment no pneumonia")
    assert json.loads(json.dumps(found)) == found


def test_without_audio_nothing_is_said_of_audio() -> None:
    """A draft from text has no `heard`, no `words` and no `audio` anywhere."""
    found = report.to_json(composed(written(TEXT), None, Entity(Span(16, 25), Label.PROBLEM, "pneumonia")))
    assert "heard" not in found
    assert "words" not in found
    assert "audio" not in json.dumps(found)


def test_token_without_a_heard_word_is_no_word() -> None:
    """A bracket that nobody spoke has no entry in `words`."""
    draft = Draft("[blank] pain", (Token(Span(0, 7), (0, 0)), Token(Span(8, 12), (0, 1))))
    found = report.to_json(composed(draft, heard(("pain", 0.9))))
    assert [(word["start"], word["end"]) for word in found["words"]] == [(8, 12)]


def test_marks_come_in_text_order_and_once() -> None:
    """Marks of several steps are merged by place; the same mark given twice stands once."""
    late, early = Mark(Span(5, 6), MarkKind.CHECK, "dose"), Mark(Span(0, 3), MarkKind.CHECK, "side")
    found = report.with_marks(composed(written("one two")), [late, early, late])
    assert report.with_marks(found, [early]).marks == (early, late)


def test_header_file_fills_every_field(tmp_path: Path) -> None:
    """A complete TOML header gives every field of `Header` its value, dates as TOML dates or as text."""
    path = tmp_path / "visit.toml"
    path.write_text(
        'patient = "A. B."\nrecord_number = "1"\ndate_of_birth = 1958-02-11\nsex = "female"\nencounter = "E"\n'
        'author = "C. D., MD"\nauthor_initials = "CD"\ntranscriptionist_initials = "mt"\nclinic = "K"\n'
        'referring = "R"\ncopies_to = ["X", "Y"]\nwork_type = "letter"\nstat = true\nsetting = "inpatient"\n'
        'date_of_service = "2026-05-18"\ndictated_at = 2026-05-18T16:42:00\ntranscribed_at = "2026-05-18T17:00:00"\n'
    )
    header = report.read_header(path)
    assert header.date_of_birth == date(1958, 2, 11)
    assert header.date_of_service == date(2026, 5, 18)
    assert header.copies_to == ("X", "Y")
    assert header.setting is CareSetting.INPATIENT
    assert header.transcribed_at == datetime(2026, 5, 18, 17)
    assert all(getattr(header, field.name) != getattr(Header(), field.name) for field in fields(Header))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('patients = "Secretname"', "unknown key 'patients'"),
        ("patient = 7", "'patient' must be text"),
        ('stat = "Secretname"', "'stat' must be true or false"),
        ('copies_to = "Secretname"', "'copies_to' must be a list"),
        ('setting = "Secretname"', "'setting' must be one of: outpatient, inpatient"),
        ('date_of_birth = "Secretname"', "'date_of_birth' must be a date"),
        ("date_of_birth = 1958-02-11T10:00:00", "'date_of_birth' must be a date"),
        ("dictated_at = 2026-05-18", "'dictated_at' must be a date with a time"),
        ('patient = "Secretname', "is not TOML"),
        ("date_of_birth = 1958-13-40", "is not TOML"),
    ],
)
def test_bad_header_names_the_file_and_the_key_only(tmp_path: Path, line: str, complaint: str) -> None:
    """What is wrong in a header is said with the file and the key; no value of it is repeated."""
    path = tmp_path / "visit.toml"
    path.write_text(line)
    with pytest.raises(UnusableInput) as caught:
        report.read_header(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)
    assert "Secretname" not in str(caught.value)


def test_header_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    """A header in another encoding and a header that does not exist are unusable input, not a crash."""
    path = tmp_path / "visit.toml"
    with pytest.raises(UnusableInput, match="cannot be read"):
        report.read_header(path)
    path.write_bytes(b'patient = "\xff"')
    with pytest.raises(UnusableInput, match="UTF-8"):
        report.read_header(path)


def test_import_is_light() -> None:
    """Importing the report and the document loads neither python-docx nor any model library."""
    seen = subprocess.run(
        [sys.executable, "-c", "import sys, transcribe.report, transcribe.document; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"docx", "lxml", "spacy", "faster_whisper", "av", "numpy"} & set(seen.stdout.split())


def test_speech_without_words_leaves_a_blank_where_it_was() -> None:
    """A stretch in which somebody spoke and nothing was recognised is a blank after the word before it."""
    words = (Word("no", 0.0, 0.5, 0.9), Word("fever", 9.0, 9.5, 0.9))
    transcript = Transcript(words, 10.0, "replay", unheard=((2.0, 7.5),))
    (mark,) = composed(written("No fever."), transcript).marks
    assert (mark.span, mark.kind, mark.audio) == (Span(2, 2), MarkKind.BLANK, (2.0, 7.5))
    assert "5.5 s" in mark.reason


def test_what_is_wrong_with_a_recording_is_told_where_it_is() -> None:
    """A missing piece is a blank in its place, a missing end one at the end; what concerns the whole is said first."""
    words = (Word("no", 0.0, 0.5, 0.9), Word("fever", 9.0, 9.5, 0.9))
    flaws = (
        Flaw(FlawKind.DAMAGED, 4.0, "damaged", (2.0, 6.0)),
        Flaw(FlawKind.CUT_SHORT, 30.0, "breaks off", (10.0, 10.0)),
        Flaw(FlawKind.HUM, 10.0, "hums"),
    )
    made = composed(written("No fever."), Transcript(words, 10.0, "replay", flaws=flaws))
    assert [(mark.span, mark.kind, mark.reason, mark.audio) for mark in made.marks] == [
        (Span(0, 0), MarkKind.CHECK, "hums", None),
        (Span(2, 2), MarkKind.BLANK, "damaged", (2.0, 6.0)),
        (Span(9, 9), MarkKind.BLANK, "breaks off", (10.0, 10.0)),
    ]
    assert report.to_json(made)["flaws"][:2] == [
        {"kind": "damaged", "seconds": 4.0, "reason": "damaged", "audio": [2.0, 6.0]},
        {"kind": "cut_short", "seconds": 30.0, "reason": "breaks off", "audio": [10.0, 10.0]},
    ]
