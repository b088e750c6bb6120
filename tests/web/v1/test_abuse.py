"""Abuse cases (docs/ABUSE-CASES.md) as a client of the API would try them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.ledger.chart import account_id, transfer
from feiqian.money import CNY
from feiqian.testing.served import BALANCE, Served

JSON = {"content-type": "application/json"}


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, f"/problems/{slug}")
    return problem


@pytest.mark.parametrize("amount", [0, -1, -1250])
def test_abuse_1_a_zero_or_negative_amount_leaves_no_trace(served: Served, shop: httpx.Client, amount: int) -> None:
    before = served.position
    problem = refused(shop.post("/v1/payments", json=served.order(amount=amount)), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == ["amount"]
    assert served.position == before


@pytest.mark.parametrize("amount", ["12.50", "1e3", '"1250"', "1250.0", "NaN", "true", "null", "[1250]"])
def test_abuse_2_only_whole_minor_units_are_an_amount(served: Served, shop: httpx.Client, amount: str) -> None:
    before = served.position
    body = json.dumps(served.order(amount=777)).replace("777", amount)
    answer = shop.post("/v1/payments", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert served.position == before


@pytest.mark.parametrize("amount", [2**53, 2**63, 2**64 - 1, 2**64])
def test_abuse_3_an_amount_near_overflow_is_refused(served: Served, shop: httpx.Client, amount: int) -> None:
    before = served.position
    refused(shop.post("/v1/payments", json=served.order(amount=amount)), 422, "invalid-request")
    assert served.position == before


@pytest.mark.parametrize("amount", ["0.001", "12.345", "1.005"])
def test_abuse_4_more_decimals_than_the_currency_has_are_refused(
    served: Served, shop: httpx.Client, amount: str
) -> None:
    body = json.dumps(served.order(amount=777)).replace("777", amount)
    refused(shop.post("/v1/payments", content=body, headers=JSON), 422, "invalid-request")


@pytest.mark.parametrize("name", ["payer", "payee", "customer", "merchant", "debit", "credit"])
def test_abuse_9_neither_payer_nor_payee_can_be_named(served: Served, shop: httpx.Client, name: str) -> None:
    refused(shop.post("/v1/payments", json=served.order() | {name: 1}), 422, "invalid-request")


def test_abuse_11_a_whole_balance_debited_in_parallel_goes_once(served: Served) -> None:
    codes = served.codes(served.customer(), 40)
    orders = [served.order(payment_code=code, amount=BALANCE) for code in codes + codes[:24]]
    with served.client(0) as one, served.client(1) as two, ThreadPoolExecutor(16) as pool:
        shops = [one, two] * 32
        answers = pool.map(
            lambda pair: pair[0].post("/v1/payments", json=pair[1]).json(), zip(shops, orders, strict=True)
        )
        statuses = [answer["status"] for answer in answers]
    assert statuses.count("succeeded") == 1
    assert statuses.count("declined") == 63


def test_abuse_21_a_retry_gets_the_first_answer_byte_for_byte(served: Served, shop: httpx.Client) -> None:
    for order in (served.order(), served.order(amount=900_00), served.order(amount=1_200_00)):
        answers = [shop.post("/v1/payments", json=order) for _ in range(3)]
        assert len({(answer.status_code, answer.content) for answer in answers}) == 1


def test_abuse_22_the_same_order_with_another_body_is_refused(served: Served, shop: httpx.Client) -> None:
    order = served.order()
    first = shop.post("/v1/payments", json=order)
    for change in ({"amount": 1251}, {"description": "else"}, {"store": "main"}, {"terminal": "t"}):
        refused(shop.post("/v1/payments", json=order | change), 422, "id-reused")
    assert shop.post("/v1/payments", json=order).content == first.content


def test_abuse_23_anothers_order_number_is_another_order(
    served: Served, shop: httpx.Client, other_shop: httpx.Client
) -> None:
    order = served.order()
    mine = shop.post("/v1/payments", json=order).json()
    theirs = other_shop.post("/v1/payments", json=order | {"payment_code": served.codes(served.customer())[0]}).json()
    assert (mine["status"], theirs["status"]) == ("succeeded", "succeeded")
    assert mine["id"] != theirs["id"]
    assert other_shop.get("/v1/payments", params={"merchant_order": order["merchant_order"]}).json()["data"] == [theirs]


def test_abuse_24_retries_under_way_at_once_are_one_payment(served: Served, shop: httpx.Client) -> None:
    order, before = served.order(), shop.get("/v1/balance").json()["balance"]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: shop.post("/v1/payments", json=order), range(32)))
    assert len({answer.content for answer in answers}) == 1
    assert shop.get("/v1/balance").json()["balance"] - before == answers[0].json()["net"]


def test_abuse_25_a_retry_after_a_restart_gets_the_first_answer(served: Served) -> None:
    orders = [served.order(), served.order(amount=900_00), served.order(amount=1_200_00)]
    with served.client() as shop:
        first = [shop.post("/v1/payments", json=order).content for order in orders]
    served.stop()
    served.start()
    with served.client() as shop:
        assert [shop.post("/v1/payments", json=order).content for order in orders] == first


def test_abuse_26_a_retry_beyond_every_cache_is_stopped_by_the_ledger(served: Served) -> None:
    order = served.order()
    with served.client() as shop:
        first = shop.post("/v1/payments", json=order)
    served.stop()  # nothing in memory outlives this but what the journal says
    served.start()
    with served.client() as shop:
        before = shop.get("/v1/balance").json()
        fresh = order | {"payment_code": served.codes(served.customer())[0]}
        assert shop.post("/v1/payments", json=order).content == first.content
        assert shop.post("/v1/payments", json=order | {"amount": 1}).status_code == 422
        shop.post("/v1/payments", json=fresh)
        assert shop.get("/v1/balance").json() == before


def test_abuse_27_a_declined_order_stays_declined_after_a_top_up(served: Served, shop: httpx.Client) -> None:
    customer = served.customer()
    order = served.order(customer, amount=600_00)
    first = shop.post("/v1/payments", json=order)
    assert first.json()["reason"] == "insufficient_funds"
    opening, wallet = account_id(AccountKind.OPENING, CNY.number, 0), wallet_id(CNY.number, customer)
    top_up = transfer(b"top-up of a test", debit=opening, credit=wallet, amount=500_00, kind=1)
    served.inside(lambda: served.bank.services.ledger.post(top_up))
    again = order | {"payment_code": served.codes(customer, 2)[1]}
    assert shop.post("/v1/payments", json=order).content == first.content
    assert shop.post("/v1/payments", json=again).content == first.content
    new = served.order(customer, amount=600_00, payment_code=again["payment_code"])
    assert shop.post("/v1/payments", json=new).json()["status"] == "succeeded"


def test_abuse_28_anothers_payment_is_not_there_and_asking_is_logged(
    served: Served, shop: httpx.Client, other_shop: httpx.Client, logged: list[dict[str, Any]]
) -> None:
    payment = shop.post("/v1/payments", json=served.order()).json()["id"]
    unknown = "pay_" + "0" * 32
    asked = ("GET", ""), ("GET", "/refunds"), ("POST", "/cancel")
    for method, rest in asked:
        theirs = other_shop.request(method, f"/v1/payments/{payment}{rest}")
        nobodys = other_shop.request(method, f"/v1/payments/{unknown}{rest}")
        refused(theirs, 404, "not-found")
        assert theirs.content == nobodys.content
    seen = [entry for entry in logged if entry["event"] == "payment_not_found" and entry["payment"] == payment]
    assert len(seen) == len(asked)
    assert {entry["merchant"] for entry in seen} == {2}


@pytest.mark.parametrize("name", ["balance", "status", "role", "fee", "id", "created_at"])
def test_abuse_29_what_is_not_the_clients_to_say_is_refused(served: Served, shop: httpx.Client, name: str) -> None:
    refused(shop.post("/v1/payments", json=served.order() | {name: 1}), 422, "invalid-request")
    payment = shop.post("/v1/payments", json=served.order()).json()["id"]
    body = {"amount": 1, "merchant_refund": "r", name: 1}
    refused(shop.post(f"/v1/payments/{payment}/refunds", json=body), 422, "invalid-request")


def test_abuse_30_anothers_payment_cannot_be_refunded(
    served: Served, shop: httpx.Client, other_shop: httpx.Client
) -> None:
    payment = shop.post("/v1/payments", json=served.order()).json()["id"]
    body = {"amount": 1250, "merchant_refund": "r1"}
    refused(other_shop.post(f"/v1/payments/{payment}/refunds", json=body), 404, "not-found")
    assert shop.get(f"/v1/payments/{payment}").json()["refunded"] == 0


def test_abuse_35_a_key_of_the_other_mode_opens_nothing(served: Served, tmp_path_factory: Any) -> None:
    live = Served(
        tmp_path_factory.mktemp("live"),
        mode="live",
        sms_url="smpp://bank:x@127.0.0.1:9",
        email_url="smtp://127.0.0.1:9",
    )
    try:
        for here, there in ((served, live), (live, served)):
            key = there.merchants[0].key
            headers = {"authorization": f"Bearer {key}"}
            answer = httpx.post(f"{here.url}/v1/payments", json=here.order(), headers=headers, timeout=60)
            refused(answer, 401, "key-of-other-mode")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        with live.client() as shop:
            assert shop.post("/v1/payments", json=live.order()).json()["status"] == "succeeded"
    finally:
        live.stop()


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic eDp5", "Bearer fq_test_x", "fq_x"])
def test_without_a_key_nothing_is_told(served: Served, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    for path in ("/v1/payments", "/v1/balance"):
        answer = httpx.get(served.url + path, headers=headers, timeout=60)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_abuse_60_repeated_names_parameters_and_headers_are_refused(served: Served, shop: httpx.Client) -> None:
    order = served.order()
    before = served.position
    body = json.dumps(order)[:-1] + ', "amount": 1}'
    refused(shop.post("/v1/payments", content=body, headers=JSON), 400, "malformed-json")
    refused(shop.get("/v1/payments?limit=1&limit=2"), 400, "malformed-request")
    key = ("authorization", f"Bearer {served.merchants[1].key}")
    refused(shop.get("/v1/balance", headers=[*shop.headers.multi_items(), key]), 400, "malformed-request")
    types = [("content-type", "application/json"), ("content-type", "text/plain")]
    refused(shop.post("/v1/payments", content=json.dumps(order), headers=types), 400, "malformed-request")
    assert served.position == before
