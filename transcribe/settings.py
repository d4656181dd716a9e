"""Settings: the only reader of the environment; every name starts with TRANSCRIBE_."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from transcribe.errors import UsageError

_PREFIX = "TRANSCRIBE_"

DEMO_TOKEN = "demo"  # noqa: S105 - everybody may know it: a demo answers on its own machine only
"""What is shown to a server that runs as a demo."""

DEMO_PASSWORD = "demo"  # noqa: S105 - likewise
"""The password of each of a demo's people."""


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


def default_speech_workers() -> int:
    """A process for each core that this one may use, up to four: each holds a recogniser in memory."""
    return max(1, min(4, len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1))


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

    database_url: str = Field(default="", repr=False)
    """sqlite:///… or postgresql://…; empty means SQLite under `data_dir`."""

    blob_url: str = Field(default="", repr=False)
    """s3://BUCKET/PREFIX or file:///FOLDER for recordings and results; empty means a folder under `data_dir`."""

    master_key: str = Field(default="", repr=False)
    """32 random bytes as 64 hexadecimal digits; with it, the recordings and results of new clinics are encrypted."""

    lease_seconds: float = 60
    """After so long without a sign of life from its worker, a step is given to another."""

    ds2_password: str = Field(default="", repr=False)
    """The password that the clinic's recorders encrypt DS2 dictations with."""

    broker_url: str = ""
    """Where Celery messages travel; empty means a private Redis or folder under `data_dir`."""

    cpu_threads: int = Field(default=1, ge=1)
    """Processor cores that one speech worker hears on."""

    demo: bool = False
    """Whether the server has a clinic and a token for trying out, which it answers to on this machine only."""

    failpoint: str = ""
    """For tests: the place at which the process is killed, see failpoints.py."""

    host: str = "127.0.0.1"
    """Where the web service listens."""

    log_format: Literal["auto", "json", "console"] = "auto"
    """How logs are written; auto is for people on a terminal and JSON elsewhere."""

    max_upload_bytes: int = Field(default=2 * 1024**3, gt=0)
    """The largest recording that the server takes."""

    mail_from: str = ""
    """The address that notices by e-mail come from."""

    outbox_dir: Path | None = None
    """Where reports for targets of the kind folder are put, each clinic's below its id; by default in `data_dir`."""

    port: int = Field(default=8000, ge=1, le=65535)
    """Where the web service listens."""

    oidc_issuer: str = ""
    """https://… of the OpenID Connect service with which people sign in besides passwords; empty: passwords alone."""

    oidc_client_id: str = ""
    """As whom that service knows this one."""

    oidc_client_secret: str = Field(default="", repr=False)
    """And how it is sure of it; empty for a public client."""

    oidc_title: str = "single sign-on"
    """What the button for it says after "Sign in with"."""

    proxies: str = "127.0.0.1"
    """Addresses or networks of proxies in front, as in "10.2.0.0/16": their word is taken for who asks, and how."""

    public_url: str = ""
    """Where people reach the web service, for links in notices, as in https://reports.example.org."""

    smtp_url: str = Field(default="", repr=False)
    """The mail server: smtps://USER:PASSWORD@HOST, or smtp://… with STARTTLS."""

    target_networks: str = ""
    """Private networks that reports may be sent to, as in "10.2.0.0/16 192.168.7.0/24"."""

    targets: str = ""
    """Where reports may be sent, as in "https://hooks.example.org mllp://10.2.0.5:2575 sftp://files.example.org"."""

    second_factor: bool = True
    """Whether people who sign in with a password show a code of their telephone as well; a demo asks for none."""

    speech_workers: int = Field(default_factory=default_speech_workers, ge=1)
    """Processes that hear, each with its own copy of the recogniser."""

    text_workers: int = Field(default=1, ge=1)
    """Processes that write up, read and code."""

    token: str = Field(default="", repr=False)
    """As whom `submit`, `status` and `export` come to the server."""

    url: str = "http://127.0.0.1:8000"
    """The server that `submit`, `status` and `export` speak to."""

    @property
    def private_broker(self) -> Path:
        """The socket of the Redis that `transcribe serve` runs for itself."""
        return self.data_dir / "broker" / "redis.sock"

    archival_pdf: bool = False
    """Whether a PDF is PDF/A-2b, as archives want it."""

    @property
    def outbox(self) -> Path:
        """The folder above those that reports are dropped into."""
        return self.outbox_dir or self.data_dir / "outbox"

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
