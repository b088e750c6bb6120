"""The rows of what was chosen, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from feiqian.ids import CustomerNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.notify.quiet import Quiet
from feiqian.reminders.model import Choice, Reminder
from feiqian.reminders.tables import choices

_c = choices.c
_IS_TOLD = _c.channels != ()


def of_accounts(connection: Connection, accounts: Iterable[bytes]) -> dict[bytes, Reminder]:
    """Of those of which somebody wants to be told, by account of the ledger."""
    return _where(connection, _c.account.in_(accounts), _IS_TOLD)


def of_customer(connection: Connection, customer: CustomerNumber) -> dict[bytes, Reminder]:
    """All that they chose, also to be told of nothing, by account of the ledger."""
    return _where(connection, _c.customer == customer)


def all_accounts(connection: Connection) -> set[bytes]:
    """Those of which somebody wants to be told."""
    return {bytes(account) for account in connection.execute(select(_c.account).where(_IS_TOLD)).scalars()}


def put(connection: Connection, reminder: Reminder) -> None:
    """Replaces what was chosen for the account. Without channels it is kept, too: what is switched off stays off."""
    connection.execute(delete(choices).where(_c.account == reminder.account))
    choice, quiet = reminder.choice, reminder.choice.quiet
    values: dict[str, Any] = {name: getattr(reminder, name) for name in ("account", "customer", "name", "currency")}
    values |= {"channels": choice.channels, "threshold": choice.threshold}
    values |= {"quiet_since": quiet.since if quiet else None, "quiet_until": quiet.until if quiet else None}
    connection.execute(insert(choices).values(values))


def _where(connection: Connection, *conditions: ColumnElement[bool]) -> dict[bytes, Reminder]:
    return {bytes(row.account): _reminder(row) for row in connection.execute(select(choices).where(*conditions))}


def _reminder(row: Any) -> Reminder:
    quiet = None if row.quiet_since is None else Quiet(row.quiet_since, row.quiet_until)
    choice = Choice(row.channels, MinorUnits(row.threshold), quiet)
    return Reminder(bytes(row.account), CustomerNumber(row.customer), row.name, CurrencyNumber(row.currency), choice)
