"""Money between a customer's own accounts and wallet moves at once, once for each number, and what cannot is told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feiqian.accounts.kinds import day_amount_id, wallet_id
from feiqian.deposits.errors import AccountNotFound, TransferInvalid, TransferNotFound, TransferNumberUsed
from feiqian.deposits.model import WALLET
from feiqian.deposits.transfers import Wanted
from feiqian.errors import LedgerStopped
from feiqian.events import OwnTransferDecided, TransferStatus
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY, EUR
from feiqian.payments.recent import Recent
from tests.customers.people import EVE, EVE_DETAILS
from tests.deposits.holders import Holders

SUCCEEDED, DECLINED = TransferStatus.SUCCEEDED, TransferStatus.DECLINED


def in_memory(bank: Holders) -> Holders:
    return bank


def forgotten(bank: Holders) -> Holders:
    """The same process, once it has made more transfers than it remembers."""
    bank.transfers._recent = Recent(1)
    return bank


def restarted(bank: Holders) -> Holders:
    return bank.again()


@pytest.fixture(params=[in_memory, forgotten, restarted], ids=lambda how: how.__name__)
def later(request: pytest.FixtureRequest) -> Iterator[Callable[[Holders], Holders]]:
    """The bank at a later time, which has forgotten more or less."""
    opened: list[Holders] = []

    def become(bank: Holders) -> Holders:
        opened.append(request.param(bank))
        return opened[-1]

    yield become
    for one in opened:
        if request.param is restarted:
            one.close()


def move(bank: Holders, customer: CustomerNumber, number: str, source: str, target: str, amount: int, **more: Any):
    return bank.run(
        bank.transfers.make(customer, Wanted(number, source, target, amount, **({"currency": "CNY"} | more)))
    )


def test_money_moves_between_wallet_and_accounts_at_once(bank: Holders) -> None:
    mei = bank.holder(100_00)
    one, two = bank.account(mei), bank.account(mei)
    steps = [(WALLET, one.id, 80_00), (one.id, two.id, 30_00), (two.id, WALLET, 5_00)]
    told = [move(bank, mei, f"T{n}", *step) for n, step in enumerate(steps)]
    assert [fact.status for fact in told] == [SUCCEEDED] * 3
    wallet = wallet_id(CNY.number, mei)
    assert [bank.held(id) for id in (wallet, one.ledger_id, two.ledger_id)] == [25_00, 50_00, 25_00]
    assert [bank.run(bank.transfers.get(mei, fact.id)) for fact in told] == told
    assert all(fact.id.startswith("trf_") for fact in told)
    assert bank.findings() == []


def test_no_limit_of_paying_counts_between_own_accounts(bank: Holders) -> None:
    mei = bank.holder(3_000_00)
    accounts = [bank.account(mei), bank.account(mei)]
    limit = bank.ledger.engine.used(day_amount_id(CNY.number, mei))
    assert limit == (0, 2_000_00)
    for account in accounts:
        assert move(bank, mei, account.id, WALLET, account.id, 1_500_00).status is SUCCEEDED
    assert bank.ledger.engine.used(day_amount_id(CNY.number, mei)) == limit


def test_what_an_account_may_hold_counts_for_own_transfers_too(bank: Holders) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei, 50_00)
    full = lambda _who, _currency, id, amount: "full" if bank.held(id) + amount > 100_00 else None  # noqa: E731
    bank.transfers.receives = full
    told = move(bank, mei, "T1", WALLET, account.id, 50_01)
    assert (told.status, told.reason) == (DECLINED, "balance_limit")
    assert move(bank, mei, "T2", WALLET, account.id, 50_00).status is SUCCEEDED
    bank.transfers.receives = lambda *_: None
    assert move(bank, mei, "T1", WALLET, account.id, 50_01) == told, "a number that was declined stays so"
    assert bank.findings() == []


def test_abuse_25_a_retry_gets_the_first_answer(bank: Holders, later: Callable[[Holders], Holders]) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei)
    good = move(bank, mei, "T1", WALLET, account.id, 60_00)
    bad = move(bank, mei, "T2", WALLET, account.id, 60_00)
    assert (bad.status, bad.reason) == (DECLINED, "insufficient_funds")
    move(bank, mei, "T3", account.id, WALLET, 60_00)  # T2 would succeed by now
    bank = later(bank)
    assert move(bank, mei, "T1", WALLET, account.id, 60_00) == good
    assert move(bank, mei, "T2", WALLET, account.id, 60_00) == bad
    assert bank.held(account.ledger_id) == 0


@pytest.mark.parametrize("other", [{"amount": 61_00}, {"source": "account", "target": WALLET}])
def test_abuse_22_a_number_is_not_used_for_another_transfer(
    bank: Holders, later: Callable[[Holders], Holders], other: dict[str, Any]
) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei, 100_00)
    places = {"account": account.id, WALLET: WALLET}
    asked = {"source": WALLET, "target": "account", "amount": 60_00}

    def ask(bank: Holders, **changed: Any) -> Any:
        values = asked | changed
        return move(bank, mei, "T1", places[values["source"]], places[values["target"]], values["amount"])

    ask(bank)
    bank = later(bank)
    with pytest.raises(TransferNumberUsed):
        ask(bank, **other)
    assert bank.held(account.ledger_id) == 160_00


def test_abuse_24_the_same_number_twice_at_once_moves_money_once(bank: Holders) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei)

    async def both() -> list[OwnTransferDecided]:
        wanted = Wanted("T1", WALLET, account.id, 60_00, "CNY")
        return await asyncio.gather(*(bank.transfers.make(mei, wanted) for _ in range(5)))

    told = bank.run(both())
    assert told == [told[0]] * 5
    assert bank.held(account.ledger_id) == 60_00


def test_two_transfers_at_once_never_overdraw(bank: Holders) -> None:
    mei = bank.holder(100_00)
    one, two = bank.account(mei), bank.account(mei)

    async def both() -> list[OwnTransferDecided]:
        each = (Wanted(f"T{place}", WALLET, place, 60_00, "CNY") for place in (one.id, two.id))
        return await asyncio.gather(*(bank.transfers.make(mei, wanted) for wanted in each))

    assert sorted(fact.status for fact in bank.run(both())) == [DECLINED, SUCCEEDED]
    assert bank.held(one.ledger_id) + bank.held(two.ledger_id) == 60_00


def test_abuse_23_two_customers_may_use_the_same_number(bank: Holders) -> None:
    mei, eve = bank.holder(100_00), bank.checked(EVE, EVE_DETAILS).session.subject.customer
    bank.fund(eve, 100_00)
    for customer in (mei, eve):
        account = bank.account(customer)
        assert move(bank, customer, "T1", WALLET, account.id, 60_00).status is SUCCEEDED
        assert bank.held(account.ledger_id) == 60_00


def test_what_the_ledger_refuses_is_told(bank: Holders) -> None:
    mei = bank.holder(100_00)
    frozen, closed = bank.account(mei, 50_00), bank.account(mei)
    bank.ledger.post(chart.freeze(frozen.ledger_id, Side.DEBIT))
    bank.ledger.post(chart.close(closed.ledger_id))
    asked = {
        (frozen.id, WALLET): "account_frozen",
        (WALLET, closed.id): "account_closed",
        (closed.id, WALLET): "account_closed",
    }
    for number, ((source, target), reason) in enumerate(asked.items()):
        fact = move(bank, mei, f"T{number}", source, target, 1_00)
        assert (fact.status, fact.reason) == (DECLINED, reason)
    assert move(bank, mei, "T9", WALLET, frozen.id, 1_00).status is SUCCEEDED, "a frozen account still receives"
    assert bank.held(frozen.ledger_id) == 51_00
    assert bank.findings() == []


def test_a_frozen_customer_moves_nothing_out_of_the_wallet(bank: Holders) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei)
    bank.run(bank.services.accounts.freeze(mei))
    fact = move(bank, mei, "T1", WALLET, account.id, 1_00)
    assert (fact.status, fact.reason) == (DECLINED, "account_frozen")


def test_abuse_6_nothing_moves_between_currencies(bank: Holders) -> None:
    mei = bank.holder(100_00)
    yuan, euro = bank.account(mei), bank.account(mei, currency=EUR)
    for source, target, currency in (
        (yuan.id, euro.id, "CNY"),
        (yuan.id, euro.id, "EUR"),
        (WALLET, euro.id, "CNY"),
        (WALLET, yuan.id, "ZZZ"),
    ):
        with pytest.raises(TransferInvalid):
            move(bank, mei, "T1", source, target, 1_00, currency=currency)
    missing = move(bank, mei, "T2", WALLET, euro.id, 1_00, currency="EUR")
    assert missing.reason == "no_such_account", "there is no wallet in this currency"


def test_abuse_9_nothing_moves_from_an_account_to_itself(bank: Holders) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei, 1_00)
    for place in (account.id, WALLET):
        with pytest.raises(TransferInvalid):
            move(bank, mei, "T1", place, place, 1_00)


def test_another_customers_account_is_as_if_it_were_not(bank: Holders) -> None:
    mei, eve = bank.holder(100_00), bank.checked(EVE, EVE_DETAILS).session.subject.customer
    hers, mine = bank.account(mei, 100_00), bank.account(eve)
    for source, target in ((hers.id, mine.id), (hers.id, WALLET), (mine.id, hers.id)):
        with pytest.raises(AccountNotFound):
            move(bank, eve, "T1", source, target, 1_00)
    made = move(bank, mei, "T1", WALLET, hers.id, 1_00)
    with pytest.raises(TransferNotFound):
        bank.run(bank.transfers.get(eve, made.id))


def test_after_a_crash_each_transfer_is_whole_or_was_never_made(bank: Holders) -> None:
    """The server ends at any moment: what was told is there, and asking again by the number moves money once."""
    mei = bank.holder(1_000_00)
    account = bank.account(mei)
    dice, told, asked = random.Random(11), dict[str, OwnTransferDecided](), dict[str, int]()
    for round_ in range(6):
        for number in range(4):
            name, amount = f"T{round_}-{number}", dice.randint(1, 90_00)
            asked[name] = amount
            told[name] = move(bank, mei, name, WALLET, account.id, amount)
        lost = f"L{round_}"
        asked[lost] = dice.randint(1, 9_00)
        sides = bank.do(bank.transfers._sides, mei, Wanted(lost, WALLET, account.id, asked[lost], "CNY"))
        bank.transfers._decide(mei, lost, b"%16d" % round_, sides)  # and the process ends before the row is written
        bank = bank.again()
        for name, amount in asked.items():
            fact = move(bank, mei, name, WALLET, account.id, amount)
            assert told.setdefault(name, fact) == fact
    moved = sum(fact.amount for fact in told.values() if fact.status is SUCCEEDED)
    assert (bank.held(account.ledger_id), bank.held(wallet_id(CNY.number, mei))) == (moved, 1_000_00 - moved)
    assert bank.findings() == []
    bank.close()


def test_a_transfer_whose_row_cannot_be_written_is_unknown_and_not_a_no(bank: Holders) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei)
    bank.journal.close()
    with pytest.raises(LedgerStopped):
        move(bank, mei, "T1", WALLET, account.id, 1_00)
