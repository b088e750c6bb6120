"""No secret that is handed to the server comes out of it: not in logs, errors, problems, URLs or metrics."""

from __future__ import annotations

import io
import json

import httpx
import pytest

from feiqian.runtime import logs
from feiqian.testing.served import Served

PIN, CARD = "PIN 918273", "6222021234567890123"


def test_abuse_62_secrets_are_in_no_log_answer_or_metric(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    logs.configure("debug", "json", log)
    code = served.codes(served.customer())[0]
    key = served.merchants[0].key
    secrets = [code, key, key[12:], CARD, PIN]
    said = []
    with served.client() as shop:
        said += [shop.post("/v1/payments", json=body) for body in _bodies(served, code)]
        said += [shop.get(f"/v1/payments/{key}"), shop.get(f"/v1/payments/{code}"), shop.get(f"/v1/{CARD}")]
        said += [shop.get("/v1/payments", params={name: name}) for name in (code, key)]
        said += [shop.get("/v1/payments", params={"cursor": key})]
        said.append(shop.get("/v1/balance", headers={"authorization": f"Bearer {key}x"}))
        said.append(shop.get("/v1/balance", headers={"authorization": f"Basic {key}"}))
        for way in ("pay_at_once", "pay"):  # in the callback; in a task where merchants have to be read
            monkeypatch.setattr(served.bank.services.payments, way, _fail)
        said.append(shop.post("/v1/payments", json=served.order(payment_code=code)))
    said.append(httpx.get(f"{served.metrics_url}/metrics", timeout=60))
    assert [answer.status_code for answer in said[-2:]] == [500, 200]
    assert "request_failed" in log.getvalue()
    for secret in secrets:
        assert secret not in log.getvalue()
        for answer in said:
            assert secret not in answer.text
            assert secret not in str(answer.headers)


def _bodies(served: Served, code: str) -> list[dict[str, object]]:
    good = served.order(payment_code=code)
    return [
        good,
        good | {"amount": 2},
        good | {"payment_code": code + "1"},
        good | {"payment_code": f"{code}\n"},
        good | {"amount": code},
        good | {"currency": code},
        good | {code: 1},
        good | {"pin": PIN},
        good | {"merchant_order": "x", "description": "card"},
    ]


def _fail(merchant: object, request: object, tell: object) -> None:
    raise RuntimeError(f"failed with {request} and {PIN.split()[0]}")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("code 88012345678901234567 read", "88012345678901234567"),
        ("code 8801 2345 6789 0123 4567 read", "8801 2345"),
        (f"card {CARD}", CARD),
        ("key fq_test_" + "aB3-_" * 8, "aB3-_aB3"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("authorization=Basic Zm9vOmJhcg==", "Zm9vOmJhcg"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, secret: str) -> None:
    assert secret not in logs.scrub(text)
    assert logs.REDACTED in logs.scrub(text)


def test_secrets_are_known_by_their_name_wherever_they_are() -> None:
    event = {
        "event": "x",
        "payment_code": "1",
        "nested": {"Authorization": "a", "list": [{"pin": 1234}]},
        "position": 7,
    }
    told = json.dumps(logs.redact(None, "info", event))
    assert '"1"' not in told
    assert "1234" not in told
    assert '"position": 7' in told


def test_ids_and_times_are_not_taken_for_secrets() -> None:
    for text in ("pay_01a20cdca26571f8a0ff9ff498e478c4", "2026-11-24T09:21:55.813456Z", "position 123456789"):
        assert logs.scrub(text) == text
