"""For those who watch over the service: /healthz, /readyz and /metrics. Numbers and states, never a patient's word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from pydantic import BaseModel

from transcribe import __version__, audio
from transcribe.errors import MissingPart
from transcribe.service import condition
from transcribe.service.house import House
from transcribe.web.auth import Here, service_itself

router = APIRouter(tags=["health"], dependencies=[Depends(service_itself)])

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)


Status = Literal["ready", "degraded", "unavailable"]


class Readiness(BaseModel):
    """Whether the service can do its work. `degraded`: it receives, but what it receives may wait."""

    status: Status
    checks: dict[str, str]


@router.get("/healthz")
def alive() -> dict[str, str]:
    """That this process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", responses={503: {"model": Readiness}})
def ready(house: Here) -> Response:
    """What the service needs, piece by piece; 503 while it cannot keep a recording."""
    found = checks(house)
    vital, more = ({found[name] for name in found if (name in _VITAL) == needed} for needed in (True, False))
    readiness = Readiness(status=_status(vital, more), checks=found)
    return JSONResponse(readiness.model_dump(), 503 if readiness.status == "unavailable" else 200)


_VITAL = frozenset({"database", "blobs"})
"""Without these no recording can be kept."""


def checks(house: House) -> dict[str, str]:
    """What the service needs, by name: "ok", or what is wrong with it."""
    database = _database(house)
    return {
        "database": database,
        "blobs": _blobs(house),
        "workers": _said(database != "ok" or condition.work_is_taken_up(house), "work waits and is not taken up"),
        "broker": _said(condition.broker_answers(house.settings), "does not answer"),
        "sandbox": _sandbox(),
    }


def _status(vital: set[str], more: set[str]) -> Status:
    if vital != {"ok"}:
        return "unavailable"
    return "ready" if more == {"ok"} else "degraded"


def _said(good: bool, otherwise: str) -> str:
    return "ok" if good else otherwise


def _sandbox() -> str:
    """Which walls stand around a decoder here; the machines of the workers are taken to be like this one."""
    try:
        walls = audio.sandbox()
    except MissingPart:
        return "decoders do not start"
    return _said(walls.bubblewrap, f"around decoders stand only: {walls}")


def _database(house: House) -> str:
    return _said(condition.database_answers(house), "does not answer")


def _blobs(house: House) -> str:
    return _said(condition.blobs_answer(house), "nothing can be written")


class Figures:
    """What Prometheus is told: what there is to do, as the database knows it, and what this process answered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self._answers = Counter("transcribe_http_answers", "Answers by route.", labels, registry=self.registry)
        self._seconds = Histogram(
            "transcribe_http_seconds",
            "Seconds that answers took.",
            labels[:2],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._reachable = Gauge("transcribe_database_up", "1: the database answers.", registry=self.registry)
        self.registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        known = method if method in _METHODS else "other"
        self._answers.labels(known, route, status).inc()
        self._seconds.labels(known, route).observe(seconds)

    def describe(self) -> list[Metric]:
        """Nothing is asked of the database before it is collected."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What there is to do; nothing while the database is away."""
        here = condition.database_answers(self._house)
        self._reachable.set(here)
        if here:
            yield from _load(condition.load(self._house))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _load(load: condition.Load) -> Iterator[Metric]:
    yield _gauge("transcribe_jobs", "Jobs by state.", ("state",), {(key,): value for key, value in load.jobs.items()})
    yield _gauge("transcribe_steps", "Steps that are not done.", ("queue", "state"), load.steps)
    oldest = {(key,): value for key, value in load.oldest.items()}
    yield _gauge("transcribe_oldest_waiting_seconds", "Age of the oldest step that waits.", ("queue",), oldest)
    yield _gauge("transcribe_late_jobs", "Jobs whose report is overdue.", (), {(): load.late})
    ways = {(key,): value for key, value in load.deliveries.items()}
    yield _gauge("transcribe_deliveries", "Reports on their way out, by state.", ("state",), ways)
    yield _gauge("transcribe_stuck_deliveries", "Deliveries that a person must look at.", (), {(): load.stuck})
    yield _gauge("transcribe_open_uploads", "Uploads that are not complete.", (), {(): load.uploads})


def _gauge(name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values.items():
        gauge.add_metric(key, value)
    return gauge


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Counts and ages for Prometheus."""
    figures: Figures = request.app.state.figures
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)
