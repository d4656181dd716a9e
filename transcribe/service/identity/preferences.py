"""How each person wants the review room: keys, speed, abbreviations that expand as they type."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal, clinic_name
from transcribe.store.engine import reading, transaction
from transcribe.store.reports import Preference


def me(house: House, who: Principal) -> dict[str, Any]:
    """Who is asking, and how they want things."""
    with reading(house.engine) as session:
        kept = session.get(Preference, (who.clinic, who.actor))
    settings = kept.settings if kept else {}
    return {
        "person": who.actor,
        "name": who.name,
        "roles": sorted(who.roles),
        "clinic": {"id": who.clinic, "name": clinic_name(house, who.clinic)},
        "keys": settings.get("keys", {}),
        "settings": settings,
    }


def keep_settings(house: House, who: Principal, settings: dict[str, Any]) -> None:
    """These settings instead of those before."""
    with transaction(house.engine) as session:
        _of(session, who).settings = settings


def expander(house: House, who: Principal) -> dict[str, str]:
    """What each of this person's abbreviations stands for."""
    with reading(house.engine) as session:
        kept = session.get(Preference, (who.clinic, who.actor))
    return dict(kept.expander) if kept else {}


def keep_expander(house: House, who: Principal, entries: dict[str, str]) -> None:
    """These abbreviations instead of those before."""
    with transaction(house.engine) as session:
        _of(session, who).expander = entries


def _of(session: Session, who: Principal) -> Preference:
    return session.merge(session.get(Preference, (who.clinic, who.actor)) or _new(who))


def _new(who: Principal) -> Preference:
    return Preference(clinic_id=who.clinic, actor=who.actor, settings={}, expander={})
