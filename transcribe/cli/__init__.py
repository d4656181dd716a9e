"""The command line: `transcribe`. stdout carries data, stderr progress and messages.

`transcribe --help` must answer at once, so each command imports what it needs when it runs.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from transcribe import __version__
from transcribe.cli import client, codes, demo, here, models, operations, outgoing, serve, watching
from transcribe.cli.shown import refuse


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
app.add_typer(here.app)
app.add_typer(demo.app)
app.add_typer(serve.app)
app.add_typer(client.app)
app.add_typer(watching.app)
app.add_typer(models.app, name="models")
app.add_typer(codes.app, name="codes")
app.add_typer(operations.app)
app.add_typer(outgoing.app)


def main() -> None:
    """Run the command line; a refusal becomes one sentence on stderr and its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal's encoding lacks must not end a run whose reports are written.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:  # noqa: BLE001 - a traceback could hold a patient's words
        sys.exit(refuse(error).exit_status)


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
