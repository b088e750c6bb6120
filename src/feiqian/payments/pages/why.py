"""Why a payment was declined, as its own customer is told it: with what merchants are not told."""

from __future__ import annotations

from feiqian.events import PaymentDecided
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.payments.plan import payer_account
from feiqian.payments.policy import Decline
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.web.site import Site


def why(site: Site, payment: PaymentDecided | PaymentRow) -> list[str]:
    """Sentences, as things stand now; none where there is nothing to add to the reason."""
    if payment.reason == Decline.INSUFFICIENT_FUNDS:
        return _locked(site, payment if isinstance(payment, PaymentDecided) else payment.fact)
    return []


def _locked(site: Site, payment: PaymentDecided) -> list[str]:
    """That the customer has locked what was lacking, perhaps."""
    services, source = site.services, payer_account(payment)
    locked, account = services.locks.locked(source), services.ledger.engine.account(source)
    if not locked or account is None:
        return []
    amount, free = (
        site.render.amount(Money(MinorUnits(minor), BY_NUMBER[payment.currency]))
        for minor in (locked, account.available)
    )
    hours = services.policy.delays.open_lock_hours
    return [site.render.texts("locks.wallet.short", amount=amount, free=free, hours=hours)]
