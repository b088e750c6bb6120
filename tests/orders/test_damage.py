"""What goes wrong in the middle: no order stays open that was paid, and the audit finds what does not tie."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feiqian.accounts import opening
from feiqian.errors import NotDeciding
from feiqian.events import OrderChanged, decode_fact, encode_fact
from feiqian.money import CNY
from feiqian.orders.model import OrderStatus, encode, order_object
from feiqian.orders.read_model import READ_MODEL as ORDERS
from feiqian.payments.errors import RecordIncomplete
from feiqian.projections.reconcile import reconcile
from feiqian.testing.clock import ManualClock
from tests.orders.conftest import Bank

DEAR = 2_000_00  # waits at every level


class Jumping(ManualClock):
    """A clock that jumps after it was asked so often whether it has."""

    left: int | None = None

    @property
    def jumped(self) -> bool:  # type: ignore[override]
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("asked", range(9))
def test_abuse_88_an_order_is_told_paid_if_money_moved_whenever_the_clock_jumps(
    tmp_path: Path, run: Any, asked: int
) -> None:
    clock = Jumping()
    bank = Bank(tmp_path / "data", clock)
    bank.post(opening.bank_accounts(CNY.number))
    merchant, slow, quick = bank.merchant(), bank.customer(5_000_00), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR))
    first, second = (run(bank.pay_order(merchant, customer, order)) for customer in (slow, quick))
    challenge = bank.challenges.passed(quick, run(bank.payments.confirmations.bound_of(quick, second.id or "")))
    clock.left = asked
    with contextlib.suppress(NotDeciding):
        run(bank.payments.confirmations.confirm(quick, second.id or "", challenge))
    clock.left = None
    bank.ledger.look_at_clock()
    bank.ties()
    moved = bank.wallet(quick) < 5_000_00
    told = run(bank.orders.get(merchant, order.id))
    assert (told.status == "paid") == moved
    if moved:
        waits = run(bank.payments.get(merchant, first.id or "")).status == "needs_verification"
        if waits:  # it cannot succeed, and says so when it is confirmed
            assert run(bank.confirm(slow, first)).reason == "order_not_open"
    assert bank.wallet(slow) == 5_000_00
    bank.ties()
    bank.close()


def test_the_audit_finds_an_order_that_does_not_tie(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    run(bank.give_back(merchant, order, 1_00, "r1"))
    bank.ledger.commit()
    ((blob,),) = bank.read_db.all("SELECT fact FROM orders")
    fact = decode_fact(blob)
    assert isinstance(fact, OrderChanged)
    whole = order_object(fact)
    less = msgspec.structs.replace(whole.taken[0], amount=12_49, refunded=0)
    for wrong, found in (
        (msgspec.structs.replace(whole, taken=(less,)), ["what it took", "what was given back"]),
        (msgspec.structs.replace(whole, status=OrderStatus.CLOSED), ["the state of its hold"]),
        (msgspec.structs.replace(whole, paid=12_51), ["what was paid or is held of it at most"]),
        (whole, []),
    ):
        changed = encode_fact(msgspec.structs.replace(fact, object=encode(wrong)))
        with bank.read_db.transaction():
            bank.read_db.change("UPDATE orders SET fact = :fact", fact=changed)
        assert [one.what for one in reconcile(bank.engine, bank.folder / "read.db", [ORDERS])] == found


def test_an_order_that_was_set_aside_is_not_paid_and_holds_up_nothing(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR))
    waiting = run(bank.pay_order(merchant, customer, order))
    plain = run(bank.pay(merchant, customer, DEAR))
    bank.ledger.commit()
    again = bank.again()
    try:
        with again.read_db.transaction():
            again.read_db.change("DELETE FROM orders")
        run(again.payments._resume())
        assert len(again.payments.expiry.of(customer)) == 2
        with pytest.raises(RecordIncomplete):
            run(again.confirm(customer, waiting))
        assert again.wallet(customer) == 5_000_00
        assert run(again.confirm(customer, plain)).status == "succeeded"
    finally:
        again.close()
    bank.__init__(bank.folder, bank.clock)
