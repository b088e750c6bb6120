"""What the wallet shows of asking for money: the button, what waits for an answer, what is scanned, and notices."""

from __future__ import annotations

from feiqian.checkout.wallet import SignedCode
from feiqian.ids import CustomerNumber
from feiqian.inbox.model import Group
from feiqian.requests.links import ReceiveLinks
from feiqian.services import Services
from feiqian.web.wallet_parts import NoticeKind, Prime

_ASKED = ("money_asked", "money_asked_again")
_ANSWERED = ("money_came", "money_refused", "money_unanswered")


class Waiting:
    """How many requests wait for the customer's answer; nothing where none does."""

    place = "home"
    order = 20
    template = "requests/parts/waiting.html"

    async def look(self, services: Services, number: CustomerNumber) -> int | None:
        return await services.money_requests.waiting(number) or None


PRIME = (Prime(40, "ask", "requests.title", "/requests"),)
PARTS = (Waiting(),)
SCANNED = (SignedCode("receive_code", ReceiveLinks, 20),)  # whose it is, and what to send
NOTICES = tuple(NoticeKind(kind, "ask", "requests.act", Group.PEOPLE) for kind in (*_ASKED, *_ANSWERED))
