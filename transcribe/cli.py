"""The command line: `transcribe`. stdout carries data, stderr progress and messages.

`transcribe --help` must answer at once, so each command imports what it needs when it runs.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from transcribe import __version__
from transcribe.errors import MissingPart, NotFound, TranscribeError, UsageError, refusal

if TYPE_CHECKING:
    from rich.console import Console

    from transcribe.domain import Report
    from transcribe.settings import Settings


class _Everywhere(TyperGroup):
    """Takes -q and -v wherever they stand before "--", as people write them last."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments with those options brought to the front."""
        end = args.index("--") if "--" in args else len(args)
        ours = [each for each in args[:end] if each in ("-q", "--quiet", "-v", "--verbose")]
        return super().parse_args(ctx, [*ours, *(each for each in args[:end] if each not in ours), *args[end:]])


app = typer.Typer(
    cls=_Everywhere,
    help="Medical dictation in, finished reports out.",
    no_args_is_help=True,
    # A traceback with local variables would print a patient's words.
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="The recognisers: what is bundled, fetched, missing.", no_args_is_help=True)
codes_app = typer.Typer(help="The code tables by release.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(codes_app, name="codes")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ModelName = Annotated[
    str | None, typer.Option("--model", help="Recogniser: a name of 'transcribe models list', or a folder.")
]


def main() -> None:
    """Run the command line; a refusal becomes one sentence on stderr and its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal's encoding lacks must not end a run whose reports are written.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:  # noqa: BLE001 - a traceback could hold a patient's words
        sys.exit(_refuse(error).exit_status)


def _refuse(error: Exception) -> TranscribeError:
    told = refusal(error)
    _say(f"transcribe: {told}")
    return told


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress, only errors.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is being done.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Medical dictation in, finished reports out."""
    ctx.obj = {"quiet": quiet, "verbose": verbose}


@app.command()
def run(
    ctx: typer.Context,
    recordings: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Recordings; NAME.toml beside one is its header.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for NAME.docx and NAME.json.")],
    work_type: Annotated[str | None, typer.Option(help="Kind of report; default: the header's, else guessed.")] = None,
    model: ModelName = None,
    partial: Annotated[bool, typer.Option(help="Transcribe what is there of a recording that is cut short.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also NAME.pdf, made by LibreOffice.")] = False,
    as_json: Json = False,
) -> None:
    """Turn recordings into draft reports, here and now, without a server."""
    from transcribe import files, pipeline, speech, work_types
    from transcribe.delivery.pdf import to_pdf

    settings = _settings()
    files.refuse_same_names(recordings)
    files.check_folder(out)
    if work_type:
        work_types.work_type(work_type)
    recogniser = speech.load_recogniser(model or settings.model, settings.cache_dir)
    tools = pipeline.load_tools(settings.cache_dir)
    results: list[dict[str, Any]] = []
    failures: list[TranscribeError] = []
    with _progress(ctx) as advance:
        for path in recordings:
            results.append({"file": str(path)})
            try:
                dictation = files.dictation_of(path, work_type=work_type)
                report = files.transcribe_file(
                    path, dictation, recogniser, tools, partial=partial, on_progress=advance(path.name)
                )
                results[-1] |= _delivered(report, out)
                if ctx.obj["verbose"]:
                    _say(_in_words(results[-1], report))
                if pdf:
                    results[-1]["pdf"] = str(to_pdf(Path(results[-1]["docx"])))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one recording, the others are still due
                failures.append(_refuse(error))
                results[-1]["error"] = {"code": failures[-1].code, "message": str(failures[-1])}
    _print_results(results, as_json=as_json)
    if failures:
        raise typer.Exit(failures[0].exit_status)


def _delivered(report: Report, out: Path) -> dict[str, Any]:
    """Write the files of one report and say what was written."""
    from transcribe import files

    return {
        **{kind: str(place) for kind, place in files.write_files(report, out).items()},
        "work_type": report.work_type.key,
        "seconds": round(report.transcript.duration, 2) if report.transcript else None,
        "words": len(report.transcript.words) if report.transcript else 0,
        "codes": [code.code for code in report.codes],
        "marks": len(report.marks),
    }


