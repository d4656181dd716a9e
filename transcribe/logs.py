"""Logs: one line per event on stderr, as JSON or for people, in which no patient's word can stand.

What an event may carry is decided here and not where it is logged: numbers, identifiers, and short codes under the
keys listed below. Everything else becomes "…". Other libraries' messages keep their wording and lose what was put
into it, unless that is a number or an identifier as well; of an exception only its kind and place are told.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from traceback import extract_tb
from typing import Any, TextIO

import structlog

Event = MutableMapping[str, Any]

LISTED = frozenset(
    {
        *("address", "clinic", "code", "dictation", "error", "event", "job", "level", "logger", "method", "model"),
        *("part", "place", "queue", "reason_code", "route", "signal", "state", "step", "text", "timestamp", "token_id"),
        *("version", "worker", "made_by", "broker", "database"),
    }
)
"""Keys under which a short code may stand; what is logged there is chosen from our own lists, never typed or said."""

_CODE = re.compile(r"[A-Za-z0-9_.:/@+\[\]{}-]{0,200}")
_IDENTIFIER = re.compile(
    r"[0-9a-f]{8,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9][0-9.:TZ+-]*|transcribe\.[a-z.]+"
)
_EVENT = re.compile(r"[a-z0-9_.]{1,60}")
_HIDDEN = "…"

_WITH_HANDLERS = ("billiard", "multiprocessing", "uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers that bring handlers of their own."""

_WORDED = ("uvicorn", "celery", "kombu", "alembic", "multiprocessing", "billiard")
"""Loggers whose messages put in what they tell as arguments, so that the wording itself holds no data."""


def configure(form: str, *, part: str, level: int = logging.INFO, file: TextIO | None = None) -> None:
    """Send every log of this process to stderr or to `file`, with `part` as the name of the process in each line.

    `form` is json, console or auto: console where a person reads.
    """
    _shape(form, part, level, file)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    root = logging.getLogger()
    root.handlers = [_Passing()]
    # What libraries say of every step would drown the events.
    root.setLevel(logging.WARNING)
    for name in _WITH_HANDLERS:
        named = logging.getLogger(name)
        named.handlers, named.propagate = [], True


def _shape(form: str, part: str, level: int, file: TextIO | None) -> None:
    """Make every event of the product one scrubbed line."""
    readable = form == "console" or (form == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _naming(part),
            _without_traceback,
            scrub,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if readable
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Whatever stderr is at the moment.
        logger_factory=lambda *_: structlog.WriteLogger(file or sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger() -> Any:
    """What events are logged with: `logger().info("job_claimed", job=…)`."""
    return structlog.get_logger()


def _uncaught(_kind: type[BaseException], error: BaseException | None, _traceback: object) -> None:
    """What ends a thread or the process is told like everything else: a traceback could hold a patient's words."""
    logger().error("uncaught", exc_info=error)


class _Passing(logging.Handler):
    """Brings what other libraries log into the same line of processors."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record's wording, level and origin."""
        known = record.name.partition(".")[0] in _WORDED
        fields = {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        if known:
            fields["text"] = _wording(record)
        logger().log(record.levelno, "library", **fields, exc_info=record.exc_info)


class _Reviewed(str):
    """Text that has been scrubbed already and may hold blanks."""

    __slots__ = ()


def _wording(record: logging.LogRecord) -> _Reviewed:
    """The message of a record, with what it tells hidden unless it is a number or an identifier."""
    args = record.args
    if isinstance(args, Mapping):
        shown: Any = {key: _shown(value) for key, value in args.items()}
    else:
        shown = tuple(_shown(value) for value in args or ())
    try:
        text = str(record.msg) % shown if shown else str(record.msg)
    except (TypeError, ValueError, KeyError):
        text = str(record.msg)
    return _Reviewed(" ".join(text.split())[:200])


def _shown(value: object) -> object:
    """An argument of a message, for %d as well as for %s."""
    if isinstance(value, int | float):
        return value
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else _HIDDEN


def _naming(part: str) -> Any:
    def name(_logger: object, _method: str, event: Event) -> Event:
        event.setdefault("part", part)
        return event

    return name


def _without_traceback(_logger: object, _method: str, event: Event) -> Event:
    """Of an exception, its kind and the place it was raised at: its words and its frames could be a patient's."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = extract_tb(error.__traceback__)
        if frames:
            event["place"] = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return event


def scrub(_logger: object, _method: str, event: Event) -> Event:
    """The event with nothing in it but numbers, identifiers and listed codes."""
    scrubbed: Event = {key: _scrubbed(key, value) for key, value in event.items()}
    if not _EVENT.fullmatch(str(event.get("event", ""))):
        scrubbed["event"] = "unnamed"
    return scrubbed


def _scrubbed(key: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float | _Reviewed):
        return value
    if isinstance(value, list | tuple):
        return [_scrubbed(key, each) for each in value]
    text = str(value) if isinstance(value, str) else ""
    allowed = _CODE if key in LISTED else _IDENTIFIER
    return text if isinstance(value, str) and allowed.fullmatch(text) else _HIDDEN


# A process that set up no logs, as most commands do, tells warnings alone, and scrubbed like any other.
_shape("auto", "transcribe", logging.WARNING, None)
