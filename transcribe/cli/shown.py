"""What every command shares: its usual options, tables and progress for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transcribe.errors import TranscribeError, refusal

if TYPE_CHECKING:
    from rich.console import Console

    from transcribe.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ModelName = Annotated[
    str | None, typer.Option("--model", help="Recogniser: a name of 'transcribe models list', or a folder.")
]
Visits = Annotated[
    Path | None,
    typer.Option("--headers", metavar="FILE", help="A list of visits, CSV or HL7, from which headers are filled."),
]
Pattern = Annotated[
    str, typer.Option(help="What file names say, as in {record_number}_{date_of_service:%Y%m%d}_{author}.")
]


def settings() -> Settings:
    """The settings of this machine."""
    from transcribe.settings import Settings

    return Settings()


def table(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Rows as JSON, or as a table whose columns are the keys of the first row."""
    if as_json:
        print(json.dumps(rows, indent=2, default=str))
        return
    if not rows:
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for key in rows[0]:
        table.add_column(key.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console(stderr=False).print(table)


def console(*, stderr: bool) -> Console:
    """Where people read."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def say(message: str) -> None:
    """Tell the person something on stderr."""
    print(message, file=sys.stderr)


def refuse(error: Exception) -> TranscribeError:
    """Tell the person why something was refused, and return what was told."""
    told = refusal(error)
    say(f"transcribe: {told}")
    return told


@contextmanager
def progress(ctx: typer.Context, *, unit: str = "s", size: float = 1) -> Iterator[Any]:
    """A bar per file on stderr, counted in `unit`s of `size`; yields name → callback(done, total).

    As it stands these are seconds of audio.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeRemainingColumn(),
    )
    quiet = ctx.obj["quiet"]
    with Progress(*columns, console=console(stderr=True), disable=quiet) as progress:

        def bar(name: str) -> Any:
            row = progress.add_task(name, total=None, amount="")
            return lambda done, total: progress.update(
                row, completed=done, total=total, amount=f"{done / size:.0f} of {total / size:.0f} {unit}"
            )

        yield bar
