"""Settings: the only reader of the environment; every name starts with TRANSCRIBE_."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


def user_folder(variable: str, fallback: str) -> Path:
    """The user's folder for `variable` of the XDG base directory specification, or its usual place."""
    base = os.environ.get(variable, "")
    return (Path(base) if base else Path.home() / fallback) / "transcribe"


def default_data_dir() -> Path:
    """Where dictations and reports live unless a setting says otherwise."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "transcribe"
    return user_folder("XDG_DATA_HOME", ".local/share")


def default_cache_dir() -> Path:
    """Where things that can be made or fetched again live unless a setting says otherwise."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "transcribe"
    return user_folder("XDG_CACHE_HOME", ".cache")


class Settings(BaseSettings):
    """What a person running the product may choose."""

    model_config = SettingsConfigDict(env_prefix="TRANSCRIBE_", frozen=True, extra="ignore")

    data_dir: Path = default_data_dir()
    """Dictations waiting for a worker, and the drafts made from them."""

    cache_dir: Path = default_cache_dir()
    """Fetched models and code tables; can be deleted at any time."""

    model: str = "dictation-demo"
    """The recogniser: a name in models/manifest.toml or the path of a CTranslate2 folder."""

    broker_url: str = ""
    """Where Celery messages travel; empty means a private folder under `data_dir`."""
