"""The demo's first people can pay a bill at once; what one of them has closed stays closed."""

from __future__ import annotations

from feiqian.demo.quick import open_for_first
from feiqian.quick.model import QuickState
from feiqian.subjects import customer
from tests.quick.paying_bank import OPERATOR, PayingBank
from tests.quick.paying_bank import bank as bank


def test_quick_payment_is_opened_once_for_each_account(bank: PayingBank) -> None:
    mei = bank.checked().session.subject.customer
    bank.run(bank.services.deposits.open(mei, 156, "current", OPERATOR))
    bank.run(open_for_first(bank.services))
    (quick,) = bank.run(bank.services.quick.all_of(mei))
    assert quick.state is QuickState.OPEN
    bank.do(bank.services.quick.close_within, quick.account, customer(mei))
    bank.run(open_for_first(bank.services))
    (quick,) = bank.run(bank.services.quick.all_of(mei))
    assert quick.state is QuickState.CLOSED
