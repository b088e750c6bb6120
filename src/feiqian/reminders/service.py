"""Reminders: what a customer chooses for each account. Who chose is watched by the ledger from the commit on."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, update

from feiqian.accounts.kinds import wallet_id
from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.db import after_commit
from feiqian.deposits.model import WALLET, AccountState, DepositAccount
from feiqian.deposits.service import Deposits
from feiqian.ids import CustomerNumber
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_NUMBER, CurrencyNumber
from feiqian.notify.model import Channel, Contacts
from feiqian.notify.quiet import DAY_MINUTES, Quiet
from feiqian.reminders import choices
from feiqian.reminders.errors import RemindersInvalid
from feiqian.reminders.model import Choice, Reminder
from feiqian.reminders.tables import bundles
from feiqian.reminders.telling import Telling
from feiqian.reminders.watching import Movements
from feiqian.runtime import logs
from feiqian.runtime.transactions import writes
from feiqian.subjects import customer as subject_of

CHOSEN = "reminders_chosen"  # in the audit log
LOOK_SECONDS = 5.0
MOST = 100  # bundles that are sent in one transaction
_log = logs.get("feiqian.reminders")


class Shown(NamedTuple):
    """An account that may be reminded of; `last_four` digits of its number, "" of the wallet."""

    reminder: Reminder
    last_four: str

    @property
    def currency(self) -> str:
        """In letters of ISO 4217."""
        return BY_NUMBER[self.reminder.currency].code


class Kept(NamedTuple):
    """Of a customer: what was chosen, by account of the ledger, and all deposit accounts."""

    chosen: dict[bytes, Reminder]
    accounts: list[DepositAccount]


@dataclass(kw_only=True, eq=False, repr=False)
class Reminders(AccessService):
    """One for a bank. `movements` is what the ledger asks after each posting."""

    accounts: Accounts
    deposits: Deposits
    movements: Movements
    telling: Telling
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.movements.accounts |= self.transactions.read_now(choices.all_accounts)

    # --- asking ----------------------------------------------------------------------------------------------------

    async def of(self, customer: CustomerNumber) -> list[Shown]:
        """Wallets and accounts that are not closed, each with what was chosen for it."""
        return self.shown(customer, await self.transactions.read(self.kept, customer))

    def kept(self, connection: Connection, customer: CustomerNumber) -> Kept:
        """What `shown` is made of."""
        return Kept(choices.of_customer(connection, customer), self.deposits.of(connection, customer))

    def shown(self, customer: CustomerNumber, kept: Kept) -> list[Shown]:
        """As `of`, of what has been read."""
        return _shown(customer, kept, self.accounts.wallets(customer))

    async def contacts(self, customer: CustomerNumber) -> Contacts | None:
        """Where the customer can be told at all."""
        return await self.transactions.read(self.customers.contacts, subject_of(customer))

    # --- choosing --------------------------------------------------------------------------------------------------

    async def put(self, customer: CustomerNumber, name: str, currency: CurrencyNumber, choice: Choice) -> Reminder:
        """Chooses for an account; without channels it is told of no more. `currency` counts for the wallet alone.

        Movements of after the commit are told by it. Raises RemindersInvalid.
        """
        _check(choice)
        return await self._put(customer, name, currency, choice, self.accounts.wallets(customer))

    @writes
    def _put(
        self,
        connection: Connection,
        customer: CustomerNumber,
        name: str,
        currency: CurrencyNumber,
        choice: Choice,
        wallets: list[CurrencyNumber],
    ) -> Reminder:
        self.customers.profiles.lock(connection, customer)
        for one in _shown(customer, self.kept(connection, customer), wallets):
            if one.reminder.name == name and (name != WALLET or one.reminder.currency == currency):
                if one.reminder.choice != choice and self._too_often(connection, subject_of(customer), CHOSEN):
                    raise RemindersInvalid("too_often")
                return self._choose(connection, one.reminder, choice)
        raise RemindersInvalid("account")

    def by_default(self, connection: Connection, customer: CustomerNumber, account: str) -> None:
        """A deposit account's movements are told by SMS from now on, unless its customer has chosen, even to be told
        of nothing.

        For what has to be told to somebody who may never have seen the wallet. Raises AccountNotFound.
        """
        found = self.deposits.own(connection, customer, account)
        if found.ledger_id not in choices.of_customer(connection, customer):
            reminder = Reminder(found.ledger_id, customer, found.id, found.currency, Choice())
            self._choose(connection, reminder, Choice((Channel.SMS,)))

    def _choose(self, connection: Connection, before: Reminder, choice: Choice) -> Reminder:
        after = before._replace(choice=choice)
        if after == before:
            return after
        choices.put(connection, after)
        now = self.clock.now()
        # What was kept for later is told at once: the new choice says when nothing is.
        connection.execute(update(bundles).where(bundles.c.account == before.account).values(due_at=now))
        details = {"account": after.name, "channels": tuple(channel.value for channel in choice.channels)}
        self._record(connection, subject_of(after.customer), CHOSEN, details)
        self.notices.changed(connection, after.customer, "reminders", now)
        after_commit(connection, partial(self._take_up, after.account))
        return after

    def _take_up(self, account: bytes) -> None:
        with self._lock:  # in turn, so that an older reading never comes last
            if self.transactions.read_now(choices.of_accounts, [account]):
                self.movements.accounts.add(account)
            else:
                self.movements.accounts.discard(account)

    # --- beside the server -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tells what was kept for later, until cancelled."""
        while True:
            try:
                while await self.telling.tell_due(MOST) == MOST:
                    pass
            except Exception as error:
                _log.warning("bundles_not_told", why=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)


def _shown(customer: CustomerNumber, kept: Kept, wallets: list[CurrencyNumber]) -> list[Shown]:
    def reminder(account: bytes, name: str, currency: CurrencyNumber) -> Reminder:
        return kept.chosen.get(account) or Reminder(account, customer, name, currency, Choice())

    shown = [Shown(reminder(wallet_id(one, customer), WALLET, one), "") for one in wallets]
    for account in kept.accounts:
        if account.state is not AccountState.CLOSED:
            shown.append(Shown(reminder(account.ledger_id, account.id, account.currency), account.last_four))
    return shown


def _check(choice: Choice) -> None:
    if not 0 <= choice.threshold <= MAX_AMOUNT:
        raise RemindersInvalid("amount")
    quiet: Quiet | None = choice.quiet
    if quiet is not None and (quiet.since == quiet.until or not _are_minutes(quiet)):
        raise RemindersInvalid("quiet")


def _are_minutes(quiet: Quiet) -> bool:
    return all(0 <= minute < DAY_MINUTES for minute in quiet)
