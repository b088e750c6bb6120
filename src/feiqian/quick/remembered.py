"""Browsers that remember from which account somebody has paid by quick payment, so that only the code is asked for.

A token shows an account's last four digits and starts what the number and six digits start; it proves nothing. It is of
one account, and as good as the agreement and the mobile number by which it was proved. Everything blocks, in the
caller's transaction, but what is awaited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.auth.sessions.model import Session
from feiqian.auth.sessions.tokens import hash_of, new_token
from feiqian.auth.sessions.user_agents import label_of
from feiqian.clock import DAY
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.service import Deposits
from feiqian.field_cipher import FieldCipher
from feiqian.ids import REMEMBERED, CustomerNumber, new_id
from feiqian.quick.identify import Identify
from feiqian.quick.tables import remembered as table
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import customer

DAYS = 180  # that a browser remembers
MOST_DEVICES = 10  # of one customer; the one that was used least lately makes room
_c = table.c


class Remembered(NamedTuple):
    """A browser and the account that it remembers; `label` says which browser it is. Times in Unix microseconds."""

    id: str
    account: DepositAccount
    label: str
    created_at: int
    used_at: int
    ends_at: int


@dataclass(kw_only=True, eq=False, repr=False)
class RememberedDevices(AccessService):
    """Of all customers of one bank."""

    deposits: Deposits
    identify: Identify
    cipher: FieldCipher

    # --- of the browser, whoever sits there ------------------------------------------------------------------------

    @reads
    def here(self, connection: Connection, token: str | None) -> Remembered | None:
        """What the browser with this token remembers; None for nothing that can be paid from now."""
        return self.find(connection, token)

    def find(self, connection: Connection, token: str | None) -> Remembered | None:
        """As `here`, within a transaction."""
        row = None
        if hashed := hash_of(token or ""):
            row = connection.execute(select(table).where(_c.token_hash == hashed)).one_or_none()
        return None if row is None else self._usable(connection, row)

    def add(self, connection: Connection, account: DepositAccount, payment: str, browser: str) -> str | None:
        """The token for the browser (its `User-Agent`) in which this quick payment was proved; of several for one
        payment the last holds. None if the account cannot be paid from any more. Its holder is told."""
        self.customers.profiles.lock(connection, account.customer)
        profile, now = self.customers.profiles.need(connection, account.customer), self.clock.now()
        if not self.identify.usable(connection, account) or profile.frozen or not profile.mobile:
            return None
        again = connection.execute(delete(table).where(_c.payment == payment)).rowcount
        self._make_room(connection, account.customer)
        token, label = new_token(), label_of(browser)
        values = {
            "id": new_id(REMEMBERED, now),
            "token_hash": hash_of(token),
            "payment": payment,
            "account": account.id,
            "customer": account.customer,
            "mobile": self._mobile(profile.mobile),
            "label": label,
            "created_at": now,
            "used_at": now,
            "ends_at": now + DAYS * DAY,
        }
        connection.execute(insert(table).values(values))
        if not again:
            about = {"account": account.id, "device": label}
            self._record(connection, customer(account.customer), "quick_remembered", about)
            told = {"account": account.last_four, "device": label}
            self.notices.tell(connection, account.customer, "quick_remembered", now, told)
        return token

    def used(self, connection: Connection, id: str) -> None:
        """A payment was begun with it."""
        connection.execute(update(table).where(_c.id == id).values(used_at=self.clock.now()))

    def drop(self, connection: Connection, token: str | None) -> None:
        """The browser remembers nothing any more; again: nothing more happens."""
        if hashed := hash_of(token or ""):
            connection.execute(delete(table).where(_c.token_hash == hashed))

    @writes
    def forget_here(self, connection: Connection, token: str | None) -> None:
        """As `drop`, in a transaction of its own."""
        self.drop(connection, token)

    # --- of their owner --------------------------------------------------------------------------------------------

    @reads
    def of(self, connection: Connection, number: CustomerNumber) -> list[Remembered]:
        """All of the customer's that can be paid with, the last used first."""
        rows = connection.execute(select(table).where(_c.customer == number).order_by(_c.used_at.desc(), _c.id.desc()))
        return [one for row in rows.all() if (one := self._usable(connection, row))]

    @writes
    def forget(self, connection: Connection, session: Session, id: str) -> bool:
        """Whether there was such a device of the customer's."""
        theirs = (_c.id == id) & (_c.customer == session.subject.customer)
        row = connection.execute(select(_c.account, _c.label).where(theirs)).one_or_none()
        if row is None:
            return False
        connection.execute(delete(table).where(theirs))
        self._record(connection, session.subject, "quick_forgotten", {"account": row.account, "device": row.label})
        return True

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes those whose time is over."""
        return len(remove_some(connection, table, _c.ends_at <= now, most))

    # --- steps -----------------------------------------------------------------------------------------------------

    def _usable(self, connection: Connection, row: Any) -> Remembered | None:
        """Not after its end, nor when the account cannot be paid from, nor with another number on file than then."""
        account = self.deposits.get(connection, row.account)
        profile = self.customers.profiles.get(connection, account.customer)
        if row.ends_at <= self.clock.now() or profile is None or profile.frozen or not profile.mobile:
            return None
        if self._mobile(profile.mobile) != bytes(row.mobile) or not self.identify.usable(connection, account):
            return None
        return Remembered(row.id, account, row.label, row.created_at, row.used_at, row.ends_at)

    def _make_room(self, connection: Connection, number: CustomerNumber) -> None:
        newest = select(_c.id).where(_c.customer == number).order_by(_c.used_at.desc(), _c.id.desc())
        beyond = connection.execute(newest.offset(MOST_DEVICES - 1)).scalars().all()
        connection.execute(delete(table).where(_c.id.in_(beyond)))

    def _mobile(self, mobile: str) -> bytes:
        return self.cipher.blind_index(mobile, "quick/remembered")
