"""Signing in by the clinic's own service: OpenID Connect, the code flow with PKCE (RFC 7636).

Who comes so needs an account here: one that this service was bound to before, or whose address it vouches for.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select

from transcribe.errors import NotAllowed, NotFound, TryLater
from transcribe.service.house import House
from transcribe.service.identity import sessions
from transcribe.service.identity.links import clinics_of
from transcribe.service.identity.sessions import Origin, Stage
from transcribe.settings import Settings
from transcribe.store import audit
from transcribe.store.engine import transaction
from transcribe.store.people import Person

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the service, which the browser keeps until it comes back."""

    state: str
    nonce: str
    verifier: str


def ask(settings: Settings, back: str) -> tuple[str, Asked]:
    """The address at the service that the browser is sent to, which sends it on to `back`.

    Raises `NotFound` where no service is set, `TryLater` when it does not answer.
    """
    asked = Asked(*(secrets.token_urlsafe(32) for _ in range(3)))
    with _client(settings, back) as client:
        place = _described(settings.oidc_issuer)["authorization_endpoint"]
        url, _ = client.create_authorization_url(
            place, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier
        )
    return str(url), asked


def come_back(house: House, asked: Asked, back: str, *, state: str, code: str, origin: Origin) -> str:
    """A session for whoever the service says came; `NotAllowed` when it does not, or when they have no account."""
    if not secrets.compare_digest(asked.state.encode(), state.encode()):
        raise NotAllowed("This answer belongs to another sign-in; begin again.")
    claims = _claims(house.settings, asked, back, code)
    person, clinic = _person(house, claims)
    return sessions.begin(house, person, clinic, Stage.FULL, origin)


def _claims(settings: Settings, asked: Asked, back: str, code: str) -> dict[str, Any]:
    """What the service says of whoever came, signed with its key, for us, for this very sign-in."""
    described = _described(settings.oidc_issuer)
    try:
        with _client(settings, back) as client:
            given = client.fetch_token(described["token_endpoint"], code=code, code_verifier=asked.verifier)
        keys = KeySet.import_key_set(_fetched(described["jwks_uri"]))
        claims = jwt.decode(given["id_token"], keys, algorithms=_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": settings.oidc_issuer},
            aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": asked.nonce},
        ).validate(claims)
    except (OAuthError, JoseError, KeyError, ValueError) as error:
        raise NotAllowed("The sign-in service did not say who you are; begin again.") from error
    except httpx.HTTPError as error:
        raise TryLater(_SILENT) from error
    return claims


def _person(house: House, claims: dict[str, Any]) -> tuple[str, str]:
    """The id of whoever that is, and of the clinic in which they begin."""
    subject = f"{claims['iss']} {claims['sub']}"
    vouched = str(claims.get("email", "")).lower() if claims.get("email_verified") is True else ""
    with transaction(house.engine) as session:
        person = session.scalar(select(Person).where(Person.subject == subject))
        if person is None and vouched:
            person = session.scalar(select(Person).where(Person.email == vouched, Person.subject.is_(None)))
        clinics = clinics_of(session, person.id) if person else []
        if person is None or person.disabled_at or not clinics:
            raise NotAllowed("There is no account for you here; ask an admin of your clinic to invite you.")
        if person.subject is None:
            person.subject = subject
            audit.record(session, clinics[0], person.id, "sign-in service bound", person.id)
    return person.id, sessions.clinics(house, person.id)[0][0]


def _client(settings: Settings, back: str) -> OAuth2Client:
    secret = settings.oidc_client_secret
    return OAuth2Client(
        settings.oidc_client_id, secret or None, scope="openid email profile", redirect_uri=back,
        code_challenge_method="S256", timeout=_SECONDS,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
    )  # fmt: skip


@cache
def _described(issuer: str) -> dict[str, Any]:
    """What the service says of itself (OpenID Connect Discovery)."""
    if not issuer:
        raise NotFound("There is no other service to sign in with.")
    found: dict[str, Any] = _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise TryLater("The sign-in service calls itself otherwise than TRANSCRIBE_OIDC_ISSUER does.")
    return found


def _fetched(address: str) -> Any:
    try:
        answer = httpx.get(address, timeout=_SECONDS).raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise TryLater(_SILENT) from error


_SILENT = "The sign-in service does not answer; try again, or use your password."
