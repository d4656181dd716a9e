from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from transcribe.coding import CodeTables, build_tables, open_tables


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the release that the installed package carries."""
    folder = tmp_path_factory.mktemp("cache")
    build_tables(folder)
    return folder


@pytest.fixture(scope="session")
def tables(cache_dir: Path) -> Iterator[CodeTables]:
    with open_tables(cache_dir) as opened:
        yield opened
