"""Encryption at rest: AES-256-GCM in pieces of 1 MiB, under a key per clinic that the master key wraps.

A sealed file is `MAGIC`, a random salt, then the pieces. The file's own key is derived from the clinic's and the salt;
a piece's nonce is its number and whether it is the last, so that none can be left out, swapped, or cut off at the end.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap,
    aes_key_wrap_with_padding,
)

from transcribe.errors import MissingPart, TranscribeError, UsageError

MAGIC = b"TSEAL1\r\n"
PIECE = 1 << 20
_SALT, _TAG = 32, 16
_SEALED = "sealed:"


class Sealer:
    """Seals one stream piece by piece: `update` what arrives, then `finish`."""

    def __init__(self, key: bytes) -> None:
        salt = os.urandom(_SALT)
        self._cipher, self._number, self._held = _cipher(key, salt), 0, bytearray()
        self._begin = MAGIC + salt

    def update(self, data: bytes) -> bytes:
        """The sealed bytes that are ready; the last piece is held back until it is known to be the last."""
        self._held += data
        ready = bytearray(self._take_beginning())
        while len(self._held) > PIECE:
            ready += self._piece(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return bytes(ready)

    def finish(self) -> bytes:
        """The rest."""
        return self._take_beginning() + self._piece(bytes(self._held), last=True)

    def _take_beginning(self) -> bytes:
        begin, self._begin = self._begin, b""
        return begin

    def _piece(self, data: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), data, None)
        self._number += 1
        return sealed


def opened(file: IO[bytes], key: bytes) -> Iterator[bytes]:
    """The pieces of a sealed file; `TranscribeError` when it is not whole or sealed with another key."""
    begin = file.read(len(MAGIC) + _SALT)
    if len(begin) < len(MAGIC) + _SALT or not begin.startswith(MAGIC):
        raise TranscribeError("A stored file is not sealed as this clinic's are.")
    cipher, number = _cipher(key, begin[len(MAGIC) :]), 0
    piece = file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), piece, None)
        except InvalidTag as error:
            raise TranscribeError("A stored file is damaged, or sealed with another key.") from error
        if not following:
            return
        piece, number = following, number + 1


def new_key(master: bytes) -> str:
    """A random key for a clinic, wrapped by the master key (RFC 3394), as text."""
    return base64.b64encode(aes_key_wrap(master, AESGCM.generate_key(256))).decode()


def unwrapped(wrapped: str, master: bytes | None) -> bytes:
    """A clinic's key; `MissingPart` without the master key that wrapped it."""
    if master is None:
        raise MissingPart("This clinic's files are encrypted; set TRANSCRIBE_MASTER_KEY or TRANSCRIBE_MASTER_KEY_FILE.")
    try:
        return aes_key_unwrap(master, base64.b64decode(wrapped))
    except InvalidUnwrap as error:
        raise MissingPart("The master key is not the one that this clinic's key was wrapped with.") from error


def seal_text(text: str, key: bytes | None) -> str:
    """A short secret as the database holds it: under `key` (RFC 5649) where there is one."""
    if key is None or not text:
        return text
    return _SEALED + base64.b64encode(aes_key_wrap_with_padding(key, text.encode())).decode()


def open_text(kept: str, key: bytes | None) -> str:
    """The secret again; `MissingPart` without the key that it was sealed with."""
    if not kept.startswith(_SEALED):
        return kept
    try:
        return aes_key_unwrap_with_padding(key or b"", base64.b64decode(kept.removeprefix(_SEALED))).decode()
    except (InvalidUnwrap, ValueError) as error:
        raise MissingPart("A secret is sealed with another key than this clinic's.") from error


def master_key(text: str) -> bytes | None:
    """The master key of the settings: 32 bytes as 64 hexadecimal digits or as base64; empty means none."""
    if not text:
        return None
    for decode in (bytes.fromhex, lambda given: base64.b64decode(given, validate=True)):
        try:
            key = decode(text)
        except ValueError:
            continue
        if len(key) == 32:
            return key
    raise UsageError("The master key is 32 random bytes as 64 hexadecimal digits; make one with: openssl rand -hex 32")


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"transcribe file").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
