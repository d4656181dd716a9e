"""The demonstration: every sample dictation through the whole service, held against its right answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from transcribe import assets, evaluate, files, writeup
from transcribe.domain import Band, CodeSuggestion, CodeSystem, Match
from transcribe.errors import MissingPart, TranscribeError
from transcribe.work_types import work_type

if TYPE_CHECKING:
    import httpx
    from rich.console import Console

_LOOK_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Row:
    """How one sample went: `took` is the time from sending it to its draft, `word_errors` the share of words misheard,
    `tokens_right` the share of the report's tokens that the write-up gets right from the true words; `found` and
    `expected` count codes.
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


def play(
    client: httpx.Client,
    out: Path,
    *,
    send: Callable[[Path], str],
    on_progress: Callable[[str], Callable[[float, float], None]],
) -> list[Row]:
    """Send every sample to the service with `send`, which returns its job, and write each report into `out`.

    `on_progress` makes a callback (done, total) for a name. Raises `TranscribeError` for a job that failed.
    """
    files.check_folder(out)
    waiting = {path: (send(path), time.monotonic(), on_progress(path.stem)) for path in samples()}
    rows = []
    while waiting:
        for path, (job, began, advance) in list(waiting.items()):
            status = client.get(f"/api/v1/jobs/{job}").raise_for_status().json()
            if status["state"] in ("failed", "cancelled"):
                raise TranscribeError(f"{path.name}: {status['reason']}")
            advance(status["progress"] * (status["seconds"] or 0), status["seconds"] or 0)
            if status["state"] == "in_review":
                rows.append(_row(client, path, status, out, time.monotonic() - began))
                del waiting[path]
        time.sleep(_LOOK_SECONDS)
    return sorted(rows, key=lambda row: row.name)


def _row(client: httpx.Client, path: Path, status: dict[str, Any], out: Path, took: float) -> Row:
    """Write the files of a finished report, and hold it against the right answers."""
    forms = {
        form: client.get(f"/api/v1/jobs/{status['job']}/result", params={"form": form}).raise_for_status().content
        for form in ("docx", "json")
    }
    for form, content in forms.items():
        with files.replacing(out / f"{path.stem}.{form}", binary=True) as file:
            file.write(content)
    drafted = json.loads(forms["json"])
    spoken, right, codes = _answers(path)
    written = writeup.write_up(spoken.split(), work_type=work_type(drafted["work_type"])).text
    figures = evaluate.code_figures(map(_suggestion, drafted["codes"]), [code["code"] for code in codes])
    return Row(
        name=path.stem,
        seconds=status["seconds"],
        took=took,
        word_errors=evaluate.word_errors(spoken, drafted["heard"]).rate,
        tokens_right=1 - evaluate.write_up_figures(written, right).tokens.rate,
        found=figures.suggested.right,
        expected=figures.suggested.expected,
        docx=out / f"{path.stem}.docx",
    )


def _suggestion(code: dict[str, Any]) -> CodeSuggestion:
    """A suggested code as the draft's JSON tells it, without its evidence."""
    system, band, match = CodeSystem(code["system"]), Band(code["band"]), Match(**code["matched"])
    return CodeSuggestion(system, code["code"], code["title"], code["release"], code["score"], band, match, ())


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
