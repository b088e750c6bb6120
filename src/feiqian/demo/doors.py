"""What a demo has and no bank: doors that open without a key, and play money for newcomers."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy import Connection

from feiqian.auth.challenges.model import Passed
from feiqian.auth.sessions.model import Opened
from feiqian.customers.errors import CustomerNotFound
from feiqian.errors import FeiqianError
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, MinorUnits
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.subjects import customer

from .names import PASSWORD, PIN

GIFT_MAJOR = 500  # units of the bank's currency
LOOK_SECONDS = 0.25
AS_IF = (Factor.PASSWORD, Factor.SMS)

_log = logs.get("feiqian.demo")


class Doors:
    """Of a running bank. Customers above `settled` have come since the seed."""

    password, pin = PASSWORD, PIN

    def __init__(self, services: Services, settled: int) -> None:
        self._services, self._settled = services, settled
        self._given: set[int] = set()

    async def open_phone(
        self, number: CustomerNumber, user_agent: str, device_token: str | None, language: str
    ) -> Opened:
        """A session of a customer, as if they had signed in. A device that is new to them is not told of."""
        services, who = self._services, customer(number)

        def claim(connection: Connection) -> Opened:
            """A sign-in that nobody has passed, which is why this stands in the demo and nowhere else."""
            now = services.clock.now()
            with suppress(CustomerNotFound):  # nothing is kept of who came before there were profiles
                services.customers.profiles.put(connection, number, language=language)  # of messages, too
            passed = Passed("", AS_IF, "", now, who, Purpose.SIGN_IN)
            return services.sessions.open(connection, passed, user_agent, device_token, now, language)

        return await services.transactions.write(claim)

    # --- play money --------------------------------------------------------------------------------------------

    async def give(self) -> None:
        """Gives newcomers something to pay with, once, as soon as they may pay. Ends when cancelled."""
        while True:
            for number in self._newcomers():
                try:
                    await self._gift(number)
                except FeiqianError as error:  # the wallet is about to be opened: at the next look
                    _log.debug("play_money_not_given_yet", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    def _newcomers(self) -> list[CustomerNumber]:
        """Those who may pay and were given nothing in this run. From memory: it is asked all the time."""
        customers, level_of = self._services.customers, self._services.policy.level_numbered
        numbers = map(CustomerNumber, range(self._settled + 1, customers.count + 1))
        return [n for n in numbers if n not in self._given and level_of(customers.standing(n)).pays]

    async def _gift(self, number: CustomerNumber) -> None:
        currency = BY_NUMBER[self._services.policy.currency]
        amount = MinorUnits(GIFT_MAJOR * 10**currency.decimals)
        await self._services.accounts.adjust(number, currency.number, amount, f"play-money-{number}")
        self._given.add(number)
