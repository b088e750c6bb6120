"""What people do with each other and with shops, over HTTP: a kind is a small class, listed in KINDS.

Each is asked until its outcome is known, over kills of the bank, and gives a word. An outcome that begins with REFUSED
was decided by nobody, and may be another when it is asked again.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from .operations import Asked
from .phones import MOST_TRIES, Answer, Phones

REFUSED = "refused"
TRANSFERS, REQUESTS, PACKETS = "/v1/me/person-transfers", "/v1/me/money-requests", "/v1/me/packets"
STRANGER = "Wang Xiaoming"


class Doing(ABC):
    """A kind of what people do. `weight`: how often it comes, compared with the others."""

    name: ClassVar[str]
    weight: ClassVar[int]

    def __init__(self, phones: Phones) -> None:
        self.phones = phones

    @abstractmethod
    async def do(self, it: Asked) -> str:
        """Does it, or finds that it was done. Raises Killed."""


class Transfer(Doing):
    """To another's number; now and then with a wrong name. What is held is cancelled by some."""

    name, weight = "transfer", 8

    async def do(self, it: Asked) -> str:
        to = self.phones.other(it)
        name = self.phones.names[to - 1] if it.way % 20 else "Somebody Else"
        return await self.sent(it, "", it.customer, self.phones.mobile(to), name)

    async def sent(self, it: Asked, place: str, who: int, mobile: str, name: str) -> str:
        number = it.order + place

        async def make() -> Answer:
            check = await self.phones.ask(who, "/v1/me/payees/check", {"way": "mobile", "payee": mobile, "name": name})
            wanted = {"number": number, "check": check.told.get("id"), "amount": it.amount, "currency": "CNY"}
            return Answer(200, wanted) if check.good else check

        answer = await self.phones.paid(it, place, who, TRANSFERS, make)
        if not answer.good:
            return f"{REFUSED} {answer.problem}"
        told = answer.told
        outcome = f"{told['status']} {told['reason'] or ''}".strip()
        self.phones.heard.take("transfer", (who, number), (told["id"], outcome))
        if told["held_until"] and it.way % 3 == 0:
            await self.cancelled(who, told["id"])
        return outcome

    async def cancelled(self, who: int, id: str) -> None:
        """By two at once, which is once; what was told stays so."""
        path = f"{TRANSFERS}/{id}/cancel"
        for answer in await asyncio.gather(*(self.phones.ask(who, path, {}) for _ in range(2))):
            self.phones.heard.take("cancelled", id, answer.good)


class Crossing(Transfer):
    """Both ways at once."""

    name, weight = "crossing", 5

    async def do(self, it: Asked) -> str:
        to, names = self.phones.other(it), self.phones.names
        there = self.sent(it, ".there", it.customer, self.phones.mobile(to), names[to - 1])
        back = self.sent(it, ".back", to, self.phones.mobile(it.customer), names[it.customer - 1])
        return ", ".join(await asyncio.gather(there, back))


class ToNobody(Transfer):
    """To a number without a wallet, of which some register."""

    name, weight = "to nobody", 3

    async def do(self, it: Asked) -> str:
        mobile = f"+86139{it.number:08d}"
        if it.way % 2 and (mobile, STRANGER) not in self.phones.strangers:
            self.phones.strangers.append((mobile, STRANGER))
        return await self.sent(it, "", it.customer, mobile, STRANGER)


class Request(Doing):
    """Paid from two places at once, paid and declined at once, declined, or left open."""

    name, weight = "request", 5

    async def do(self, it: Asked) -> str:
        asked = self.phones.other(it)
        body = {"number": it.order, "person": self.phones.mobile(asked), "amount": it.amount, "currency": "CNY"}
        made = await self.phones.sure(it, "ask", it.customer, REQUESTS, [body])
        if not made.good:
            return f"{REFUSED} {made.problem}"
        self.phones.heard.take("request", it.order, made.told["id"])
        await self.answered(it, f"{it.way % 4}", asked, made.told["id"])
        return "asked"

    async def answered(self, it: Asked, how: str, who: int, id: str) -> None:
        doing = [self.paying(it, ".one", who, id)] if how in "012" else []
        if how == "0":
            doing.append(self.paying(it, ".two", who, id))
        elif how == "1":
            doing.append(self.phones.ask(who, f"{REQUESTS}/{id}/decline", {}))
        elif how == "2":
            doing.append(self.phones.ask(it.customer, f"{REQUESTS}/{id}/withdraw", {}))
        for answer in await asyncio.gather(*doing):
            if answer.good and answer.told["transfer"]:
                self.phones.heard.take("paying", answer.told["transfer"], id)

    async def paying(self, it: Asked, place: str, who: int, id: str) -> Answer:
        async def make() -> Answer:
            return Answer(200, {"source": "wallet"})

        return await self.phones.paid(it, place + id, who, f"{REQUESTS}/{id}", make, "/pay")


