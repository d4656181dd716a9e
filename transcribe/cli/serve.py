"""Commands that run the service: serve, and its parts one by one, each as processes of their own."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from transcribe.cli.shown import say, settings
from transcribe.errors import MissingPart, TryLater

if TYPE_CHECKING:
    from transcribe.service.supervise import Part
    from transcribe.settings import Settings

app = typer.Typer()

_DRAIN_SECONDS = 60.0
"""How long a worker may go on with the step it has when it is asked to stop; then another takes the step up."""

_LONGEST_SOCKET_PATH = 100
"""Where the kernel's limit for the path of a unix socket (108 bytes) begins to bite."""


class Queue(StrEnum):
    """What a worker waits for."""

    SPEECH = "speech"
    TEXT = "text"


@app.command()
def serve() -> None:
    """Run everything on this machine: web, workers, sweep, deliveries, and a private Redis where there is one."""
    from transcribe import logs
    from transcribe.service.supervise import Supervisor

    chosen = settings()
    prepare(chosen)
    logs.configure(chosen.log_format, part="serve")
    logs.logger().info("serving", address=f"http://{chosen.host}:{chosen.port}")
    welcome(chosen)
    Supervisor(parts(chosen)).run()


@app.command()
def worker(
    queue: Annotated[Queue | None, typer.Option(help="What to wait for; default: both.")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Processes; default: the settings'.")] = None,
) -> None:
    """Run workers alone, for more than one machine."""
    from transcribe import logs
    from transcribe.service.supervise import Supervisor

    needs_celery()
    chosen = settings()
    if queue:
        command = _celery(queue, concurrency or _workers(chosen, queue))
        os.execv(command[0], command)  # noqa: S606 - our own interpreter and module
    logs.configure(chosen.log_format, part="serve")
    Supervisor([_worker(each, concurrency or _workers(chosen, each), {}) for each in Queue]).run()


@app.command()
def web() -> None:
    """Run the web service alone."""
    needs_celery()
    welcome(settings())
    _become("workers.asgi")


@app.command()
def sweep() -> None:
    """Run the sweep alone: what was lost on the way to a worker is sent again."""
    needs_celery()
    _become("workers.sweep")


@app.command()
def deliver() -> None:
    """Send signed reports to their targets, alone: the one part that needs a way to the outside."""
    needs_celery()
    _become("workers.deliver")


def prepare(chosen: Settings) -> None:
    """Refuse what would fail again and again under supervision, and bring the database up to date."""
    from transcribe.service.house import open_house

    needs_celery()
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((chosen.host, chosen.port))
        except OSError as error:
            here = f"{chosen.host}:{chosen.port}"
            raise TryLater(f"Nobody can listen on {here} ({error.strerror}); set TRANSCRIBE_PORT.") from error
    open_house(chosen).close()


def welcome(chosen: Settings) -> None:
    """As long as nobody can sign in, print the address at which the first account is made; it works once."""
    from transcribe.service.house import open_house
    from transcribe.service.identity import links

    house = open_house(chosen)
    link = None if chosen.demo else links.first(house)
    house.close()
    if link:
        here = chosen.public_url or chosen.url
        say(f"Nobody can sign in yet. Make the first account, within a day, at {here}/join/{link}")


def parts(chosen: Settings) -> list[Part]:
    """The processes of a whole service."""
    from transcribe.service.supervise import Part

    redis = _private_redis(chosen)
    # Said to each, as the socket may not be there yet when they look.
    where = {"TRANSCRIBE_BROKER_URL": f"redis+socket://{chosen.private_broker}"} if redis else {}
    return [
        *redis,
        Part("web", _python("workers.asgi"), where, patience=15),
        Part("sweep", _python("workers.sweep"), where),
        Part("deliver", _python("workers.deliver"), where),
        *(_worker(queue, _workers(chosen, queue), where) for queue in Queue),
    ]


def _private_redis(chosen: Settings) -> list[Part]:
    """A Redis on a socket in the data folder, unless the settings name a broker or this machine has no Redis."""
    from transcribe.service.supervise import Part

    program = shutil.which("redis-server")
    path = chosen.private_broker
    path.unlink(missing_ok=True)  # What a killed one left behind would look like a running one.
    if chosen.broker_url or not program or len(str(path)) > _LONGEST_SOCKET_PATH:
        return []
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = {"port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(path.parent), "save": ""}
    # Messages can be sent again, so nothing is kept; a full memory refuses messages instead of dropping some.
    given |= {"appendonly": "no", "maxmemory-policy": "noeviction", "loglevel": "warning", "daemonize": "no"}
    options = (word for name, value in given.items() for word in (f"--{name}", value))
    return [Part("redis", (program, *options), foundation=True)]


def _workers(chosen: Settings, queue: Queue) -> int:
    return chosen.speech_workers if queue is Queue.SPEECH else chosen.text_workers


def _worker(queue: Queue, concurrency: int, environment: dict[str, str]) -> Part:
    from transcribe.service.supervise import Part

    return Part(queue.value, _celery(queue, concurrency), environment, patience=_DRAIN_SECONDS)


def _celery(queue: Queue, concurrency: int) -> tuple[str, ...]:
    """The command line of a Celery worker; SIGTERM lets it finish the steps it has."""
    return (
        *_python("celery"), "--quiet", "--app", "workers.tasks", "worker",
        "--queues", queue.value, "--concurrency", str(concurrency), "--hostname", f"{queue.value}@%h",
        "--pool", "prefork",  # A file that crashes the recogniser takes one process of the pool along, not the worker.
        "--without-gossip", "--without-mingle", "--without-heartbeat",  # Workers need not know of each other.
        "--loglevel", "WARNING",
    )  # fmt: skip


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)


def _become(module: str) -> None:
    command = _python(module)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter and module


def needs_celery() -> None:
    """`MissingPart` where the packages of the service are not installed."""
    from importlib.util import find_spec

    if find_spec("celery") is None or find_spec("uvicorn") is None:
        raise MissingPart("The service needs Celery and uvicorn: pip install 'transcribe-dictation[service]'")
