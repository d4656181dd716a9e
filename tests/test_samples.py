"""The samples agree with themselves: what is spoken, what is written, who, when, and the codes."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import av
import numpy as np
import pytest

from transcribe.report import read_header
from transcribe.work_types import headings, work_type

FOLDER = Path(__file__).parent.parent / "samples"
NAMES = sorted(path.name.removesuffix(".spoken.txt") for path in FOLDER.glob("*.spoken.txt"))

# Spoken words of four letters and more that become figures, signs, commands or shorter forms.
SAID_ONLY = set(
    re.findall(
        "[a-z]+",
        """period comma colon semicolon paragraph next heading number scratch point percent over year liter hours
        milligrams micrograms milliliters milliequivalents kilograms millimeters centimeter centimeters mercury
        that zero three four five seven eight nine eleven twelve thirteen fourteen eighteen nineteen twenty
        thirty forty fifty sixty
        seventy eighty ninety hundred fourth seventh eleventh twelfth doctor mister""",
    )
)


def text_of(name: str, kind: str) -> str:
    return (FOLDER / f"{name}.{kind}").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_spoken_text_is_bare_words(name: str) -> None:
    """A spoken text holds small letters, apostrophes and white space only."""
    assert re.fullmatch(r"[a-z' \n]+", text_of(name, "spoken.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_report_invents_and_drops_no_word(name: str) -> None:
    """Each long word of the report is spoken; each long spoken word is written, or is a figure, a unit or a command."""
    spoken, written = (long_words(text_of(name, kind)) for kind in ("spoken.txt", "report.txt"))
    assert written - spoken - {"mmhg"} == set()
    assert spoken - written - SAID_ONLY == set()


def long_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))


@pytest.mark.parametrize("name", NAMES)
def test_report_has_the_house_form(name: str) -> None:
    """Headings are known titles in capitals on lines of their own, and those that the work type requires are there."""
    report = text_of(name, "report.txt").removesuffix("\n")
    blocks = report.split("\n\n")
    titles = [block[:-1] for block in blocks if block.isupper()]
    assert set(titles) <= headings().keys()
    assert set(work_type(read_header(FOLDER / f"{name}.toml").work_type).required) <= set(titles)
    assert all(block == block.strip() and block for block in blocks)
    for block in blocks:
        numbers = [int(found) for found in re.findall(r"^(\d+)\. ", block, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert numbers == [] or len(numbers) == len(block.split("\n"))


@pytest.mark.parametrize("name", NAMES)
def test_age_in_the_report_is_the_age_in_the_header(name: str) -> None:
    """The patient's age agrees with the date of birth, and the dictation is not older than the visit."""
    header = read_header(FOLDER / f"{name}.toml")
    assert header.date_of_birth
    assert header.date_of_service
    assert header.dictated_at
    born, seen = header.date_of_birth, header.date_of_service
    age = seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))
    stated = re.search(r"(\d+)-year-old", text_of(name, "report.txt"))
    assert stated is None or int(stated[1]) == age
    assert seen <= header.dictated_at.date()


@cache
def official_codes() -> tuple[str, ...]:
    """The list as a file: importing the package that carries it would load far more."""
    listed = distribution("simple-icd-10-cm").locate_file("simple_icd_10_cm/data/code-list-April-2026.txt")
    return tuple(Path(str(listed)).read_text("utf-8").split())


@pytest.mark.parametrize("name", NAMES)
def test_codes_are_billable_and_rest_on_words_of_the_report(name: str) -> None:
    """Each right code stands in the official list as a billable code and quotes the report; none is also forbidden."""
    listed = official_codes()
    expected = json.loads(text_of(name, "codes.json"))
    codes = [row["code"] for row in expected["codes"]]
    for code in [*codes, *expected["may"]]:
        stem = code.replace(".", "")
        assert [found for found in listed if found.startswith(stem) and "-" not in found] == [stem]
    assert all(words in text_of(name, "report.txt") for row in expected["codes"] for words in row["why"])
    assert not {*codes, *expected["may"]} & expected["must_not"].keys()


@pytest.mark.parametrize("name", NAMES)
def test_recording_is_complete_and_not_clipped(name: str) -> None:
    """A recording is 45 to 180 seconds of one channel, loud enough and below full scale."""
    with av.open(str(FOLDER / f"{name}.opus")) as file:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
        stream = file.streams.audio[0]
    assert stream.channels == 1
    assert 45 <= len(samples) / stream.rate <= 180
    assert 0.4 < float(np.abs(samples).max()) < 0.8
    assert float(np.sqrt(np.mean(samples**2))) > 0.03


def test_recordings_are_small() -> None:
    """All recordings together stay under six megabytes."""
    assert sum(path.stat().st_size for path in FOLDER.glob("*.opus")) < 6_000_000
