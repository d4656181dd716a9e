"""Patients and orders come in over a real line, and the clinic is told what became of each message."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import hl7
import pytest
from hl7.client import MLLPClient

from tests.delivery.test_hl7 import ADT
from transcribe.delivery.hl7 import Incoming, send
from transcribe.delivery.hl7.listen import listen
from transcribe.errors import TranscribeError, TryLater

pytestmark = pytest.mark.enable_socket


class Desk:
    """Keeps what comes; a number tells how it feels about it."""

    def __init__(self) -> None:
        self.kept: list[Incoming] = []

    def keep(self, incoming: Incoming) -> None:
        if incoming.header.record_number == "busy":
            raise TryLater("The database is busy.")
        self.kept.append(incoming)


@contextmanager
def listening(desk: Desk, idle: float = 5.0) -> Iterator[int]:
    """A listener in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(listen("127.0.0.1", 0, desk.keep, idle=idle))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_another_program_is_answered() -> None:
    """python-hl7's own client gets an acknowledgement for each message on one line."""
    desk = Desk()
    with listening(desk) as port, MLLPClient("127.0.0.1", port) as client:
        for message in (ADT, ADT.replace("|77|", "|78|")):
            said = hl7.parse(client.send_message(message).strip(b"\x0b\x1c\r").decode())
            assert (str(said["MSA"][0][1]), str(said["MSA"][0][2])) == ("AA", message.split("|")[9])
    assert [each.control_id for each in desk.kept] == ["77", "78"]


def test_what_cannot_be_kept_is_not_accepted() -> None:
    """A busy database asks for the message again; one without a record number is refused; both are heard as such."""
    desk = Desk()
    with listening(desk) as port:
        with pytest.raises(TryLater):
            send(ADT.replace("17^^^NORTH^MR", "busy^^^NORTH^MR"), "127.0.0.1", port, timeout=3)
        with pytest.raises(TranscribeError, match="refuses"):
            send(ADT.replace("PID|", "PIX|"), "127.0.0.1", port, timeout=3)
        assert send(ADT, "127.0.0.1", port, timeout=3).code == "AA"
    assert len(desk.kept) == 1


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n\x1c\r", b"\x0b\x1c\r", b"\x1c\r", b"x" * 2_000_000])
def test_noise_ends_the_line_and_nothing_else(noise: bytes) -> None:
    """What is no message is not answered; the next caller is."""
    desk = Desk()
    with listening(desk) as port:

        async def call() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(noise)
                return await reader.read()
            except ConnectionError:
                return b""
            finally:
                writer.close()

        assert asyncio.run(asyncio.wait_for(call(), 5)) == b""
        assert send(ADT, "127.0.0.1", port, timeout=3).code == "AA"


def test_silent_line_is_cut() -> None:
    """A caller that says nothing does not hold the line for ever."""
    with listening(Desk(), idle=0.2) as port:

        async def call() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x0bMSH|")
            said = await reader.read()
            writer.close()
            return said

        assert asyncio.run(asyncio.wait_for(call(), 5)) == b""
