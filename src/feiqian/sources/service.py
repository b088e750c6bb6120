"""Which account a payment is taken from: a customer's own order, kept in memory for the moment of the decision.

Whoever chose nothing pays from the wallet. Choosing looks only at what an account has now; the ledger decides whether
it can pay. An account that has been closed is passed over, whatever was chosen.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from feiqian.accounts.kinds import wallet_id
from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.db import after_commit
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.numbers import masked
from feiqian.deposits.service import Deposits
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED, Side
from feiqian.ledger.ledger import Ledger
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.intent import SourceName
from feiqian.runtime.transactions import reads, writes
from feiqian.sources.errors import SourcesInvalid
from feiqian.sources.model import NOTHING_CHOSEN, Choice, Order
from feiqian.sources.standing import SMALLEST, Standing, standing
from feiqian.sources.tables import choices
from feiqian.subjects import customer as subject_of

MOST = 20
_c = choices.c
Key = tuple[CustomerNumber, CurrencyNumber]
Kept = tuple[list[DepositAccount], dict[CurrencyNumber, Choice]]  # of a customer: accounts, and what was chosen


@dataclass(kw_only=True, eq=False, repr=False)
class Sources(AccessService):
    """The choices of all customers. `choose` answers from memory, the rest from the database."""

    deposits: Deposits
    accounts: Accounts
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

    # --- asking ----------------------------------------------------------------------------------------------------

    async def standing(self, customer: CustomerNumber) -> list[Standing]:
        """How the customer's sources stand, for each currency that they have an account or a wallet in."""
        return await self.standing_of(customer, await self.transactions.read(self.kept, customer))

    async def standing_of(self, customer: CustomerNumber, kept: Kept) -> list[Standing]:
        """The same, with what was read of the customer (`kept`)."""
        accounts, chosen = kept
        held = {one.currency for one in accounts if one.state is not AccountState.CLOSED}
        currencies = dict.fromkeys([*self.accounts.wallets(customer), *sorted(held)])
        found = [self._standing(customer, currency, accounts, chosen) for currency in currencies]
        await self.ledger.durable(self.ledger.position)
        return found

    def _standing(
        self,
        customer: CustomerNumber,
        currency: CurrencyNumber,
        accounts: Sequence[DepositAccount],
        chosen: Mapping[CurrencyNumber, Choice],
    ) -> Standing:
        own = [one for one in accounts if one.currency == currency]
        choice, paying = chosen.get(currency, NOTHING_CHOSEN), self.choose(currency, customer, SMALLEST)
        return standing(self.ledger, customer, currency, own, choice, paying)

    def kept(self, connection: Connection, customer: CustomerNumber) -> Kept:
        """What is in the database of a customer: accounts, and the choice for each currency in which there is one."""
        rows = connection.execute(select(choices).where(_c.customer == customer).order_by(_c.currency, _c.place))
        chosen = {CurrencyNumber(of): _choice(list(group)) for of, group in groupby(rows, key=lambda row: row.currency)}
        return self.deposits.of(connection, customer), chosen

    async def names(self, customer: CustomerNumber) -> dict[bytes, SourceName]:
        """What each deposit account is called where payments show what they were taken from, by its ledger account."""
        return {
            one.ledger_id: SourceName(one.id, f"{one.alias} {masked(one.last_four)}".strip())
            for one in await self.deposits.all_of(customer)
        }

    # --- choosing --------------------------------------------------------------------------------------------------

    @reads
    def of(self, connection: Connection, customer: CustomerNumber, currency: CurrencyNumber) -> Choice:
        """What the customer chose; the wallet alone, if nothing."""
        rows = connection.execute(
            select(_c.account, _c.falls_through)
            .where(_c.customer == customer, _c.currency == currency)
            .order_by(_c.place)
        ).all()
        return _choice(rows) if rows else NOTHING_CHOSEN

    @writes
    def put(
        self,
        connection: Connection,
        customer: CustomerNumber,
        currency: CurrencyNumber,
        accounts: Sequence[str],
        falls_through: bool,
    ) -> None:
        """From the commit on payments in this currency are taken in this order. Raises SourcesInvalid.

        What is so already is neither written nor told again.
        """
        self.customers.profiles.lock(connection, customer)
        chosen = Choice(tuple(accounts), falls_through and len(accounts) > 1)
        before = self.of.within(connection, customer, currency)
        if chosen == before:
            return
        self._check(connection, customer, currency, chosen)
        if self._too_often(connection, subject_of(customer), "sources_chosen"):
            raise SourcesInvalid("too_often")
        connection.execute(delete(choices).where(_c.customer == customer, _c.currency == currency))
        if chosen != NOTHING_CHOSEN:
            rows = [
                {"customer": customer, "currency": currency, "place": place, "account": account}
                | {"falls_through": int(chosen.falls_through)}
                for place, account in enumerate(chosen.accounts)
            ]
            connection.execute(insert(choices), rows)
        self._record(connection, subject_of(customer), "sources_chosen", chosen._asdict())
        self.notices.changed(connection, customer, "sources", self.clock.now())
        after_commit(connection, partial(self.take_up, customer, currency))

    @writes
    def put_first(
        self, connection: Connection, customer: CustomerNumber, currency: CurrencyNumber, account: str
    ) -> None:
        """The same, with this one before those that were chosen; what pays next stays so. Raises SourcesInvalid."""
        self.customers.profiles.lock(connection, customer)
        before = self.of.within(connection, customer, currency)
        order = [account, *(one for one in before.accounts if one != account)]
        still_open = self._open(connection, customer, order)[:MOST]
        self.put.within(connection, customer, currency, still_open, before.falls_through)

    def _open(self, connection: Connection, customer: CustomerNumber, order: Sequence[str]) -> list[str]:
        """The first, and those of the rest that are not closed by now."""
        closed = {one.id for one in self.deposits.of(connection, customer) if one.state is AccountState.CLOSED}
        return [one for place, one in enumerate(order) if not place or one not in closed]

    def _check(
        self,
        connection: Connection,
        customer: CustomerNumber,
        currency: CurrencyNumber,
        chosen: Choice,
    ) -> None:
        if not 0 < len(chosen.accounts) <= MOST:
            raise SourcesInvalid("empty" if not chosen.accounts else "too_many")
        if len(set(chosen.accounts)) != len(chosen.accounts):
            raise SourcesInvalid("twice")
        own = {one.id: one for one in self.deposits.of(connection, customer) if one.currency == currency}
        for account in chosen.accounts:
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
            if choice == NOTHING_CHOSEN:
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
                self._chosen[customer, currency] = self._order(_choice(placed), customer, currency, ids)

    def _ledger_ids(self, connection: Connection, customer: CustomerNumber) -> dict[str, bytes]:
        return {one.id: one.ledger_id for one in self.deposits.of(connection, customer)}

    def _order(
        self, choice: Choice, customer: CustomerNumber, currency: CurrencyNumber, ids: dict[str, bytes]
    ) -> Order:
        wallet = wallet_id(currency, customer)
        return Order(tuple(wallet if one == WALLET else ids[one] for one in choice.accounts), choice.falls_through)


def _choice(rows: Sequence[Any]) -> Choice:
    """Of a customer's rows of one currency, in their order."""
    return Choice(tuple(row.account for row in rows), bool(rows[0].falls_through))
