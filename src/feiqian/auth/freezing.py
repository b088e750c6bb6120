"""Freezing and unfreezing a customer's wallets and deposit accounts: in the engine, and marked with who did it.

Freezing holds at once, and is told the engine first. Unfreezing is an intent: a crash before the engine was told leaves
the wallets frozen until the sweep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.auth.challenges import attempts
from feiqian.auth.errors import FrozenByBank, NotFrozen
from feiqian.customers.errors import CustomerNotFound
from feiqian.ids import CustomerNumber
from feiqian.ledger_intents.model import IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.subjects import Role, Subject, customer

UNFREEZE = "unfreeze"
Within = Callable[[Connection, int], None]


class Unfreezing(msgspec.Struct, frozen=True):
    """Whose wallets are unfrozen, and by whom."""

    customer: CustomerNumber
    by: Subject


@dataclass(kw_only=True, eq=False, repr=False)
class Freezing(AccessService):
    """For customers by `Security`, for staff directly. What a member of staff froze, only staff unfreeze."""

    accounts: Accounts
    intents: LedgerIntents

    @property
    def intent(self) -> IntentKind:
        return IntentKind(UNFREEZE, Unfreezing, self._unfreeze, self._unfrozen)

    async def freeze(self, number: CustomerNumber, by: Subject) -> None:
        """Nothing leaves the wallets when this returns. Again: nothing more happens. Raises CustomerNotFound."""
        if not self.customers.known(number):
            raise CustomerNotFound("there is no such customer")
        await self.accounts.freeze(number)  # before any waiting in turn
        async with self.intents.turn(str(customer(number))):
            await self.accounts.freeze(number)  # what was opened or unfrozen meanwhile, too
            await self.transactions.write(self._mark, number, by)

    async def unfreeze(self, number: CustomerNumber, by: Subject, within: Within | None = None) -> None:
        """Raises NotFrozen, FrozenByBank (if `by` is no member of staff), CustomerNotFound.

        `within(connection, now)` takes part in the transaction that decides it, and may refuse by raising.
        """
        if not self.customers.known(number):
            raise CustomerNotFound("there is no such customer")
        async with self.intents.turn(str(customer(number))):
            stopped = self.accounts.frozen(number)
            intent = await self.transactions.write(self._intend, number, by, stopped, within)
            await self.intents.carry_out(intent)

    async def resume(self) -> None:
        """At the start: tell the engine of each freeze that it does not know."""
        for number in await self.transactions.read(self.customers.profiles.frozen):
            if not self.accounts.stopped(number):
                await self.accounts.freeze(number)

    def _mark(self, connection: Connection, number: CustomerNumber, by: Subject) -> None:
        now = self.clock.now()
        profiles = self.customers.profiles
        profiles.lock(connection, number)
        profile = profiles.get(connection, number)
        unfreezing = self.intents.withdraw(connection, UNFREEZE, str(customer(number)))
        held_by = profile.frozen_by if profile and not unfreezing else None
        if held_by is not None and (held_by.role is Role.STAFF or by.role is not Role.STAFF):
            return
        if profile is not None:
            profiles.put_frozen(connection, number, by, now)
        self.audit_log.append(connection, by, "frozen", str(customer(number)), {}, now)
        if held_by is None:
            self.notices.tell(connection, number, "frozen", now)

    def _intend(
        self, connection: Connection, number: CustomerNumber, by: Subject, stopped: bool, within: Within | None
    ) -> LedgerIntent:
        now, profiles = self.clock.now(), self.customers.profiles
        attempts.hold(connection, customer(number), now)  # before the profile, as wherever both are held
        profiles.lock(connection, number)
        profile = profiles.get(connection, number)
        held_by = profile.frozen_by if profile else None
        if held_by is None and not stopped:
            raise NotFrozen("the wallets are not frozen")
        if held_by is not None and held_by.role is Role.STAFF and by.role is not Role.STAFF:
            raise FrozenByBank("the bank has frozen the wallets")
        if within is not None:
            within(connection, now)
        unfreezing = Unfreezing(number, by)
        return self.intents.put(connection, UNFREEZE, str(customer(number)), unfreezing, instead=True)

    async def _unfreeze(self, intent: LedgerIntent) -> None:
        await self.accounts.unfreeze(intent.payload.customer)

    def _unfrozen(self, connection: Connection, intent: LedgerIntent, now: int) -> None:
        number, by = intent.payload.customer, intent.payload.by
        profiles = self.customers.profiles
        if profiles.get(connection, number) is not None:
            profiles.put_frozen(connection, number, None, now)
        self.audit_log.append(connection, by, "unfrozen", str(customer(number)), {}, now)
        self.notices.tell(connection, number, "unfrozen", now)
