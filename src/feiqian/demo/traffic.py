"""The shoppers' switch: off, gentle or rush hour. Each setting is a child process, started and ended here."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Literal

import msgspec

from feiqian.customers.registry import Customers
from feiqian.customers.seeded import seeded_numbers
from feiqian.db import BankDb
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.money import BY_NUMBER
from feiqian.runtime import logs
from feiqian.runtime.supervise import end
from feiqian.services import Services

from .shoppers import Orders, Shop

Level = Literal["off", "gentle", "rush"]
RATES: dict[Level, float] = {"gentle": 4.0, "rush": 250.0}  # payments a second
SHOPS = 50
LEFT_ALONE = 24  # the first customers, whom the start page offers: somebody may be looking at their wallets

_log = logs.get("feiqian.demo")


class TrafficSwitch:
    """Keys for the shoppers are made when they are first let in, and revoked when the demo ends."""

    def __init__(self, services: Services, port: Callable[[], int]) -> None:
        self._services, self._port = services, port
        self._shops: list[Shop] = []
        self._made: list[tuple[MerchantNumber, str]] = []
        self._level: Level = "off"
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    @property
    def level(self) -> Level:
        alive = self._process is not None and self._process.returncode is None
        return self._level if alive else "off"

    async def change(self, level: Level) -> None:
        async with self._lock:
            if level == self.level:
                return
            await self._stop()
            if level != "off":
                await self._start(level)

    async def close(self) -> None:
        async with self._lock:
            await self._stop()
            merchants = self._services.merchants
            for number, key in self._made:
                await self._services.work.db(merchants.revoke_key, number, key, self._services.clock.now())
            self._made.clear()

    async def _start(self, level: Level) -> None:
        if not self._shops:
            await self._services.work.db(self._make_keys)
        settings = self._services.settings
        devices = await self._services.work.db(crowd, self._services.db, self._services.customers)
        if not devices:
            _log.warning("no_shoppers", why="this bank has no seeded customers; the demo seeds an empty data folder")
            return
        orders = Orders(
            host="127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host,
            port=self._port(),
            rate=RATES[level],
            devices=devices,
            code_keys=str(settings.code_keys),
            shops=self._shops,
        )
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "feiqian.demo.shoppers", stdin=asyncio.subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(orders) + b"\n")  # by a pipe: arguments can be seen by others
        await self._process.stdin.drain()
        self._level = level
        _log.info("shoppers_changed", level=level)

    async def _stop(self) -> None:
        process, self._process, self._level = self._process, None, "off"
        if process is not None:
            await end(process)

    def _make_keys(self) -> None:
        merchants, settings = self._services.merchants, self._services.settings
        for merchant in merchants.all()[:SHOPS]:
            key = merchants.create_key(merchant.number, settings.mode, self._services.clock.now())
            currency = BY_NUMBER[merchant.currency]
            self._shops.append(Shop(key, currency.code, currency.decimals))
            self._made.append((merchant.number, key))


def crowd(db: BankDb, customers: Customers) -> list[int]:
    """The issuing devices of those whom the shoppers play: whom a seed invented, but not the start page's.

    Never those who registered, before this start or since: it is their money.
    """
    played = (number for number in seeded_numbers(db) if number > LEFT_ALONE)
    return [device for number in played if (device := customers.issuing.device_of(CustomerNumber(number)))]
