"""What keeps a service in order: clinics, people, tokens, the database, backups, checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transcribe.cli.shown import Json, say, settings, table
from transcribe.errors import TranscribeError, UsageError

if TYPE_CHECKING:
    from transcribe.service.house import House

app = typer.Typer()
_groups = {
    "clinic": typer.Typer(help="The clinics whose dictations these are.", no_args_is_help=True),
    "user": typer.Typer(help="The people who sign in.", no_args_is_help=True),
    "token": typer.Typer(help="What programs show instead of a password.", no_args_is_help=True),
    "db": typer.Typer(help="The database.", no_args_is_help=True),
    "audit": typer.Typer(help="Who did what to whose data.", no_args_is_help=True),
}
for _name, _group in _groups.items():
    app.add_typer(_group, name=_name)

Clinic = Annotated[str, typer.Option("--clinic", help="Name or id of a clinic.")]
Name = Annotated[str, typer.Argument(metavar="NAME")]


@contextmanager
def _opened() -> Iterator[House]:
    """The house of this machine's settings, for one command."""
    from transcribe.service.house import open_house

    house = open_house(settings())
    try:
        yield house
    finally:
        house.close()


@_groups["clinic"].command("add")
def add_clinic(
    name: Name,
    stat_hours: Annotated[float | None, typer.Option(help="Hours until a STAT report is due (1).")] = None,
    audio_days: Annotated[
        float | None, typer.Option(help="Days to keep a recording after its report is signed (for ever).")
    ] = None,
    cancelled_days: Annotated[float | None, typer.Option(help="Days to keep what was cancelled (for ever).")] = None,
) -> None:
    """Add a clinic and print its id; with a master key in the settings, its files will be encrypted."""
    from transcribe.service.identity import accounts

    kept = {"audio_days": audio_days, "cancelled_days": cancelled_days}
    rules = {"stat_hours": stat_hours, "retention": {rule: days for rule, days in kept.items() if days is not None}}
    with _opened() as house:
        print(accounts.add_clinic(house, name, {rule: value for rule, value in rules.items() if value}))


@_groups["clinic"].command("list")
def list_clinics(as_json: Json = False) -> None:
    """The clinics and their rules."""
    from transcribe.service.identity import accounts

    with _opened() as house:
        table(accounts.clinics(house), as_json=as_json)


@_groups["clinic"].command("password")
def say_clinic_password(clinic: Clinic) -> None:
    """Ask for what the clinic's recorders encrypt DS2 dictations with, and keep it sealed; none: forget it."""
    from transcribe.service import unlocking
    from transcribe.service.house import SYSTEM
    from transcribe.service.identity import accounts

    given = typer.prompt("Password of the recorders", default="", hide_input=True, show_default=False)
    with _opened() as house:
        who = accounts.Principal(SYSTEM, accounts.find_clinic(house, clinic), frozenset({"admin"}), "")
        unlocking.say_clinics(house, who, given)


@_groups["user"].command("add")
def add_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    name: Annotated[str, typer.Option(help="The person's name, as it will be printed.")],
    clinic: Clinic,
    role: Annotated[list[str], typer.Option(help="transcriptionist, editor, clinician, clinic or admin; repeatable.")],
) -> None:
    """Add a person, or give one who is known the role in another clinic; prints their id."""
    from transcribe.service.identity import accounts

    with _opened() as house:
        print(accounts.add_person(house, accounts.find_clinic(house, clinic), name, email, *role))


@_groups["user"].command("link")
def link_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    second_factor: Annotated[bool, typer.Option("--second-factor", help="Have that set up anew, too.")] = False,
) -> None:
    """Print a link with which a person chooses a password; it works once. The one until now works until then."""
    from transcribe.service.identity import accounts, links

    with _opened() as house:
        link = links.make_for(house, accounts.find_person(house, email), second_factor=second_factor)
        print(f"{house.settings.public_url or house.settings.url}/join/{link}")


@_groups["token"].command("add")
def add_token(
    name: Name,
    clinic: Clinic,
    role: Annotated[str, typer.Option(help="What a machine may do.")] = "",
    user: Annotated[str, typer.Option(help="E-mail address of the person whose token it is.")] = "",
) -> None:
    """Make a token and print it, this once: a machine's with --role, or a person's with --user."""
    from transcribe.service.identity import accounts

    if bool(role) == bool(user):
        raise UsageError("A token is a machine's, with --role, or a person's, with --user.")
    with _opened() as house:
        person = accounts.find_person(house, user) if user else None
        print(accounts.add_token(house, accounts.find_clinic(house, clinic), name, role, person=person))


@_groups["token"].command("revoke")
def revoke_token(token: Annotated[str, typer.Argument(metavar="ID")], clinic: Clinic) -> None:
    """End the life of the token with this id."""
    from transcribe.service.identity import accounts

    with _opened() as house:
        accounts.revoke_token(house, accounts.find_clinic(house, clinic), token)


@_groups["token"].command("list")
def list_tokens(clinic: Clinic, as_json: Json = False) -> None:
    """The clinic's tokens, without what they say."""
    from transcribe.service.identity import accounts

    with _opened() as house:
        table(accounts.tokens(house, accounts.find_clinic(house, clinic)), as_json=as_json)


@_groups["db"].command("upgrade")
def upgrade() -> None:
    """Bring the database to the tables of this version; stop all parts and back up first."""
    from transcribe.store import engine, schema

    chosen = settings()
    chosen.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened = engine.open_engine(chosen.database_url or engine.default_url(chosen.data_dir))
    try:
        schema.upgrade(opened)
        print(schema.revision(opened))
    finally:
        opened.dispose()


@app.command()
def backup(target: Annotated[Path, typer.Argument(metavar="FILE.tar")], as_json: Json = False) -> None:
    """Write database and files into one archive while the service goes on."""
    from transcribe.service.backup import backup as back_up

    with _opened() as house:
        table([asdict(back_up(house, target))], as_json=as_json)


@app.command()
def restore(source: Annotated[Path, typer.Argument(metavar="FILE.tar")], as_json: Json = False) -> None:
    """Put a backup's database and files where the settings say, and check every file."""
    from transcribe.service.backup import restore as bring_back

    made = bring_back(settings(), source)
    say(f"Restored {made.files} files and the {made.database} database of {made.made_at}.")
    _check_files(as_json=as_json)


@app.command()
def scrub(as_json: Json = False) -> None:
    """Read every stored file again; say which are missing or damaged and remove what a crash left over."""
    _check_files(as_json=as_json)


def _check_files(*, as_json: bool) -> None:
    from transcribe.service.scrub import scrub as check

    with _opened() as house:
        found = check(house)
    table([asdict(fault) for fault in found.faults], as_json=as_json)
    say(f"{found.read} files read, {len(found.faults)} faulty, {found.removed} left over and removed.")
    if found.faults:
        raise TranscribeError("Bring the faulty files back from a backup, or ask for the recordings again.")


@_groups["audit"].command("verify")
def verify(as_json: Json = False) -> None:
    """Check each clinic's audit chain; print number and hash of its end, to be noted where nobody can change them."""
    from transcribe.service.identity import accounts

    with _opened() as house:
        rows = accounts.verify_audit(house)
    table(rows, as_json=as_json)
    if broken := [row["clinic"] for row in rows if row["state"] != "whole"]:
        raise TranscribeError(f"The audit chain is broken: {', '.join(broken)}.")
