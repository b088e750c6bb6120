"""A customer's limits over the JSON interface, with payments that they stop."""

from __future__ import annotations

from typing import Any

import httpx

from feiqian.testing.people import PASSWORD, PIN, Person
from feiqian.testing.served import Served
from tests.web.v1.test_me import CHALLENGES, LARGE, confirm, pay, payer

__all__ = ["payer"]
DAY = {"currency": "CNY", "scope": "all", "period": "day"}


def limit(person: Person, scope: str, period: str) -> dict[str, Any]:
    limits = person.get("/v1/me/limits")["limits"]
    return next(one for one in limits if (one["scope"], one["period"]) == (scope, period))


def test_nobody_has_limits_before_the_identity_is_checked(newcomer: Person) -> None:
    newcomer.register()
    assert newcomer.get("/v1/me/limits") == {"limits": []}
    problem = newcomer.post("/v1/me/limits/lower", DAY | {"amount": 1}, status=422)
    assert problem["errors"] == [{"field": "scope", "message": "currency"}]


def test_a_lower_limit_stops_the_next_payment_and_says_so(served: Served, shop: httpx.Client, payer: Person) -> None:
    assert pay(shop, served, payer, 60_00)["status"] == "succeeded"
    day = limit(payer, "all", "day")
    assert (day["amount"], day["used"], day["left"], day["own"]) == (2_000_00, 60_00, 1_940_00, None)
    assert day["resets_at"]
    payer.post("/v1/me/limits/lower", DAY | {"amount": 100_00})
    day = limit(payer, "all", "day")
    assert (day["amount"], day["rule"], day["bank"], day["left"]) == (100_00, "own", 2_000_00, 40_00)
    declined = pay(shop, served, payer, 40_01)
    assert (declined["status"], declined["reason"]) == ("declined", "daily_limit")
    (shown,) = [one for one in payer.get("/v1/me/payments")["data"] if one["id"] == declined["id"]]
    met = shown["limit"]
    assert (met["scope"], met["period"], met["rule"], met["amount"], met["left"]) == (
        "all",
        "day",
        "own",
        100_00,
        40_00,
    )
    assert met["resets_at"] == day["resets_at"]
    assert pay(shop, served, payer, 40_00)["status"] == "succeeded"


def test_a_limit_of_a_month_counts_what_was_paid_in_it_before(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    assert pay(shop, served, payer, 60_00)["status"] == "succeeded"
    payer.post("/v1/me/limits/lower", DAY | {"period": "month", "amount": 100_00})
    month = limit(payer, "all", "month")
    assert (month["used"], month["left"]) == (60_00, 40_00)
    assert pay(shop, served, payer, 40_01)["reason"] == "monthly_limit"
    assert pay(shop, served, payer, 40_00)["status"] == "succeeded"


def test_a_payment_that_waits_meets_the_limit_that_was_lowered_meanwhile(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    waiting = pay(shop, served, payer, LARGE)
    payer.post("/v1/me/limits/lower", DAY | {"amount": LARGE - 1})
    declined = confirm(payer, waiting["id"], ("pin", PIN))
    assert (declined["status"], declined["reason"]) == ("declined", "daily_limit")
    assert (declined["limit"]["rule"], declined["limit"]["amount"]) == ("own", LARGE - 1)
    payer.post("/v1/me/limits/lower", DAY | {"amount": 1_00})
    (shown,) = [one for one in payer.get("/v1/me/payments")["data"] if one["id"] == declined["id"]]
    assert shown["limit"] == declined["limit"], "as it was then"


def test_abuse_51_each_method_has_its_own_and_all_have_one_together(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    code = {"currency": "CNY", "scope": "code"}
    payer.post("/v1/me/limits/lower", code | {"period": "month", "amount": 50_00})
    assert pay(shop, served, payer, 50_00)["status"] == "succeeded"
    declined = pay(shop, served, payer, 1)
    assert (declined["status"], declined["reason"]) == ("declined", "method_monthly_limit")
    assert limit(payer, "quick", "month")["own"] is None
    payer.post("/v1/me/limits/lower", code | {"period": "payment", "amount": 0})
    assert pay(shop, served, payer, 1)["reason"] == "method_amount_too_high"


def test_a_higher_limit_needs_proof_and_waits_and_can_be_kept(payer: Person) -> None:
    payer.post("/v1/me/limits/lower", DAY | {"amount": 100_00})
    higher = DAY | {"amount": 500_00}
    payer.post("/v1/me/limits/lower", higher, status=409)
    payer.post("/v1/me/limits/raise", higher | {"challenge": "chl_0"}, status=404)
    begun = payer.post("/v1/me/limits/challenge", higher)
    assert "¥500.00" in begun["text"]
    assert "all payments of a day" in begun["text"]
    passed = payer.prove(CHALLENGES, begun, ("password", PASSWORD), ("pin", PIN), ("sms", ""))
    waiting = payer.post("/v1/me/limits/raise", higher | {"challenge": passed["id"]})
    assert limit(payer, "all", "day")["waiting"] == waiting
    assert limit(payer, "all", "day")["amount"] == 100_00
    payer.post("/v1/me/limits/keep", DAY)
    assert limit(payer, "all", "day")["waiting"] is None
    problem = payer.post("/v1/me/limits/lower", DAY | {"amount": 2_000_01}, status=422)
    assert problem["errors"] == [{"field": "amount", "message": "above_bank"}]
