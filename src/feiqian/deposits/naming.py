"""Aliases of accounts, which their holders choose. No two accounts have confusable ones.

Whoever chooses learns whether an alias is taken, so that choosing is counted: a few times a day for each customer.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from feiqian.auth.base import AccessService
from feiqian.clock import DAY
from feiqian.deposits.aliases import read_alias, skeleton
from feiqian.deposits.errors import AccountInvalid, AliasTaken, AliasTriesUsedUp
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.deposits.rows import alias_blind
from feiqian.deposits.service import Deposits
from feiqian.deposits.tables import accounts, alias_tries
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.runtime.transactions import Refused, writes_or_refuses
from feiqian.subjects import customer

TRIES_A_DAY = 10  # of one customer, in any 24 hours
_c = accounts.c


@dataclass(kw_only=True, eq=False, repr=False)
class Aliases(AccessService):
    """Of one bank. Methods with a connection block, in the caller's transaction."""

    cipher: FieldCipher
    deposits: Deposits

    @writes_or_refuses
    def choose(self, connection: Connection, number: CustomerNumber, id: str, typed: str) -> DepositAccount | Refused:
        """The account with its new alias; "" takes it away. The one of before is free again.

        Raises AccountNotFound, AccountInvalid, AliasTaken, AliasTriesUsedUp.
        """
        self.customers.profiles.lock(connection, number)
        account = self.deposits.own(connection, number, id)
        if account.state is AccountState.CLOSED:
            raise AccountInvalid("state")
        alias = read_alias(typed) if typed.strip() else ""
        if alias == account.alias:
            return account
        self._count(connection, number)
        blind = alias_blind(self.cipher, skeleton(alias)) if alias else None
        chosen = update(accounts).where(_c.id == id).values(alias=alias, alias_blind=blind)
        try:
            with connection.begin_nested():
                connection.execute(chosen)
        except IntegrityError:
            return Refused(AliasTaken("another account has this alias, or one that looks like it"))
        self._record(connection, customer(number), "account_alias_chosen", {"account": id})
        self.notices.changed(connection, number, "account_alias", self.clock.now())
        return account._replace(alias=alias)

    def _count(self, connection: Connection, number: CustomerNumber) -> None:
        """Counts a try, whatever comes of it. Raises AliasTriesUsedUp."""
        now, mine = self.clock.now(), alias_tries.c.customer == number
        connection.execute(delete(alias_tries).where(mine, alias_tries.c.at <= now - DAY))
        if len(connection.execute(select(alias_tries.c.at).where(mine)).all()) >= TRIES_A_DAY:
            raise AliasTriesUsedUp("an alias was chosen as often as it may be in a day; try again tomorrow")
        connection.execute(insert(alias_tries).values(customer=number, at=now))
