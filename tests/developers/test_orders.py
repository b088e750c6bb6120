"""Orders are found, refunded with fresh factors by an operator, captured, voided and closed; others' are not there."""

from __future__ import annotations

import csv
import io

import pytest
from receiving import Receiver
from shop_people import Bank
from test_webhooks import add


def refund(bank: Bank, order: str) -> list[int]:
    """What was given back of an order."""
    with bank.client() as shop:
        return [one["amount"] for one in shop.get(f"/v1/orders/{order}/refunds").json()["data"]]


def test_an_operator_refunds_an_order_once_and_its_webhook_says_so(bank: Bank, receiver: Receiver) -> None:
    add(bank.join("developer"), receiver, "order.refunded")
    operator, order = bank.join("operator"), bank.paid_order()
    place = f"/orders/{order['id']}"
    page = operator.get(place)
    assert all(text in page for text in (order["merchant_order"], "Order made", "Paid", "Tea"))
    once = page.split('name="once" value="')[1].split('"')[0]
    operator.post(f"{place}/refund", amount="2.50", why="Broken cup", once=once)
    assert refund(bank, order["id"]) == []  # not before it is confirmed
    operator.confirm("/orders/confirm", times=2)  # a double click
    assert refund(bank, order["id"]) == [250]
    operator.get(place)
    operator.post(f"{place}/refund", amount="2.50", why="Broken cup", once=once)  # the form of before, sent again
    operator.confirm("/orders/confirm")
    assert refund(bank, order["id"]) == [250]
    receiver.wait()
    assert receiver.got[-1].json["data"]["refunded"] == 250
    page = operator.get(place)
    assert "Partly refunded" in page
    assert "<code>order.refunded</code>" in page  # that the shop was told
    assert "/merchants/developers/webhooks" not in page  # what and where is not an operator's
    with bank.services.db.read() as connection:
        [again, entry] = [
            e for e in bank.services.audit_log.of(connection, order["id"]) if e.action == "order_refunded"
        ]
    assert (entry.actor.number, entry.details["why"], entry.details["amount"]) == (operator.number, "Broken cup", 250)
    assert again.details == entry.details


@pytest.mark.parametrize(
    ("amount", "why", "said"),
    [("0", "x", "above zero"), ("-1", "x", "above zero"), ("99.00", "x", "not possible"), ("1.00", "", "Say why")],
)
def test_a_refund_that_makes_no_sense_is_refused(bank: Bank, amount: str, why: str, said: str) -> None:
    operator, order = bank.join("operator", name=f"Op {amount}{why}"), bank.paid_order()
    operator.get(f"/orders/{order['id']}")
    told = operator.post(f"/orders/{order['id']}/refund", amount=amount, why=why)
    assert (told.status_code, said in told.text) == (422, True), told.text
    assert refund(bank, order["id"]) == []


def test_what_is_authorised_is_captured_once_and_the_rest_voided(bank: Bank) -> None:
    operator, order = bank.join("operator", name="Captures"), bank.paid_order(capture="later")
    place = f"/orders/{order['id']}"
    page = operator.get(place)
    once = page.split('name="once" value="')[1].split('"')[0]
    for _ in range(2):
        told = operator.post(f"{place}/capture", taken="5.00", once=once)
        assert "captured" in told.text
    assert (bank.wait_for(bank.services.orders.get(bank.merchant(), order["id"])).paid) == 500
    assert "given up" in operator.post(f"{place}/void").text
    ended = bank.wait_for(bank.services.orders.get(bank.merchant(), order["id"]))
    assert (ended.paid, ended.authorised) == (500, 0)
    assert "not possible" in operator.post(f"{place}/close").text


def test_orders_are_found_filtered_and_exported(bank: Bank) -> None:
    viewer = bank.join("viewer", name="Looks")
    big, small = bank.paid_order(77_00), bank.paid_order(1_00)
    number = str(big["merchant_order"])
    assert number in viewer.get(f"/orders?search={number}")
    assert "Time line" in viewer.client.get(f"/merchants/orders?search={big['id']}", follow_redirects=True).text
    found = viewer.get("/orders?least=70.00&most=80.00&status=paid&since=2020-01-01")
    assert number in found
    assert f">{small['merchant_order']}<" not in found
    assert "No order fits" in viewer.get("/orders?until=2020-01-01")
    assert "Write an amount" in viewer.get("/orders?least=lots")
    assert "Write a day" in viewer.get("/orders?since=yesterday")
    for asked in ("least=70.00", "most=lots", "since=2020-01-01", "until=2020-01-01"):  # what is set is not hidden
        assert '<details class="rarer" open>' in viewer.get(f"/orders?{asked}")
    for asked in ("", f"?search={number}&status=paid"):
        assert '<details class="rarer">' in viewer.get(f"/orders{asked}")
    exported = viewer.client.get("/merchants/orders/export.csv?least=70.00&most=80.00")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [row["id"] for row in rows] == [big["id"]]
    assert viewer.get("/orders?cursor=nonsense&status=nonsense")


def test_a_viewer_has_no_buttons_and_another_merchant_no_orders(bank: Bank) -> None:
    order = bank.paid_order()
    with bank.client() as shop:
        wanted = {"merchant_order": "OPEN-1", "amount": 100, "currency": "CNY"}
        unpaid = shop.post("/v1/orders", json=wanted).json()
    viewer, stranger, dev = bank.join("viewer"), bank.join("owner", 1), bank.join("developer", name="Reads")
    for place in (f"/orders/{order['id']}", f"/orders/{unpaid['id']}"):
        for reader in (viewer, dev):
            assert f'action="/merchants{place}' not in reader.get(place)
            for act in ("refund", "capture", "void", "close"):
                assert reader.post(f"{place}/{act}", amount="1.00", taken="1.00", why="x").status_code == 403
                reader.get(place)
        stranger.get("/orders")
        assert stranger.client.get(f"/merchants{place}").status_code == 404
        for act in ("refund", "capture", "void", "close"):
            assert stranger.post(f"{place}/{act}", amount="1.00", taken="1.00", why="x").status_code == 404
            stranger.get("/orders")
    assert order["merchant_order"] not in stranger.get("/orders")
    assert order["id"] not in stranger.client.get("/merchants/orders/export.csv").text


def test_an_open_order_is_closed(bank: Bank) -> None:
    with bank.client() as shop:
        wanted = {"merchant_order": "OPEN-2", "amount": 100, "currency": "CNY"}
        unpaid = shop.post("/v1/orders", json=wanted).json()
    operator = bank.join("operator", name="Closes")
    operator.get(f"/orders/{unpaid['id']}")
    assert "Nobody can pay it any more" in operator.post(f"/orders/{unpaid['id']}/close").text
    assert bank.wait_for(bank.services.orders.get(bank.merchant(), unpaid["id"])).status == "closed"


def test_the_home_of_developers_tries_an_endpoint(bank: Bank, receiver: Receiver) -> None:
    dev = bank.join("developer", name="Tries")
    place, _ = add(dev, receiver, "payment.*")
    home = dev.get("/developers")
    assert "/v1/docs" in home
    assert f'action="/merchants{place}/test"' in home
    assert bank.join("operator", name="No keys").client.get("/merchants/developers").status_code == 403
