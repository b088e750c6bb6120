"""Fees of quick payments: whole fen in an account of their own, whatever a bill is split into and given back of."""

from __future__ import annotations

import random

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.deposits.model import WALLET, DepositAccount
from feiqian.deposits.transfers import Wanted
from feiqian.ledger.chart import BANK, account_id
from feiqian.money import CNY, MinorUnits
from feiqian.payments.requests import RefundRequest
from feiqian.payments.views import PaymentView
from tests.quick.paying_bank import PayingBank
from tests.quick.paying_bank import bank as bank
from tests.quick.paying_bank import mei as mei

FEES = account_id(AccountKind.MERCHANT_FEES, CNY.number, BANK)
TEN_THOUSANDTHS = 60  # of an amount, the merchant's fee


def fees(bank: PayingBank) -> int:
    account = bank.ledger.engine.account(FEES)
    assert account is not None
    return account.balance


def paid(bank: PayingBank, account: DepositAccount, amount: int) -> PaymentView:
    bank.clock.advance(3_600)  # so that codes are sent again
    view = bank.pay(bank.bill(amount), bank.six(account))
    assert view.status == "succeeded"
    return view


@pytest.mark.parametrize("parts", [[84] * 6, [83] * 6, [1, 2, 3, 498], [250, 250, 4], [504]])
def test_abuse_7_a_bill_split_into_parts_leaves_nothing_beside_merchant_and_fees(
    bank: PayingBank, mei: DepositAccount, parts: list[int]
) -> None:
    """Half a fen each is all that splitting changes, and who bears it is the merchant alone."""
    before = bank.held(mei), bank.takings, fees(bank)
    told = [paid(bank, mei, part) for part in parts]
    spent, taken, earned = before[0] - bank.held(mei), bank.takings - before[1], fees(bank) - before[2]
    assert spent == sum(parts) == taken + earned
    assert earned == sum(view.fee for view in told)
    for part, view in zip(parts, told, strict=True):
        assert abs(10_000 * view.fee - TEN_THOUSANDTHS * part) <= 5_000
    bank.ledger.engine.check()


def test_abuse_7_parts_given_back_and_moved_between_accounts_make_no_fen(bank: PayingBank, mei: DepositAccount) -> None:
    paid(bank, mei, 100_00)  # which pays the fee of what is given back whole
    view, dice = paid(bank, mei, 84_01), random.Random(7)
    earned, left, count = fees(bank), 84_01, 0
    while left:
        part, count = min(left, dice.randrange(1, 900)), count + 1
        request = RefundRequest(amount=MinorUnits(part), merchant_refund=f"R-{count}")
        assert bank.run(bank.services.payments.refund(bank.shop, view.id or "", request)).status == "succeeded"
        left -= part
    assert (bank.held(mei), fees(bank), bank.takings) == (1_900_00, earned, 100_00 - earned), "the bank keeps its fee"
    for count in range(40):
        source, target = (mei.id, WALLET) if count % 2 else (WALLET, mei.id)
        wanted = Wanted(f"T-{count}", source, target, MinorUnits(dice.randrange(1, 99)), "CNY")
        bank.run(bank.services.own_transfers.make(mei.customer, wanted))
    wallet = bank.run(bank.services.accounts.balance(mei.customer, CNY.number))
    assert bank.held(mei) + wallet == 1_900_00
    bank.ledger.engine.check()
