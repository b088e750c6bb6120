"""What a demo has and no bank: doors that open without a key, shoppers, and play money for newcomers."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from feiqian.auth.sessions.model import Opened
from feiqian.backoffice.service import DEMO
from feiqian.errors import FeiqianError
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, MinorUnits
from feiqian.runtime import logs
from feiqian.seeding import mobile_of
from feiqian.services import Services
from feiqian.subjects import customer
from feiqian.web.model import Person
from feiqian.web.site import Level

from .names import PASSWORD, PIN
from .traffic import TrafficSwitch

GIFT_MAJOR = 500  # units of the bank's currency
LOOK_SECONDS = 0.25

_log = logs.get("feiqian.demo")


class Doors:
    """`web.site.Demo` over a running bank. Customers above `settled` have come since the seed."""

    password, pin = PASSWORD, PIN
    staff = tuple((login, name) for login, name, _ in DEMO)

    def __init__(self, services: Services, traffic: TrafficSwitch, settled: int) -> None:
        self._services, self._traffic, self._settled = services, traffic, settled
        self._given: set[int] = set()

    # --- shoppers ----------------------------------------------------------------------------------------------

    @property
    def level(self) -> Level:
        return self._traffic.level

    async def change(self, level: Level) -> None:
        await self._traffic.change(level)

    # --- doors -------------------------------------------------------------------------------------------------

    def mobile(self, person: Person) -> str:
        return mobile_of(person.number)

    async def open_phone(self, person: Person, user_agent: str, device_token: str | None, language: str) -> Opened:
        services = self._services
        who, now = (customer(person.number), (), user_agent), services.clock.now()

        def open(connection: Connection) -> Opened:
            services.customers.profiles.put(connection, person.number, language=language)  # of messages, too
            return services.sessions.open(connection, *who, device_token, now, language)

        return await services.transactions.write(open)

    async def open_staff(self, login: str, user_agent: str, language: str) -> Opened:
        if login not in dict(self.staff):
            raise KeyError(login)
        return await self._services.staff.open_demo(login, user_agent, language)

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
