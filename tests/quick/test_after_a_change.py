"""A number or a device that has just changed: quick payment stops or pays little, and nothing is loosened meanwhile."""

from __future__ import annotations

import pytest

from feiqian.auth.model import Opened, Session
from feiqian.deposits.model import WALLET, DepositAccount
from feiqian.deposits.transfers import Wanted
from feiqian.limits.own import Which
from feiqian.locks.model import LockState
from feiqian.money import CNY, MinorUnits
from feiqian.payments.policy import Decline
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.scopes import Scope, Span
from feiqian.quick.model import Pause, QuickState, Way
from feiqian.quick.paying_errors import AccountNotOpen
from tests.customers.people import MEI
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.paying_bank import bank as bank

NEW = "+8613900007777"
LOW = 500_00  # a day, and at once, while low limits hold
DAY, HOUR = Which(CNY.number, Scope.ALL, Span.DAY), 3_600


@pytest.fixture
def opened(bank: PayingBank) -> Opened:
    return bank.checked()


@pytest.fixture
def account(bank: PayingBank, opened: Opened) -> DepositAccount:
    return bank.account(opened.session.subject.customer)


def another_number(bank: PayingBank, opened: Opened) -> None:
    bank.clock.advance(60)
    challenge = bank.passed(opened.session, Purpose.CHANGE_CONTACT, "mobile", NEW)
    started = bank.run(bank.new_contacts.start(opened.session, challenge, "mobile", NEW))
    bank.run(bank.new_contacts.answer_code(opened.session, started.application, Factor.SMS, bank.code()))
    bank.run(bank.new_contacts.finish(opened.session, started.application))


def paid(bank: PayingBank, account: DepositAccount, amount: int, mobile: str) -> str | None:
    """A quick payment, proved with a code; why it was declined."""
    bank.clock.advance(60)
    begun = bank.start(bank.bill(amount), bank.six(account), mobile)
    bank.enter(begun)
    return bank.run(bank.quick.pay(begun.id, begun.challenge.id)).reason


def test_abuse_39_a_new_number_stops_quick_payments_that_are_under_way_and_then_pays_little(
    bank: PayingBank, opened: Opened, account: DepositAccount
) -> None:
    quick, begun = bank.services.quick, bank.start(bank.bill(), bank.six(account))
    bank.enter(begun)
    another_number(bank, opened)
    assert bank.do(quick.of, account).pause is Pause.NUMBER_CHANGED
    with pytest.raises(AccountNotOpen):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    bank.do(quick.resume_within, account, opened.session.subject, Way.WALLET)
    before = len(bank.arrived())
    old = bank.start(bank.bill(), bank.six(account), MEI)
    bank.run(bank.quick.send(old.challenge.id, Factor.SMS))
    assert len(bank.arrived()) == before, "the number of before gets no code"
    assert paid(bank, account, LOW + 1, NEW) == Decline.LIMIT_AFTER_CHANGE
    assert paid(bank, account, LOW - SMALL, NEW) is None
    assert paid(bank, account, SMALL + 1, NEW) == Decline.LIMIT_AFTER_CHANGE
    assert bank.held(account) == 2_000_00 - (LOW - SMALL)
    bank.clock.advance(bank.services.policy.cooling.hours * HOUR)
    assert paid(bank, account, LOW + 1, NEW) is None


def test_abuse_39_a_new_device_has_low_limits_over_quick_payments_from_every_account(
    bank: PayingBank, opened: Opened, account: DepositAccount
) -> None:
    other = bank.account(account.customer)
    bank.clock.advance(60)
    bank.run(bank.answered_sign_in())  # by a browser that nobody has seen before
    assert bank.cooling(account.customer)
    assert paid(bank, account, 300_00, MEI) is None
    assert paid(bank, other, 200_01, MEI) == Decline.LIMIT_AFTER_CHANGE
    assert paid(bank, other, 200_00, MEI) is None


def test_abuse_39_while_low_limits_hold_no_limit_rises_and_no_lock_opens(
    bank: PayingBank, opened: Opened, account: DepositAccount
) -> None:
    session = opened.session
    bank.fund(account.customer)
    locked = bank.run(bank.services.locks.lock(session, "", CNY.number, MinorUnits(60_00), "L-1"))
    bank.run(bank.services.own_limits.lower(session, DAY, MinorUnits(100_00)))
    another_number(bank, opened)
    raise_and_open(bank, session, locked.id)
    hours = bank.services.policy.cooling.hours
    bank.clock.advance(hours * HOUR - 600)
    assert bank.cooling(account.customer)
    assert bank.run(bank.services.own_limits.raise_due()) == 0
    assert bank.run(bank.services.locks.open_due()) == 0
    (still,) = bank.run(bank.services.locks.all_of(account.customer))
    assert still.state is LockState.OPENING
    bank.do(bank.services.quick.resume_within, account, session.subject, Way.WALLET)
    assert paid(bank, account, 100_01, NEW) == Decline.DAILY_LIMIT


def raise_and_open(bank: PayingBank, session: Session, lock: str) -> None:
    """Whoever has the new number asks for all there is at once."""
    limits, locks = bank.services.own_limits, bank.services.locks
    challenge = bank.prove(bank.run(limits.challenge(session, DAY, MinorUnits(400_00))), session.subject)
    bank.run(limits.raise_to(session, DAY, MinorUnits(400_00), challenge))
    bank.clock.advance(60)
    challenge = bank.prove(bank.run(locks.challenge(session, lock)), session.subject)
    bank.run(locks.open(session, lock, challenge))


def test_abuse_39_after_a_change_money_moves_between_own_accounts_and_nothing_more_can_be_paid(
    bank: PayingBank, opened: Opened, account: DepositAccount
) -> None:
    other = bank.account(account.customer, balance=1_00)
    another_number(bank, opened)
    for source, target in ((account.id, other.id), (other.id, WALLET), (WALLET, other.id)):
        wanted = Wanted(f"T-{source}", source, target, MinorUnits(1_900_00), "CNY")
        assert bank.run(bank.services.own_transfers.make(account.customer, wanted)).reason is None
    bank.do(bank.services.quick.resume_within, other, opened.session.subject, Way.WALLET)
    assert bank.do(bank.services.quick.of, other).state is QuickState.OPEN
    assert paid(bank, other, LOW, NEW) is None
    today = bank.services.payments.today(account.customer, CNY.number)
    assert today is not None
    assert today.left == 0, "whatever is in the wallet by now"
