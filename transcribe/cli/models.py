"""transcribe models: the recognisers on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from transcribe.cli.shown import Json, settings, table
from transcribe.errors import MissingPart

app = typer.Typer(help="The recognisers: what is bundled, fetched, missing.", no_args_is_help=True)


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """What can be loaded: bundled, fetched, or to be fetched."""
    from transcribe import assets

    cache_dir = settings().cache_dir
    rows = [
        {
            "name": entry.name,
            "state": _state_of(entry, cache_dir),
            "megabytes": round(entry.size / 1e6),
            "language": entry.language,
            "licence": entry.licence,
            "hears": entry.hears,
        }
        for entry in assets.manifest().values()
    ]
    table(rows, as_json=as_json)


def _state_of(entry: Any, cache_dir: Path) -> str:
    from transcribe import assets

    if not assets.is_present(entry, cache_dir):
        return "missing" if entry.bundled else "not fetched"
    return "bundled" if entry.bundled else "fetched"


@app.command("pull")
def pull_model(
    ctx: typer.Context, name: Annotated[str, typer.Argument(help="A name of 'transcribe models list'.")]
) -> None:
    """Fetch a public model from its hub into the cache."""
    from transcribe import assets

    print(assets.pull(name, settings().cache_dir, quiet=ctx.obj["quiet"]))


@app.command("verify")
def verify_models(as_json: Json = False) -> None:
    """Hold the files of every model on this machine against their digests."""
    from transcribe import assets

    cache_dir = settings().cache_dir
    here = [entry for entry in assets.manifest().values() if assets.is_present(entry, cache_dir)]
    faults = {entry.name: assets.verify(entry, cache_dir) for entry in here}
    table([{"model": name, "state": "; ".join(found) or "whole"} for name, found in faults.items()], as_json=as_json)
    if wrong := [name for name, found in faults.items() if found]:
        raise MissingPart(f"Not as the manifest names them: {', '.join(wrong)}. Remove their files and get them again.")
