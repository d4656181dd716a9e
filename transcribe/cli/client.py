"""Commands that speak to a server: submit, status, export."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transcribe.cli.shown import Json, Pattern, Visits, progress, refuse, say, settings, table
from transcribe.errors import TranscribeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from transcribe.domain import Header

app = typer.Typer()

_WATCH_SECONDS = 1.0

_MACHINE_STATES = frozenset({"received", "queued", "recognising", "annotating", "drafting"})
"""A job in any other state waits for a person, or for nothing."""


@app.command()
def submit(
    ctx: typer.Context,
    recordings: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Recordings; NAME.toml beside one is its header.")
    ],
    clinic: Annotated[str, typer.Option(help="The clinic; the token says which, so it is only checked.")] = "",
    author: Annotated[str, typer.Option(help="Who dictated.")] = "",
    patient: Annotated[str, typer.Option(help="Whose report it is.")] = "",
    work_type: Annotated[str | None, typer.Option(help="Kind of report; default: the header's, else guessed.")] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Before everything that is not STAT.")] = False,
    visits: Visits = None,
    pattern: Pattern = "",
    as_json: Json = False,
) -> None:
    """Send recordings to the server; one that was interrupted goes on where it stopped."""
    from transcribe.cli import sending
    from transcribe.cli.around import around

    chosen = settings()
    known = around(visits, pattern, work_type, clinic=clinic, author=author, patient=patient, stat=stat)
    results: list[dict[str, Any]] = []
    failures: list[TranscribeError] = []
    with sending.connect(chosen) as client, progress(ctx, unit="MB", size=1e6) as bar:
        for path in recordings:
            results.append({"file": str(path), "job": None, "duplicate_of": None})
            try:
                sent = sending.send(
                    client, path, texts(known.header(path)),
                    notes=chosen.cache_dir / "uploads", advance=bar(path.name), tell=say,
                )  # fmt: skip
                results[-1] |= asdict(sent)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one recording, the others are still due
                failures.append(refuse(error))
                results[-1]["error"] = {"code": failures[-1].code, "message": str(failures[-1])}
    _print_sent(results, as_json=as_json)
    if failures:
        raise typer.Exit(failures[0].exit_status)


def texts(header: Header) -> dict[str, str]:
    """What is known, as the fields of an upload."""
    from transcribe.domain import Header as Empty

    unknown = Empty()
    known = {field.name: getattr(header, field.name) for field in fields(header)}
    return {
        name: _text(value) for name, value in known.items()
        if value != getattr(unknown, name) and name != "transcribed_at"
    }  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "\n".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _print_sent(results: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(results, indent=2))
        return
    for result in results:
        if result["job"]:
            before = f" (the same recording as {result['duplicate_of']})" if result["duplicate_of"] else ""
            print(f"{result['job']} {result['file']}{before}")


@app.command()
def status(
    ctx: typer.Context,
    job: Annotated[str, typer.Argument(help="One job; default: all of the clinic.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Go on until nothing is left to do for a machine.")] = False,
    as_json: Json = False,
) -> None:
    """How far the jobs are."""
    from transcribe.cli import sending

    with sending.connect(settings()) as client:
        rows = list(_jobs(client, job))
        if watch:
            rows = _watched(ctx, client, job, rows)
    table(rows if as_json else [_for_people(row) for row in rows], as_json=as_json)


def _for_people(row: dict[str, Any]) -> dict[str, str]:
    """What a person wants to know of a job, short enough for a line of a terminal."""
    due = datetime.fromisoformat(row["due"]).astimezone()
    return {
        "job": row["job"],
        "state": row["state"],
        "done": f"{row['progress']:.0%}",
        "due": f"{'STAT ' if row['priority'] == 'stat' else ''}{due:%b %d %H:%M}{' LATE' if row['overdue'] else ''}",
        "kind": row["work_type"],
        "reason": "; ".join([row["reason"], *(finding["reason"] for finding in row["findings"])]).strip("; "),
    }


def _jobs(client: httpx.Client, job: str) -> Iterator[dict[str, Any]]:
    """One job, or all of them page by page."""
    from urllib.parse import quote

    from transcribe.cli.sending import ask

    if job:
        yield ask(client, "GET", f"/api/v1/jobs/{quote(job, safe='')}", tell=say).json()
        return
    after: str | None = ""
    while after is not None:
        page = ask(client, "GET", "/api/v1/jobs", tell=say, params={"limit": "200", "after": after}).json()
        yield from page["jobs"]
        after = page["next"]


def _watched(ctx: typer.Context, client: httpx.Client, job: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The jobs once no machine works on them any more, with a bar each meanwhile."""
    bars: dict[str, Any] = {}
    with progress(ctx, unit="%") as bar:
        while True:
            for row in rows:
                if row["job"] not in bars and row["state"] in _MACHINE_STATES:
                    bars[row["job"]] = bar(row["job"])
                if row["job"] in bars:
                    bars[row["job"]](100 * row["progress"], 100)
            if not any(row["state"] in _MACHINE_STATES for row in rows):
                return rows
            time.sleep(_WATCH_SECONDS)
            rows = list(_jobs(client, job))


@app.command()
def unlock(job: Annotated[str, typer.Argument(help="A job that failed for want of its password.")]) -> None:
    """Ask for the password of an encrypted DS2 dictation, and start its job again with it."""
    from urllib.parse import quote

    from transcribe.cli import sending

    given = typer.prompt("Password of the recorder", hide_input=True)
    with sending.connect(settings()) as client:
        place = f"/api/v1/jobs/{quote(job, safe='')}/password"
        sending.ask(client, "POST", place, tell=say, json={"password": given})


@app.command()
def export(
    job: Annotated[str, typer.Argument(help="The job.")],
    to: Annotated[str, typer.Option("--to", help="docx, pdf, json, fhir, hl7, claim, csv or 837p")] = "docx",
    out: Annotated[
        str, typer.Option("--out", help='A file or a folder; "-": stdout; default: JOB.docx and so on.')
    ] = "",
) -> None:
    """Fetch the report of a job."""
    from urllib.parse import quote

    from transcribe.cli import sending
    from transcribe.files import replacing

    with sending.connect(settings()) as client:
        place = f"/api/v1/jobs/{quote(job, safe='')}/result"
        answer = sending.ask(client, "GET", place, tell=say, params={"form": to})
    path = Path(out or ".")
    if path.is_dir():
        path = path / f"{job}.{to}"
    with replacing(path, binary=True) as file:
        file.write(answer.content)
    if str(path) != "-":
        print(path)
