"""What is stored of a report is enough to make it again."""

import pytest

from transcribe import assets, pipeline, record, report
from transcribe.domain import Dictation, Flaw, FlawKind, Transcript, Word
from transcribe.settings import Settings

pytestmark = pytest.mark.slow  # It may have to make the code tables first.

SAMPLES = sorted(path.name.removesuffix(".spoken.txt") for path in assets.shipped("samples").glob("*.spoken.txt"))


@pytest.fixture(scope="module")
def tools() -> pipeline.Tools:
    """The text half, loaded once."""
    return pipeline.load_tools(Settings().cache_dir)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stored_report_comes_back_with_everything_it_said(name: str, tools: pipeline.Tools) -> None:
    """Text, sections, entities, tables, codes, marks, seconds and flaws are the same after storing and reading."""
    spoken = (assets.shipped("samples") / f"{name}.spoken.txt").read_text("utf-8").split()
    words = tuple(Word(word, i * 0.4, i * 0.4 + 0.3, 0.4 if i % 17 == 0 else 0.95) for i, word in enumerate(spoken))
    flaws = (Flaw(FlawKind.CUT_SHORT, 12.0, "breaks off", (9.0, 9.0)), Flaw(FlawKind.HUM, 3.0, "hums"))
    header = report.read_header(assets.shipped("samples") / f"{name}.toml")
    dictation = Dictation(name, header)
    made = pipeline.draft(Transcript(words, len(words) * 0.4, "listener", (), flaws), dictation, tools)
    stored = report.to_json(made)
    again = record.read(stored, dictation)
    assert again.reading.sections == made.reading.sections
    assert again.dictation == dictation
    unkept = {"heard": "", "commands": []}
    assert report.to_json(again) | unkept == stored | unkept


def test_a_word_that_shows_nowhere_is_left_out(tools: pipeline.Tools) -> None:
    """An editor's room keeps the numbers of a list out of the text it edits: their words have no letters, and what is
    made of the report can be stored and read again.
    """
    words = tuple(Word(word, i * 0.4, i * 0.4 + 0.3, 0.9) for i, word in enumerate(["plan", "colon", "rest", "period"]))
    dictation = Dictation("x", report.read_header(assets.shipped("samples") / "letter.toml"))
    stored = report.to_json(pipeline.draft(Transcript(words, 2.0, "listener"), dictation, tools))
    first = stored["words"][0]
    empty = {**first, "end": first["start"]}
    again = report.to_json(record.read({**stored, "words": [empty, *stored["words"][1:]]}, dictation))
    assert again["words"] == stored["words"][1:]
    assert record.read(again, dictation).text == stored["text"]
