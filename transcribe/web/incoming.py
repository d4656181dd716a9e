"""Brings a request's body to the disk in blocks, in threads, so that other requests go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

BLOCK = 128 * 1024
"""A hundred uploads at once hold a hundred of these, so they are small."""


async def pour(request: Request, write: Callable[[bytes], object]) -> None:
    """Hand the body to `write` block by block. What has come when the line breaks is handed over first."""
    block = bytearray()
    try:
        async for data in request.stream():
            block += data
            if len(block) >= BLOCK:
                full, block = bytes(block), bytearray()
                await run_in_threadpool(write, full)
    finally:
        if block:
            await run_in_threadpool(write, bytes(block))
