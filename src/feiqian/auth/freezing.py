"""Freezing and thawing a customer's wallets: in the engine at once, and marked with who did it.

The engine is told first when freezing and last when thawing: a crash in between leaves the wallets frozen.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from feiqian.auth import notifications
from feiqian.auth.errors import FrozenByBank, NotFrozen
from feiqian.auth.parts import Parts
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.profiles import FROZEN, UNFREEZING
from feiqian.ids import CustomerNumber
from feiqian.subjects import Role, Subject, customer

Within = Callable[[Connection, int], None]


class Freezing:
    """For customers by `Security`, for staff directly. What a member of staff froze, only staff thaw."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts

    async def freeze(self, number: CustomerNumber, by: Subject) -> None:
        """Nothing leaves the wallets when this returns. Again: nothing more happens. Raises CustomerNotFound."""
        if not self._p.customers.known(number):
            raise CustomerNotFound("there is no such customer")
        await self._p.accounts.freeze(number)  # before any waiting in turn
        async with self._p.turns.of(number):
            await self._p.accounts.freeze(number)  # what was opened or thawed meanwhile, too
            await self._p.work.db(self._mark, number, by)

    async def unfreeze(self, number: CustomerNumber, by: Subject, within: Within | None = None) -> None:
        """Raises NotFrozen, FrozenByBank (if `by` is no member of staff), CustomerNotFound.

        `within(connection, now)` takes part in the transaction that decides it, and may refuse by raising.
        """
        if not self._p.customers.known(number):
            raise CustomerNotFound("there is no such customer")
        async with self._p.turns.of(number):
            stopped = self._p.accounts.frozen(number)
            await self._p.work.db(self._begin_thaw, number, by, stopped, within)
            await self._p.accounts.unfreeze(number)
            await self._p.work.db(self._thawed, number, by)

    async def resume(self) -> int:
        """At the start: tells the engine what it was not told before a crash. Returns how many customers."""
        marked = await self._p.work.db(self._marked)
        begun = 0
        for number, state in marked:
            if state == UNFREEZING:
                await self._p.accounts.unfreeze(number)
                await self._p.work.db(self._thawed, number, customer(number))
                begun += 1
            elif self._p.accounts.wallets(number) and not self._p.accounts.frozen(number):
                await self._p.accounts.freeze(number)
                begun += 1
        return begun

    def _mark(self, number: CustomerNumber, by: Subject) -> None:
        now = self._p.clock.now()
        profiles = self._p.customers.profiles
        with self._p.db.write() as connection:
            profiles.lock(connection, number)
            profile = profiles.get(connection, number)
            held_by = profile.frozen_by if profile else None
            if held_by is not None and (held_by.role is Role.STAFF or by.role is not Role.STAFF):
                return
            if profile is not None:
                profiles.put_frozen(connection, number, FROZEN, by, now)
            self._p.audit_log.append(connection, by, "frozen", str(customer(number)), {}, now)
            if held_by is None:
                notifications.tell(self._p, connection, number, "frozen", now)

    def _begin_thaw(self, number: CustomerNumber, by: Subject, stopped: bool, within: Within | None) -> None:
        now = self._p.clock.now()
        profiles = self._p.customers.profiles
        with self._p.db.write() as connection:
            profiles.lock(connection, number)
            profile = profiles.get(connection, number)
            held_by = profile.frozen_by if profile else None
            if held_by is None and not stopped:
                raise NotFrozen("the wallets are not frozen")
            if held_by is not None and held_by.role is Role.STAFF and by.role is not Role.STAFF:
                raise FrozenByBank("the bank has frozen the wallets")
            if within is not None:
                within(connection, now)
            if profile is not None:
                profiles.put_frozen(connection, number, UNFREEZING, held_by or by, now)

    def _thawed(self, number: CustomerNumber, by: Subject) -> None:
        now = self._p.clock.now()
        profiles = self._p.customers.profiles
        with self._p.db.write() as connection:
            if profiles.get(connection, number) is not None:
                profiles.put_frozen(connection, number, "", None, now)
            self._p.audit_log.append(connection, by, "unfrozen", str(customer(number)), {}, now)
            notifications.tell(self._p, connection, number, "unfrozen", now)

    def _marked(self) -> list[tuple[CustomerNumber, str]]:
        with self._p.db.read() as connection:
            return self._p.customers.profiles.frozen(connection)
