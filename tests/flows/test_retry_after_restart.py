"""A served bank that is started again between a payment and its retry: the first answer is its payer's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.ledger.chart import account_id
from feiqian.money import CNY
from feiqian.testing.served import BALANCE, Served


def wallet(served: Served, customer: int) -> int:
    account = served.bank.services.ledger.engine.account
    found = served.inside(lambda: account(account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer)))
    assert found is not None
    return int(found.balance)


@pytest.mark.parametrize("again", [False, True], ids=["the_same_process", "started_again"])
def test_abuse_90_a_retry_with_another_payer_is_refused_after_a_restart(tmp_path: Path, again: bool) -> None:
    served = Served(tmp_path / "bank")
    try:
        payer, other = served.customer(), served.customer()
        order = served.order(payer, merchant_order="o-1")
        with served.client() as shop:
            first = shop.post("/v1/payments", json=order)
        assert first.json()["status"] == "succeeded"
        if again:
            served.stop()
            served.start()
        with served.client() as shop:
            refused = shop.post("/v1/payments", json=order | {"payment_code": served.codes(other)[0]})
            assert (refused.status_code, refused.json()["type"]) == (422, "/problems/id-reused")
            assert "payer" in refused.json()["detail"]
            rescanned = order | {"payment_code": served.codes(payer, 2)[1]}
            assert [shop.post("/v1/payments", json=retry).content for retry in (order, rescanned)] == [
                first.content
            ] * 2
        assert (wallet(served, payer), wallet(served, other)) == (BALANCE - 1250, BALANCE)
    finally:
        served.stop()
