"""A merchant's orders in lists and as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from feiqian.orders.export import HEADER, csv_of
from feiqian.orders.read_model.reads import Wanted
from feiqian.projections.errors import CursorInvalid


async def made(bank: Any, merchant: Any, *numbers: str) -> list[Any]:
    orders = []
    for number in numbers:
        bank.clock.advance(1)
        orders.append(await bank.order(merchant, number=number))
    return orders


def test_pages_are_newest_first_and_end(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    orders = run(made(bank, merchant, "A-1", "A-2", "B-1"))
    page, after = run(bank.orders.list(merchant, None, 2, Wanted()))
    assert page == [orders[2], orders[1]]
    assert run(bank.orders.list(merchant, after, 2, Wanted())) == ([orders[0]], None)


def test_orders_are_found_by_status_time_and_how_their_numbers_begin(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    orders = run(made(bank, merchant, "A-1", "A-2", "B-1"))
    run(bank.orders.close(merchant, orders[1].id))
    found = lambda wanted: [one.merchant_order for one in run(bank.orders.list(merchant, None, 9, wanted))[0]]  # noqa: E731
    assert found(Wanted(search="A-")) == ["A-2", "A-1"]
    assert found(Wanted(status="closed")) == ["A-2"]
    middle = round(orders[1].created_at.timestamp() * 1_000_000)
    assert found(Wanted(created_from=middle)) == ["B-1", "A-2"]
    assert found(Wanted(created_before=middle)) == ["A-1"]


def test_abuse_34_a_cursor_of_another_merchant_leads_to_nothing_of_theirs(bank: Any, run: Any) -> None:
    mine, theirs = bank.merchant(), bank.merchant()
    run(made(bank, theirs, "T-1", "T-2"))
    _, after = run(bank.orders.list(theirs, None, 1, Wanted()))
    assert run(bank.orders.list(mine, after, 9, Wanted())) == ([], None)
    with pytest.raises(CursorInvalid):
        run(bank.orders.list(mine, "ord_1", 9, Wanted()))


def test_abuse_63_the_export_has_amounts_with_decimals_and_no_formula(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    order = run(bank.order(merchant, description='=HYPERLINK("x")'))
    header, line, end = csv_of([order]).split("\r\n")
    assert header.startswith("id,merchant_order,status,currency,amount")
    assert line.startswith(f"{order.id},A-1001,open,CNY,12.50,0.00,")
    assert ',"\'=HYPERLINK(""x"")",' in line
    assert end == ""


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u3000=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20A1")


@pytest.mark.parametrize("begins", FORMULAS, ids=ascii)
def test_abuse_63_no_text_of_an_order_is_a_formula_or_another_cell(bank: Any, run: Any, begins: str) -> None:
    text = f'{begins}","=2'
    order = run(bank.order(bank.merchant(), description=text))
    [_, cells] = csv.reader(io.StringIO(csv_of([order])))
    assert cells[9] == f"'{text}"
    assert len(cells) == len(HEADER)
    plain = run(bank.order(bank.merchant(), description="2 - 1 = 1"))
    assert list(csv.reader(io.StringIO(csv_of([plain]))))[1][9] == "2 - 1 = 1"


def test_what_has_happened_to_an_order_is_a_time_line(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    found = run(bank.orders.reads.events(order.id))
    assert [(version, event) for version, event, _ in found] == [(1, "created"), (2, "paid")]