class SplitBill(Request):
    """Among three others, of whom two pay at once."""

    name, weight = "split", 3

    async def do(self, it: Asked) -> str:
        phones = self.phones
        others = list(dict.fromkeys(phones.other(it, more) for more in range(3)))
        people: list[dict[str, Any]] = [{"person": phones.mobile(other)} for other in others]
        body = {"number": it.order, "total": it.amount + 100, "currency": "CNY", "people": people}
        made = await phones.sure(it, "split", it.customer, "/v1/me/splits", [body])
        if not made.good:
            return f"{REFUSED} {made.problem}"
        told = made.told
        parts = [one["amount"] for one in told["requests"]]
        assert sum(parts) + told["mine"] == it.amount + 100, f"{it}: the parts do not sum: {told}"
        phones.heard.take("split", it.order, (told["id"], tuple(one["id"] for one in told["requests"])))
        ids = [one["id"] for one in told["requests"]][:2]
        await asyncio.gather(*(self.answered(it, "0", who, id) for who, id in zip(others, ids, strict=False)))
        return "asked"


class Packet(Doing):
    """Taken by some at once, each of them twice at once; more than there are shares, or fewer."""

    name, weight = "packet", 6

    async def do(self, it: Asked) -> str:
        shares = it.way % 4 + 1
        wanted = {
            "number": it.order,
            "amount": min(it.amount + shares, 200_00 * shares),
            "currency": "CNY",
            "shares": shares,
            "mode": ("fixed", "random")[it.way // 4 % 2],
        }

        async def make() -> Answer:
            return Answer(200, wanted)

        answer = await self.phones.paid(it, "", it.customer, PACKETS, make)
        if not answer.good:
            return f"{REFUSED} {answer.problem}"
        told = answer.told
        outcome = told["reason"] or "made"
        self.phones.heard.take("packet", (it.customer, it.order), (told["id"], outcome))
        await self.taken(it, told)
        return str(outcome)

    async def taken(self, it: Asked, packet: dict[str, Any]) -> None:
        kept = self.phones.kept[it.number, "link"]
        if packet["link"]:
            kept["code"] = packet["link"].rpartition("code=")[2]
        if "code" not in kept:
            return
        takers = [self.phones.other(it, more) for more in range(it.way // 8 % 7)]
        await asyncio.gather(*(self.take(who, packet["id"], kept["code"]) for who in takers for _ in range(2)))

    async def take(self, who: int, id: str, code: str) -> None:
        answer = await self.phones.ask(who, f"{PACKETS}/{id}/take", {"code": code})
        if answer.good:
            self.phones.heard.take("share", (id, who), answer.told["own"])
        else:
            assert answer.problem == "packet-not-taken", answer


class Online(Doing):
    """By the code that the phone shows; what waits to be confirmed is cancelled by the shop."""

    name, weight = "online", 8

    async def do(self, it: Asked) -> str:
        shop = self.phones.merchants[it.way % len(self.phones.merchants)]
        kept, answer = self.phones.kept[it.number, ""], Answer(0, {})
        for tries in range(MOST_TRIES):
            code = kept.get("code") or await self.code(it, tries)
            if not code:
                return f"{REFUSED} no code"
            kept["code"] = code
            body = {"payment_code": code, "amount": it.amount, "currency": "CNY", "merchant_order": it.order}
            answer = await self.paid(it, body)
            told = answer.told
            if answer.good and told["id"]:
                if told["status"] == "waiting":
                    await self.phones.ask(shop, f"/v1/payments/{told['id']}/cancel", {})
                    continue
                outcome = f"{told['status']} {told['reason'] or ''}".strip()
                self.phones.heard.take("payment", it.order, (told["id"], outcome))
                return outcome
            kept.pop("code")
        return f"{REFUSED} {answer.problem or answer.told.get('reason')}"

    async def paid(self, it: Asked, body: dict[str, Any]) -> Answer:
        shop = self.phones.merchants[it.way % len(self.phones.merchants)]
        return await self.phones.sure(it, "pay", shop, "/v1/payments", [body])

    async def code(self, it: Asked, tries: int) -> str:
        return self.phones.code(it, tries)


class Offline(Online):
    """By a code that the phone fetched ahead; spent ones are never shown again."""

    name, weight = "offline", 4

    async def code(self, it: Asked, tries: int) -> str:
        answer = await self.phones.ask(it.customer, "/v1/me/codes-ahead", {})
        if not answer.good:
            return ""
        now = datetime.fromisoformat(answer.told["now"])
        shown = (
            one["digits"]
            for one in answer.told["codes"]
            if datetime.fromisoformat(one["begins_at"]) <= now < datetime.fromisoformat(one["ends_at"])
        )
        return next(shown, "")


KINDS: tuple[type[Doing], ...] = (Transfer, Crossing, ToNobody, Request, SplitBill, Packet, Online, Offline)
