"""Deposit accounts of the bank's database compared with the ledger, for `feiqian audit`. Blocks, and changes nothing.

The database is never behind the position of the ledger that is looked at, and may be ahead of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from feiqian.accounts.kinds import deposit_id
from feiqian.audit_log.log import AuditLog
from feiqian.clock import MICROSECONDS
from feiqian.customers.profiles import Profiles
from feiqian.deposits.model import STOPPED, AccountState
from feiqian.deposits.states import ACTIONS
from feiqian.deposits.tables import accounts
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED, Engine, Side
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.subjects import customer

_ACTIONS = {*ACTIONS.values(), "frozen", "unfrozen"}


def differences(connection: Connection, engine: Engine, intents: LedgerIntents) -> Iterator[str]:
    """Accounts that are closed, or stopped, in one of both: what is being carried out, or came later, is no difference.

    An account is stopped (nothing leaves it) where it is frozen or dormant, or its holder is frozen.
    """
    c = accounts.c
    frozen = set(Profiles.frozen(connection))
    asked = select(c.id, c.customer, c.currency, c.place, c.state, c.closed_at).order_by(c.id)
    for row in connection.execute(asked):
        there = engine.account(deposit_id(row.currency, row.customer, row.place))
        flags = 0 if there is None else there.closed_and_frozen
        if flags & CLOSED or row.state is AccountState.CLOSED:
            found = _closed(row, bool(flags & CLOSED), engine)
        elif row.state is AccountState.OPENING:
            found = ""  # the ledger has it as soon as its intent is carried out
        else:
            found = _stopped(row, bool(flags & Side.DEBIT), row.customer in frozen)
        if found and not _under_way(connection, row, engine, intents):
            yield found


def _closed(row: Any, closed: bool, engine: Engine) -> str:
    if closed and row.state is not AccountState.CLOSED:
        return f"the account {row.id} is {row.state.value}; the ledger has closed it"
    if not closed and row.closed_at // MICROSECONDS < engine.moment.seconds:
        return f"the account {row.id} is closed; the ledger has it open"
    return ""


def _stopped(row: Any, stopped: bool, holder_frozen: bool) -> str:
    if stopped == (row.state in STOPPED or holder_frozen):
        return ""
    of_holder = ", its holder is frozen" if holder_frozen else ""
    does = "lets nothing leave it" if stopped else "lets money leave it"
    return f"the account {row.id} is {row.state.value}{of_holder}; the ledger {does}"


def _under_way(connection: Connection, row: Any, engine: Engine, intents: LedgerIntents) -> bool:
    """Whether the ledger is about to be told, or was after the position that is looked at."""
    if row.state is AccountState.CLOSED:
        return False  # `closed_at` has said when
    holder = str(customer(CustomerNumber(row.customer)))
    waiting = intents.any_pending(connection, row.id) or intents.any_pending(connection, holder)
    return waiting or AuditLog().any_since(connection, holder, _ACTIONS, engine.moment.seconds * MICROSECONDS)
