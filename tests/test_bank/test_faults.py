"""Answers that are lost or late: once for each number, after the request was carried out."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from feiqian.test_bank.faults import LOST, SLOW, Faults


class App:
    """Counts what reaches it, and answers with the body that it got."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def answered(faults: Faults, body: bytes, path: str = "/v1/orders", key: bytes = b"Bearer one") -> int:
    """The status. The body comes in two parts."""
    parts = [(body[:5], True), (body[5:], False)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part, more = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": more}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"authorization", key)], "extensions": {}}
    asyncio.run(faults(scope, receive, send))
    return int(sent[0]["status"])


def asked(amount: int, number: str = "A-1") -> bytes:
    return json.dumps({"amount": amount, "merchant_order": number}).encode()


def test_a_lost_answer_is_lost_once_for_each_number_and_the_request_is_carried_out() -> None:
    app = App()
    faults = Faults(app)
    bodies = [asked(LOST), asked(LOST), asked(LOST, "A-2"), asked(12_50)]
    assert [answered(faults, body) for body in bodies] == [503, 200, 503, 200]
    assert app.bodies == bodies
    assert answered(faults, asked(LOST), key=b"Bearer another") == 503
    assert answered(faults, asked(LOST), path="/v1/webhook-endpoints") == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"amount": "50303"}', b'{"amount": 1e99}'])
def test_what_is_no_request_of_ours_is_passed_on(body: bytes) -> None:
    app = App()
    assert answered(Faults(app), body) == 200
    assert app.bodies == [body]


def test_a_late_answer_is_held_and_the_same_request_again_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    faults = Faults(App(), slow_seconds=15)
    assert [answered(faults, asked(SLOW)) for _ in range(2)] == [200, 200]
    assert slept == [15]
