"""Schemathesis asks every operation of the description whatever it can think of: no 5xx, no undocumented answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import hypothesis
import pytest
import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from feiqian.merchants import bank_keys
from feiqian.testing.people import Person
from feiqian.testing.served import Served
from feiqian.web.v1.description import description

EXAMPLES = int(os.environ.get("EXAMPLES") or 6)  # of each operation and each way of making them; `make examples`: more
HELD_TO = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_headers_conformance,
    described.response_schema_conformance,
    described.negative_data_rejection,
    described.unsupported_method,
]


@pytest.fixture(scope="module")
def customer(served: Served) -> Iterator[Callable[[], str]]:
    """The token of a customer's session, a new one whenever signing out has been tried out."""
    person = Person(served, 990)
    person.register()

    def token() -> str:
        if person.api.get("/v1/me").status_code == 401:
            person.open_session()
        return str(person.api.headers["authorization"]).removeprefix("Bearer ")

    yield token
    person.api.close()


@pytest.fixture(scope="module")
def system(served: Served) -> str:
    """The key of a system of the bank."""
    return served.bank.services.transactions.write_now(bank_keys.create, "test", 1)


schema = schemathesis.openapi.from_dict(description().document)


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_is_one_that_is_documented(
    case: schemathesis.Case, served: Served, customer: Callable[[], str], system: str
) -> None:
    bearer = {"key": lambda: served.merchants[0].key, "session": customer, "bank": lambda: system}
    asked = [name for scheme in case.operation.definition.raw.get("security", [{"key": []}]) for name in scheme]
    headers = {"Authorization": f"Bearer {bearer[asked[0]]()}"} if asked else {}
    response = case.call(base_url=served.url, headers=headers)
    case.validate_response(response, checks=HELD_TO, headers=headers)
