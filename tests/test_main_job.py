"""The main job on real audio: every sample from its recording to its finished files, by the bundled recogniser."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sounds import saved, tone
from transcribe import assets, audio, coding, evaluate, files, pipeline, speech, writeup
from transcribe.domain import Report
from transcribe.settings import Settings

pytestmark = pytest.mark.slow

SAMPLES = sorted(path.stem for path in assets.shipped("samples").glob("*.opus"))


def answer(name: str, kind: str) -> str:
    """The text of a file that stands beside a sample's recording."""
    return (assets.shipped("samples") / f"{name}.{kind}").read_text("utf-8").strip()


@pytest.fixture(scope="module")
def tools() -> pipeline.Tools:
    """The text half, loaded once."""
    return pipeline.load_tools(Settings().cache_dir)


@pytest.fixture(scope="module")
def reports(tools: pipeline.Tools) -> dict[str, Report]:
    """Every sample heard and drafted."""
    settings = Settings()
    recogniser = speech.load_recogniser("dictation-demo", settings.cache_dir)
    paths = [assets.shipped("samples") / f"{name}.opus" for name in SAMPLES]
    return {path.stem: files.transcribe_file(path, files.dictation_of(path), recogniser, tools) for path in paths}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_heard(reports: dict[str, Report], name: str) -> None:
    """At most a quarter of the words is misheard in any sample."""
    transcript = reports[name].transcript
    assert transcript is not None
    assert evaluate.word_errors(answer(name, "spoken.txt"), transcript.text).rate <= 0.25


def test_words_are_where_they_were_said(reports: dict[str, Report]) -> None:
    """Times rise through the recording, and speech reaches from its beginning to its end."""
    for report in reports.values():
        assert report.transcript is not None
        starts = [word.start for word in report.transcript.words]
        assert starts == sorted(starts)
        assert starts[0] < 3
        assert starts[-1] > report.transcript.duration - 6


@pytest.mark.parametrize("name", SAMPLES)
def test_everything_found_can_be_played_back(reports: dict[str, Report], name: str) -> None:
    """Every entity and every code's evidence lies inside the text and leads to seconds inside the recording."""
    report = reports[name]
    assert report.transcript is not None
    spans = [entity.span for entity in report.reading.entities]
    spans += [span for code in report.codes for span in code.evidence]
    for span in spans:
        assert 0 <= span.start < span.end <= len(report.text)
        seconds = report.draft.audio(span, report.transcript)
        assert seconds is not None
        assert 0 <= seconds[0] <= seconds[1] <= report.transcript.duration


@pytest.mark.parametrize("name", SAMPLES)
def test_codes_are_valid_and_billable_on_the_date(reports: dict[str, Report], name: str) -> None:
    """What is suggested from what was heard is never an invalid code, nor a forbidden one of another condition.

    A misheard kind ("without ora") rightly leads to the unspecified code of the same category.
    """
    report = reports[name]
    right = json.loads(answer(name, "codes.json"))
    categories = {code["code"][:3] for code in right["codes"]}
    forbidden = {code for code in right["must_not"] if code[:3] not in categories}
    with coding.open_tables(Settings().cache_dir, on=report.dictation.header.date_of_service) as tables:
        for code in report.codes:
            entry = tables.look_up(code.code)
            assert entry is not None
            assert entry.billable
            assert code.evidence
            assert code.code not in forbidden


@pytest.mark.parametrize("sound", ["silence", "hum", "loud noise", "tune"])
def test_no_word_comes_from_what_nobody_says(tmp_path: Path, sound: str) -> None:
    """A minute of silence, hum, loud white noise or a tune gives no word with the real recogniser."""
    seconds = 60
    noise = 0.1 * np.random.default_rng(1).standard_normal(seconds * audio.SAMPLE_RATE).astype(np.float32)
    notes = [tone(0.5, hertz=hertz) for hertz in (262.0, 330.0, 392.0, 523.0) for _ in range(seconds // 2)]
    sounds = {
        "silence": np.zeros(seconds * audio.SAMPLE_RATE, np.float32),
        "hum": tone(seconds, hertz=60.0),
        "loud noise": noise,
        "tune": np.concatenate(notes),
    }
    recogniser = speech.load_recogniser("dictation-demo", Settings().cache_dir)
    transcript = pipeline.recognise(saved(tmp_path / "sound.wav", sounds[sound]), recogniser)
    assert transcript.words == ()


def test_speech_after_a_minute_of_silence_is_where_it_was_said(reports: dict[str, Report], tmp_path: Path) -> None:
    """Speech, sixty seconds of nothing, the same speech again: the words come back, shifted by the silence."""
    recording = audio.inspect(assets.shipped("samples") / "letter.opus")
    part = np.concatenate(list(audio.blocks(recording)))[: 12 * audio.SAMPLE_RATE]
    silence = np.zeros(60 * audio.SAMPLE_RATE, np.float32)
    path = saved(tmp_path / "twice.wav", np.concatenate([part, silence, part]))
    recogniser = speech.load_recogniser("dictation-demo", Settings().cache_dir)
    words = pipeline.recognise(path, recogniser).words
    first, second = ([word for word in words if (word.start > 40) is late] for late in (False, True))
    assert all(word.end < 13 for word in first)
    assert second[0].start == pytest.approx(first[0].start + 72, abs=0.5)
    assert [word.text for word in first][:5] == [word.text for word in second][:5]


def test_a_sample_becomes_two_files(reports: dict[str, Report], tmp_path: Path) -> None:
    """NAME.docx and NAME.json are written, and the JSON has what the contract promises."""
    places = files.write_files(reports["letter"], tmp_path)
    draft: dict[str, Any] = json.loads(places["json"].read_text("utf-8"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.docx", "letter.json"]
    assert draft["status"] == "draft"
    assert draft["made_by"]["recogniser"].startswith("dictation-demo")
    assert [word["start"] for word in draft["words"]] == sorted(word["start"] for word in draft["words"])


@pytest.mark.parametrize("name", SAMPLES)
def test_the_true_words_are_written_up_right(name: str) -> None:
    """Given the words as they were spoken, at least 95 % of the report's tokens are right."""
    written = writeup.write_up(answer(name, "spoken.txt").split()).text
    assert evaluate.write_up_figures(written, answer(name, "report.txt")).tokens.rate <= 0.05


@pytest.mark.parametrize("name", SAMPLES)
def test_the_true_words_are_coded_right(tools: pipeline.Tools, name: str) -> None:
    """From the words as spoken, no forbidden code is suggested and at least half of the right ones are."""
    right = json.loads(answer(name, "codes.json"))
    dictation = files.dictation_of(assets.shipped("samples") / f"{name}.opus")
    report = pipeline.draft_text(answer(name, "spoken.txt"), dictation, tools)
    found = {code.code for code in report.codes}
    assert found.isdisjoint(right["must_not"])
    figures = evaluate.code_figures(report.codes, [code["code"] for code in right["codes"]])
    assert figures.shown.recall >= 0.5
    assert isinstance(dictation.header.date_of_service, date)
