"""Commands about what goes out and comes in beside dictations: targets, deliveries, letterheads, the HL7 listener."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transcribe.cli.shown import Json, say, settings, table
from transcribe.errors import NotFound, UsageError

if TYPE_CHECKING:
    from transcribe.service.house import House
    from transcribe.service.identity.accounts import Principal

app = typer.Typer()
_groups = {
    "target": typer.Typer(help="Where a clinic's signed reports go.", no_args_is_help=True),
    "delivery": typer.Typer(help="Reports on their way out.", no_args_is_help=True),
    "letterhead": typer.Typer(help="A clinic's own Word templates.", no_args_is_help=True),
}
for _name, _group in _groups.items():
    app.add_typer(_group, name=_name)

Clinic = Annotated[str, typer.Option("--clinic", help="Name or id of the clinic.")]
Id = Annotated[str, typer.Argument(metavar="ID")]


@contextmanager
def _opened(clinic: str) -> Iterator[tuple[House, Principal]]:
    """The house of this machine's settings, and who works on its console for the clinic."""
    from transcribe.service.house import open_house
    from transcribe.service.identity import accounts

    house = open_house(settings())
    try:
        found = accounts.find_clinic(house, clinic)
        yield house, accounts.Principal(accounts.CONSOLE, found, frozenset({"admin"}), "Console")
    finally:
        house.close()


@_groups["target"].command("add")
def add_target(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    clinic: Clinic,
    kind: Annotated[str, typer.Option(help="folder, sftp, webhook, fhir, mllp or mail")],
    setting: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, repeatable; as /docs shows.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help='A file that holds the secret; "-": stdin.')] = None,
) -> None:
    """Send everything that is signed from now on there; prints the target's id, and a webhook's new secret."""
    from transcribe.service.outgoing import targets

    with _opened(clinic) as (house, who):
        added, secret = targets.add(house, who, name, {"kind": kind, **_pairs(setting or [])}, _secret(secret_file))
    print(added.target)
    if secret:
        print(secret)


def _pairs(given: list[str]) -> dict[str, Any]:
    """The settings; one that may be several is written with commas, as in forms=docx,pdf."""
    pairs: dict[str, Any] = {}
    for each in given:
        key, separator, value = each.partition("=")
        if not separator:
            raise UsageError("A setting is written as KEY=VALUE.")
        pairs[key] = value.split(",") if key == "forms" else value
    return pairs


def _secret(path: Path | None) -> str:
    if path is None:
        return ""
    if str(path) == "-":
        return sys.stdin.read().strip()
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    return path.read_text("utf-8").strip()


@_groups["target"].command("list")
def list_targets(clinic: Clinic, as_json: Json = False) -> None:
    """The clinic's targets, without their secrets."""
    from transcribe.service.outgoing import targets

    with _opened(clinic) as (house, _):
        table([asdict(each) for each in targets.listing(house, _.clinic)], as_json=as_json)


@_groups["target"].command("try")
def try_target(target: Id, clinic: Clinic) -> None:
    """Send the example report, which is about nobody, and print what the receiver says."""
    from transcribe.errors import TryLater
    from transcribe.service.outgoing import targets

    with _opened(clinic) as (house, who):
        arrived, said = targets.try_out(house, who, target)
    if not arrived:
        raise TryLater(said)
    print(said)


@_groups["target"].command("pause")
def pause_target(target: Id, clinic: Clinic) -> None:
    """Send nothing there for now."""
    from transcribe.service.outgoing import targets

    with _opened(clinic) as (house, who):
        targets.pause(house, who, target)


@_groups["target"].command("resume")
def resume_target(target: Id, clinic: Clinic) -> None:
    """Send there again."""
    from transcribe.service.outgoing import targets

    with _opened(clinic) as (house, who):
        targets.pause(house, who, target, paused=False)


@_groups["target"].command("remove")
def remove_target(target: Id, clinic: Clinic) -> None:
    """Send nothing there any more."""
    from transcribe.service.outgoing import targets

    with _opened(clinic) as (house, who):
        targets.remove(house, who, target)


