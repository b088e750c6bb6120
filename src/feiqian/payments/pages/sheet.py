"""What slides up on the phone when something of its customer's was paid, declined, given back, or waits for them."""

from __future__ import annotations

from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.money import BY_NUMBER, Money
from feiqian.web.site import Site
from feiqian.web.streams import MovesMoney

from .why import why

KINDS = {PaymentStatus.SUCCEEDED: "paid", PaymentStatus.DECLINED: "declined", PaymentStatus.WAITING: "waiting"}
KINDS[PaymentStatus.AUTHORISED] = "held"


async def sheet(site: Site, fact: MovesMoney) -> str | None:
    """None where nothing is to be said."""
    amount = Money(fact.amount, BY_NUMBER[fact.currency])
    merchant = site.services.merchants.name(fact.merchant)
    if isinstance(fact, RefundDecided):
        if fact.status is not RefundStatus.SUCCEEDED:
            return None  # nothing of the customer's has changed
        return site.render("payments/parts/wallet_sheet.html", kind="refunded", amount=amount, merchant=merchant)
    assert isinstance(fact, PaymentDecided)
    values = {"kind": KINDS[fact.status], "payment": fact.id, "reason": fact.reason or ""}
    more = await why(site.services, fact)
    return site.render("payments/parts/wallet_sheet.html", amount=amount, merchant=merchant, why=more, **values)
