"""Every entry of a customer's accounts is a movement, described by the feature that moved the money."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.activity.errors import MovementNotFound
from feiqian.activity.model import Direction, State, Wanted
from feiqian.deposits.model import WALLET
from feiqian.payments.read_model.lines import Span
from tests.activity.movers import Movers
from tests.customers.people import EVE, EVE_DETAILS


def test_all_that_moved_and_what_did_not_is_listed_newest_first(bank: Movers) -> None:
    mei = bank.holder(100_00)
    account, shop = bank.account(mei, 200_00), bank.shop()
    paid = bank.pay(mei, shop, 30_00, "Two coffees")
    bank.refund(shop, paid, 10_00)
    bank.move(mei, account.id, WALLET, 25_00)
    declined = bank.pay(mei, shop, 106_00, "Too many coffees")
    assert declined.status == "declined"
    told = [
        (it.described.text.removeprefix("activity.what."), it.amount, it.described.status, it.described.who)
        for it in bank.listed(mei, limit=2)
    ]
    assert told == [
        ("payment", -106_00, "declined", "Corner Café"),
        ("own_transfer", -25_00, "succeeded", ""),
        ("refund", 10_00, "succeeded", "Corner Café"),
        ("payment", -30_00, "partly_refunded", "Corner Café"),
        ("other", 200_00, "succeeded", ""),
        ("opening", 100_00, "succeeded", ""),
    ]
    of_wallet = bank.listed(mei, Wanted(account=bank.wallet(mei)))
    assert [it.amount for it in of_wallet] == [-106_00, 25_00, 10_00, -30_00, 100_00]
    assert bank.findings() == []


def test_a_movement_is_found_by_its_id_for_ever_and_by_nobody_else(bank: Movers) -> None:
    mei, eve = bank.holder(100_00), bank.checked(EVE, EVE_DETAILS).session.subject.customer
    account, shop = bank.account(mei, 200_00), bank.shop()
    paid = bank.pay(mei, shop, 30_00)
    bank.refund(shop, paid, 10_00)
    moved = bank.move(mei, account.id, WALLET, 25_00)
    bank.pay(mei, shop, 300_00)
    every = bank.listed(mei)
    bank.rebuild()
    for it in every:
        found = bank.run(bank.activity.movement(mei, it.id))
        assert replace(found, place=it.place, line=it.line, unmoved=it.unmoved) == it
        with pytest.raises(MovementNotFound):
            bank.run(bank.activity.movement(eve, it.id))
    assert bank.run(bank.activity.movement(mei, paid.id or "")).id == every[3].id
    assert bank.run(bank.activity.movement(mei, moved)).described.reference == moved


def test_lists_are_narrowed_by_what_is_asked_for(bank: Movers) -> None:
    mei = bank.holder(500_00)
    cafe, books = bank.shop(), bank.shop("Lu Xun Books")
    begun = bank.clock.now()
    for n in range(6):
        bank.pay(mei, cafe if n % 2 else books, 10_00 + n, f"Cup {n}")
    since = bank.clock.now()
    bank.refund(cafe, bank.pay(mei, cafe, 99_00, "Beans"), 9_00)
    bank.pay(mei, books, 999_00)

    def found(**wanted: object) -> list[int]:
        return [it.amount for it in bank.listed(mei, Wanted(**wanted))]  # type: ignore[arg-type]

    assert found(text="lu xun") == [-999_00, -10_04, -10_02, -10_00]
    assert found(text="cup 3") == [-10_03]
    assert found(text="10.05") == [-10_05]
    one = next(it for it in bank.listed(mei) if it.amount == -10_03)
    for id in (one.id, one.described.reference):
        for typed in (id, id.upper(), id.partition("_")[2], id.replace("_", "")):
            assert found(text=typed) == [-10_03]
    assert found(direction=Direction.CAME) == [9_00, 500_00]
    assert found(state=State.FAILED) == [-999_00]
    assert found(least=10_02, most=10_04) == [-10_04, -10_03, -10_02]
    assert found(span=Span(begun, since + 1), most=11_00) == [-10_05, -10_04, -10_03, -10_02, -10_01, -10_00]
    assert found(span=Span(since + 1)) == [-999_00, 9_00, -99_00]
    assert found(account=b"\1" * 16) == []
