"""Puts files into a folder of another machine by SFTP, whose key is known beforehand, each complete or not at all."""

from __future__ import annotations

import contextlib
import io
import posixpath
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import paramiko

from transcribe.errors import TryLater, UsageError


@dataclass(frozen=True, slots=True)
class Login:
    """Where and as whom; `host_key` as in "ssh-ed25519 AAAA…", `secret` a password or a private key (OpenSSH)."""

    address: str
    port: int
    user: str
    host_key: str
    secret: str


def put(login: Login, folder: str, files: Iterable[tuple[str, bytes]], *, timeout: float = 60.0) -> list[str]:
    """Write each path and content below `folder`; the paths that are there now.

    Raises `TryLater` for whatever goes wrong on the other side, as somebody there can mend it.
    """
    try:
        with socket.create_connection((login.address, login.port), timeout) as line:
            transport = paramiko.Transport(line)
            # Time limits of single reads would let a slow host keep us for ever.
            alarm = threading.Timer(timeout, transport.close)
            alarm.start()
            try:
                return _put(transport, login, folder, files, timeout)
            finally:
                alarm.cancel()
                transport.close()
    except paramiko.AuthenticationException as error:
        raise TryLater("The SFTP host does not let us in with this user and secret.") from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise TryLater(f"The SFTP host cannot be reached or does not take it ({type(error).__name__}).") from error


def _put(
    transport: paramiko.Transport, login: Login, folder: str, files: Iterable[tuple[str, bytes]], timeout: float
) -> list[str]:
    kind, known = login.host_key.split()[:2]
    transport.get_security_options().key_types = _algorithms(kind)
    transport.start_client(timeout=timeout)
    if transport.get_remote_server_key().get_base64() != known:
        raise TryLater("The SFTP host shows another key than the one that was noted; nothing was sent.")
    if login.secret.lstrip().startswith("-----BEGIN"):
        transport.auth_publickey(login.user, private_key(login.secret))
    else:
        transport.auth_password(login.user, login.secret)
    client = paramiko.SFTPClient.from_transport(transport)
    if client is None:
        raise TryLater("The SFTP host opens no channel.")
    client.get_channel().settimeout(timeout)
    return [_written(client, posixpath.join(folder, path), content) for path, content in files]


def _algorithms(kind: str) -> tuple[str, ...]:
    """The ways to prove a key of this kind, so that no other key of the host is shown."""
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def private_key(pem: str) -> paramiko.PKey:
    """The key in OpenSSH's or PEM form. Raises `UsageError` for none, or one with a pass phrase."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(pem))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise UsageError("This is no private key that can be used; it must not ask for a pass phrase.")


def _written(client: paramiko.SFTPClient, path: str, content: bytes) -> str:
    """The path, once the file is there; whoever watches the folder sees all of it or nothing."""
    parent, name = posixpath.split(path)
    _make(client, parent)
    unfinished = posixpath.join(parent, f".{name}.part")
    with client.open(unfinished, "wb") as file:
        file.set_pipelined(True)
        file.write(content)
    try:
        client.posix_rename(unfinished, path)
    except OSError:  # A host without that extension renames to a free name only.
        with contextlib.suppress(FileNotFoundError):
            client.remove(path)
        client.rename(unfinished, path)
    return path


def _make(client: paramiko.SFTPClient, folder: str) -> None:
    """The folder and those above it, where they are not there."""
    if not folder or folder == "/":
        return
    try:
        client.stat(folder)
    except FileNotFoundError:
        _make(client, posixpath.dirname(folder))
        client.mkdir(folder)
