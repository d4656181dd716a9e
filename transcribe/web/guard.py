"""Stands before every route: security headers, the size of bodies, counts, and what nobody foresaw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from traceback import extract_tb

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transcribe.logs import logger
from transcribe.store.engine import NOBODY, act_for
from transcribe.web.problems import answer, told

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""For every answer; a page that needs more says so itself."""

Observe = Callable[[str, str, int, float], None]
"""Told of every answer: method, path of the route, status, seconds."""

MOST_BYTES = 1024 * 1024
"""Of a body that is no upload."""


class Guard:
    """ASGI middleware around the whole application; `limit` says for a path how many bytes a body may have."""

    def __init__(self, app: ASGIApp, *, limit: Callable[[str], int], observe: Observe) -> None:
        self.app, self.limit, self.observe = app, limit, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = perf_counter(), 0
        act_for(NOBODY)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        limit = self.limit(scope["path"])
        try:
            if _announced(scope) > limit:
                refused = answer(413, "usage", "The request is larger than this server takes.")
                await refused(scope, receive, sending)
            else:
                await self.app(scope, _limited(receive, limit), sending)
        except ClientDisconnect:
            status = status or 499  # Nobody is there to be answered.
        except Exception as error:  # noqa: BLE001 - a traceback could hold a patient's words
            place, kind = extract_tb(error.__traceback__)[-1], type(error).__name__
            logger().error(
                "request_failed", route=_route(scope), error=kind, place=f"{Path(place.filename).name}:{place.lineno}"
            )
            if not status:
                await told(error)(scope, receive, sending)
        finally:
            self.observe(scope["method"], _route(scope), status, perf_counter() - began)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _limited(receive: Receive, limit: int) -> Receive:
    """`receive`, which refuses to go on beyond `limit` bytes: a body need not announce its length."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return receiving


def _route(scope: Scope) -> str:
    """The path as the route has it, without ids."""
    return str(getattr(scope.get("route"), "path", "none"))


def route_of(request: Request) -> str:
    """Method and path of the route that a request met, as the table of access names it."""
    return f"{request.method} {_route(request.scope)}"
