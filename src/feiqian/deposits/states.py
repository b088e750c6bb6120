"""The states that staff give a deposit account. Decided in the bank's database, then told the ledger by an intent.

What the ledger is told is always what the database says then, so that of several changes, and of a freeze of the
customer, whichever is told last leaves all of them in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, update

from feiqian.auth.base import AccessService
from feiqian.deposits.errors import AccountInvalid
from feiqian.deposits.model import STOPPED, AccountState
from feiqian.deposits.service import Deposits
from feiqian.deposits.tables import accounts
from feiqian.ids import CustomerNumber
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.subjects import Subject, customer

STATE = "account_state"
# What staff can make of an account that is so now. Closing has conditions of its own.
FOLLOWING: Mapping[AccountState, tuple[AccountState, ...]] = {
    AccountState.OPEN: (AccountState.FROZEN, AccountState.DORMANT),
    AccountState.FROZEN: (AccountState.OPEN,),
    AccountState.DORMANT: (AccountState.OPEN, AccountState.FROZEN),
}
ACTIONS = {
    AccountState.FROZEN: "account_frozen",
    AccountState.DORMANT: "account_dormant",
    AccountState.OPEN: "account_released",
}


class Telling(msgspec.Struct, frozen=True):
    """Of which account the ledger is told."""

    account: str


@dataclass(kw_only=True, eq=False, repr=False)
class AccountStates(AccessService):
    """Freezing and releasing single accounts."""

    intents: LedgerIntents
    deposits: Deposits

    @property
    def intent(self) -> IntentKind:
        return IntentKind(STATE, Telling, self._tell_ledger, lambda *_: None)

    async def put(self, id: str, state: AccountState, by: Subject, why: str = "") -> None:
        """The account is so on return, also in the ledger. Again: the same. Raises AccountInvalid, AccountNotFound.

        `why`: of whoever decides it alone. Freezing may be; what two decide has its reason with their change.
        """
        await self.transactions.write(self._decide, id, state, by, why)
        await self.intents.finish(STATE, id)

    async def stay_frozen(self, number: CustomerNumber) -> set[bytes]:
        """The ledger's accounts of the customer's that stay frozen when the customer no longer is."""
        held = await self.deposits.all_of(number)
        return {account.ledger_id for account in held if account.state in STOPPED}

    def _decide(self, connection: Connection, id: str, state: AccountState, by: Subject, why: str = "") -> None:
        account = self.deposits.get(connection, id)
        self.customers.profiles.lock(connection, account.customer)
        account = self.deposits.get(connection, id)
        if account.state is state:
            return
        if state not in FOLLOWING.get(account.state, ()):
            raise AccountInvalid("state")
        connection.execute(update(accounts).where(accounts.c.id == id).values(state=state))
        self.intents.put(connection, STATE, id, Telling(id), instead=True)
        now, about = self.clock.now(), str(customer(account.customer))
        details = {"account": id, "before": account.state} | ({"why": why} if why else {})
        self.audit_log.append(connection, by, ACTIONS[state], about, details, now)
        self.notices.changed(connection, account.customer, ACTIONS[state], now)

    async def _tell_ledger(self, intent: LedgerIntent) -> None:
        await self.deposits.tell_ledger(intent.payload.account)
