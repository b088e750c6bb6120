"""Deposit accounts of the bank's database compared with the ledger, for `feiqian audit`. Blocks, and changes nothing.

The database is never behind the position of the ledger that is looked at, and may be ahead of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from feiqian.accounts.kinds import deposit_id
from feiqian.clock import MICROSECONDS
from feiqian.deposits.model import AccountState
from feiqian.deposits.tables import accounts
from feiqian.ledger.engine import CLOSED, Engine
from feiqian.ledger_intents.service import LedgerIntents


def differences(connection: Connection, engine: Engine, intents: LedgerIntents) -> Iterator[str]:
    """Accounts that are closed in one of both: what is being carried out, or came later, is no difference."""
    c = accounts.c
    asked = select(c.id, c.customer, c.currency, c.place, c.state, c.closed_at).order_by(c.id)
    for id, holder, currency, place, state, closed_at in connection.execute(asked):
        there = engine.account(deposit_id(currency, holder, place))
        closed = there is not None and bool(there.closed_and_frozen & CLOSED)
        if closed and state is not AccountState.CLOSED and not intents.any_pending(connection, id):
            yield f"the account {id} is {state.value}; the ledger has closed it"
        if state is AccountState.CLOSED and not closed and closed_at // MICROSECONDS < engine.moment.seconds:
            yield f"the account {id} is closed; the ledger has it open"
