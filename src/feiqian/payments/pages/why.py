"""Why a payment was declined, as its own customer is told it: with what merchants are not told."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.events import LimitMet, PaymentDecided
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.payments.plan import payer_account
from feiqian.payments.policy import Decline
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.services import Services


class Why(NamedTuple):
    """The limit that was met, if one was; and what of the account the customer has locked, what is held for something
    under way, and what is free, where that may have been lacking. `rises`: a higher level has higher limits; `hours`:
    how long a lock takes to open."""

    limit: LimitMet | None = None
    rises: bool = False
    locked: Money | None = None
    held: Money | None = None
    free: Money | None = None
    hours: int = 0


async def why(services: Services, payment: PaymentDecided | PaymentRow) -> Why:
    """The limit as it was then, and what is locked or held as they are now."""
    if payment.limit is not None:
        highest = services.policy.levels[-1].number
        return Why(payment.limit, services.customers.standing(payment.customer) != highest)
    if payment.reason == Decline.INSUFFICIENT_FUNDS:
        return await _reserved(services, payment if isinstance(payment, PaymentDecided) else payment.fact)
    return Why()


async def _reserved(services: Services, fact: PaymentDecided) -> Why:
    source, unit = payer_account(fact), BY_NUMBER[fact.currency]
    reserved, account = await services.locks.reserved(fact.customer, source), services.ledger.engine.account(source)
    if not any(reserved) or account is None:
        return Why()
    locked, held = (Money(minor, unit) if minor else None for minor in reserved)
    free, hours = Money(MinorUnits(account.available), unit), services.policy.delays.open_lock_hours
    return Why(locked=locked, held=held, free=free, hours=hours)
