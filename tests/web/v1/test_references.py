"""References are compared as they are seen: what differs by what is not seen is refused, and is no second payment."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from feiqian.auth.api.shapes import RegistrationFinish, SignInStart
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.testing.served import Served

UNSEEN = [
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\x00",
    "\x85",
    "\xa0",
    "\xad",
    "\u200b",
    "\u200d",
    "\u2028",
    "\u3000",
    "\ufeff",
]
names = {"ids": ascii}


@pytest.mark.parametrize("unseen", UNSEEN, **names)
@pytest.mark.parametrize("where", ["A-1{}", "{}A-1", "A{}-1"])
@pytest.mark.parametrize(("type", "field"), [(PaymentRequest, "merchant_order"), (RefundRequest, "merchant_refund")])
def test_abuse_89_a_reference_has_nothing_that_is_not_seen(
    type: type[msgspec.Struct], field: str, where: str, unseen: str
) -> None:
    payment = {"payment_code": "88" + "0" * 18, "currency": "CNY"} if type is PaymentRequest else {}
    msgspec.convert({"amount": 1, field: "A-1"} | payment, type)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"amount": 1, field: where.format(unseen)} | payment, type)


@pytest.mark.parametrize("field", ["currency", "description", "store", "terminal"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x00", "\u2028"], **names)
def test_abuse_89_no_text_of_a_payment_ends_in_a_line_end(field: str, end: str) -> None:
    request = {"payment_code": "88" + "0" * 18, "amount": 1, "currency": "CNY", "merchant_order": "A-1"}
    msgspec.convert(request | {field: "EUR"}, PaymentRequest)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(request | {field: "EUR" + end}, PaymentRequest)


def test_abuse_89_two_orders_that_look_alike_are_one_payment(served: Served, shop: httpx.Client) -> None:
    customer = served.customer()
    order = served.order(customer, merchant_order="alike-1")
    paid = shop.post("/v1/payments", json=order).json()
    assert paid["status"] == "succeeded"
    codes = served.codes(customer, 1 + len(UNSEEN))[1:]
    for code, unseen in zip(codes, UNSEEN, strict=True):
        again = shop.post("/v1/payments", json=order | {"payment_code": code, "merchant_order": "alike-1" + unseen})
        assert again.status_code == 422
        (error,) = again.json()["errors"]
        assert error["field"] == "merchant_order"
        assert error["message"] == "Expected str matching regex '^[A-Za-z0-9][A-Za-z0-9._:/-]*$'"
    refunds = f"/v1/payments/{paid['id']}/refunds"
    assert shop.post(refunds, json={"amount": 100, "merchant_refund": "R-1"}).json()["status"] == "succeeded"
    for unseen in UNSEEN:
        assert shop.post(refunds, json={"amount": 100, "merchant_refund": "R-1" + unseen}).status_code == 422
    assert shop.get(f"/v1/payments/{paid['id']}").json()["refunded"] == 100


@pytest.mark.parametrize("query", ["cursor=abc%0A", "limit=1%0A", "limit=%201", "merchant_order=A-1%0D%0A"])
def test_abuse_89_no_parameter_ends_in_a_line_end(shop: httpx.Client, query: str) -> None:
    assert shop.get(f"/v1/payments?{query}").status_code == 422


def test_a_payment_that_was_taken_with_a_newline_is_found_and_refunded(served: Served, shop: httpx.Client) -> None:
    """Versions before took "A-1" and "A-1" with a newline as two orders, and what was paid stays what it is."""
    taken = []
    for number in ("before-1", "before-1\n"):
        request = PaymentRequest(**served.order(merchant_order=number, description="Lunch\n"))
        services = served.bank.services
        merchant = services.merchants.by_number(1)
        taken.append(served.wait_for(services.payments.pay(merchant, request)).id)
    assert taken[0] != taken[1]
    for id, number in zip(taken, ("before-1", "before-1\n"), strict=True):
        listed = shop.get("/v1/payments", params={"merchant_order": number}).json()["data"]
        assert [(payment["id"], payment["merchant_order"]) for payment in listed] == [(id, number)]
        refunded = shop.post(f"/v1/payments/{id}/refunds", json={"amount": 1250, "merchant_refund": "R-1"}).json()
        assert (refunded["status"], refunded["payment"]) == ("succeeded", id)
    everything = shop.get("/v1/payments", params={"limit": 100}).json()["data"]
    assert set(taken) <= {payment["id"] for payment in everything}


def test_a_refund_that_was_made_with_a_newline_is_listed(served: Served, shop: httpx.Client) -> None:
    paid = shop.post("/v1/payments", json=served.order()).json()
    services = served.bank.services
    merchant = services.merchants.by_number(1)
    request = RefundRequest(amount=250, merchant_refund="R-1\n")
    served.wait_for(services.payments.refund(merchant, paid["id"], request))
    listed = shop.get(f"/v1/payments/{paid['id']}/refunds").json()["data"]
    assert [(refund["merchant_refund"], refund["amount"]) for refund in listed] == [("R-1\n", 250)]


def test_a_password_of_before_that_ends_in_a_newline_still_signs_in_and_a_new_one_has_none() -> None:
    password = {"password": "quartz-lantern-58\n"}
    assert msgspec.convert({"mobile": "+8613800138000"} | password, SignInStart).password == "quartz-lantern-58\n"
    with pytest.raises(msgspec.ValidationError, match="password"):
        msgspec.convert({"name": "Li Na", "document": "cn_id", "pin": "590274"} | password, RegistrationFinish)
