"""Receive codes: what somebody shows to be sent money by another person. Each is new, and good for minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from feiqian.clock import MINUTE, Clock
from feiqian.customers.registry import Customers
from feiqian.ids import RECEIVE_CODE, CustomerNumber, new_id
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits
from feiqian.payees.model import Found
from feiqian.payees.service import FRESH, Payees
from feiqian.requests.errors import CannotReceive, ReceiveCodeInvalid, RequestInvalid
from feiqian.requests.tables import codes
from feiqian.runtime.locks import lock
from feiqian.runtime.sweeping import beyond_newest, remove_some
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.strings.masking import masked_name

CHANGES = 5 * MINUTE  # after which another is shown
GOOD = 10 * MINUTE  # to begin with
USABLE = GOOD + 2 * FRESH  # to end what was begun
KEPT_OF_ONE = 20
_c = codes.c


class ReceiveCode(NamedTuple):
    """`amount` 0: whoever pays says it. `name`: the payee's, masked."""

    id: str
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    at: int
    name: str = ""

    @property
    def changes_at(self) -> int:
        return self.at + CHANGES

    @property
    def ends_at(self) -> int:
        return self.at + GOOD


@dataclass(kw_only=True, eq=False, repr=False)
class ReceiveCodes:
    """Of one bank. For money between people: what a merchant is paid by is a merchant's code."""

    transactions: Transactions
    clock: Clock
    customers: Customers
    payees: Payees

    @writes
    def show(
        self, connection: Connection, customer: CustomerNumber, amount: MinorUnits, currency: CurrencyNumber
    ) -> ReceiveCode:
        """The code to show now: another as soon as the one before has been shown for minutes.

        Raises RequestInvalid, CannotReceive.
        """
        if not 0 <= amount <= MAX_AMOUNT or currency not in BY_NUMBER:
            raise RequestInvalid("amount")
        if not self.payees.receives(Found(customer), currency, amount):
            raise CannotReceive
        lock(connection, f"receive codes of {customer}")
        now = self.clock.now()
        same = (_c.customer == customer, _c.amount == amount, _c.currency == currency, _c.at > now - CHANGES)
        row = connection.execute(select(codes).where(*same).order_by(_c.at.desc()).limit(1)).one_or_none()
        if row is not None:
            return ReceiveCode(*row)
        made = ReceiveCode(new_id(RECEIVE_CODE, now), customer, amount, currency, now)
        row_of = made._asdict()
        del row_of["name"]
        connection.execute(insert(codes).values(row_of))
        beyond = beyond_newest(connection, codes, _c.customer == customer, _c.at, KEPT_OF_ONE)
        connection.execute(delete(codes).where(beyond))
        return made

    @reads
    def scanned(self, connection: Connection, id: str) -> ReceiveCode:
        """Whose code this is, for who wants to pay by it. Raises ReceiveCodeInvalid."""
        code = self.find(connection, id)
        if code is None or code.at <= self.clock.now() - GOOD:
            raise ReceiveCodeInvalid
        payee = self.customers.by_number(connection, code.customer)
        return code._replace(name=masked_name(payee.name) if payee is not None else "")

    def find(self, connection: Connection, id: str) -> ReceiveCode | None:
        """A code by which something may still be paid that was begun with it."""
        usable = (_c.id == id, _c.at > self.clock.now() - USABLE)
        row = connection.execute(select(codes).where(*usable)).one_or_none()
        return None if row is None else ReceiveCode(*row)

    def is_fresh(self, id: str) -> bool:
        """Whether something may be begun with a code of this id, which says when it was made."""
        made = int(id.removeprefix(RECEIVE_CODE)[:12], 16) * 1000
        return made > self.clock.now() - GOOD

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes those that are good for nothing any more."""
        return len(remove_some(connection, codes, _c.at <= now - USABLE, most))
