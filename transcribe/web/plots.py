"""Plots as shapes of an SVG picture: columns by day, bars by name. A table beside them says the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 460, 190
_LEFT, _BELOW, _ABOVE = 44, 26, 10
_ROW, _NAME = 28, 150
_LABELS = 6
"""So many days are named under a plot at most."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A column or bar with its measures in the picture, what it stands for and its value in words."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid, or a label: where it is, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture: its columns or bars, the lines of its grid, and the labels along it; `summary` says it in words."""

    title: str
    summary: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    grid: tuple[Line, ...]
    labels: tuple[Line, ...]
    lying: bool


def columns(title: str, points: Sequence[tuple[str, float | None]], *, unit: str = "") -> Plot:
    """A column for each point, in their order; None leaves its place empty."""
    steps = _steps(max((value or 0 for _, value in points), default=0))
    room = HEIGHT - _BELOW - _ABOVE
    pace = (WIDTH - _LEFT) / max(1, len(points))
    shapes = tuple(
        Shape(
            round(_LEFT + at * pace + pace * 0.15, 1), round(_ABOVE + room * (1 - value / steps[-1]), 1),
            round(pace * 0.7, 1), round(room * value / steps[-1], 1), label, _said(value, unit),
        )
        for at, (label, value) in enumerate(points)
        if value
    )  # fmt: skip
    grid = tuple(Line(round(_ABOVE + room * (1 - step / steps[-1]), 1), f"{step:g}") for step in steps)
    every = max(1, math.ceil(len(points) / _LABELS))
    labels = tuple(
        Line(round(_LEFT + (at + 0.5) * pace, 1), label) for at, (label, _) in enumerate(points) if at % every == 0
    )
    return Plot(title, _summary(points, unit), WIDTH, HEIGHT, shapes, grid, labels, lying=False)


def bars(title: str, points: Sequence[tuple[str, float | None]], *, unit: str = "") -> Plot:
    """A lying bar for each point, one below the other."""
    top = max((value or 0 for _, value in points), default=0) or 1
    room = WIDTH - _NAME - 70
    shapes = tuple(
        Shape(_NAME, at * _ROW + 6, round(max(1.0, room * (value or 0) / top), 1), _ROW - 10, label, _said(value, unit))
        for at, (label, value) in enumerate(points)
    )
    return Plot(title, _summary(points, unit), WIDTH, _ROW * len(points) + 6, shapes, (), (), lying=True)


def _said(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:g}{f' {unit}' if unit else ''}"


def _summary(points: Sequence[tuple[str, float | None]], unit: str) -> str:
    known = [(value, label) for label, value in points if value is not None]
    if not known:
        return "—"
    least, most = min(known), max(known)
    return f"{least[1]}: {_said(least[0], unit)} … {most[1]}: {_said(most[0], unit)}"


def _steps(top: float) -> list[float]:
    """Round numbers from 0 to at least `top`, four to six of them."""
    if top < 0.001:  # Nothing that is counted here is smaller.
        return [0.0, 1.0]
    size = 10 ** math.floor(math.log10(top / 4))
    pace = next(size * each for each in (1, 2, 2.5, 5, 10) if top / (size * each) <= 5)
    return [round(pace * each, 6) for each in range(math.ceil(top / pace) + 1)]
