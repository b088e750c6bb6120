"""Honest clients at a fixed rate, whatever they are answered: shops, a customer's page, somebody who signs in.

Who is told to come again later does so after the time that was said, with the same request, while patience lasts. They
are all behind one address, as a carrier's customers are, and not behind the attackers': strangers who sign in share
what their address has, so that at one address with them its bounds would be measured, and not what others notice.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from feiqian.bench.bank import BenchBank

from .wire import Answer, ask, other_address

PATIENCE_SECONDS = 15.0  # a payment code is good for 20
PAGE_SECONDS, SIGN_IN_SECONDS = 1.0, 5.0  # between two of a sort
LATER = frozenset({429, 503})


@dataclass
class Told:
    """What one sort of honest client was told in the end, and how often it was not told when to come again."""

    name: str
    done: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    unsaid: int = 0  # "later", without saying when

    @property
    def asked(self) -> int:
        return self.done + self.failed.total()

    @property
    def share(self) -> float:
        return self.done / self.asked if self.asked else 1.0


class Honest:
    """All of them. `token` is the session of a customer who is signed in; those of `mobiles` sign in, one by one."""

    def __init__(
        self, bank: BenchBank, token: str, mobiles: Iterable[str], password: str, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._bank, self._port, self._token, self._patience = bank, bank.settings.port, token, patience
        self._origin = other_address()
        wanted = ({"mobile": mobile, "password": password} for mobile in mobiles)
        self._sign_ins = (json.dumps(one).encode() for one in wanted)
        self.paid, self.paged, self.signed = Told("payments"), Told("pages"), Told("sign-ins")

    @property
    def all(self) -> tuple[Told, ...]:
        return self.paid, self.paged, self.signed

    async def run(self, seconds: float, rate: float) -> None:
        """Sends on time for so long, `rate` payments a second, then waits for what is under way."""
        clock = asyncio.get_running_loop().time
        began, tasks = clock(), []
        for number in range(int(seconds * rate)):
            await asyncio.sleep(max(0.0, began + number / rate - clock()))
            [(key, body)] = self._bank.payments(1)
            tasks.append(asyncio.create_task(self._pay(key, body)))
            if number % int(max(1, rate * PAGE_SECONDS)) == 0:
                tasks.append(asyncio.create_task(self._look()))
            if number % int(max(1, rate * SIGN_IN_SECONDS)) == 0:
                tasks.append(asyncio.create_task(self._sign_in(next(self._sign_ins))))
        await asyncio.gather(*tasks)

    async def _look(self) -> None:
        await self._until_done(self.paged, "GET", "/wallet", b"", {"Cookie": f"feiqian={self._token}"})

    async def _sign_in(self, body: bytes) -> None:
        await self._until_done(self.signed, "POST", "/v1/me/sign-ins", body, {"Content-Type": "application/json"})

    async def _pay(self, key: str, body: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        await self._until_done(self.paid, "POST", "/v1/payments", body.encode(), headers)

    async def _until_done(self, told: Told, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        clock = asyncio.get_running_loop().time
        ends = clock() + self._patience
        while True:
            seconds = max(1.0, ends - clock())
            answer = await ask(self._port, method, path, body, headers, seconds, self._origin)
            if answer.status == 200:
                told.done += 1
                return
            pause = self._pause(told, answer)
            if pause is None or clock() + pause > ends:
                told.failed[str(answer.status or "no answer")] += 1
                return
            await asyncio.sleep(pause)

    @staticmethod
    def _pause(told: Told, answer: Answer) -> float | None:
        """How long to wait before asking again; None where asking again does not help."""
        if answer.status == 0:
            return 1.0  # the outcome is unknown: ask again, with the same number
        if answer.status not in LATER:
            return None
        if answer.retry_after is None:
            told.unsaid += 1
            return 1.0
        return answer.retry_after
