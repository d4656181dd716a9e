"""What may stand in a log line."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import structlog

from transcribe import logs

CANARY = "Marguerite Featherstonehaugh"


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Reads what has been logged since the last look."""
    before = logging.getLogger().handlers
    logs.configure("json", part="web")

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    yield read
    logging.getLogger().handlers = before
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_an_event_is_one_line_with_its_part_and_time(lines: Any) -> None:
    """Numbers, identifiers and codes under listed keys come through."""
    logs.logger().info("job_claimed", job="a" * 32, queue="speech", seconds=1.5, attempts=2, queues=["speech"])
    (line,) = lines()
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {
        "event": "job_claimed",
        "level": "info",
        "part": "web",
        "job": "a" * 32,
        "queue": "speech",
        "seconds": 1.5,
        "attempts": 2,
        "queues": ["…"],
    }


def test_no_words_come_through_whoever_logs_them(lines: Any) -> None:
    """Not as event, not under any key, not in a library's message or arguments, not in an exception or a warning."""
    logs.logger().info(CANARY, patient=CANARY, job=CANARY, text=CANARY, nested={"name": CANARY}, given="Marguerite")
    logging.getLogger("celery.worker").error("Task %s raised %r", "transcribe.speech", ValueError(CANARY))
    logging.getLogger("celery.worker").error("Task %(name)s: %(exc)s", {"name": "transcribe.text", "exc": CANARY})
    logging.getLogger("uvicorn.error").warning("%d of %s", 3, CANARY)
    logging.getLogger("somebody.else").warning(f"a message made of {CANARY}")
    try:
        raise KeyError(CANARY)
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        logs.logger().exception("step_failed")
    told = lines()
    assert len(told) == 7
    for word in CANARY.split():
        assert word not in json.dumps(told)
    assert told[1]["text"] == "Task transcribe.speech raised '…'"
    assert told[2]["text"] == "Task transcribe.text: …"
    assert told[3]["text"] == "3 of …"
    assert "text" not in told[4]
    assert [line["error"] for line in told[5:]] == ["KeyError", "KeyError"]
    assert told[6]["place"].startswith("test_logs.py:")


def test_what_does_not_fit_its_format_once_hidden_is_still_logged(lines: Any) -> None:
    """A message that wants a number where something else was hidden keeps its wording."""
    logging.getLogger("kombu").warning("%d workers", Decimal(3))
    assert [line["text"] for line in lines()] == ["%d workers"]
