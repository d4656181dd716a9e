"""Checks of our own that a Bundle is what FHIR asks for where libraries look away: codes, what must be there, links."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from transcribe.delivery.fhir.pieces import Resource


def problems(bundle: Resource) -> tuple[str, ...]:
    """What is wrong with a Bundle, as places and reasons without any value; nothing when it may be sent."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return ("not a Bundle",)
    listed = bundle.get("entry")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    resources = [entry["resource"] for entry in entries if isinstance(entry.get("resource"), dict)]
    found = [*_of_resource(bundle), *_of_links(bundle, entries)]
    for resource in resources:
        found += _of_resource(resource)
    if bundle.get("type") == "document" and (not resources or resources[0].get("resourceType") != "Composition"):
        found.append("Bundle.entry: a document begins with its Composition")
    for resource in resources:
        if resource.get("resourceType") == "Composition":
            found += _of_sections(resource)
    return tuple(found)


@cache
def _rules() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files("transcribe.delivery.fhir").joinpath("rules.toml").read_text("utf-8"))


def _of_resource(resource: Resource) -> Iterator[str]:
    kind = str(resource.get("resourceType", ""))
    if kind not in _rules() and kind not in ("Practitioner", "Organization"):
        yield "an unknown kind of resource"
    for rule in _rules().get(kind, ()):
        for value in _values(resource, rule["path"].split(".")):
            if value is None and rule.get("required"):
                yield f"{kind}.{rule['path']}: missing"
            elif value is not None and "codes" in rule and value not in rule["codes"]:
                yield f"{kind}.{rule['path']}: not a code of its value set"
    yield from _empties(resource, kind)


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """What stands at `path`; None for what is missing while its parent is there."""
    if not path:
        yield value
    elif path[0] == "*":
        for each in value if isinstance(value, list) else ():
            yield from _values(each, path[1:])
    elif not isinstance(value, dict):
        yield None
    elif path[0] in value:
        yield from _values(value[path[0]], path[1:])
    elif "*" not in path[1:]:
        yield None


def _empties(value: Any, place: str) -> Iterator[str]:
    """FHIR has no empty text, list or object."""
    if value in ("", [], {}) or value is None:
        yield f"{place}: empty"
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _empties(each, f"{place}.{key}" if isinstance(value, dict) else place)


def _of_links(bundle: Resource, entries: list[Resource]) -> Iterator[str]:
    urls = [entry.get("fullUrl") for entry in entries]
    if len(set(map(str, urls))) < len(urls):
        yield "Bundle.entry.fullUrl: the same twice"
    for reference in _references(bundle):
        if reference not in urls:
            yield "a reference leads nowhere"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _references(each)


def _of_sections(composition: Resource) -> Iterator[str]:
    """Invariant cmp-1 of FHIR."""
    for section in composition.get("section", ()):
        if not {"text", "entry", "section"} & section.keys():
            yield "Composition.section: neither text nor entries"
