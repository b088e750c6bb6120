"""Cancels a payment that waits. The engine arbitrates: cancelled, confirmed, declined or expired, exactly one."""

from __future__ import annotations

from feiqian.clock import Clock
from feiqian.events import PaymentCancelled, PaymentDecided, PaymentStatus, encode_fact
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.payments import plan
from feiqian.payments.errors import NotCancellable
from feiqian.payments.pending import status_of


def cancel(ledger: Ledger, clock: Clock, payment: PaymentDecided) -> PaymentStatus:
    """Gives up a waiting payment's hold; again, if it was given up before, to the same end. Does not await.

    Returns what the payment is now, to be told once `ledger.position` is durable: CANCELLED, or, if it came too late,
    what it had become. Raises NotCancellable if the payment never waited, and LedgerStopped.
    """
    if payment.status is not PaymentStatus.WAITING:
        raise NotCancellable(payment.status)
    refusal = ledger.post(plan.cancel(payment.transfer)).refusal
    if refusal is Refusal.OK:
        now_us = clock.now()
        ledger.record(encode_fact(PaymentCancelled(payment.id, now_us, payment.merchant, payment.customer)))
    status = status_of(ledger.engine, payment)
    if status is PaymentStatus.WAITING:
        raise RuntimeError(f"a cancellation was refused as {refusal.name}")
    return status