def _in_words(result: dict[str, Any], report: Report) -> str:
    """What was done with one recording, for a person who asked for details."""
    steps = ", ".join(f"{step} by {maker}" for step, maker in report.made_by.items() if maker)
    return (
        f"{result['file']}: {result['seconds']} s, {result['words']} words heard, {len(result['codes'])} codes, "
        f"{result['marks']} marks, {result['work_type']} ({steps})"
    )


def _print_results(results: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(results, indent=2))
        return
    for result in results:
        for kind in ("docx", "json", "pdf"):
            if kind in result:
                print(result[kind])


@app.command()
def text(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help='Lines of {id, text, …}; "-": stdin.')],
    target: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help='A draft per line, in their order; "-": stdout.')],
    written: Annotated[bool, typer.Option("--written", help="The text is in written form already.")] = False,
    only: Annotated[str, typer.Option(help="Steps to do: writeup,annotate,code")] = "writeup,annotate,code",
) -> None:
    """The text half over JSON lines: write up, read, code."""
    from transcribe import files, pipeline

    steps = [step.strip() for step in only.split(",") if step.strip()]
    unknown = set(steps) - set(pipeline.STEPS)
    if unknown or not steps:
        raise UsageError(f"--only takes any of {','.join(pipeline.STEPS)}, not '{only}'.")
    with files.open_lines(source) as lines, files.replacing(target) as output:
        tools = pipeline.load_tools(_settings().cache_dir, steps=steps)
        for number, line in lines:
            drafted = files.draft_line(line, number, tools, written=written, steps=steps)
            output.write(json.dumps(drafted, ensure_ascii=False) + "\n")


@app.command()
def demo(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Folder for the reports.")] = Path("out/demo"),
    once: Annotated[bool, typer.Option("--once", help="Stop when the samples are done.")] = False,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the folder of reports at the end.")] = True,
) -> None:
    """Hear, write up, code and draft the sample dictations, and show how well it went."""
    from transcribe import demo as demonstration

    settings = _settings()
    with _progress(ctx) as advance:
        rows = demonstration.play(settings, out, on_progress=advance)
    demonstration.show(rows, settings.model, _console(stderr=False))
    if open_ and not once and sys.stdout.isatty() and os.environ.get("DISPLAY"):
        typer.launch(str(out))


@models_app.command("list")
def models_list(as_json: Json = False) -> None:
    """What can be loaded: bundled, fetched, or to be fetched."""
    from transcribe import assets

    cache_dir = _settings().cache_dir
    rows = [
        {
            "name": entry.name,
            "state": _state_of(entry, cache_dir),
            "megabytes": round(entry.size / 1e6),
            "language": entry.language,
            "licence": entry.licence,
            "hears": entry.hears,
        }
        for entry in assets.manifest().values()
    ]
    _table(rows, as_json=as_json)


def _state_of(entry: Any, cache_dir: Path) -> str:
    from transcribe import assets

    if not assets.is_present(entry, cache_dir):
        return "missing" if entry.bundled else "not fetched"
    return "bundled" if entry.bundled else "fetched"


@models_app.command("pull")
def models_pull(
    ctx: typer.Context, name: Annotated[str, typer.Argument(help="A name of 'transcribe models list'.")]
) -> None:
    """Fetch a public model from its hub into the cache."""
    from transcribe import assets

    print(assets.pull(name, _settings().cache_dir, quiet=ctx.obj["quiet"]))


