"""The demonstration: every sample dictation through the whole pipeline, held against its right answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from transcribe import assets, evaluate, files, pipeline, speech, writeup
from transcribe.errors import MissingPart
from transcribe.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Row:
    """How one sample went: `word_errors` is the share of words misheard, `tokens_right` the share of the report's
    tokens that the write-up gets right from the true words, `found` and `expected` count codes.
    """

    name: str
    seconds: float
    took: float
    word_errors: float
    tokens_right: float
    found: int
    expected: int
    docx: Path


def samples() -> list[Path]:
    """The sample recordings, in order of name; `MissingPart` when they are not installed."""
    folder = assets.shipped("samples")
    recordings = sorted(folder.glob("*.opus"))
    if not recordings:
        raise MissingPart(f"There are no samples in {folder}; make their audio with: python samples/speak.py")
    return recordings


def play(settings: Settings, out: Path, *, on_progress: Callable[[str], Callable[[float, float], None]]) -> list[Row]:
    """Run every sample and write its report into `out`; `on_progress` makes a callback (done, total) for a name."""
    files.check_folder(out)
    recogniser = speech.load_recogniser(settings.model, settings.cache_dir)
    tools = pipeline.load_tools(settings.cache_dir)
    return [_play(path, recogniser, tools, out, on_progress(path.stem)) for path in samples()]


def _play(
    path: Path,
    recogniser: speech.Recogniser,
    tools: pipeline.Tools,
    out: Path,
    on_progress: Callable[[float, float], None],
) -> Row:
    began = time.monotonic()
    drafted = files.transcribe_file(path, files.dictation_of(path), recogniser, tools, on_progress=on_progress)
    places = files.write_files(drafted, out)
    transcript = drafted.transcript
    assert transcript is not None
    spoken, right, codes = _answers(path)
    written = writeup.write_up(spoken.split(), work_type=drafted.work_type).text
    figures = evaluate.code_figures(drafted.codes, [code["code"] for code in codes])
    return Row(
        name=path.stem,
        seconds=transcript.duration,
        took=time.monotonic() - began,
        word_errors=evaluate.word_errors(spoken, transcript.text).rate,
        tokens_right=1 - evaluate.write_up_figures(written, right).tokens.rate,
        found=figures.suggested.right,
        expected=figures.suggested.expected,
        docx=places["docx"],
    )


def _answers(path: Path) -> tuple[str, str, list[dict[str, Any]]]:
    """The words spoken in a sample, its right report and its right codes."""
    spoken, right, codes = (path.with_suffix(f".{kind}") for kind in ("spoken.txt", "report.txt", "codes.json"))
    return (
        spoken.read_text("utf-8"),
        right.read_text("utf-8").strip(),
        json.loads(codes.read_text("utf-8"))["codes"],
    )


def show(rows: list[Row], model: str, console: Console) -> None:
    """Print the table of results and where the reports are."""
    table = Table(title=f"Sample dictations, heard by {model}")
    table.add_column("sample", no_wrap=True)
    for heading in ("audio", "took", "words misheard", "write-up right", "codes found"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.seconds:.0f} s",
            f"{row.took:.1f} s",
            f"{row.word_errors:.1%}",
            f"{row.tokens_right:.1%}",
            f"{row.found} of {row.expected}",
        )
    console.print(table)
    console.print("'write-up right' is measured on the words as spoken, the other columns on what was heard.\n")
    for row in rows:
        console.print(str(row.docx), soft_wrap=True)
