"""Whatever id of another clinic is sent wherever it fits: nothing is told of it, and nothing happens to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import JSON, Column, Date, Integer, Table, insert, select
from sqlalchemy.orm import Session

from tests.web.asked import ASKED
from tests.web.conftest import Site
from tests.web.drafts import as_bytes, plain_draft
from tests.web.test_access import CHUNK, ENDLESS
from transcribe.service.identity import accounts
from transcribe.store.columns import Base, Instant
from transcribe.store.engine import reading, transaction
from transcribe.web.app import ROUTERS

CANARY = "Kolibrikanarie"
"""Stands in every text of the other clinic's rows."""

ROUTES = {
    f"{method} {route.path}": route  # type: ignore[attr-defined]
    for router in ROUTERS for route in router.routes for method in route.methods  # type: ignore[attr-defined]
}  # fmt: skip
TABLES = [table for table in Base.metadata.sorted_tables if "clinic_id" in table.c]


@dataclass
class World:
    """Somebody with every role in clinic b, a job of their own, and every kind of row in clinic a."""

    site: Site
    client: TestClient
    own: dict[str, str]
    ids: dict[str, str]

    def state(self) -> str:
        """A digest of all rows of clinic a."""
        rows: list[str] = []
        with reading(self.site.house.engine) as session:
            for table in TABLES:
                query = select(table).where(table.c.clinic_id == self.site.clinics["a"])
                rows += sorted(map(str, session.execute(query).all()))
        return sha256("\n".join(rows).encode()).hexdigest()

    def check(self, answer: Any, sent: str) -> None:
        """Nothing of clinic a is in the answer but what was sent."""
        heads = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        told = answer.text.replace(sent, "") + json.dumps(heads).replace(sent, "")
        assert answer.status_code < 500, answer.text
        assert CANARY not in told
        assert not [kind for kind, each in self.ids.items() if each in told]


@pytest.fixture(scope="module")
def world(shared: Site) -> Iterator[World]:
    """Made once; the tests change clinic b at most."""
    job = shared.job("b editor")
    shared.draft(job, as_bytes(plain_draft()))
    clinic = shared.clinics["b"]
    person = accounts.add_person(shared.house, clinic, "Eve", "eve@b.example", *accounts.ROLES)
    token = accounts.add_token(shared.house, clinic, "t", person=person)
    client = TestClient(shared.app, base_url="http://localhost", follow_redirects=False)
    client.headers["Authorization"] = f"Bearer {token}"
    with transaction(shared.house.engine) as session:
        ids = {table.name: fill(session, table, shared.clinics["a"]) for table in Base.metadata.sorted_tables}
    ids = {kind: each for kind, each in ids.items() if len(each) > 8} | {"clinic": shared.clinics["a"]}
    yield World(shared, client, {"job": job, "person": person, "number": "1"}, ids)


MADE: dict[str, dict[str, Any]] = {}


def fill(session: Session, table: Table, clinic: str) -> str:
    """Put a row into the table, of the clinic where it can be, and with the canary in every text; gives its id."""
    if table.name == "clinics":
        MADE["clinics"] = {"id": clinic}
        return clinic
    row: dict[str, Any] = {}
    for column in table.columns:
        foreign = next(iter(column.foreign_keys), None)
        if column.name == "clinic_id":
            row[column.name] = clinic
        elif foreign is not None and foreign.column.table.name in MADE:
            row[column.name] = MADE[foreign.column.table.name].get(foreign.column.name)
        elif column.name.endswith("_at") and column.nullable:
            row[column.name] = None
        else:
            row[column.name] = value(column)
    if table.name == "audit_heads":
        return ""
    session.execute(insert(table).values(row))
    MADE[table.name] = row
    return str(row.get("id", ""))


