"""An account is closed when nothing is pending: its money moves and it closes in one chain, also across a crash."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver, NotPassed
from feiqian.auth.sessions.model import Session
from feiqian.deposits.closing import ClosingWanted
from feiqian.deposits.errors import AccountNotFound, NotClosable
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.transfers import Wanted
from feiqian.events import OwnTransferDecided
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import CLOSED, Side
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.registry import Merchant, NewMerchant, Store
from feiqian.money import CNY, EUR, MinorUnits
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import PaymentView
from tests.customers.people import EVE, EVE_DETAILS
from tests.deposits.holders import OPERATOR, Holders


@pytest.fixture
def mei(bank: Holders) -> Session:
    session = bank.checked().session
    bank.fund(session.subject.customer, 10_00)
    return session


def passed(bank: Holders, session: Session, account: DepositAccount, target: str = WALLET) -> str:
    view = bank.run(bank.services.closing.challenge(session, account.id, target))
    return bank.prove(view, session.subject)


def close(bank: Holders, session: Session, account: DepositAccount, target: str = WALLET) -> None:
    bank.run(bank.services.closing.close(session, passed(bank, session, account, target), account.id, target))


def reason(bank: Holders, session: Session, account: DepositAccount, target: str = WALLET) -> str:
    """Why it cannot be closed, as whoever begins is told."""
    with pytest.raises(NotClosable) as refused:
        bank.run(bank.services.closing.challenge(session, account.id, target))
    return refused.value.reason


def state(bank: Holders, account: DepositAccount) -> AccountState:
    return bank.do(bank.services.deposits.get, account.id).state


def is_closed(bank: Holders, account: DepositAccount) -> bool:
    found = bank.ledger.engine.account(account.ledger_id)
    assert found is not None
    return bool(found.closed_and_frozen & CLOSED)


def shop(bank: Holders) -> Merchant:
    new = NewMerchant("Corner Café", CNY.number, 60, (Store("main", "Main store"),))
    merchant = bank.services.merchants.add([new], bank.clock.now())[0]
    bank.ledger.post_many(merchant_opening.merchant(merchant.number, CNY.number))
    return merchant


def pay(bank: Holders, merchant: Merchant, customer: CustomerNumber, amount: int) -> PaymentView:
    bank.clock.advance(10)
    payments = bank.services.payments
    request = PaymentRequest(
        payment_code=payments.code_for(customer).digits,
        amount=MinorUnits(amount),
        currency="CNY",
        merchant_order=f"A-{bank.clock.now()}",
    )
    return bank.run(payments.pay(merchant, request))


OF_CLOSED = "activity.what.closing"


def test_its_money_moves_and_it_is_closed(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account, other = bank.account(number, 70_00), bank.account(number)
    close(bank, mei, account, other.id)
    assert (state(bank, account), is_closed(bank, account)) == (AccountState.CLOSED, True)
    assert (bank.held(account.ledger_id), bank.held(other.ledger_id)) == (0, 70_00)
    closed = bank.do(bank.services.deposits.get, account.id)
    assert closed.closed_at
    (line, *_) = bank.run(bank.services.statements.page(number, account.id, CNY.number)).lines
    assert (line.described.text, line.amount, line.balance.minor) == (OF_CLOSED, -70_00, 0)
    assert line.described.account == other.id
    (line,) = bank.run(bank.services.statements.page(number, other.id, CNY.number)).lines
    assert (line.described.text, line.amount, line.described.account) == (OF_CLOSED, 70_00, closed.id)
    assert [one.id for one in bank.run(bank.services.statements.holdings(number))] == [WALLET, other.id]
    assert bank.audit_log(number)[-1] == "account_closed"
    assert bank.findings() == []


def test_an_empty_account_is_closed_without_a_movement(bank: Holders, mei: Session) -> None:
    account = bank.account(mei.subject.customer)
    close(bank, mei, account)
    assert is_closed(bank, account)
    assert not any(isinstance(fact, OwnTransferDecided) for fact in bank.facts())


def test_a_closed_account_moves_nothing_and_is_not_closed_again(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account = bank.account(number, 5_00)
    close(bank, mei, account)
    for source, target in ((account.id, WALLET), (WALLET, account.id)):
        wanted = Wanted(f"T-{source}", source, target, MinorUnits(1_00), "CNY")
        assert bank.run(bank.transfers.make(number, wanted)).reason == "account_closed"
    assert reason(bank, mei, account) == "closed"


def test_what_keeps_an_account_open_is_told(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    held, frozen, euro, good = (
        bank.account(number, 50_00),
        bank.account(number, 50_00),
        bank.account(number, currency=EUR),
        bank.account(number, 1_00),
    )
    hold = chart.hold(
        chart.derived_id(b"lock", b"1"),
        debit=held.ledger_id,
        credit=good.ledger_id,
        amount=10_00,
        timeout_seconds=0,
    )
    assert bank.ledger.post(hold).refusal == 0
    bank.ledger.post(chart.freeze(frozen.ledger_id, Side.DEBIT))
    assert reason(bank, mei, held) == "money_held"
    assert reason(bank, mei, good) == "money_held", "something may still come in"
    assert reason(bank, mei, frozen) == "frozen"
    assert reason(bank, mei, frozen, frozen.id) == "target"
    assert reason(bank, mei, good, euro.id) == "target"
    bank.services.closing.receives = lambda *_: "full"
    assert reason(bank, mei, good) == "balance_limit"
    bank.services.closing.receives = lambda *_: None
    for account in (held, frozen, good):
        assert state(bank, account) is AccountState.OPEN


def test_an_account_from_which_a_payment_waits_stays_open_until_that_ends(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account, merchant = bank.account(number, 900_00), shop(bank)
    bank.services.payments.choose_sources(lambda *_: account.ledger_id)
    waiting = pay(bank, merchant, number, 500_00)
    assert waiting.status == "needs_verification"
    assert reason(bank, mei, account) == "payments_wait"
    bank.run(bank.services.payments.confirmations.refuse(number, waiting.id or ""))
    close(bank, mei, account)
    assert is_closed(bank, account)


def test_abuse_20_what_begins_while_an_account_is_closed_keeps_it_open(bank: Holders, mei: Session) -> None:
    """The look before it was decided saw nothing; what counts is the moment when the ledger is told."""
    number = mei.subject.customer
    account, merchant = bank.account(number, 900_00), shop(bank)
    bank.services.payments.choose_sources(lambda *_: account.ledger_id)
    challenge = passed(bank, mei, account)
    closing, intents = bank.services.closing, bank.services.intents
    original = intents.finish

    async def meanwhile(kind: str, subject: str) -> bool:
        bank.clock.advance(10)
        request = PaymentRequest(
            payment_code=bank.services.payments.code_for(number).digits,
            amount=MinorUnits(500_00),
            currency="CNY",
            merchant_order="A-1",
        )
        assert (await bank.services.payments.pay(merchant, request)).status == "needs_verification"
        return await original(kind, subject)

    intents.finish = meanwhile  # type: ignore[method-assign]
    with pytest.raises(NotClosable) as refused:
        bank.run(closing.close(mei, challenge, account.id, WALLET))
    assert refused.value.reason == "payments_wait"
    assert (state(bank, account), is_closed(bank, account)) == (AccountState.OPEN, False)
    assert bank.audit_log(number)[-1] == "account_not_closed"


def test_abuse_20_a_refund_after_the_closing_goes_to_the_wallet(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account, merchant = bank.account(number, 100_00), shop(bank)
    bank.services.payments.choose_sources(lambda *_: account.ledger_id)
    paid = pay(bank, merchant, number, 30_00)
    pay(bank, merchant, number, 30_00)
    close(bank, mei, account)
    before = bank.held(wallet_id(CNY.number, number))
    request = RefundRequest(amount=MinorUnits(12_00), merchant_refund="R-1")
    refund = bank.run(bank.services.payments.refund(merchant, paid.id or "", request))
    assert refund.status == "succeeded"
    assert bank.held(wallet_id(CNY.number, number)) == before + 12_00
    assert bank.findings() == []


def test_the_last_account_in_a_currency_leaves_a_wallet_for_its_money_and_for_refunds(
    bank: Holders, mei: Session
) -> None:
    number = mei.subject.customer
    euro = bank.account(number, 9_00, EUR)
    assert bank.ledger.engine.account(wallet_id(EUR.number, number)) is None
    close(bank, mei, euro)
    assert bank.held(wallet_id(EUR.number, number)) == 9_00
    assert bank.findings() == []


def test_a_crash_between_the_decision_and_the_ledger_closes_it_at_the_sweep(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account = bank.account(number, 70_00)
    bank.do(bank.services.closing._decide, number, ClosingWanted(account.id, WALLET, mei.subject), lambda *_: None)
    assert reason(bank, mei, account) == "under_way"
    again = bank.again()
    try:
        assert again.run(again.intents.sweep()) == 1
        assert (state(again, account), is_closed(again, account)) == (AccountState.CLOSED, True)
        assert again.held(wallet_id(CNY.number, number)) == 80_00
        assert again.findings() == []
    finally:
        again.close()


def test_a_crash_after_the_ledger_completes_it_without_moving_anything_twice(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account = bank.account(number, 70_00)
    subject = bank.do(
        bank.services.closing._decide, number, ClosingWanted(account.id, WALLET, mei.subject), lambda *_: None
    )
    intent = bank.do(bank.intents.pending, "close_account", subject)
    bank.run(bank.services.closing._close_in_ledger(intent))
    assert (state(bank, account), is_closed(bank, account)) == (AccountState.OPEN, True)
    again = bank.again()
    try:
        assert again.run(again.intents.sweep()) == 1
        assert state(again, account) is AccountState.CLOSED
        assert again.held(wallet_id(CNY.number, number)) == 80_00
        assert sum(isinstance(fact, OwnTransferDecided) for fact in again.facts()) == 1
        assert again.findings() == []
    finally:
        again.close()


def test_two_closings_at_once_are_one(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account, other = bank.account(number, 70_00), bank.account(number)

    async def both() -> list[Any]:
        closing = bank.services.closing
        each = (closing.close_for(number, account.id, target, OPERATOR) for target in (WALLET, other.id))
        return await asyncio.gather(*each, return_exceptions=True)

    told = bank.run(both())
    assert sum(one is None for one in told) >= 1
    assert all(one is None or isinstance(one, NotClosable) for one in told)
    assert is_closed(bank, account)
    assert bank.held(wallet_id(CNY.number, number)) + bank.held(other.ledger_id) == 80_00


def test_abuse_37_a_challenge_closes_one_account_to_one_place_once(bank: Holders, mei: Session) -> None:
    number = mei.subject.customer
    account, other = bank.account(number, 1_00), bank.account(number, 2_00)
    closing = bank.services.closing
    for id, target in ((other.id, WALLET), (account.id, other.id)):
        challenge = passed(bank, mei, account)
        with pytest.raises(BindingDiffers):
            bank.run(closing.close(mei, challenge, id, target))
    begun = bank.run(closing.challenge(mei, account.id, WALLET)).id
    with pytest.raises(NotPassed):
        bank.run(closing.close(mei, begun, account.id, WALLET))
    challenge = passed(bank, mei, account)
    bank.run(closing.close(mei, challenge, account.id, WALLET))
    with pytest.raises((ChallengeOver, NotClosable)):
        bank.run(closing.close(mei, challenge, account.id, WALLET))
    assert state(bank, other) is AccountState.OPEN


def test_what_is_confirmed_names_the_account_and_where_its_money_goes_and_no_ids(bank: Holders, mei: Session) -> None:
    account, other = bank.account(mei.subject.customer, 5_00), bank.account(mei.subject.customer)
    for target, said in ((WALLET, "your wallet"), (other.id, f"•••• {other.last_four}")):
        text = bank.run(bank.services.closing.challenge(mei, account.id, target)).text
        assert f"What it holds goes to: {said}\n" in text
        assert f"Account to be closed: •••• {account.last_four}\n" in text
        assert "acc_" not in text


def test_nobody_closes_an_account_of_somebody_else(bank: Holders, mei: Session) -> None:
    account = bank.account(mei.subject.customer, 1_00)
    eve = bank.checked(EVE, EVE_DETAILS).session
    mine = bank.account(eve.subject.customer)
    for id, target in ((account.id, WALLET), (mine.id, account.id)):
        with pytest.raises(AccountNotFound):
            bank.run(bank.services.closing.challenge(eve, id, target))
