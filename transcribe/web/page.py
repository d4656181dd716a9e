"""Makes pages: a template, who asks and what it shows become HTML that loads nothing from elsewhere."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.web import language, static
from transcribe.web.auth import access, house_of
from transcribe.web.menu import MESSAGES, grouped, lines
from transcribe.web.shown import FILTERS
from transcribe.work_types import work_types

_POLICY = (
    "default-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
"""No inline script or style; a script that must add a style sheet of its own is given the nonce."""

THEME = "theme"
"""The cookie that remembers whether somebody likes it light or dark; without it the system's wish counts."""

Theme = Literal["light", "dark", ""]


def page(request: Request, who: Principal | None, template: str, *, status: int = 200, **context: Any) -> Response:
    """The page that `template` makes of `context`, as `who` sees it; None: nobody has signed in."""
    nonce = secrets.token_urlsafe(16)
    given = {**surroundings(request, who), "nonce": nonce, **context}
    html = environment(given["lang"]).get_template(template).render(given)
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY.format(nonce=nonce)})


def go(url: str, *, said: str = "") -> Response:
    """Lead the browser on after a form was sent; `said` names the message of messages.toml that is shown there."""
    return RedirectResponse(f"{url}{'&' if '?' in url else '?'}said={said}" if said else url, 303)


def inside(address: str) -> str:
    """`address` if it is one of our own pages, or else the first: nobody is led elsewhere from here."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if own else "/"


def surroundings(request: Request, who: Principal | None) -> dict[str, Any]:
    """What base.html shows around every page, and what the pieces of parts.html need."""
    asked = request.query_params.multi_items()
    query = urlencode([(name, value) for name, value in asked if name != "said"])
    theme = request.cookies.get(THEME, "")
    return {
        "request": request,
        "path": request.url.path,
        "here": request.url.path + (f"?{query}" if query else ""),
        "lang": language.chosen(request.headers.get("accept-language", "")),
        "who": who,
        "clinic": accounts.clinic_name(house_of(request), who.clinic) if who else "",
        "menu": grouped(lines(who.roles if who else frozenset(), request.url.path)),
        "may": partial(_may, who),
        "message": MESSAGES.get(request.query_params.get("said", "")),
        "theme": theme if theme in ("light", "dark") else "",
        "csrf": getattr(request.state, "csrf", ""),
        "now": datetime.now(UTC),
    }


def _may(who: Principal | None, route: str) -> bool:
    """Whether who asks may use a route, as in "GET /review"; a part of a page that leads nowhere is left out."""
    roles = access().get(route, frozenset())
    return roles is None or bool(who and who.roles & roles)


@cache
def environment(lang: str) -> Environment:
    """The templates in one language; what a template does not know is an error and never an empty place."""
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        partial(language.say, lang), partial(language.say_number, lang), newstyle=True
    )
    made.globals.update(
        {"asset": static.address, "work_types": [(key, each.title) for key, each in work_types().items()]}
    )
    filters: Mapping[str, Any] = FILTERS
    made.filters.update(filters)
    return made
