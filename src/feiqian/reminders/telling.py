"""Turns movements into messages: at once, or together where there are many or their receiver wants quiet.

Called with what the follower has, in its transaction, so that a bundle and the follower's position are always of one
moment. Whoever is told a lot gets one message for each account and a while, which says that it is of many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, insert, select

from feiqian.clock import DAY, MINUTE, Clock
from feiqian.customers.registry import Customers
from feiqian.deposits.model import WALLET
from feiqian.deposits.service import Deposits
from feiqian.events import BalanceChanged
from feiqian.ids import CustomerNumber
from feiqian.notify.model import Channel, Contacts
from feiqian.notify.quiet import Quiet
from feiqian.notify.service import Notify
from feiqian.outbox.model import Origin
from feiqian.reminders import bundles, choices
from feiqian.reminders.bundles import Bundle
from feiqian.reminders.model import Reminder, Why
from feiqian.reminders.tables import rates
from feiqian.reminders.words import Wording
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, writes
from feiqian.subjects import customer as subject_of

KINDS = ("balance_in", "balance_out", *(f"balance_{why}" for why in Why))  # of the messages
AT_MOST, WINDOW = 5, 10 * MINUTE  # messages at once that a person is sent, and one more after each such time
TOO_LATE = DAY
SOME = 500  # accounts that are looked up in one statement
_r = rates.c
Movement = tuple[BalanceChanged, Origin]


@dataclass(slots=True)
class _Rate:
    """How many messages a person was sent, over all accounts, less one for each WINDOW since a time."""

    since: int = 0
    told: int = 0

    def count(self, now: int) -> None:
        self._forget(now)
        if not self.told:
            self.since = now
        self.told += 1

    def wait(self, now: int) -> int:
        """How long until they are sent another; 0: not at all."""
        self._forget(now)
        return max(0, (self.told - AT_MOST + 1) * WINDOW - (now - self.since))

    def _forget(self, now: int) -> None:
        windows = max(0, (now - self.since) // WINDOW)
        self.told = max(0, self.told - windows)
        self.since += windows * WINDOW


@dataclass(kw_only=True, eq=False, repr=False)
class Telling:
    """One for a bank."""

    transactions: Transactions
    clock: Clock
    customers: Customers
    deposits: Deposits
    notify: Notify
    wording: Wording

    def tell(self, connection: Connection, movements: Sequence[Movement], now: int) -> None:
        """Of these movements what their receivers want to know, in their order."""
        lock(connection, "reminders")
        for start in range(0, len(movements), SOME):
            some = [one for one in movements[start : start + SOME] if one[0].at > now - TOO_LATE]
            reminders = choices.of_accounts(connection, {fact.account for fact, _ in some})
            wanted = [one for one in some if _is_wanted(one[0], reminders.get(one[0].account))]
            if wanted:
                self._tell_some(connection, wanted, reminders, now)

    def _tell_some(
        self, connection: Connection, wanted: list[Movement], reminders: dict[bytes, Reminder], now: int
    ) -> None:
        before = bundles.load(connection, {fact.account for fact, _ in wanted})
        told = _load_rates(connection, {fact.customer for fact, _ in wanted})
        after = dict(before)
        for fact, origin in wanted:
            account, reminder = fact.account, reminders[fact.account]
            rate = told.setdefault(fact.customer, _Rate())
            if account in after and after[account].due_at <= now:
                self._send_bundle(connection, after.pop(account), reminder, now)
                rate.count(now)
            if account in after:
                after[account] = after[account].plus(fact, origin)
            elif (end := self._end_of_quiet(reminder, now)) is not None:
                after[account] = bundles.begun(fact, origin, Why.QUIET, end)
            elif wait := rate.wait(now):
                after[account] = bundles.begun(fact, origin, Why.MANY, self._after_quiet(reminder, now + wait))
            else:
                self._send(connection, fact, origin, reminder, now)
                rate.count(now)
        bundles.save(connection, before, after)
        _save_rates(connection, told)

    @writes
    def tell_due(self, connection: Connection, most: int) -> int:
        """Sends bundles whose time has come; how many there were."""
        lock(connection, "reminders")
        now = self.clock.now()
        found = {bundle.account: bundle for bundle in bundles.due(connection, now, most)}
        if not found:
            return 0
        reminders = choices.of_accounts(connection, found)
        told = _load_rates(connection, {reminder.customer for reminder in reminders.values()})
        for account, bundle in found.items():
            if account in reminders:
                self._send_bundle(connection, bundle, reminders[account], now)
                told.setdefault(reminders[account].customer, _Rate()).count(now)
        bundles.save(connection, found, {})
        _save_rates(connection, told)
        return len(found)

    # --- when ------------------------------------------------------------------------------------------------------

    def _end_of_quiet(self, reminder: Reminder, at: int) -> int | None:
        quiet: Quiet | None = reminder.choice.quiet
        return quiet.end(at, self.wording.notices.zone) if quiet is not None else None

    def _after_quiet(self, reminder: Reminder, at: int) -> int:
        return self._end_of_quiet(reminder, at) or at

    # --- sending ---------------------------------------------------------------------------------------------------

    def _send(self, connection: Connection, fact: BalanceChanged, origin: Origin, reminder: Reminder, now: int) -> None:
        contacts = self._contacts(connection, reminder)
        if contacts is not None:
            last_four = self._last_four(connection, reminder)
            values = self.wording.of_one(fact, reminder, last_four, contacts.language)
            kind = "balance_in" if fact.credited else "balance_out"
            self.notify.tell(connection, contacts, kind, values, now, once=f"{origin}/{fact.account.hex()}")

    def _send_bundle(self, connection: Connection, bundle: Bundle, reminder: Reminder, now: int) -> None:
        contacts = self._contacts(connection, reminder)
        if contacts is not None:
            last_four = self._last_four(connection, reminder)
            values = self.wording.of_many(bundle, reminder, last_four, contacts.language)
            self.notify.tell(connection, contacts, f"balance_{bundle.why}", values, now)

    def _contacts(self, connection: Connection, reminder: Reminder) -> Contacts | None:
        """By the channels that were chosen."""
        contacts = self.customers.contacts(connection, subject_of(reminder.customer))
        if contacts is None:
            return None
        channels = reminder.choice.channels
        return replace(
            contacts,
            mobile=contacts.mobile if Channel.SMS in channels else "",
            email=contacts.email if Channel.EMAIL in channels else "",
            push=contacts.push if Channel.PUSH in channels else (),
        )

    def _last_four(self, connection: Connection, reminder: Reminder) -> str:
        return "" if reminder.name == WALLET else self.deposits.get(connection, reminder.name).last_four


def _is_wanted(fact: BalanceChanged, reminder: Reminder | None) -> bool:
    return reminder is not None and bool(reminder.choice.channels) and fact.amount >= reminder.choice.threshold


def _load_rates(connection: Connection, customers: Iterable[CustomerNumber]) -> dict[CustomerNumber, _Rate]:
    rows = connection.execute(select(rates).where(_r.customer.in_(customers)))
    return {CustomerNumber(row.customer): _Rate(row.since, row.told) for row in rows}


def _save_rates(connection: Connection, told: dict[CustomerNumber, _Rate]) -> None:
    counted = {customer: rate for customer, rate in told.items() if rate.told}
    if counted:
        connection.execute(delete(rates).where(_r.customer.in_(counted)))
        rows = [{"customer": customer, "since": rate.since, "told": rate.told} for customer, rate in counted.items()]
        connection.execute(insert(rates), rows)
