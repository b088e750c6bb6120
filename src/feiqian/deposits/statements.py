"""What a customer has at the bank, and the statement of each: from the ledger and the read models. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from feiqian.accounts.kinds import AccountTransferKind, wallet_id
from feiqian.accounts.service import Accounts
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.kinds import DepositTransferKind
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.read_model.reads import TransferReads
from feiqian.deposits.service import Deposits
from feiqian.events import OwnTransferDecided
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.merchants.registry import Merchants
from feiqian.money import BY_NUMBER, Currency, CurrencyNumber, MinorUnits, Money
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.read_model.rows import Entry
from feiqian.runtime.transactions import Transactions


class LineKind(StrEnum):
    """Why a line stands in a statement. The values are on the wire."""

    PAYMENT = "payment"
    REFUND = "refund"
    OWN_TRANSFER = "own_transfer"
    CLOSING = "closing"
    OPENING = "opening_balance"
    CORRECTION = "correction"
    OTHER = "other"


_KINDS: Mapping[int, LineKind] = {
    TransferKind.PAYMENT: LineKind.PAYMENT,
    TransferKind.REFUND: LineKind.REFUND,
    DepositTransferKind.OWN_TRANSFER: LineKind.OWN_TRANSFER,
    DepositTransferKind.CLOSING: LineKind.CLOSING,
    AccountTransferKind.OPENING_BALANCE: LineKind.OPENING,
    AccountTransferKind.CORRECTION: LineKind.CORRECTION,
}


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
    """One movement. `amount` has its sign in `sign`; `balance` is what the account had after it.

    `merchant`, `description` and `payment` are of payments and refunds; `other` is the customer's account on the other
    side of an own transfer, None for the wallet.
    """

    sequence: int
    at: int  # Unix microseconds
    kind: LineKind
    sign: str  # "+" or "−"
    amount: Money
    balance: Money
    transfer: bytes
    merchant: str = ""
    description: str = ""
    payment: str = ""
    other: DepositAccount | None = None

    @property
    def between_own(self) -> bool:
        """Whether the other side is the customer's, too."""
        return self.kind in (LineKind.OWN_TRANSFER, LineKind.CLOSING)

    @property
    def signed(self) -> int:
        """The amount in minor units, below zero where it left the account."""
        return self.amount.minor if self.sign == "+" else -self.amount.minor


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
    merchants: Merchants
    payments: PaymentReads
    transfers: TransferReads

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
        entries, older = await self.payments.statement(ledger_id, cursor, limit)
        lines = await self._lines(customer, holding.currency, entries)
        return StatementPage(holding, lines, older, await self.payments.customer_incomplete(customer))

    async def _lines(self, customer: CustomerNumber, currency: Currency, entries: Sequence[Entry]) -> list[Line]:
        moved = [entry for entry in entries if entry.kind in _OWN]
        facts: Mapping[bytes, OwnTransferDecided] = {}
        others: Mapping[bytes, DepositAccount] = {}
        if moved:
            await self.transfers.wait(max(entry.position for entry in moved), who=("customer", customer))
            facts = await self.transfers.by_transfers([entry.transfer for entry in moved])
            others = {account.ledger_id: account for account in await self.deposits.all_of(customer)}
        return [self._line(currency, entry, facts.get(entry.transfer), others) for entry in entries]

    def _line(
        self,
        currency: Currency,
        entry: Entry,
        fact: OwnTransferDecided | None,
        others: Mapping[bytes, DepositAccount],
    ) -> Line:
        paid, other = entry.fact, None
        if fact is not None:
            other = others.get(fact.debit if entry.amount > 0 else fact.credit)
        return Line(
            entry.sequence,
            entry.at,
            _KINDS.get(entry.kind, LineKind.OTHER),
            "+" if entry.amount > 0 else "−",
            Money(MinorUnits(abs(entry.amount)), currency),
            Money(entry.balance, currency),
            entry.transfer,
            self.merchants.name(paid.merchant) if paid is not None else "",
            paid.description if paid is not None else "",
            entry.payment or "",
            other,
        )

    def _wallet(self, customer: CustomerNumber, currency: CurrencyNumber) -> Holding:
        return Holding(None, *self._money(wallet_id(currency, customer), currency))

    def _holding(self, account: DepositAccount) -> Holding:
        return Holding(account, *self._money(account.ledger_id, account.currency))

    def _money(self, ledger_id: bytes, currency: CurrencyNumber) -> tuple[Money, Money]:
        found, of = self.ledger.engine.account(ledger_id), BY_NUMBER[currency]
        balance, available = (found.balance, found.available) if found is not None else (0, 0)
        return Money(MinorUnits(balance), of), Money(MinorUnits(available), of)


_OWN = frozenset(map(int, DepositTransferKind))