@models_app.command("verify")
def models_verify(as_json: Json = False) -> None:
    """Hold the files of every model on this machine against their digests."""
    from transcribe import assets

    cache_dir = _settings().cache_dir
    here = [entry for entry in assets.manifest().values() if assets.is_present(entry, cache_dir)]
    faults = {entry.name: assets.verify(entry, cache_dir) for entry in here}
    _table([{"model": name, "state": "; ".join(found) or "whole"} for name, found in faults.items()], as_json=as_json)
    if wrong := [name for name, found in faults.items() if found]:
        raise MissingPart(f"Not as the manifest names them: {', '.join(wrong)}. Remove their files and get them again.")


@codes_app.command("list")
def codes_list(as_json: Json = False) -> None:
    """The releases of the code tables on this machine."""
    from transcribe import coding

    _table([asdict(release) for release in coding.releases(_settings().cache_dir)], as_json=as_json)


@codes_app.command("import")
def codes_import(
    files: Annotated[list[Path], typer.Argument(help="ICD-10-CM XML, HCPCS text, a licensee's CPT table (CSV).")],
    release: Annotated[str, typer.Option(help="Year and month, as 2026-10; default: what the file says.")] = "",
    cpt_licence: Annotated[bool, typer.Option("--cpt-licence", help="We hold a licence for CPT; said once.")] = False,
) -> None:
    """Add official files to the code tables."""
    from transcribe import coding

    print("\n".join(coding.import_files(files, _settings().cache_dir, release=release, licensed=cpt_licence)))


@codes_app.command("search")
def codes_search(
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="A diagnosis as a clinician says it.")],
    limit: Annotated[int, typer.Option(help="How many to show.")] = 10,
    as_json: Json = False,
) -> None:
    """Look a diagnosis up in the newest tables."""
    from transcribe import coding

    with coding.open_tables(_settings().cache_dir) as tables:
        rows = [
            {
                "code": each.code,
                "title": entry.title,
                "billable": entry.billable,
                "score": round(each.score, 2),
                "matched": each.match.term,
                "source": each.match.source,
            }
            for each in tables.search(" ".join(words), limit)
            if (entry := tables.look_up(each.code))
        ]
    _table(rows, as_json=as_json)
    if not rows:
        raise NotFound("Nothing in the tables matches these words; try fewer or more general ones.")


@app.command()
def evaluate(
    task: Annotated[str, typer.Argument(help="recognise, writeup or codes")],
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Your own answers, one JSON object a line.")],
    model: ModelName = None,
    as_json: Json = False,
) -> None:
    """The figures on your own data: word error rate, write-up, codes."""
    from transcribe import evaluate as figures_of
    from transcribe import files

    if task not in figures_of.TASKS:
        raise UsageError(f"There is no task '{task}'; choose one of: {', '.join(figures_of.TASKS)}.")
    with files.open_lines(gold) as lines:
        figures = figures_of.TASKS[task](lines, gold.parent, _settings(), model)
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:28}{value:.4f}" if isinstance(value, float) else f"{name:28}{value}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine has, what is missing and how to get it."""
    from transcribe import doctor as examination

    findings = examination.examine(_settings())
    _table([asdict(finding) for finding in findings], as_json=as_json)
    if not all(finding.ok or finding.optional for finding in findings):
        raise typer.Exit(MissingPart.exit_status)


def _settings() -> Settings:
    from transcribe.settings import Settings

    return Settings()


def _table(rows: list[dict[str, Any]], *, as_json: bool) -> None:
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
    _console(stderr=False).print(table)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _say(message: str) -> None:
    print(message, file=sys.stderr)


@contextmanager
def _progress(ctx: typer.Context) -> Iterator[Any]:
    """A bar per file on stderr, counted in seconds of audio; yields name → callback(done, total)."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeRemainingColumn(),
    )
    quiet = ctx.obj["quiet"]
    with Progress(*columns, console=_console(stderr=True), disable=quiet) as progress:

        def bar(name: str) -> Any:
            row = progress.add_task(name, total=None, amount="")
            return lambda done, total: progress.update(
                row, completed=done, total=total, amount=f"{done:.0f} of {total:.0f} s"
            )

        yield bar
