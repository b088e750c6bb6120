"""What a customer has at the bank, and the statement of each: from the ledger and the read models. Changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from feiqian.accounts.kinds import wallet_id
from feiqian.accounts.service import Accounts
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.service import Deposits
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.money import BY_NUMBER, Currency, CurrencyNumber, MinorUnits, Money
from feiqian.payments.movement_kinds import Described
from feiqian.payments.movement_kinds import Line as StatementLine
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.runtime.transactions import Transactions

Describe = Callable[[CustomerNumber, Sequence[StatementLine]], Awaitable[Sequence[Described]]]


class Holding(NamedTuple):
    """An account of a customer's; the wallet in a currency where `account` is None. `available` is without holds."""

    account: DepositAccount | None
    balance: Money
    available: Money

    @property
    def id(self) -> str:
        """By which it is asked for."""
        return WALLET if self.account is None else self.account.id

    @property
    def currency(self) -> Currency:
        return self.balance.currency


class Line(NamedTuple):
    """One movement, as `described` by the feature that moved the money. `amount` is below zero where it left the
    account; `balance` is what the account had after it; `payment` the one that it belongs to, or ""."""

    sequence: int
    at: int  # Unix microseconds
    described: Described
    amount: MinorUnits
    balance: Money
    payment: str = ""

    @property
    def sign(self) -> str:
        return "+" if self.amount > 0 else "−"

    @property
    def money(self) -> Money:
        """The amount without its sign."""
        return Money(MinorUnits(abs(self.amount)), self.balance.currency)


class StatementPage(NamedTuple):
    """Lines, newest first. `older` is the cursor of the next page, None at the end; `incomplete`: some are missing."""

    holding: Holding
    lines: list[Line]
    older: str | None
    incomplete: bool


@dataclass(kw_only=True, eq=False, repr=False)
class Statements:
    """For the accounts' holders, and for staff who look at them."""

    transactions: Transactions
    ledger: Ledger
    accounts: Accounts
    deposits: Deposits
    payments: PaymentReads
    describe: Describe = field(init=False)  # asks all features that move money

    async def holdings(self, customer: CustomerNumber, *, closed: bool = False) -> list[Holding]:
        """The wallets and all deposit accounts, with their balances now; `closed` ones, too, or not."""
        accounts = await self.deposits.all_of(customer)
        found = [self._wallet(customer, currency) for currency in self.accounts.wallets(customer)]
        found += [self._holding(one) for one in accounts if closed or one.state is not AccountState.CLOSED]
        await self.ledger.durable(self.ledger.position)
        return found

    async def holding(self, customer: CustomerNumber, id: str, currency: CurrencyNumber) -> Holding:
        """The customer's account of this id, closed ones too, or WALLET in this currency. Raises AccountNotFound."""
        if id == WALLET:
            if currency not in self.accounts.wallets(customer):
                raise AccountNotFound("there is no such account")
            found = self._wallet(customer, currency)
        else:
            found = self._holding(await self.transactions.read(self.deposits.own, customer, id))
        await self.ledger.durable(self.ledger.position)
        return found

    async def page(
        self, customer: CustomerNumber, id: str, currency: CurrencyNumber, cursor: str | None = None, limit: int = 50
    ) -> StatementPage:
        """A page of a statement. A cursor of another account gives an empty page.

        Raises AccountNotFound, CursorInvalid, ReadsBehind.
        """
        position = self.ledger.durable_position
        holding = await self.holding(customer, id, currency)
        ledger_id = wallet_id(currency, customer) if holding.account is None else holding.account.ledger_id
        await self.payments.wait(position, who=("customer", customer))
        found, older = await self.payments.statement(ledger_id, cursor, limit)
        described = await self.describe(customer, found) if found else ()
        lines = [_line(one, told) for one, told in zip(found, described, strict=True)]
        return StatementPage(holding, lines, older, await self.payments.customer_incomplete(customer))

    def _wallet(self, customer: CustomerNumber, currency: CurrencyNumber) -> Holding:
        return Holding(None, *self._money(wallet_id(currency, customer), currency))

    def _holding(self, account: DepositAccount) -> Holding:
        return Holding(account, *self._money(account.ledger_id, account.currency))

    def _money(self, ledger_id: bytes, currency: CurrencyNumber) -> tuple[Money, Money]:
        found, of = self.ledger.engine.account(ledger_id), BY_NUMBER[currency]
        balance, available = (found.balance, found.available) if found is not None else (0, 0)
        return Money(MinorUnits(balance), of), Money(MinorUnits(available), of)


def _line(line: StatementLine, described: Described) -> Line:
    entry, currency = line.entry, BY_NUMBER[line.account.currency]
    balance = Money(entry.balance, currency)
    return Line(entry.sequence, entry.at, described, MinorUnits(entry.amount), balance, entry.payment or "")
