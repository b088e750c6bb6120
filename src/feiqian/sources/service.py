"""Which account a payment is taken from: a customer's own order, kept in memory for the moment of the decision.

Whoever chose nothing pays from the wallet. Choosing looks only at what an account has now; the ledger decides whether
it can pay. An account that has been closed is passed over, whatever was chosen.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.base import AccessService
from feiqian.db import after_commit
from feiqian.deposits.model import AccountState
from feiqian.deposits.service import Deposits
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.runtime.transactions import reads, writes
from feiqian.sources.errors import SourcesInvalid
from feiqian.sources.tables import choices
from feiqian.subjects import customer as subject_of

WALLET = "wallet"
MOST = 20
_c = choices.c
Key = tuple[CustomerNumber, CurrencyNumber]


class Order(NamedTuple):
    """Accounts of the ledger in the order in which they are asked; without `falls_through` only the first is."""

    accounts: tuple[bytes, ...]
    falls_through: bool


class Choice(NamedTuple):
    """What was chosen: ids of deposit accounts, and "wallet"."""

    accounts: tuple[str, ...]
    falls_through: bool


@dataclass(kw_only=True, eq=False, repr=False)
class Sources(AccessService):
    """The choices of all customers. `choose` answers from memory, the rest from the database."""

    deposits: Deposits
    ledger: Ledger
    _chosen: dict[Key, Order] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.transactions.write_now(self._load)

    # --- from memory -----------------------------------------------------------------------------------------------

    def choose(self, currency: CurrencyNumber, customer: CustomerNumber, amount: MinorUnits) -> bytes:
        """The account that a payment of this amount is asked of now."""
        order = self._chosen.get((customer, currency))
        if order is None:
            return wallet_id(currency, customer)
        first = None
        for account in order.accounts:
            state = self.ledger.engine.account(account)
            if state is None or state.closed_and_frozen & CLOSED:
                continue
            enough = not state.closed_and_frozen & Side.DEBIT and amount <= state.available + state.overdraft
            if enough or not order.falls_through:
                return account
            first = first or account
        return first or wallet_id(currency, customer)

    # --- choosing --------------------------------------------------------------------------------------------------

    @reads
    def of(self, connection: Connection, customer: CustomerNumber, currency: CurrencyNumber) -> Choice:
        """What the customer chose; the wallet alone, if nothing."""
        rows = connection.execute(
            select(_c.account, _c.falls_through)
            .where(_c.customer == customer, _c.currency == currency)
            .order_by(_c.place)
        ).all()
        return Choice(tuple(row.account for row in rows), rows[0].falls_through) if rows else Choice((WALLET,), False)

    @writes
    def put(
        self,
        connection: Connection,
        customer: CustomerNumber,
        currency: CurrencyNumber,
        accounts: Sequence[str],
        falls_through: bool,
    ) -> None:
        """From the commit on payments in this currency are taken in this order. Raises SourcesInvalid."""
        self.customers.profiles.lock(connection, customer)
        self._check(connection, customer, currency, accounts)
        connection.execute(delete(choices).where(_c.customer == customer, _c.currency == currency))
        if tuple(accounts) != (WALLET,):
            rows = [
                {"customer": customer, "currency": currency, "place": place, "account": account}
                | {"falls_through": falls_through}
                for place, account in enumerate(accounts)
            ]
            connection.execute(insert(choices), rows)
        details = {"accounts": tuple(accounts), "falls_through": falls_through}
        self._record(connection, subject_of(customer), "sources_chosen", details)
        after_commit(connection, partial(self.take_up, customer, currency))

    def _check(
        self, connection: Connection, customer: CustomerNumber, currency: CurrencyNumber, accounts: Sequence[str]
    ) -> None:
        if not 0 < len(accounts) <= MOST:
            raise SourcesInvalid("empty")
        if len(set(accounts)) != len(accounts):
            raise SourcesInvalid("twice")
        own = {one.id: one for one in self.deposits.of(connection, customer) if one.currency == currency}
        for account in accounts:
            if account == WALLET:
                continue
            if account not in own:
                raise SourcesInvalid("unknown")
            if own[account].state is AccountState.CLOSED:
                raise SourcesInvalid("closed")

    def take_up(self, customer: CustomerNumber, currency: CurrencyNumber) -> None:
        """Takes up what was committed of one customer."""
        with self._lock:  # in turn, so that an older reading never comes last
            choice = self.transactions.read_now(self.of.within, customer, currency)
            if choice.accounts == (WALLET,):
                self._chosen.pop((customer, currency), None)
            else:
                ids = self.transactions.read_now(self._ledger_ids, customer)
                self._chosen[customer, currency] = self._order(choice, customer, currency, ids)

    def _load(self, connection: Connection) -> None:
        rows = connection.execute(select(choices).order_by(_c.customer, _c.currency, _c.place))
        for customer, of_customer in groupby(rows, key=lambda row: CustomerNumber(row.customer)):
            ids = self._ledger_ids(connection, customer)
            for currency, group in groupby(of_customer, key=lambda row: CurrencyNumber(row.currency)):
                placed = list(group)
                choice = Choice(tuple(row.account for row in placed), placed[0].falls_through)
                self._chosen[customer, currency] = self._order(choice, customer, currency, ids)

    def _ledger_ids(self, connection: Connection, customer: CustomerNumber) -> dict[str, bytes]:
        return {one.id: one.ledger_id for one in self.deposits.of(connection, customer)}

    def _order(
        self, choice: Choice, customer: CustomerNumber, currency: CurrencyNumber, ids: dict[str, bytes]
    ) -> Order:
        wallet = wallet_id(currency, customer)
        return Order(
            tuple(wallet if one == WALLET else ids[one] for one in choice.accounts), bool(choice.falls_through)
        )
