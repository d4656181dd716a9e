"""What holds for every test."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if find_spec("sqlalchemy"):  # The environment of a training recipe has no database.
    from tests.databases import (  # noqa: F401 - fixtures that any test may ask for
        bell,
        clinic,
        database_url,
        empty_url,
        engine,
        house,
        postgres,
        sqlite_template,
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of training recipes, which need their own environment, unless -m asks for them."""
    if "recipe" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("recipe")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
