"""Deciding that an account is opened: in the bank's database, in the caller's transaction. `Deposits` tells the ledger.

Works beside a running server: what is decided here is an intent, which the server's sweep carries out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from feiqian.clock import Clock
from feiqian.customers.registry import UNVERIFIED, Customers
from feiqian.deposits.aliases import skeleton
from feiqian.deposits.errors import AccountInvalid, AliasTaken, ReferenceUsed
from feiqian.deposits.model import AccountState, WantedAccount
from feiqian.deposits.numbers import new_number, read_number
from feiqian.deposits.rows import NewAccount, add, alias_blind, number_blind
from feiqian.deposits.tables import accounts
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.subjects import Subject

OPEN = "open_account"
PRODUCTS = ("current", "savings")
MOST = 20  # accounts of one customer that are not closed
_c = accounts.c


class Opening(msgspec.Struct, frozen=True):
    """Which account is opened, who decided it, and what was brought in; `told`: its holder hears of it."""

    account: str
    by: Subject
    balance: MinorUnits = NOTHING
    told: bool = True


@dataclass(kw_only=True, eq=False, repr=False)
class Openings:
    """Of one bank; `currencies` are those in which it has accounts, `prefix` begins all of its numbers."""

    clock: Clock
    cipher: FieldCipher
    customers: Customers
    intents: LedgerIntents
    currencies: Collection[CurrencyNumber]
    prefix: str

    def open_within(self, connection: Connection, wanted: WantedAccount, by: Subject, *, told: bool = True) -> str:
        """Decides it, and returns the id; under one reference, one account.

        Raises AccountInvalid, AliasTaken, ReferenceUsed, CustomerNotFound.
        """
        self.customers.profiles.lock(connection, wanted.customer)
        before = self.opened_before(connection, wanted)
        if before is not None:
            return before
        self.check(connection, wanted)
        number = wanted.number or self._new_number(connection)
        place = self._next_place(connection, wanted.customer, wanted.currency)
        new = NewAccount(
            wanted.customer, wanted.currency, place, wanted.product, number, wanted.reference, self.clock.now()
        )
        (id,) = add(connection, self.cipher, [new._replace(alias=wanted.alias)])
        self.intents.put(connection, OPEN, id, Opening(id, by, wanted.balance, told))
        return id

    def opened_before(self, connection: Connection, wanted: WantedAccount) -> str | None:
        """The account that was opened under this reference. Raises ReferenceUsed if it is another one."""
        if not wanted.reference:
            return None
        same = (_c.customer == wanted.customer) & (_c.currency == wanted.currency) & (_c.product == wanted.product)
        if wanted.number:
            same &= _c.number_blind == number_blind(self.cipher, wanted.number)
        found = connection.execute(select(_c.id, same).where(_c.reference == wanted.reference)).first()
        if found is not None and not found[1]:
            raise ReferenceUsed("an account was opened under this reference before")
        return None if found is None else str(found.id)

    def check(self, connection: Connection, wanted: WantedAccount, others: int = 0) -> None:
        """Whether it can be; `others`: as many more of the customer's are about to be opened.

        Raises AccountInvalid, AliasTaken, CustomerNotFound.
        """
        if self.customers.level_in(connection, wanted.customer) == UNVERIFIED:
            raise AccountInvalid("unverified")
        if wanted.currency not in self.currencies:
            raise AccountInvalid("currency")
        if wanted.product not in PRODUCTS:
            raise AccountInvalid("product")
        if read_number(wanted.reference.rpartition("/")[2], self.prefix):
            raise AccountInvalid("reference")  # references are in the audit log, where no number may be
        not_closed = (_c.customer == wanted.customer) & (_c.state != AccountState.CLOSED)
        held = connection.execute(select(func.count()).select_from(accounts).where(not_closed)).scalar_one()
        if held + others >= MOST:
            raise AccountInvalid("too_many")
        if wanted.number and self._is_there(connection, _c.number_blind == number_blind(self.cipher, wanted.number)):
            raise AccountInvalid("number_taken")
        blind = alias_blind(self.cipher, skeleton(wanted.alias)) if wanted.alias else None
        if blind is not None and self._is_there(connection, _c.alias_blind == blind):
            raise AliasTaken("another account has this alias, or one that looks like it")

    def _next_place(self, connection: Connection, customer: CustomerNumber, currency: CurrencyNumber) -> int:
        of_these = (_c.customer == customer) & (_c.currency == currency)
        highest = connection.execute(select(func.max(_c.place)).where(of_these)).scalar()
        return 1 + (highest or 0)

    def _new_number(self, connection: Connection) -> str:
        while True:
            number = new_number(self.prefix)
            if not self._is_there(connection, _c.number_blind == number_blind(self.cipher, number)):
                return number

    def _is_there(self, connection: Connection, condition: ColumnElement[bool]) -> bool:
        return connection.execute(select(_c.id).where(condition)).first() is not None
