"""Plots: what is drawn is what was counted."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from transcribe.web.plots import WIDTH, bars, columns

VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=60)


@given(VALUES)
def test_columns_stand_in_proportion_inside_the_picture(values: list[float | None]) -> None:
    """Each as high as its share of the grid's top, none beside the picture."""
    plot = columns("t", [(str(at), value) for at, value in enumerate(values)])
    top = float(plot.grid[-1].label)
    assert top >= max((value or 0 for value in values), default=0) * 0.999
    room = plot.grid[0].at - plot.grid[-1].at
    for shape in plot.shapes:
        value = values[int(shape.label)]
        assert value is not None
        assert math.isclose(shape.height, room * value / top, abs_tol=0.11, rel_tol=0.01)
        assert shape.x >= 0 and shape.x + shape.width <= WIDTH + 0.2 and shape.y >= 0


def test_what_is_not_known_is_no_column_and_said() -> None:
    """Nothing is not zero."""
    plot = columns("t", [("a", None), ("b", 2.0)])
    assert [shape.label for shape in plot.shapes] == ["b"]
    lying = bars("t", [("a", None), ("b", 2.0)], unit="h")
    assert [shape.value for shape in lying.shapes] == ["—", "2 h"]
    assert columns("t", []).summary == "—" and lying.summary == "b: 2 h … b: 2 h"
