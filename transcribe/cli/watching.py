"""The command that sends whatever comes into a folder: watch."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transcribe.cli.shown import Pattern, Visits, say, settings
from transcribe.errors import NotAllowed, NotFound, TranscribeError, TryLater

if TYPE_CHECKING:
    import httpx

    from transcribe.cli.around import Around
    from transcribe.watch import Receive

app = typer.Typer()


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(help="Recordings that come here are sent and, once received, deleted.")],
    clinic: Annotated[str, typer.Option(help="The clinic; the token says which, so it is only checked.")] = "",
    visits: Visits = None,
    pattern: Pattern = "",
    poll: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks into the folder.")] = 5.0,
    settled: Annotated[float, typer.Option(min=0, help="Seconds for which a finished file does not change.")] = 10.0,
) -> None:
    """Send what comes into a folder to the server until Ctrl-C; what cannot be used is set aside with the reason."""
    from transcribe import watch as watching
    from transcribe.cli import sending
    from transcribe.cli.around import around

    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    known, chosen, stopped = around(visits, pattern, clinic=clinic), settings(), threading.Event()
    with sending.connect(chosen) as client:
        sending.ask(client, "GET", "/api/v1/jobs", tell=say, params={"limit": "1"})  # Told now, not at the first file.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        receive = _sender(client, known, chosen.cache_dir / "uploads")
        watching.watch(folder, receive, stopped=stopped, poll=poll, settled=settled)


def _sender(client: httpx.Client, known: Around, notes: Path) -> Receive:
    """Sends a recording and says which job it became, without its name, which may be a patient's."""
    from transcribe.cli import sending
    from transcribe.cli.client import texts

    def send(path: Path, _name: str) -> None:
        _current(known)
        header = known.header(path)
        try:
            sent = sending.send(client, path, texts(header), notes=notes, advance=lambda *_: None, tell=say)
        except (NotAllowed, NotFound) as error:  # The token or the clinic is wrong, not the recording.
            raise _later(error) from error
        same = f" (the same recording as {sent.duplicate_of})" if sent.duplicate_of else ""
        print(f"{sent.job}{same}", flush=True)

    return send


def _current(known: Around) -> None:
    """Read the list if it is new; one that is just being written costs a round, not a recording."""
    try:
        known.entries()
    except (TranscribeError, OSError) as error:
        raise _later(error) from error


def _later(error: Exception) -> TryLater:
    say(f"transcribe: {error} Recordings wait.")
    return TryLater(str(error))
