"""Finds, verifies and, when asked, fetches the models that models/manifest.toml names."""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transcribe.errors import MissingPart, NotFound, TryLater

_PACKAGE = Path(__file__).parent
# What a CTranslate2 Whisper folder consists of.
_FETCHED_FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the manifest; `size` is in bytes, `sha256` maps file names to digests where they are known
    beforehand, `max_chunk` is the longest stretch in seconds it should be given at once, `prompted` says whether it
    can be told words to expect.
    """

    name: str
    kind: str
    version: str
    licence: str
    language: str
    size: int
    bundled: bool
    hears: str
    repository: str
    revision: str
    sha256: dict[str, str]
    timestamps: bool
    max_chunk: float
    prompted: bool


def shipped(name: str) -> Path:
    """The folder `models` or `samples`: the copy inside an installed wheel, otherwise that of the checkout."""
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


@cache
def manifest() -> dict[str, Model]:
    """Every model the product can load, by name."""
    table = tomllib.loads((shipped("models") / "manifest.toml").read_text("utf-8"))
    return {
        name: Model(
            name=name,
            kind=row["kind"],
            version=row["version"],
            licence=row["licence"],
            language=row["language"],
            size=row["size"],
            bundled=row.get("bundled", False),
            hears=row["hears"],
            repository=row.get("repository", ""),
            revision=row.get("revision", "main"),
            sha256=row["sha256"],
            timestamps=row.get("timestamps", True),
            max_chunk=row.get("max_chunk", 28.0),
            prompted=row.get("prompted", True),
        )
        for name, row in table.items()
    }


def model(name: str) -> Model:
    """The manifest's entry for `name`; `NotFound` names what there is."""
    found = manifest().get(name)
    if found is None:
        raise NotFound(f"There is no model '{name}'; the manifest knows: {', '.join(manifest())}.")
    return found


def folder_of(entry: Model, cache_dir: Path) -> Path:
    """Where the files of `entry` are, or would be once fetched."""
    return shipped("models") / entry.name / "model" if entry.bundled else cache_dir / "models" / entry.name


def is_present(entry: Model, cache_dir: Path) -> bool:
    """Whether the files of `entry` are on this machine."""
    return (folder_of(entry, cache_dir) / "model.bin").is_file()


def locate(name: str, cache_dir: Path) -> tuple[str, Path, Model | None]:
    """The name, folder and manifest entry of the recogniser called `name`, which may be a path to a folder.

    Nothing is fetched: `MissingPart` says how to get a model that is not here.
    """
    given = Path(name)
    if given.is_dir():
        if not (given / "model.bin").is_file():
            raise MissingPart(f"{given} is not a CTranslate2 model: it has no model.bin.")
        return given.resolve().name, given, None
    if os.sep in name:
        raise MissingPart(f"There is no model folder {name}.")
    entry = manifest().get(name)
    if entry is None or entry.kind != "recogniser":
        raise MissingPart(
            f"'{name}' is neither bundled nor fetched. Fetch one with 'transcribe models pull NAME' "
            f"(known: {', '.join(n for n, m in manifest().items() if not m.bundled)}) "
            "or give the path of a CTranslate2 folder."
        )
    if not is_present(entry, cache_dir):
        raise MissingPart(f"The model '{name}' is not on this machine; get it with: transcribe models pull {name}")
    return name, folder_of(entry, cache_dir), entry


def pull(name: str, cache_dir: Path, *, quiet: bool = False) -> Path:
    """Fetch a model from its hub into the cache, checked against its digests, whole or not at all.

    Raises `TryLater` when the hub cannot be reached.
    """
    entry = model(name)
    target = folder_of(entry, cache_dir)
    if is_present(entry, cache_dir):
        return target
    if entry.bundled:
        raise MissingPart(f"'{name}' comes with the product and its files are not at {target}; install it again.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if quiet:
        disable_progress_bars()
    unfinished = target.with_name(target.name + ".part")
    try:
        snapshot_download(
            entry.repository,
            revision=entry.revision,
            local_dir=unfinished,
            allow_patterns=list(_FETCHED_FILES),
            token=False,  # Public files need no name, so none is told.
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise TryLater(
            f"The hub that holds '{name}' cannot be reached from here. Try again with a network, "
            f"or copy the model's folder from another machine to {target}."
        ) from error
    faults = _faults(entry, unfinished)
    if faults:
        shutil.rmtree(unfinished)
        raise TryLater(f"What the hub sent is not the model: {'; '.join(faults)}. Nothing was kept; try again.")
    shutil.rmtree(unfinished / ".cache", ignore_errors=True)
    unfinished.rename(target)
    return target


def verify(entry: Model, cache_dir: Path) -> list[str]:
    """What is wrong with the files of `entry`, one sentence each; an empty list means that all digests agree."""
    return _faults(entry, folder_of(entry, cache_dir))


def _faults(entry: Model, folder: Path) -> list[str]:
    faults = []
    for name, digest in entry.sha256.items():
        if not (folder / name).is_file():
            faults.append(f"{name} is missing")
        elif digest_of(folder / name) != digest:
            faults.append(f"{name} differs from its digest")
    return faults


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
