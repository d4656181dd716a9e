"""What the environment may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.errors import UsageError
from transcribe.settings import Settings


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty TRANSCRIBE_DATA_DIR does not mean the current folder."""
    monkeypatch.setenv("TRANSCRIBE_DATA_DIR", "")
    assert Settings().data_dir.is_absolute()


def test_a_value_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret comes from a file; a value that is given directly wins; a file that is not there is a usage error."""
    secret = tmp_path / "broker"
    secret.write_text("redis://:secret@broker/0\n")
    monkeypatch.setenv("TRANSCRIBE_BROKER_URL_FILE", str(secret))
    assert Settings().broker_url == "redis://:secret@broker/0"
    monkeypatch.setenv("TRANSCRIBE_BROKER_URL", "redis://other/0")
    assert Settings().broker_url == "redis://other/0"
    monkeypatch.setenv("TRANSCRIBE_MODEL_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="TRANSCRIBE_MODEL_FILE"):
        Settings()
