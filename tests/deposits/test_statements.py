"""The statement of each account has a line for whatever moved, with its text and the balance after it."""

from __future__ import annotations

import pytest

from feiqian.accounts.kinds import wallet_id
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import WALLET
from feiqian.deposits.statements import Line
from feiqian.deposits.transfers import Wanted
from feiqian.ids import CustomerNumber
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.registry import Merchant, NewMerchant, Store
from feiqian.money import CNY, EUR, MinorUnits
from feiqian.payments.requests import PaymentRequest, RefundRequest
from tests.customers.people import EVE, EVE_DETAILS
from tests.deposits.holders import Holders


def move(bank: Holders, customer: CustomerNumber, number: str, source: str, target: str, amount: int) -> None:
    bank.run(bank.transfers.make(customer, Wanted(number, source, target, MinorUnits(amount), "CNY")))


def shop(bank: Holders) -> Merchant:
    new = NewMerchant("Corner Café", CNY.number, 60, (Store("main", "Main store"),))
    merchant = bank.services.merchants.add([new], bank.clock.now())[0]
    bank.ledger.post_many(merchant_opening.merchant(merchant.number, CNY.number))
    return merchant


def lines_of(bank: Holders, customer: CustomerNumber, id: str, limit: int = 3) -> list[Line]:
    """All lines, page by page, newest first."""
    lines: list[Line] = []
    cursor = None
    while True:
        page = bank.run(bank.services.statements.page(customer, id, CNY.number, cursor, limit))
        lines += page.lines
        cursor = page.older
        if cursor is None:
            return lines


def what(line: Line) -> str:
    return line.described.text.rpartition(".")[2]


def test_every_line_says_what_it_was_and_the_balance_runs(bank: Holders) -> None:
    mei = bank.holder(50_00)
    one, two = bank.account(mei, 200_00), bank.account(mei)
    merchant, payments = shop(bank), bank.services.payments
    payments.choose_sources(lambda *_: one.ledger_id)
    code = payments.code_for(mei).digits
    request = PaymentRequest(
        payment_code=code, amount=MinorUnits(30_00), currency="CNY", merchant_order="A-1", description="Two coffees"
    )
    paid = bank.run(payments.pay(merchant, request))
    assert paid.id is not None
    bank.run(payments.refund(merchant, paid.id, RefundRequest(amount=MinorUnits(10_00), merchant_refund="R-1")))
    move(bank, mei, "T1", one.id, two.id, 25_00)
    move(bank, mei, "T2", WALLET, one.id, 5_00)
    told = [
        (what(line), line.amount, line.balance.minor, line.described.who, line.described.note, line.described.account)
        for line in lines_of(bank, mei, one.id)
    ]
    assert told == [
        ("own_transfer", 5_00, 160_00, "", "", WALLET),
        ("own_transfer", -25_00, 155_00, two.masked, "", two.id),
        ("refund", 10_00, 180_00, "Corner Café", "Two coffees", ""),
        ("payment", -30_00, 170_00, "Corner Café", "Two coffees", ""),
        ("other", 200_00, 200_00, "", "", ""),
    ]
    (line,) = lines_of(bank, mei, two.id)
    assert (line.amount, line.described.account) == (25_00, one.id)
    assert list(map(what, lines_of(bank, mei, WALLET))) == ["own_transfer", "opening"]
    assert bank.findings() == []


def test_pages_have_every_line_once_however_many_come_meanwhile(bank: Holders) -> None:
    mei = bank.holder(100_00)
    account = bank.account(mei)
    for number in range(7):
        move(bank, mei, f"T{number}", WALLET, account.id, 1_00 + number)
    statements, cursor, seen = bank.services.statements, None, list[int]()
    for number in range(3):
        page = bank.run(statements.page(mei, account.id, CNY.number, cursor, 3))
        seen += [line.amount for line in page.lines]
        cursor = page.older
        move(bank, mei, f"meanwhile-{number}", WALLET, account.id, 1)
    assert cursor is None
    assert seen == [1_06, 1_05, 1_04, 1_03, 1_02, 1_01, 1_00]


def test_what_a_customer_has_is_the_wallet_and_the_accounts_that_are_not_closed(bank: Holders) -> None:
    mei = bank.holder(12_00)
    account, euro = bank.account(mei, 30_00), bank.account(mei, 7_00, EUR)
    holdings = bank.run(bank.services.statements.holdings(mei))
    assert [(one.id, one.balance.minor, one.currency.code) for one in holdings] == [
        (WALLET, 12_00, "CNY"),
        (account.id, 30_00, "CNY"),
        (euro.id, 7_00, "EUR"),
    ]
    assert bank.held(wallet_id(CNY.number, mei)) == 12_00


def test_abuse_34_another_customers_statement_is_as_if_it_were_not(bank: Holders) -> None:
    mei, eve = bank.holder(), bank.checked(EVE, EVE_DETAILS).session.subject.customer
    account = bank.account(mei, 1_00)
    mine = bank.account(eve, 1_00)
    page = bank.run(bank.services.statements.page(mei, account.id, CNY.number, None, 1))
    with pytest.raises(AccountNotFound):
        bank.run(bank.services.statements.page(eve, account.id, CNY.number))
    with pytest.raises(AccountNotFound):
        bank.run(bank.services.statements.page(eve, WALLET, EUR.number))
    bank.bring(account.ledger_id, 1_00)
    page = bank.run(bank.services.statements.page(mei, account.id, CNY.number, None, 1))
    assert page.older is not None
    assert bank.run(bank.services.statements.page(eve, mine.id, CNY.number, page.older)).lines == []
