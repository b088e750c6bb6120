"""The framework under /v1 does as the hot path does, leaves turns whole, and finds what there is as before."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from litestar.datastructures import State

from feiqian.auth.api.shapes import Done
from feiqian.merchants.scopes import Scope
from feiqian.testing.served import Served
from feiqian.web.v1.authenticate import Visitor
from feiqian.web.v1.framework import litestar
from feiqian.web.v1.operations import Id, TheMerchant, TheServices, TheSession, TheVisitor, get

JSON = {"content-type": "application/json"}
FIXED = ["/v1/openapi.json", "/v1/docs", "/healthz", "/readyz", "/problems/not-found"]


@get("/v1/made-up/{id:str}", "lookAtMadeUp", "Made up", who="customer")
async def of_customer(id: Id, session: TheSession, visitor: TheVisitor, services: TheServices) -> Done:
    return Done(session is visitor.session and id == "x")


@get("/v1/made-up", "listMadeUp", "Made up", scope=Scope.REPORTS_READ)
async def of_merchant(merchant: TheMerchant, services: TheServices) -> Done:
    return Done()


@pytest.mark.parametrize("path", ["/v1/made-up", "/v1/made-up/x"])
def test_nothing_comes_between_a_turn_that_has_begun_and_the_handler(path: str) -> None:
    """A request that awaits nothing ends in one step: each further one would be taken without having its turn."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    def signed_in(app: Any) -> Any:
        async def around(scope: Any, receive: Any, send: Any) -> None:
            scope["user"] = Visitor(SimpleNamespace(), "", "en")  # type: ignore[arg-type]
            await app(scope, receive, send)

        return around

    app: Any = litestar([of_customer, of_merchant], middleware=[signed_in], state=State({"services": None}))
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    with pytest.raises(StopIteration):
        app(scope, None, send).send(None)
    assert sent[0]["status"] == 200
    assert json.loads(sent[1]["body"]) == {"done": True}


def by_framework(served: Served, body: bytes, **headers: str) -> httpx.Response:
    """What the framework answers to a payment, without our server and the hot path before it."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(served.server.config.loaded_app.api)
        async with httpx.AsyncClient(transport=transport, base_url=served.url) as client:
            return await client.post("/v1/payments", content=body, headers=headers)

    return served.wait_for(asked())


@pytest.mark.parametrize(
    "change", [{}, {"amount": 0}, {"surprise": 1}, {"currency": "XYZ"}, {"description": "a\u202eb"}, {"amount": 7}]
)
def test_a_payment_is_answered_alike_with_and_without_the_hot_path(served: Served, change: dict[str, Any]) -> None:
    order = served.order()
    key = f"Bearer {served.merchants[0].key}"
    with served.client() as shop:
        first = shop.post("/v1/payments", json=order).json()
        assert first["status"] == "succeeded"
        body = json.dumps(order | change).encode()
        hot = shop.post("/v1/payments", content=body, headers=JSON)
    framework = by_framework(served, body, authorization=key, **JSON)
    assert (framework.status_code, framework.content) == (hot.status_code, hot.content)
    assert framework.headers["content-type"] == hot.headers["content-type"]
    assert by_framework(served, body, **JSON).status_code == 401
    assert by_framework(served, body, authorization=key).status_code == 415
    assert by_framework(served, b"", authorization=key, **JSON).json()["type"] == "/problems/malformed-json"


@pytest.mark.parametrize("path", FIXED)
def test_what_anyone_may_read_is_only_read(served: Served, path: str) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        assert client.get(path).status_code == client.head(path).status_code == 200
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert client.get(path + "/").status_code == 404


def test_methods_and_paths_that_there_are_not_are_problems(served: Served) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            answer = client.request(method, "/v1/payments")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
            assert answer.json()["type"] == "/problems/method-not-allowed"
        assert client.get("/v1/me/freeze").headers["allow"] == "POST"
        for path in ("/v1", "/v1/", "/v1/payments/", "/v1/payments/x/y", "/v1/balance/x", "/problems/", "/metrics"):
            assert client.get(path).json()["type"] == "/problems/not-found"


def test_paths_without_end_are_not_kept(served: Served) -> None:
    """The framework keeps the paths of the newest requests that it has routed, before it is known who asks."""
    kept = served.server.config.loaded_app.api._app.asgi_router.handle_routing.cache_info
    with httpx.Client(base_url=served.url, timeout=60) as client:
        client.get("/v1/payments/x")
        before = kept().currsize
        for long in ("a" * 250, "b" * 8_000, "c/" * 4_000 + "c"):
            assert client.get(f"/v1/payments/{long}").status_code == 404
    assert kept().currsize == before
