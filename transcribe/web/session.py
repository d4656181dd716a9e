"""What a browser keeps of a session, and the proof that a request comes from one of our own pages."""

from __future__ import annotations

import hmac

from fastapi import Request
from fastapi.responses import Response

from transcribe.errors import NotAllowed
from transcribe.service.identity.sessions import Origin

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"

_DEVICE_DAYS = 90


def secure(request: Request) -> bool:
    """Whether the browser speaks to us over TLS."""
    return request.url.scheme == "https"


def _name(request: Request, name: str) -> str:
    """Under `__Host-` a browser takes a cookie over TLS only, from this very host, for all of it."""
    return f"__Host-{name}" if secure(request) else name


def shown(request: Request, name: str) -> str:
    """The cookie that the browser shows under this name; empty when it shows none."""
    return request.cookies.get(_name(request, name), "")


def token_of(request: Request) -> str:
    """The proof of the session that the browser shows."""
    return shown(request, "session")


def device_of(request: Request) -> str:
    """The proof of the known device that the browser shows."""
    return shown(request, "device")


def origin_of(request: Request) -> Origin:
    """Where a request comes from."""
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""), device_of(request))


def keep(request: Request, response: Response, token: str) -> None:
    """Give the browser the proof of its session, until it is closed."""
    give(request, response, "session", token)


def keep_device(request: Request, response: Response, token: str) -> None:
    """Give the browser the proof that it is known."""
    give(request, response, "device", token, seconds=_DEVICE_DAYS * 24 * 3600)


def take(request: Request, response: Response, name: str) -> None:
    """Take a cookie from the browser."""
    response.delete_cookie(_name(request, name), path="/", secure=secure(request), httponly=True, samesite="lax")


def give(request: Request, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Give the browser a cookie that no script and no other site gets, for so long or until it is closed."""
    response.set_cookie(
        _name(request, name), value, max_age=seconds, path="/", secure=secure(request), httponly=True, samesite="lax"
    )


def csrf_of(request: Request) -> str:
    """What a page of this session sends with all that changes something, as field `csrf` or header `X-CSRF-Token`."""
    return hmac.digest(token_of(request).encode(), b"csrf", "sha256").hex()


async def _sent_csrf(request: Request) -> str:
    """What the request sends for it: the header, or the field of a page's form."""
    if sent := request.headers.get(CSRF_HEADER):
        return sent
    kind = request.headers.get("content-type", "").partition(";")[0]
    # The API takes the header alone: its bodies may be recordings, which are read as they come.
    if request.url.path.startswith("/api/") or kind not in _FORMS:
        return ""
    return str((await request.form()).get(CSRF_FIELD, ""))


_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def refuse_foreign(request: Request) -> None:
    """`NotAllowed` for what a page of another site asks for in the name of whoever looks at it.

    A request with a token was not made by a browser on its own, and may come from anywhere.
    """
    if request.method in SAFE or "authorization" in request.headers:
        return
    own = f"{request.url.scheme}://{request.url.netloc}"
    # Our pages tell nobody where they are, so that their forms have the origin "null": what says more comes first.
    site = request.headers.get("sec-fetch-site")
    if site != "same-origin" and (site or request.headers.get("origin", own) != own):
        raise NotAllowed("This was asked for by a page of another site.")


async def refuse_forged(request: Request) -> None:
    """`NotAllowed` for what changes something and is not sent by a page of this session."""
    if request.method in SAFE:
        return
    sent = await _sent_csrf(request)
    if not hmac.compare_digest(sent.encode(), csrf_of(request).encode()):
        raise NotAllowed("This page is out of date; load it again.")
