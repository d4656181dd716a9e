"""Speed and memory of every room, printed as a table: `make bench`.

Timings of one machine at one moment mean little; the ratios within one run are what to compare.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import docx
import numpy as np

from transcribe import assets, audio, clinical, coding, document, evaluate, pipeline, speech, writeup
from transcribe.delivery.forms import export
from transcribe.document.letterhead import Desk
from transcribe.domain import Dictation, Draft, Reading, Report, Signature, Status
from transcribe.report import compose, read_header
from transcribe.settings import Settings
from transcribe.work_types import work_type


def timed(work: Callable[[], object], *, at_least: float = 1.0) -> float:
    """Seconds that `work` takes, the mean of as many runs as fill `at_least` seconds; the first run warms up."""
    work()
    runs, began = 0, time.perf_counter()
    while time.perf_counter() - began < at_least:
        work()
        runs += 1
    return (time.perf_counter() - began) / runs


def row(what: str, value: str) -> None:
    """One line of the table."""
    print(f"{what:58}{value:>20}", flush=True)


def start_up() -> None:
    """What a person waits for before anything happens."""
    for name, command in {
        "transcribe --help": [str(Path(sys.executable).with_name("transcribe")), "--help"],
        "import transcribe.pipeline": [sys.executable, "-c", "import transcribe.pipeline"],
    }.items():
        seconds = timed(lambda command=command: subprocess.run(command, capture_output=True, check=True))
        row(name, f"{1000 * seconds:.0f} ms")


def hearing(settings: Settings, recordings: list[Path]) -> None:
    """Decoding, cutting and hearing, in multiples of real time."""
    recording = audio.inspect(recordings[0])
    whole = np.concatenate(list(audio.blocks(recording)))
    row("decode and measure", f"{recording.decoded / timed(lambda: audio.inspect(recordings[0])):.0f} x real time")
    row("find speech and cut", f"{recording.decoded / timed(lambda: list(speech.chunks([whole]))):.0f} x real time")
    began = time.perf_counter()
    recogniser = speech.load_recogniser(settings.model, settings.cache_dir)
    row(f"load {recogniser.name}", f"{1000 * (time.perf_counter() - began):.0f} ms")
    began, errors = time.perf_counter(), evaluate.Errors()
    seconds = 0.0
    for path in recordings:
        transcript = pipeline.recognise(path, recogniser)
        seconds += transcript.duration
        errors += evaluate.word_errors(path.with_suffix(".spoken.txt").read_text("utf-8"), transcript.text)
    row("hear the samples", f"{seconds / (time.perf_counter() - began):.1f} x real time")
    row("words misheard in the samples", f"{errors.rate:.2%}")


def text_half(settings: Settings, recordings: list[Path]) -> None:
    """Writing up, reading and coding, in words per second and milliseconds per report."""
    spoken = [path.with_suffix(".spoken.txt").read_text("utf-8").split() for path in recordings]
    written = [path.with_suffix(".report.txt").read_text("utf-8") for path in recordings]
    words = sum(len(text.split()) for text in written)
    long = [word for words_of in spoken for word in words_of] * 5
    row("write up", f"{len(long) / timed(lambda: writeup.write_up(long)):,.0f} words/s")
    began = time.perf_counter()
    language = clinical.load()
    row("load the clinical pipeline", f"{1000 * (time.perf_counter() - began):.0f} ms")
    row("read", f"{words / timed(lambda: list(clinical.annotate_all(language, written))):,.0f} words/s")
    rules = clinical.load(learned=False)
    row(
        "read without the trained component",
        f"{words / timed(lambda: list(clinical.annotate_all(rules, written))):,.0f} words/s",
    )
    opening = timed(lambda: coding.open_tables(settings.cache_dir).close())
    row("open the code tables", f"{1000 * opening:.1f} ms")
    readings = list(clinical.annotate_all(language, written))
    with coding.open_tables(settings.cache_dir) as tables:
        coded = timed(
            lambda: [coding.suggest(text, reading, tables) for text, reading in zip(written, readings, strict=True)]
        )
        row("suggest codes, per report", f"{1000 * coded / len(written):.1f} ms")
        for count in (600, 2400):
            endless = without_stops(written, count)
            read = clinical.annotate(language, endless)
            seconds = timed(lambda text=endless, read=read: coding.suggest(text, read, tables))
            row(f"suggest codes, {count} words in one sentence", f"{1000 * seconds:.1f} ms")
    tools = pipeline.Tools(language, settings.cache_dir)
    drafted = timed(lambda: pipeline.draft_text(written[0], Dictation("bench"), tools, written=True))
    row("the whole text half, per report", f"{1000 * drafted:.1f} ms")


def without_stops(written: list[str], count: int) -> str:
    """So many words of the reports as somebody speaks them who never says a stop."""
    words = " ".join(written).lower().replace(".", "").replace(",", "").replace(":", "").split()
    return " ".join((words * (1 + count // len(words)))[:count])


def delivering(recordings: list[Path]) -> None:
    """DOCX in the house style, a clinic's letterhead, and the messages, each per report."""
    reports = [signed(path) for path in recordings]
    rendered = timed(lambda: [document.render(each) for each in reports]) / len(reports)
    row("DOCX, per report", f"{1000 * rendered:.1f} ms")
    row("1,000 reports as DOCX on this core", f"{1000 * rendered:.0f} s")
    with Desk() as desk:
        began = time.perf_counter()
        desk.fill(letterhead(), reports[0])
        row("first letter in a clinic's letterhead", f"{1000 * (time.perf_counter() - began):.0f} ms")
        filled = timed(lambda: desk.fill(letterhead(), reports[0]))
    row("each next letter", f"{1000 * filled:.0f} ms")
    now = datetime(2026, 5, 19, tzinfo=UTC)
    for form in ("hl7", "fhir"):
        made = timed(lambda form=form: [export(each, form, now) for each in reports]) / len(reports)
        row(f"{form.upper()}, per report", f"{1000 * made:.2f} ms")


def signed(path: Path) -> Report:
    """The right report of a sample, signed."""
    header = read_header(path.with_suffix(".toml"))
    draft = Draft(path.with_suffix(".report.txt").read_text("utf-8").strip(), ())
    made = compose(Dictation(path.stem, header), work_type(header.work_type), draft, Reading((), ()), (), made_by={})
    signature = Signature(header.author, "author", datetime(2026, 5, 19, 8, 5, tzinfo=UTC))
    return replace(made, status=Status.SIGNED, identity=path.stem, signatures=(signature,))


def letterhead() -> bytes:
    """A Word template as python-docx makes it, with a page header and the two blocks."""
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "{{ clinic }}"
    for line in ("Re: {{ patient }}, {{ record_number }}", "{{ body }}", "{{ ending }}"):
        made.add_paragraph(line)
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def main() -> None:
    """Print the table."""
    settings = Settings()
    recordings = sorted(assets.shipped("samples").glob("*.opus"))
    start_up()
    hearing(settings, recordings)
    text_half(settings, recordings)
    delivering(recordings)
    row("largest resident memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
