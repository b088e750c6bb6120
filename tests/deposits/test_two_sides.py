"""Whatever is done with accounts has two sides in the ledger: an account alone is never made richer or poorer."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from feiqian.accounts.errors import CorrectionConflict, CorrectionRefused
from feiqian.auth.sessions.model import Session
from feiqian.deposits.errors import NotClosable
from feiqian.deposits.model import WALLET
from feiqian.deposits.transfers import Wanted
from feiqian.locks.errors import LockRefused
from feiqian.money import CNY, MinorUnits
from tests.deposits.holders import Holders
from tests.deposits.test_closing import close, pay, shop

STEPS = 150


@pytest.fixture
def mei(bank: Holders) -> Session:
    session = bank.checked().session
    bank.fund(session.subject.customer, 1_000_00)
    return session


def balanced(bank: Holders) -> None:
    for totals in bank.ledger.engine.totals().values():
        assert totals.debits_posted == totals.credits_posted
        assert totals.debits_pending == totals.credits_pending


def test_abuse_66_transfers_locks_corrections_payments_and_closings_leave_debits_equal_to_credits(
    bank: Holders, mei: Session
) -> None:
    dice, number, merchant = random.Random(66), mei.subject.customer, shop(bank)
    accounts = [bank.account(number, 400_00) for _ in range(3)]
    for step in range(STEPS):
        amount, one = MinorUnits(dice.randrange(1, 90_00)), dice.choice(accounts)
        match dice.randrange(5):
            case 0:
                source, target = dice.sample([WALLET, *(account.id for account in accounts)], 2)
                bank.run(bank.transfers.make(number, Wanted(f"T-{step}", source, target, amount, "CNY")))
            case 1:
                with suppress(LockRefused):
                    bank.run(bank.services.locks.lock(mei, one.id, CNY.number, amount, f"L-{step}"))
            case 2:
                signed = amount if dice.random() < 0.5 else MinorUnits(-amount)
                with suppress(CorrectionRefused):
                    bank.run(bank.services.accounts.adjust(number, CNY.number, signed, f"C-{step}"))
            case 3:
                bank.services.payments.choose_sources(lambda *_, id=one.ledger_id: id)
                bank.clock.advance(60)
                pay(bank, merchant, number, amount)
            case _:
                with suppress(NotClosable):
                    close(bank, mei, one)
                    accounts[accounts.index(one)] = bank.account(number, 50_00)
        balanced(bank)
    done = bank.audit_log(number)
    assert done.count("account_closed") > 3
    assert done.count("money_locked") > 3
    assert bank.findings() == []


def test_abuse_66_a_correction_is_one_whatever_is_sent_under_its_reference(bank: Holders, mei: Session) -> None:
    adjust, number = bank.services.accounts.adjust, mei.subject.customer
    before = bank.run(bank.services.accounts.balance(number, CNY.number))
    bank.run(adjust(number, CNY.number, MinorUnits(5_00), "C-1"))
    bank.run(adjust(number, CNY.number, MinorUnits(5_00), "C-1"))
    for other in (MinorUnits(-5_00), MinorUnits(5_01)):
        with pytest.raises(CorrectionConflict):
            bank.run(adjust(number, CNY.number, other, "C-1"))
    with pytest.raises(ValueError, match="nothing"):
        bank.run(adjust(number, CNY.number, MinorUnits(0), "C-2"))
    with pytest.raises(CorrectionRefused):
        bank.run(adjust(number, CNY.number, MinorUnits(-before - 5_01), "C-3"))
    assert bank.run(bank.services.accounts.balance(number, CNY.number)) == before + 5_00
    balanced(bank)
