"""transcribe demo: a service of its own, with the samples sent through it."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transcribe.cli.shown import console, progress, say, settings
from transcribe.errors import TranscribeError

if TYPE_CHECKING:
    import httpx

    from transcribe.settings import Settings

app = typer.Typer()

_START_SECONDS = 120.0
"""How long the service may take to start on a slow machine."""

_OWN = ("DATABASE_URL", "BROKER_URL", "BLOB_URL", "MASTER_KEY", "URL", "TOKEN", "FAILPOINT")
"""Settings that name what belongs to a real service; a demonstration keeps away from it."""


@app.command()
def demo(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Folder for the reports.")] = Path("out/demo"),
    once: Annotated[bool, typer.Option("--once", help="Stop when the samples are done.")] = False,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the page of the service at the end.")] = True,
) -> None:
    """Start the service in a folder of its own, send the samples through it, and show how well it went."""
    from transcribe import logs
    from transcribe.cli import serve
    from transcribe.service.identity.accounts import ROLES
    from transcribe.service.supervise import Supervisor

    with tempfile.TemporaryDirectory(prefix="transcribe-demo-") as folder:
        chosen = _apart(Path(folder))
        with Path(folder, "log").open("ab") as log, Path(folder, "log").open("a", encoding="utf-8") as own:
            logs.configure("json", part="demo", file=own)
            serve.prepare(chosen)
            supervisor = Supervisor(serve.parts(chosen), log=log)

            def shown() -> None:
                _show(ctx, chosen, out)
                if once:
                    return
                say(f"\nThe service goes on at {chosen.url} until you press Ctrl-C; logs: {folder}/log")
                say(f"Sign in there as {', '.join(f'{role}@demo' for role in ROLES)}; password and token: demo")
                if open_ and sys.stdout.isatty() and os.environ.get("DISPLAY"):
                    typer.launch(chosen.url)

            _alongside(supervisor.run, shown, supervisor.stop, stay=not once)


def _apart(folder: Path) -> Settings:
    """Settings of a demonstration in `folder`, for this process and the parts that it starts."""
    for name in _OWN:
        for variable in (f"TRANSCRIBE_{name}", f"TRANSCRIBE_{name}_FILE"):
            os.environ.pop(variable, None)
    port = _free_port(settings().port)
    own = {"DEMO": "1", "DATA_DIR": str(folder), "HOST": "127.0.0.1", "PORT": str(port), "LOG_FORMAT": "json"}
    own["URL"] = f"http://127.0.0.1:{port}"
    os.environ.update({f"TRANSCRIBE_{name}": value for name, value in own.items()})
    return settings()


def _free_port(wanted: int) -> int:
    """The wanted port, or another one where somebody listens there already."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise TranscribeError("This machine has no free port.")


def _alongside(run: Callable[[], None], work: Callable[[], None], stop: Callable[[], None], *, stay: bool) -> None:
    """Do `work` in a thread while `run` runs here, which alone gets signals; an error of the work ends both."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the main thread
            failures.append(error)
        if failures or not stay:
            stop()

    threading.Thread(target=guarded, daemon=True, name="demonstration").start()
    run()
    if failures:
        raise failures[0]


def _show(ctx: typer.Context, chosen: Settings, out: Path) -> None:
    """Wait for the service, send the samples, and print what came of them."""
    from transcribe import demo as demonstration
    from transcribe import files
    from transcribe.cli import client, sending

    with sending.connect(chosen) as connection, progress(ctx) as advance:
        _wait(connection)

        def send(path: Path) -> str:
            header = files.dictation_of(path).header
            sent = sending.send(
                connection, path, client.texts(header), notes=chosen.data_dir / "sending", advance=_nothing, tell=say
            )
            return sent.job

        rows = demonstration.play(connection, out, send=send, on_progress=advance)
    demonstration.show(rows, chosen.model, console(stderr=False))


def _wait(connection: httpx.Client) -> None:
    """Until the service answers; `TranscribeError` when it does not."""
    import time

    import httpx

    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        try:
            if connection.get("/healthz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TranscribeError(f"The service did not start within {_START_SECONDS:.0f} s.")


def _nothing(*_: Any) -> None:
    """Sending a sample takes no time worth showing."""
