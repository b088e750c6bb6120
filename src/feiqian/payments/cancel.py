"""Cancels a payment that waits. The engine arbitrates: cancelled, confirmed or expired, exactly one."""

from __future__ import annotations

from feiqian.clock import Clock
from feiqian.events import PaymentCancelled, PaymentDecided, encode_fact
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.payments import plan
from feiqian.payments.errors import NotCancellable

_ENDED = {Refusal.HOLD_EXPIRED: "expired", Refusal.HOLD_CAPTURED: "succeeded", Refusal.HOLD_RELEASED: "cancelled"}


def cancel(ledger: Ledger, clock: Clock, payment: PaymentDecided) -> str:
    """Gives up a waiting payment's hold; again, if it was given up before, to the same end. Does not await.

    Returns what the payment is now, to be told once `ledger.position` is durable: "cancelled", or, if it came too late,
    "expired" or "succeeded". Raises NotCancellable if the payment never waited, and LedgerStopped.
    """
    if payment.status != "needs_verification":
        raise NotCancellable(payment.status)
    refusal = ledger.post(plan.cancel(payment.transfer)).refusal
    if refusal is Refusal.OK:
        ledger.note(encode_fact(PaymentCancelled(payment.id, clock.now())))
    if refusal in (Refusal.OK, Refusal.EXISTS):
        return "cancelled"
    if refusal not in _ENDED:
        raise RuntimeError(f"a cancellation was refused as {refusal.name}")
    return _ENDED[refusal]
