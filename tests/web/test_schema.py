"""The OpenAPI document holds: whatever is made from it is answered as it says."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.conftest import Site
from transcribe.delivery.attachment import DOCX
from transcribe.store.tables import State
from transcribe.web.app import ROUTERS

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@schemathesis.serializer(DOCX)
def as_it_is(_context: Any, value: Any) -> bytes:
    """A Word file is sent as the bytes that it is."""
    return value if isinstance(value, bytes) else str(value).encode()


OPERATIONS = sorted(
    f"{method} {route.path}"
    for router in ROUTERS
    for route in router.routes
    for method in route.methods
    if route.include_in_schema
)


@pytest.fixture(scope="module")
def busy(shared: Site) -> Site:
    """An application in which there is something to be found: a job in every state."""
    for number, state in enumerate(State):
        shared.bring(shared.job("a admin", str(number).encode()), state)
    shared.draft(shared.job("a admin", b"drafted"), b"{}")
    return shared


@pytest.fixture(scope="module")
def api(busy: Site) -> Any:
    config = schemathesis.Config.from_dict(
        {
            "headers": {"Authorization": f"Bearer {busy.tokens['a admin']}"},
            # The protocol of uploads has answers of its own for what is wrong.
            # That tokens are looked at is proven route by route elsewhere; here each request has a good one.
            "checks": {"ignored_auth": {"enabled": False}, "negative_data_rejection": {"expected-statuses": ["4xx"]}},
        }
    )
    return schemathesis.openapi.from_asgi("/openapi.json", busy.app, config=config)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_answers_are_as_described(operation: str, mode: GenerationMode, api: Any) -> None:
    """No 5xx and no answer that the document does not know, with and without a token, for right and wrong input."""
    method, path = operation.split()

    @given(case=api[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def answers(case: schemathesis.Case) -> None:
        # Whether bytes are a recording or a letterhead, where in an upload they belong, which places may be reached and
        # what is a day of the calendar, no schema can say.
        taking = (method == "POST" and path.endswith(("dictations", "uploads"))) or method == "PATCH"
        taking = taking or path.startswith(("/api/v1/letterheads", "/api/v1/targets", "/fhir/DocumentReference"))
        # That a save says which version was edited is asked for with a status of its own, 428.
        taking = taking or (method == "PUT" and path.endswith("/report"))
        case.call_and_validate(excluded_checks=[positive_data_acceptance] if taking else [])

    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        answers()  # Where nothing is asked for, nothing can be wrong.