def value(column: Column[Any]) -> Any:
    """Something that the column takes."""
    if column.name in ("id", "digest", "text_hash", "body"):
        return uuid4().hex
    if isinstance(column.type, Instant):
        return datetime.now(UTC)
    if isinstance(column.type, Date):
        return date.today()
    if isinstance(column.type, JSON):
        return {"text": CANARY, "author": CANARY, "patient": CANARY}
    if column.type.python_type is bool:
        return False
    if isinstance(column.type, Integer) or column.type.python_type in (int, float):
        return 10_000_000 + len(MADE)
    return {"state": "in_review", "queue": "speech", "name": f"{CANARY} {uuid4().hex}"}.get(column.name, CANARY)


def path_of(route: str, world: World, replaced: str = "", by: str = "") -> str:
    """The path with ids of one's own, but for the parameter `replaced`."""
    path = route.split()[1].replace("{name:path}", "tokens.css")
    for name in [part.strip("{}") for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", by if name == replaced else world.own.get(name, "2" * 32))
    return path


def ask(world: World, route: str, path: str, **more: Any) -> Any:
    method = route.split()[0]
    asked = ASKED.get(route, {}) | more
    heads = {**(CHUNK if "uploads" in path else {}), **asked.pop("headers", {})}
    return world.client.request(method, path, headers=heads, **asked)


def parameters(route: str) -> list[str]:
    return [part.strip("{}") for part in route.split("/") if part.startswith("{") and ":" not in part]


@pytest.mark.parametrize("route", [route for route in ROUTES if parameters(route) and not route.startswith("OPTIONS")])
def test_in_a_path_every_foreign_id_names_nothing(world: World, route: str) -> None:
    """404 for each kind of id in each place (or 403 and 422 where the route minds other things first)."""
    before = world.state()
    for name in parameters(route):
        for kind, each in world.ids.items():
            answer = ask(world, route, path_of(route, world, name, each))
            world.check(answer, each)
            assert answer.status_code in (404, 405, 409, 422, 428) or name not in ("job", "upload", "id"), kind
            assert answer.status_code not in (200, 201, 202, 204) or name in ("name", "act", "number"), kind
    assert world.state() == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("GET ") and route not in ENDLESS])
def test_in_a_query_no_foreign_id_shows_anything(world: World, route: str) -> None:
    """In each parameter that the route knows, and in those that somebody may have forgotten."""
    known = [field.alias for field in ROUTES[route].dependant.query_params]  # type: ignore[attr-defined]
    for kind in ("jobs", "clinic", "people", "versions", "patients", "authors", "targets"):
        each = world.ids[kind]
        for name in {*known, "clinic", "clinic_id"}:
            params = {**ASKED.get(route, {}).get("params", {}), name: each}
            answer = ask(world, route, path_of(route, world), params=params)
            world.check(answer, each)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.split()[0] in ("POST", "PUT", "PATCH")])
def test_in_a_body_no_foreign_id_does_anything(world: World, route: str) -> None:
    """In each field that the route takes, as JSON or as a form, and in those that nobody may set."""
    before = world.state()
    body = ROUTES[route].body_field  # type: ignore[attr-defined]
    names = {*getattr(getattr(body, "type_", None), "model_fields", {}), *ASKED.get(route, {}).get("json", {})}
    for kind in ("jobs", "clinic", "people", "versions", "targets", "letterheads", "tokens", "sessions"):
        each = world.ids[kind]
        more = dict.fromkeys({*names, "clinic", "clinic_id", "person", "person_id", "job"}, each)
        good = ASKED.get(route, {}).get("json", {})
        for given in ({"json": {**good, **more}}, {"data": more}, *({"json": {**good, name: each}} for name in names)):
            world.check(ask(world, route, path_of(route, world), **given), each)
    assert world.state() == before


def test_time_does_not_tell_a_foreign_id_from_one_of_nothing(world: World) -> None:
    """Within 20 ms, as the median of thirty."""

    def seconds(job: str) -> float:
        taken = []
        for _ in range(30):
            began = perf_counter()
            assert world.client.get(f"/api/v1/jobs/{job}").status_code == 404
            taken.append(perf_counter() - began)
        return median(taken)

    assert abs(seconds(world.ids["jobs"]) - seconds("3" * 32)) < 0.02
