"""What the wallet shows of sources: the way to their page, and what the code is paid from."""

from __future__ import annotations

from feiqian.ids import CustomerNumber
from feiqian.services import Services
from feiqian.sources.standing import Standing
from feiqian.web.wallet_parts import Shortcut


class PaidFrom:
    """The account that a payment by the code would be taken from now; nothing where there is only the wallet."""

    place = "code"
    order = 10
    template = "sources/parts/paid_from.html"

    async def look(self, services: Services, number: CustomerNumber) -> Standing | None:
        standings = await services.sources.standing(number)
        shown = (it for it in standings if it.currency.number == services.policy.currency)
        return next((it for it in shown if it.can_choose and it.next), None)


SHORTCUTS = (Shortcut(30, "split", "sources.title", "/sources"),)
PARTS = (PaidFrom(),)
