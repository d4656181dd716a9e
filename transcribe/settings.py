"""Settings: the only reader of the environment; every name starts with TRANSCRIBE_."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from transcribe.errors import UsageError

_PREFIX = "TRANSCRIBE_"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise UsageError(
            "This user has no home folder; say where to keep things: set TRANSCRIBE_DATA_DIR and TRANSCRIBE_CACHE_DIR."
        ) from error


def _user_folder(variable: str, fallback: str) -> Path:
    """The user's folder for `variable` of the XDG base directory specification, or its usual place."""
    base = os.environ.get(variable, "")
    return (Path(base) if base else _home() / fallback) / "transcribe"


def default_data_dir() -> Path:
    """Where dictations and reports live unless a setting says otherwise."""
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support" / "transcribe"
    return _user_folder("XDG_DATA_HOME", ".local/share")


def default_cache_dir() -> Path:
    """Where things that can be made or fetched again live unless a setting says otherwise."""
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "transcribe"
    return _user_folder("XDG_CACHE_HOME", ".cache")


class Settings(BaseSettings):
    """What a person running the product may choose; an empty variable counts as not set.

    The value of TRANSCRIBE_NAME may stand in a file that TRANSCRIBE_NAME_FILE names: a secret is no business of
    whoever can list processes.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=default_data_dir)
    """Dictations waiting for a worker, and the drafts made from them."""

    cache_dir: Path = Field(default_factory=default_cache_dir)
    """Fetched models and code tables; can be deleted at any time."""

    model: str = "dictation-demo"
    """The recogniser: a name in models/manifest.toml or the path of a CTranslate2 folder."""

    broker_url: str = ""
    """Where Celery messages travel; empty means a private folder under `data_dir`."""

    @property
    def words_dir(self) -> Path:
        """The wordbooks: house.toml, clinic-NAME.toml, author-NAME.toml."""
        return self.data_dir / "words"

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Values that files hold; one that is given directly wins. Raises `UsageError` for a file that is not there."""
        for name in cls.model_fields.keys() - given.keys():
            variable = f"{_PREFIX}{name.upper()}_FILE"
            if path := os.environ.get(variable):
                given[name] = _content(variable, Path(path))
        return given


def _content(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{variable} names {path}, which cannot be read.") from error
