"""Where reports may be sent: origins that whoever runs the machine listed, at addresses that are no trap."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from transcribe.errors import NotAllowed, TryLater

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"https": 443, "http": 80, "mllp": 2575, "sftp": 22}

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_VISIBLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Allowed:
    """`origins` as in "https://hooks.example.org", "mllp://10.2.0.5:2575" or "sftp://files.example.org"; `networks` are
    private ones that may be reached, as in "10.2.0.0/16". Nothing is allowed that is not listed.
    """

    origins: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart that stands on the list; `path` has its query."""

    tls: bool
    host: str
    port: int
    path: str


def target(url: str, allowed: Allowed) -> Target:
    """The target that `url` names. Raises `NotAllowed`, which does not repeat it, for one that is not listed."""
    if not _VISIBLE.fullmatch(url):
        raise NotAllowed("The address of the target has blanks or other characters that no address has.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise NotAllowed("The address of the target is none.") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or "\\" in url:
        raise NotAllowed("The address of a target is https:// or http://, a host and a path, without a password.")
    port = port or _PORTS[parts.scheme]
    refuse_unlisted(parts.scheme, host, port, allowed)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, path)


def refuse_unlisted(scheme: str, host: str, port: int, allowed: Allowed) -> None:
    """Raise `NotAllowed` unless whoever runs the machine has listed this place."""
    if (scheme, host.lower(), port) not in {_origin(each) for each in allowed.origins}:
        raise NotAllowed("This target is not on the list of those that reports may be sent to.")


def _origin(listed: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(listed)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def resolve(
    host: str, port: int, allowed: Allowed, *, look_up: Callable[..., Collection[Any]] = socket.getaddrinfo
) -> str:
    """The address to connect to, so that a name cannot mean another machine a moment later.

    Raises `NotAllowed` when any address of the host is private, of this machine or special and not in a listed
    network, and `TryLater` for a host that cannot be found.
    """
    try:
        found = [str(entry[4][0]) for entry in look_up(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise TryLater("The host of the target cannot be found.") from error
    if not found:
        raise TryLater("The host of the target cannot be found.")
    networks = [ipaddress.ip_network(each) for each in allowed.networks]
    for each in found:
        address = ipaddress.ip_address(each.partition("%")[0])
        listed = any(meant in network for network in networks for meant in _meanings(address))
        if not listed and not all(_public(meant) for meant in _meanings(address)):
            raise NotAllowed("The target is at a private address that is not on the list.")
    return found[0]


def _meanings(address: Address) -> tuple[Address, ...]:
    """The address and the one that is packed into it, which a gateway on the way would reach."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    packed = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        packed.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    inside: list[Address] = [each for each in packed if each is not None]
    return (*inside,) if address.ipv4_mapped else (address, *inside)


def _public(address: Address) -> bool:
    return address.is_global and not address.is_multicast
