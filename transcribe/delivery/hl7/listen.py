"""Takes patients and orders from a clinic over MLLP: each message is answered when it is kept, and not before."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from transcribe.delivery.hl7.mllp import END, MAX_ANSWER, START
from transcribe.delivery.hl7.read import Incoming, acknowledge, read
from transcribe.errors import TranscribeError, TryLater, UnusableInput

Keep = Callable[[Incoming], None]
"""Keeps what a message tells; a message that comes again has the same control id and must change nothing."""


def answer(message: bytes, keep: Keep, at: datetime) -> str:
    """Keep what the message tells and return the acknowledgement: AA when it is kept, AR when it may be sent again
    later, AE when it cannot be used. Raises `UnusableInput` for what is no HL7 message, as nobody waits for an answer.
    """
    acknowledge(message, "AR", at)  # What cannot be answered is not kept.
    try:
        keep(read(message))
    except TryLater as error:
        return acknowledge(message, "AR", at, text=str(error))
    except TranscribeError as error:
        return acknowledge(message, "AE", at, text=str(error))
    return acknowledge(message, "AA", at)


async def listen(
    host: str, port: int, keep: Keep, *, tls: ssl.SSLContext | None = None, idle: float = 300.0
) -> asyncio.Server:
    """Serve until the returned server is closed. `keep` runs in a thread; a line silent for `idle` seconds is cut."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                async with asyncio.timeout(idle):
                    got = await reader.readuntil(END)
                message = got[got.rfind(START) + 1 : -len(END)]
                said = await asyncio.to_thread(answer, message, keep, datetime.now(UTC))
                writer.write(START + said.encode("utf-8") + END)
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError, UnusableInput):
            return  # Nobody is there to be told, or nobody who speaks HL7.
        finally:
            writer.close()

    return await asyncio.start_server(talk, host, port, ssl=tls, limit=MAX_ANSWER)
