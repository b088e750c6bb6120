"""Transfers between a customer's own accounts and wallet: decided at once by the ledger, each number once.

No limit of paying counts, because nothing leaves the customer; how much an account may hold does. What the ledger
refuses is recorded as declined, and is told as such.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.accounts.kinds import wallet_id
from feiqian.deposits.errors import TransferInvalid, TransferNotFound, TransferNumberUsed
from feiqian.deposits.kinds import DepositTransferKind
from feiqian.deposits.model import WALLET
from feiqian.deposits.read_model.reads import TransferReads
from feiqian.deposits.service import Deposits
from feiqian.events import OwnTransferDecided, TransferStatus, encode_fact
from feiqian.ids import TRANSFER, CustomerNumber, new_id
from feiqian.ledger import chart
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.money import BY_CODE, CurrencyNumber, MinorUnits
from feiqian.payments.recent import Recent
from feiqian.runtime.transactions import Transactions


class TransferDecline(StrEnum):
    """Why a transfer is declined. The texts `transfer.reason.` say it; the values are on the wire and on disk."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_CLOSED = "account_closed"
    NO_SUCH_ACCOUNT = "no_such_account"
    BALANCE_LIMIT = "balance_limit"
    NOT_POSSIBLE = "not_possible"


_BY_REFUSAL = {
    Refusal.INSUFFICIENT_FUNDS: TransferDecline.INSUFFICIENT_FUNDS,
    Refusal.DEBIT_ACCOUNT_FROZEN: TransferDecline.ACCOUNT_FROZEN,
    Refusal.CREDIT_ACCOUNT_FROZEN: TransferDecline.ACCOUNT_FROZEN,
    Refusal.DEBIT_ACCOUNT_CLOSED: TransferDecline.ACCOUNT_CLOSED,
    Refusal.CREDIT_ACCOUNT_CLOSED: TransferDecline.ACCOUNT_CLOSED,
    Refusal.DEBIT_ACCOUNT_NOT_FOUND: TransferDecline.NO_SUCH_ACCOUNT,
    Refusal.CREDIT_ACCOUNT_NOT_FOUND: TransferDecline.NO_SUCH_ACCOUNT,
}


Receives = Callable[[CustomerNumber, CurrencyNumber, bytes, MinorUnits], object]
"""Why so much more may not come to this account of the customer's from another of them, or None. Never awaits."""


class Wanted(NamedTuple):
    """What a customer asks for. `number` makes it one; `source` and `target` are ids of accounts, or WALLET."""

    number: str
    source: str
    target: str
    amount: MinorUnits
    currency: str  # letters of ISO 4217


class _Sides(NamedTuple):
    """The same, as the ledger knows it."""

    amount: MinorUnits
    currency: CurrencyNumber
    debit: bytes
    credit: bytes


@dataclass(kw_only=True, eq=False, repr=False)
class OwnTransfers:
    """The own transfers of one bank's customers."""

    transactions: Transactions
    ledger: Ledger
    deposits: Deposits
    reads: TransferReads
    receives: Receives = lambda *_: None
    _recent: Recent[OwnTransferDecided] = field(default_factory=Recent, init=False)

    async def make(self, customer: CustomerNumber, wanted: Wanted) -> OwnTransferDecided:
        """Moves the money, or says why not, once for each number; again, it tells the first answer.

        Raises AccountNotFound, TransferInvalid, TransferNumberUsed.
        """
        sides = await self.transactions.read(self._sides, customer, wanted)
        transfer = own_transfer(customer, wanted.number)
        fact = self._decide(customer, wanted.number, transfer, sides)
        position = self.ledger.position
        await self.ledger.durable(position)
        if fact is None:
            await self.reads.wait(position, who=("customer", customer))
            fact = await self.reads.by_transfer(transfer)
        if fact is None or _Sides(fact.amount, fact.currency, fact.debit, fact.credit) != sides:
            raise TransferNumberUsed(f"{wanted.number} was used before, for another transfer")
        return fact

    async def get(self, customer: CustomerNumber, id: str) -> OwnTransferDecided:
        """The customer's transfer of this id. Raises TransferNotFound, ReadsBehind."""
        await self.reads.wait(self.ledger.durable_position, who=("customer", customer))
        fact = await self.reads.by_id(customer, id)
        if fact is None:
            raise TransferNotFound("there is no such transfer")
        return fact

    def _sides(self, connection: Connection, customer: CustomerNumber, wanted: Wanted) -> _Sides:
        currency = BY_CODE.get(wanted.currency)
        if currency is None:
            raise TransferInvalid("currency")
        if wanted.source == wanted.target:
            raise TransferInvalid("target")
        debit, credit = (
            self._account(connection, customer, place, currency.number) for place in (wanted.source, wanted.target)
        )
        return _Sides(wanted.amount, currency.number, debit, credit)

    def _account(self, connection: Connection, customer: CustomerNumber, place: str, currency: CurrencyNumber) -> bytes:
        """The ledger's id of an account of the customer's. Raises AccountNotFound, TransferInvalid."""
        if place == WALLET:
            return wallet_id(currency, customer)
        account = self.deposits.own(connection, customer, place)
        if account.currency != currency:
            raise TransferInvalid("currency")
        return account.ledger_id

    def _decide(
        self, customer: CustomerNumber, number: str, transfer: bytes, sides: _Sides
    ) -> OwnTransferDecided | None:
        """Decides, posts and records; of a number that was decided before the first answer, if it is in memory.

        Nothing awaits. Raises LedgerStopped, NotDeciding.
        """
        if self.ledger.engine.remembered(transfer) is not None:
            return self._recent.get(transfer)
        now, decline = self.ledger.clock.now(), self._post(customer, transfer, sides)
        fact = OwnTransferDecided(
            new_id(TRANSFER, now),
            transfer,
            TransferStatus.SUCCEEDED if decline is None else TransferStatus.DECLINED,
            decline,
            customer,
            sides.amount,
            sides.currency,
            sides.debit,
            sides.credit,
            number,
            now,
        )
        self.ledger.record(encode_fact(fact))
        self._recent.put(transfer, fact)
        return fact

    def _post(self, customer: CustomerNumber, transfer: bytes, sides: _Sides) -> TransferDecline | None:
        """Moves the money, or makes the refusal known to the ledger: why, or None."""
        amount, currency, debit, credit = sides
        kind = DepositTransferKind.OWN_TRANSFER
        if self.receives(customer, currency, credit, amount) is not None:
            # From an account to itself, which is refused whatever the state: the number stays declined.
            self.ledger.post(chart.hold(transfer, debit=debit, credit=debit, amount=0, timeout_seconds=0, kind=kind))
            return TransferDecline.BALANCE_LIMIT
        refusal = self.ledger.post(
            chart.transfer(transfer, debit=debit, credit=credit, amount=amount, kind=kind)
        ).refusal
        if refusal is Refusal.OK:
            return None
        if not refusal.remembered:
            raise RuntimeError(f"an own transfer was refused as {refusal.name}")
        return _BY_REFUSAL.get(refusal, TransferDecline.NOT_POSSIBLE)


def own_transfer(customer: CustomerNumber, number: str) -> bytes:
    """The id of the transfer that a customer's number names."""
    return chart.derived_id(b"own-transfer", customer.to_bytes(8, "big"), number.encode())
