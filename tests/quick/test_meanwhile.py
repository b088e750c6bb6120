"""What changes between the beginning of a quick payment and its confirmation counts as it is then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from feiqian.auth.challenges.errors import ChallengeOver, CodeThrottled
from feiqian.auth.model import Session
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.transfers import Wanted
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED
from feiqian.limits.own import Which
from feiqian.locks.model import LockState
from feiqian.money import CNY, MinorUnits
from feiqian.policy.factors import Factor
from feiqian.policy.scopes import Scope, Span
from feiqian.quick.paying import QuickPayments
from feiqian.quick.paying_errors import AccountNotOpen, AttemptsThrottled
from feiqian.quick.paying_model import Begun
from feiqian.quick.public import PublicQuick
from feiqian.runtime import network
from tests.customers.people import MEI_DETAILS, MEI_ID
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.paying_bank import bank as bank

HELD = 2_000_00


@pytest.fixture
def mei(bank: PayingBank) -> Session:
    return bank.checked().session


@pytest.fixture
def account(bank: PayingBank, mei: Session) -> DepositAccount:
    return bank.account(mei.subject.customer)


def passed(bank: PayingBank, account: DepositAccount) -> Begun:
    begun = bank.start(bank.bill(), bank.six(account))
    bank.enter(begun)
    bank.clock.advance(60)
    return begun


def locked(bank: PayingBank, session: Session, account: DepositAccount) -> None:
    wanted = MinorUnits(HELD - SMALL + 1)
    bank.run(bank.services.locks.lock(session, account.id, CNY.number, wanted, "L-1"))


def lowered(bank: PayingBank, session: Session, account: DepositAccount) -> None:
    which = Which(CNY.number, Scope.QUICK, Span.PAYMENT)
    bank.run(bank.services.own_limits.lower(session, which, MinorUnits(SMALL - 1)))


def moved_out(bank: PayingBank, session: Session, account: DepositAccount) -> None:
    wanted = Wanted("T-1", account.id, WALLET, MinorUnits(HELD - SMALL + 1), "CNY")
    assert bank.run(bank.services.own_transfers.make(account.customer, wanted)).reason is None


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [(locked, "insufficient_funds"), (lowered, "method_amount_too_high"), (moved_out, "insufficient_funds")],
)
def test_abuse_18_a_lock_a_lower_limit_and_an_own_transfer_count_at_the_confirmation(
    bank: PayingBank,
    mei: Session,
    account: DepositAccount,
    meanwhile: Callable[[PayingBank, Session, DepositAccount], None],
    reason: str,
) -> None:
    begun = passed(bank, account)
    meanwhile(bank, mei, account)
    before = bank.held(account)
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).reason == reason
    assert (bank.held(account), bank.takings) == (before, 0)


def closed(bank: PayingBank, session: Session, account: DepositAccount) -> None:
    closing = bank.services.closing
    view = bank.run(closing.challenge(session, account.id, WALLET))
    bank.run(closing.close(session, bank.prove(view, session.subject), account.id, WALLET))
    found = bank.ledger.engine.account(account.ledger_id)
    assert found is not None
    assert found.closed_and_frozen & CLOSED
    assert bank.do(bank.services.deposits.get, account.id).state is AccountState.CLOSED


def in_wallet(bank: PayingBank, customer: CustomerNumber) -> int:
    return bank.run(bank.services.accounts.balance(customer, CNY.number))


def test_abuse_20_an_account_closed_between_code_and_confirmation_pays_nothing_and_uses_up_no_challenge(
    bank: PayingBank, mei: Session, account: DepositAccount
) -> None:
    begun = passed(bank, account)
    closed(bank, mei, account)
    for _ in range(2):
        with pytest.raises(AccountNotOpen):
            bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert (bank.held(account), in_wallet(bank, account.customer), bank.takings) == (0, HELD, 0)


def test_abuse_20_an_account_closed_after_the_challenge_was_spent_pays_whole_or_nothing(
    bank: PayingBank, mei: Session, account: DepositAccount
) -> None:
    late, paid = passed(bank, account), passed(bank, account)
    bank.do(bank.quick._prove, late.id, late.challenge.id, None)  # and the server's answer never comes
    assert bank.run(bank.quick.pay(paid.id, paid.challenge.id)).status == "succeeded"
    closed(bank, mei, account)
    view = bank.run(bank.quick.pay(late.id, late.challenge.id))
    assert view.status == "declined"
    assert view == bank.run(bank.quick.pay(late.id, late.challenge.id))
    assert bank.run(bank.quick.pay(paid.id, paid.challenge.id)).status == "succeeded", "as it was told at first"
    assert (bank.held(account), in_wallet(bank, account.customer)) == (0, HELD - SMALL)


def test_abuse_37_a_challenge_opens_a_money_lock_once(bank: PayingBank, mei: Session, account: DepositAccount) -> None:
    locks = bank.services.locks
    lock = bank.run(locks.lock(mei, account.id, CNY.number, MinorUnits(1_00), "L-1"))
    challenge = bank.prove(bank.run(locks.challenge(mei, lock.id)), mei.subject)
    bank.run(locks.open(mei, lock.id, challenge))
    bank.run(locks.keep(mei, lock.id))
    with pytest.raises(ChallengeOver):
        bank.run(locks.open(mei, lock.id, challenge))
    (kept,) = bank.run(locks.all_of(account.customer))
    assert kept.state is LockState.LOCKED


def test_abuse_40_bills_and_openings_at_many_networks_send_one_number_as_few_codes(
    bank: PayingBank, mei: Session, account: DepositAccount
) -> None:
    """Whoever lives on messages goes by digits, by alias and by the whole number, each time from somewhere else."""
    bank.run(bank.services.aliases.choose(account.customer, account.id, "meirent"))
    number, public = str(bank.do(bank.services.deposits.number, account.id)), bank.services.public_quick
    bank.clock.advance(3_600)
    before, here = len(bank.arrived()), network.client.set("")
    for tried in range(5):
        network.client.set(f"192.0.2.{tried}")
        bank.clock.advance(31)
        for given in (number[-6:], "meirent"):
            sent(bank, bank.quick, bank.start(bank.bill(), given).challenge.id)
        view = bank.run(public.start("open", number, MEI_ID, MEI_DETAILS.name, "en"))
        sent(bank, public, view.id)
    network.client.reset(here)
    codes = [message for message in bank.arrived()[before:] if message.kind == "code"]
    assert len(codes) == bank.services.policy.sending.per_number_hour


def sent(bank: PayingBank, asked: QuickPayments | PublicQuick, challenge: str) -> None:
    with suppress(CodeThrottled, AttemptsThrottled):
        bank.run(asked.send(challenge, Factor.SMS))
