"""Phones and tills that speak with a served bank, which may be killed at any moment; what they know survives that.

Every answer that was told is kept, and told differently never: `Heard` asserts it. An answer can be lost, and a request
can be sent twice at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import aiohttp

from feiqian.demo.seeding import SeededMerchant, mobile_of
from feiqian.ids import CustomerNumber
from feiqian.payments.code_keys import KeyRing
from feiqian.payments.codes import SLOT_SECONDS, CodeIssuer

from .operations import CODE_SLOTS, Asked

TWICE, TWO_PROOFS = 0.15, 0.15  # of what is sent: twice at once, and with two proofs at once
AGAIN_SECONDS, MOST_TRIES = 0.05, 12
PIN, PASSWORD = "590274", "quartz-lantern-58-meadow"


class Killed(Exception):
    """No answer came: whether it happened, nobody knows."""


class Answer(NamedTuple):
    """A status of HTTP, and what was told; 0: nothing was asked."""

    status: int
    told: dict[str, Any]

    @property
    def good(self) -> bool:
        return self.status == 200

    @property
    def problem(self) -> str:
        """Which problem it is; "" if none."""
        return "" if self.good else str(self.told.get("type", "")).rpartition("/")[2]


class Heard:
    """What the bank has told, by what it is about; the second time it must be the same."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, object], object] = {}

    def take(self, about: str, which: object, told: object) -> None:
        """Raises AssertionError if it was told otherwise before."""
        before = self._told.setdefault((about, which), told)
        assert before == told, f"{about} {which}: {before}, and then {told}"

    def all(self, about: str) -> dict[Any, Any]:
        return {which: told for (what, which), told in self._told.items() if what == about}


class Phones:
    """Of everybody; `ahead` is how far the bank's clock is, and `tokens` are of the sessions, both after each start."""

    def __init__(self, url: str, names: Sequence[str], merchants: Sequence[SeededMerchant], keys: KeyRing) -> None:
        self._url, self.names, self.merchants = url, names, merchants
        self._issuers = [CodeIssuer(KeyRing(version, keys.secrets())) for version in keys.secrets()]
        self.heard, self.kept = Heard(), defaultdict[tuple[int, str], dict[str, Any]](dict)
        self.strangers: list[tuple[str, str]] = []  # numbers without a wallet that money was sent to
        self.ahead, self.tokens = 0, dict[int, str]()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Phones:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=240))
        return self

    async def __aexit__(self, *of: object) -> None:
        assert self._session is not None
        await self._session.close()

    # --- asking ------------------------------------------------------------------------------------------------------

    async def ask(self, who: int | SeededMerchant, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Asks until there is an answer of the bank; GET without a body. Raises Killed."""
        assert self._session is not None
        token = self.tokens[who] if isinstance(who, int) else who.key
        headers, method = {"authorization": f"Bearer {token}"}, "GET" if body is None else "POST"
        while True:
            try:
                async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
                    if answer.status != 503:
                        found = Answer(answer.status, await answer.json(content_type=None))
                        assert found.status < 500, f"{path}: {found}"
                        return found
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise Killed from error
            await asyncio.sleep(AGAIN_SECONDS)

    async def sure(self, it: Asked, place: str, who: int | SeededMerchant, path: str, bodies: Sequence[Any]) -> Answer:
        """Sends all of these at once, and now and then the same twice: what was done has one id."""
        dice = random.Random(f"{it.number} {place} twice")
        sent = [*bodies, *(bodies if dice.random() < TWICE else ())]
        answers = await asyncio.gather(*(self.ask(who, path, body) for body in sent))
        good = [answer for answer in answers if answer.good and answer.told["id"]]
        assert len({answer.told["id"] for answer in good}) <= 1, f"{it}: {good}"
        return good[0] if good else answers[0]

    # --- money that is proved ----------------------------------------------------------------------------------------

    async def proved(self, who: int, path: str, body: dict[str, Any]) -> Answer:
        """A challenge that was passed by PIN, or why there is none."""
        began = await self.ask(who, f"{path}/challenge", body)
        if not began.good:
            return began
        answer = {"factor": "pin", "answer": PIN}
        passed = await self.ask(who, f"/v1/me/challenges/{began.told['id']}/answers", answer)
        if passed.good and passed.told["state"] != "passed":
            return Answer(409, {"type": "/more-is-needed"})
        return passed

    async def paid(
        self, it: Asked, place: str, who: int, path: str, make: Callable[[], Awaitable[Answer]], end: str = ""
    ) -> Answer:
        """Sends what `make` gives (in `told`) to `path` + `end` with a proof, until it is decided or refused."""
        kept = self.kept[it.number, place]
        answer = Answer(0, {})
        for _ in range(MOST_TRIES):
            if "sent" in kept:
                answer = await self.sure(it, place, who, path + end, kept["sent"])
                if answer.good or answer.problem == "waiting-transfers-used-up":
                    return answer
            made = await make()
            if not made.good:
                return made
            two = random.Random(f"{it.number} {place} proofs").random() < TWO_PROOFS
            proofs = [await self.proved(who, path, made.told) for _ in range(2 if two else 1)]
            proof = proofs[-1]
            if proof.problem == "challenge-over":  # another of theirs was begun meanwhile
                answer = proof
                continue
            if not proof.good:
                return proof
            kept["sent"] = [made.told | {"challenge": proof.told["id"]} for proof in proofs if proof.good]
        return answer

    # --- people ------------------------------------------------------------------------------------------------------

    def other(self, it: Asked, more: int = 0) -> CustomerNumber:
        """Somebody else."""
        count = len(self.names)
        return CustomerNumber((it.customer - 1 + 1 + (it.way + more) % (count - 1)) % count + 1)

    def mobile(self, number: int) -> str:
        return mobile_of(CustomerNumber(number))

    def code(self, it: Asked, tries: int) -> str:
        """One that the customer's phone shows; those of their next turns are others."""
        place, version = divmod(it.turn + tries, len(self._issuers))
        moment = int(time.time()) + self.ahead + (place % CODE_SLOTS - CODE_SLOTS + 1) * SLOT_SECONDS
        return self._issuers[version].issue(it.customer, moment).digits
