"""Commands that work here and now, without a server: run, text, evaluate, doctor."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transcribe.cli.shown import Json, ModelName, progress, refuse, say, settings, table
from transcribe.errors import MissingPart, PasswordNeeded, TranscribeError, UsageError

if TYPE_CHECKING:
    from transcribe.domain import Report

app = typer.Typer()


@app.command()
def run(
    ctx: typer.Context,
    recordings: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Recordings; NAME.toml beside one is its header.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for NAME.docx and NAME.json.")],
    work_type: Annotated[str | None, typer.Option(help="Kind of report; default: the header's, else guessed.")] = None,
    model: ModelName = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also NAME.pdf, made by LibreOffice.")] = False,
    as_json: Json = False,
) -> None:
    """Turn recordings into draft reports, here and now, without a server."""
    from transcribe import files, pipeline, speech, work_types
    from transcribe.delivery.pdf import to_pdf

    chosen = settings()
    files.refuse_same_names(recordings)
    files.check_folder(out)
    if work_type:
        work_types.work_type(work_type)
    recogniser = speech.load_recogniser(model or chosen.model, chosen.cache_dir)
    tools = pipeline.load_tools(chosen.cache_dir, words_dir=chosen.words_dir)
    results: list[dict[str, Any]] = []
    failures: list[TranscribeError] = []
    with progress(ctx) as advance:
        for path in recordings:
            results.append({"file": str(path)})
            try:
                dictation = files.dictation_of(path, work_type=work_type)
                hear = partial(
                    files.transcribe_file, path, dictation, recogniser, tools, on_progress=advance(path.name)
                )
                report = _with_password(hear, chosen.ds2_password)
                results[-1] |= _delivered(report, out)
                for flaw in report.transcript.flaws if report.transcript else ():
                    say(f"{path.name}: {flaw.reason}")
                if ctx.obj["verbose"]:
                    say(_in_words(results[-1], report))
                if pdf:
                    results[-1]["pdf"] = str(to_pdf(Path(results[-1]["docx"]), archival=chosen.archival_pdf))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one recording, the others are still due
                failures.append(refuse(error))
                results[-1]["error"] = {"code": failures[-1].code, "message": str(failures[-1])}
    _print_results(results, as_json=as_json)
    if failures:
        raise typer.Exit(failures[0].exit_status)


def _with_password(hear: Callable[..., Report], known: str) -> Report:
    """What is heard with the password that is known, or with the one that a person types when it is none."""
    try:
        return hear(password=known)
    except PasswordNeeded as error:
        if not sys.stdin.isatty():
            raise PasswordNeeded(f"{error} Set TRANSCRIBE_DS2_PASSWORD.") from error
        say(str(error))
        return hear(password=typer.prompt("Password of the recorder", hide_input=True))


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
    explain: Annotated[bool, typer.Option("--explain", help='Add "explain": the rules that fired.')] = False,
) -> None:
    """The text half over JSON lines: write up, read, code."""
    from transcribe import files, pipeline

    steps = [step.strip() for step in only.split(",") if step.strip()]
    unknown = set(steps) - set(pipeline.STEPS)
    if unknown or not steps:
        raise UsageError(f"--only takes any of {','.join(pipeline.STEPS)}, not '{only}'.")
    with files.open_lines(source) as lines, files.replacing(target) as output:
        tools = pipeline.load_tools(settings().cache_dir, words_dir=settings().words_dir, steps=steps)
        for number, line in lines:
            drafted = files.draft_line(line, number, tools, written=written, steps=steps, explain=explain)
            output.write(json.dumps(drafted, ensure_ascii=False) + "\n")


@app.command()
def evaluate(
    task: Annotated[str, typer.Argument(help="recognise, writeup, doubt, codes, entities, assertions or sections")],
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
        figures = figures_of.TASKS[task](lines, gold.parent, settings(), model)
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:28}{value:.4f}" if isinstance(value, float) else f"{name:28}{value}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine has, what is missing and how to get it."""
    from transcribe import doctor as examination

    findings = examination.examine(settings())
    table([asdict(finding) for finding in findings], as_json=as_json)
    if not all(finding.ok or finding.optional for finding in findings):
        raise typer.Exit(MissingPart.exit_status)
