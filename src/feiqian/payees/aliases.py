"""The name that a customer is paid by, which they choose: of one customer for ever, and of nobody else afterwards.

An account's alias is its owner's own name for it, and names nobody to others; this one is told to whoever shall pay. No
two look alike (`deposits.aliases`). One that was given up stays its customer's, so that nobody is paid in their place.
Whoever chooses learns whether it is taken, so that choosing is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.clock import DAY
from feiqian.deposits.aliases import read_alias, skeleton
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.payees.errors import ReceivingAliasTaken, ReceivingAliasTriesUsedUp
from feiqian.payees.tables import alias_tries, aliases
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Refused, reads, writes_or_refuses
from feiqian.subjects import customer

TRIES_A_DAY, KEPT_OF_ONE = 10, 5  # tries of one customer in 24 hours; aliases that one customer ever has
_c = aliases.c


@dataclass(kw_only=True, eq=False, repr=False)
class ReceivingAliases(AccessService):
    """Of one bank."""

    cipher: FieldCipher

    @reads
    def of(self, connection: Connection, number: CustomerNumber) -> str:
        """The customer's alias; "": none."""
        return self._of(connection, number)

    @writes_or_refuses
    def choose(self, connection: Connection, number: CustomerNumber, typed: str) -> str | Refused:
        """From now on the customer is paid by this alias, too; "" ends it. Returns it as it is kept.

        Raises deposits' AccountInvalid, ReceivingAliasTaken, ReceivingAliasTriesUsedUp.
        """
        self.customers.profiles.lock(connection, number)
        alias = read_alias(typed) if typed.strip() else ""
        if alias == self._of(connection, number):
            return alias
        self._count(connection, number)
        if alias and not self._take(connection, number, alias):
            return Refused(ReceivingAliasTaken())
        others = _c.customer == number
        if alias:
            others &= _c.blind != self.blind(alias)
        connection.execute(update(aliases).where(others).values(used=0))
        self._record(connection, customer(number), "receiving_alias_chosen", {})
        self.notices.changed(connection, number, "receiving_alias", self.clock.now())
        return alias

    def find(self, connection: Connection, blind: bytes) -> CustomerNumber | None:
        """Whom it names now."""
        found = connection.execute(select(_c.customer).where(_c.blind == blind, _c.used == 1)).scalar()
        return None if found is None else CustomerNumber(found)

    def blind(self, alias: str) -> bytes:
        """What all that look like it have in common, keyed."""
        return self.cipher.blind_index(skeleton(alias), "payees/alias")

    def _of(self, connection: Connection, number: CustomerNumber) -> str:
        return connection.execute(select(_c.alias).where(_c.customer == number, _c.used == 1)).scalar() or ""

    def _take(self, connection: Connection, number: CustomerNumber, alias: str) -> bool:
        """Makes it the customer's; False where it is, or was, somebody else's, or they have had too many."""
        blind, now = self.blind(alias), self.clock.now()
        lock(connection, f"receiving alias {blind.hex()}")
        owner = connection.execute(select(_c.customer).where(_c.blind == blind)).scalar()
        if owner is not None:
            mine = update(aliases).where(_c.blind == blind, _c.customer == number)
            return connection.execute(mine.values(alias=alias, used=1)).rowcount == 1
        count = connection.execute(select(func.count()).where(_c.customer == number)).scalar_one()
        if count >= KEPT_OF_ONE:
            raise ReceivingAliasTriesUsedUp
        connection.execute(insert(aliases).values(blind=blind, alias=alias, customer=number, used=1, at=now))
        return True

    def _count(self, connection: Connection, number: CustomerNumber) -> None:
        """Counts a try, whatever comes of it. Raises ReceivingAliasTriesUsedUp."""
        now, mine = self.clock.now(), alias_tries.c.customer == number
        connection.execute(delete(alias_tries).where(mine, alias_tries.c.at <= now - DAY))
        if connection.execute(select(func.count()).where(mine)).scalar_one() >= TRIES_A_DAY:
            raise ReceivingAliasTriesUsedUp
        connection.execute(insert(alias_tries).values(customer=number, at=now))
