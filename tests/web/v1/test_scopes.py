"""What a key is allowed: each operation of merchants asks for its scope, with the framework and without."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from feiqian import features
from feiqian.merchants.api_keys import NewKey
from feiqian.merchants.scopes import ALL, Scope
from feiqian.testing.served import Served
from feiqian.web.v1 import problems
from feiqian.web.v1.description import description
from feiqian.web.v1.hot import MakingOrders, TakingPayments
from feiqian.web.v1.operations import Operation, get, operation_of

OPERATIONS = [operation for operation in description().operations if operation.who == "merchant"]


@pytest.fixture(scope="module")
def keys(served: Served) -> Iterator[dict[Scope, httpx.Client]]:
    """A client for each scope, whose key is allowed that alone."""
    merchants, clock = served.bank.services.merchants, served.bank.services.clock

    def client(scope: Scope) -> httpx.Client:
        wanted = NewKey(str(scope), (scope,))
        key = merchants.create_key(served.merchants[0].number, "test", clock.now(), wanted)
        return httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {key}"})

    clients = {scope: client(scope) for scope in Scope}
    yield clients
    for one in clients.values():
        one.close()


def asked(client: httpx.Client, operation: Operation) -> httpx.Response:
    """The operation with an id that nobody has, and a body that is none."""
    path = operation.path.replace("{id}", "none")
    return client.get(path) if operation.method == "GET" else client.post(path, json={})


def test_every_operation_of_merchants_has_a_scope_and_no_other() -> None:
    found = [operation_of(handler) for handler in features.operations()]
    operations = [operation for operation in found if operation is not None]
    assert len(OPERATIONS) > 25
    assert {operation.name for operation in operations if operation.scope is not None} == {o.name for o in OPERATIONS}
    assert {operation.scope for operation in OPERATIONS} == set(ALL)


def test_an_operation_of_merchants_cannot_be_declared_without_one() -> None:
    with pytest.raises(TypeError):
        get("/v1/none", "none", "None")
    with pytest.raises(TypeError):
        get("/v1/none", "none", "None", who="customer", scope=Scope.WEBHOOKS)


def test_what_goes_beside_the_framework_asks_for_the_same_scopes() -> None:
    declared = {operation.name: operation.scope for operation in OPERATIONS}
    for hot in (TakingPayments, MakingOrders):
        assert hot.needed is declared[hot.operation]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_key_opens_what_it_is_allowed_and_nothing_else(keys: dict[Scope, httpx.Client], operation: Operation) -> None:
    for scope, client in keys.items():
        answer = asked(client, operation)
        if scope is operation.scope:
            assert answer.status_code not in (401, 403), answer.text
            continue
        assert (answer.status_code, answer.json()["type"]) == (403, problems.SCOPE_MISSING.type)
        assert answer.json()["detail"] == f"The key lacks the scope `{operation.scope}`."
        assert f'error="insufficient_scope", scope="{operation.scope}"' in answer.headers["www-authenticate"]


def test_a_payment_is_taken_by_a_key_that_is_allowed_it(served: Served, keys: dict[Scope, httpx.Client]) -> None:
    order = served.order()
    assert keys[Scope.PAYMENTS_READ].post("/v1/payments", json=order).status_code == 403
    chunked = {"content": iter([b"{}"]), "headers": {"content-type": "application/json"}}  # asked with a task
    assert keys[Scope.PAYMENTS_READ].post("/v1/payments", **chunked).status_code == 403  # type: ignore[arg-type]
    assert keys[Scope.PAYMENTS_WRITE].post("/v1/payments", json=order).json()["status"] == "succeeded"


def test_the_description_says_which_scope_an_operation_needs(served: Served) -> None:
    document = httpx.get(f"{served.url}/v1/openapi.json").json()
    for operation in OPERATIONS:
        assert document["paths"][operation.path][operation.method.lower()]["security"] == [{"key": [operation.scope]}]
    assert "of scope <code>payments:write</code>" in httpx.get(f"{served.url}/v1/docs/payments").text