@_groups["delivery"].command("list")
def list_deliveries(
    clinic: Clinic,
    scope: Annotated[str, typer.Option(help="all, attention, or a state.")] = "all",
    job: Annotated[str, typer.Option(help="Only of this job's report.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """The clinic's deliveries, newest first."""
    from transcribe.service.outgoing import deliveries

    if scope not in deliveries.SCOPES:
        raise UsageError(f"What to list is one of: {', '.join(deliveries.SCOPES)}.")
    with _opened(clinic) as (house, who):
        rows = [asdict(each) for each in deliveries.listing(house, who.clinic, scope=scope, job=job, limit=limit)]
    shown = ("delivery", "job", "target_name", "happened", "state", "attempts", "reason", "acknowledgement")
    table(rows if as_json else [{key: row[key] for key in shown} for row in rows], as_json=as_json)


@_groups["delivery"].command("hold")
def hold(delivery: Id, clinic: Clinic) -> None:
    """Keep it from being sent."""
    from transcribe.service.outgoing import deliveries

    with _opened(clinic) as (house, who):
        print(deliveries.hold(house, who, delivery).state)


@_groups["delivery"].command("release")
def release(delivery: Id, clinic: Clinic) -> None:
    """Let what was held be sent."""
    from transcribe.service.outgoing import deliveries

    with _opened(clinic) as (house, who):
        print(deliveries.release(house, who, delivery).state)


@_groups["delivery"].command("resend")
def resend(delivery: Id, clinic: Clinic) -> None:
    """Send it again, under the same id."""
    from transcribe.service.outgoing import deliveries

    with _opened(clinic) as (house, who):
        print(deliveries.resend(house, who, delivery).state)


@_groups["delivery"].command("cancel")
def cancel(
    delivery: Id, clinic: Clinic, note: Annotated[str, typer.Option(help="Why; the receiver is told.")] = ""
) -> None:
    """Do not send it; a receiver that has it is told that the report does not count any more."""
    from transcribe.service.outgoing import deliveries

    with _opened(clinic) as (house, who):
        print(deliveries.cancel(house, who, delivery, note).state)


@_groups["letterhead"].command("add")
def add_letterhead(
    file: Annotated[Path, typer.Argument(metavar="FILE.docx")],
    clinic: Clinic,
    work_type: Annotated[str, typer.Option(help="For this kind of report; default: for all.")] = "",
    preview: Annotated[Path | None, typer.Option(help="Write it filled with an example here.")] = None,
) -> None:
    """Use a Word template from now on; prints its id and, to stderr, the fields in it."""
    from transcribe.service.outgoing import letterheads

    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    with _opened(clinic) as (house, who):
        added, examined = letterheads.add(house, who, file.stem, work_type, file.read_bytes())
    say(f"Fields: {', '.join(examined.used)}")
    if preview:
        preview.write_bytes(examined.preview)
    print(added.letterhead)


@_groups["letterhead"].command("list")
def list_letterheads(clinic: Clinic, as_json: Json = False) -> None:
    """The letterheads in use, newest first."""
    from transcribe.service.outgoing import letterheads

    with _opened(clinic) as (house, who):
        table([asdict(each) for each in letterheads.listing(house, who.clinic)], as_json=as_json)


@_groups["letterhead"].command("retire")
def retire_letterhead(letterhead: Id, clinic: Clinic) -> None:
    """Use it no longer."""
    from transcribe.service.outgoing import letterheads

    with _opened(clinic) as (house, who):
        letterheads.retire(house, who, letterhead)


@app.command()
def listen(
    clinic: Clinic,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 2575,
    certificate: Annotated[Path | None, typer.Option(help="PEM with certificate and key: TLS.")] = None,
    authority: Annotated[Path | None, typer.Option(help="PEM: only whom this vouches for may speak.")] = None,
) -> None:
    """Take patients and visits (ADT) and orders (ORM) from the clinic's own system over MLLP."""
    import asyncio
    from functools import partial

    from transcribe import logs
    from transcribe.service import intake

    tls = _tls(certificate, authority)
    if tls is None and not _is_local(host):
        raise UsageError("Whoever is not on this machine speaks TLS: give --certificate.")
    with _opened(clinic) as (house, who):
        logs.configure(house.settings.log_format, part="listen")
        try:
            asyncio.run(_serve(host, port, partial(intake.keep, house, who.clinic), tls))
        except KeyboardInterrupt:
            return


def _is_local(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(certificate: Path | None, authority: Path | None) -> Any:
    import ssl

    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        raise UsageError("The certificate, key or authority is no PEM that can be used.") from error
    return context


async def _serve(host: str, port: int, keep: Any, tls: Any) -> None:
    from transcribe import logs
    from transcribe.delivery.hl7.listen import listen

    server = await listen(host, port, keep, tls=tls)
    logs.logger().info("listening", port=server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()
