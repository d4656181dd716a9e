"""transcribe codes: the code tables on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from transcribe.cli.shown import Json, console, settings, table
from transcribe.domain import CodeSystem
from transcribe.errors import NotFound

app = typer.Typer(help="The code tables by release.", no_args_is_help=True)


@app.command("list")
def list_releases(as_json: Json = False) -> None:
    """The releases of the code tables on this machine."""
    from transcribe import coding

    found = [*coding.releases(settings().cache_dir), *coding.item_releases(settings().cache_dir)]
    table([{"system": each.system, **asdict(each)} for each in found], as_json=as_json)


@app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Official files: ICD-10-CM XML, HCPCS text, archives of them; a licensee's CPT table as CSV."
        ),
    ],
    release: Annotated[str, typer.Option(help="Year and month, as 2026-10; default: what the file says.")] = "",
    cpt_licence: Annotated[bool, typer.Option("--cpt-licence", help="We hold a licence for CPT; said once.")] = False,
) -> None:
    """Add official files to the code tables."""
    from transcribe import coding

    print("\n".join(coding.import_files(files, settings().cache_dir, release=release, licensed=cpt_licence)))


@app.command("pull")
def pull_files(
    ctx: typer.Context,
    release: Annotated[
        str, typer.Argument(metavar="[RELEASE]", help="Year and month, as 2026-10; default: what is in force today.")
    ] = "",
    address: Annotated[
        list[str] | None, typer.Option("--from", metavar="URL", help="An archive of the publisher; may be repeated.")
    ] = None,
) -> None:
    """Fetch the official files from CMS and add them to the code tables."""
    from transcribe import coding
    from transcribe.coding.fetch import fetch, published

    cache_dir = settings().cache_dir
    wanted = [("", each) for each in address or ()] or [(each.release, each.address) for each in published(release)]
    for month, each in wanted:
        if not ctx.obj["quiet"]:
            console(stderr=True).print(f"Fetching {each}", soft_wrap=True)
        path, digest = fetch(each, cache_dir / "codes" / "archives")
        print(f"{digest}  {path}")
        print("\n".join(coding.import_files([path], cache_dir, release=month or release)))


@app.command("search")
def search_tables(
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="A diagnosis as a clinician says it, a drug or a supply.")
    ],
    limit: Annotated[int, typer.Option(help="How many to show of each system.")] = 10,
    as_json: Json = False,
) -> None:
    """Look a diagnosis, a drug, a supply or a licensed procedure up in the newest tables."""
    from transcribe import coding

    text = " ".join(words)
    with coding.open_tables(settings().cache_dir) as tables:
        rows = [
            {
                "system": CodeSystem.ICD10CM,
                "code": each.code,
                "title": entry.title,
                "billable": entry.billable,
                "score": round(each.score, 2),
                "matched": each.match.term,
                "source": each.match.source,
            }
            for each in tables.search(text, limit)
            if (entry := tables.look_up(each.code))
        ]
        rows += [
            {
                "system": each.system,
                "code": each.item.code,
                "title": each.item.text,
                "billable": True,
                "score": round(each.score, 2),
                "matched": each.item.said or each.item.text,
                "source": each.system,
            }
            for each in tables.search_items(text, limit)
        ]
    table(rows, as_json=as_json)
    if not rows:
        raise NotFound("Nothing in the tables matches these words; try fewer or more general ones.")
