"""How a waiting payment ends: confirmed, declined, cancelled or expired; the engine decides which, once. Never awaits.

Whatever ends it is one posting to its zero-amount authorisation hold; what follows is in the same journal row.
"""

from __future__ import annotations

from typing import NamedTuple

from feiqian.auth.challenges.model import Passed
from feiqian.clock import MICROSECONDS
from feiqian.events import (
    LimitMet,
    PaymentCancelled,
    PaymentConfirmed,
    PaymentDecided,
    PaymentRefused,
    PaymentStatus,
    encode_fact,
)
from feiqian.ledger.engine import CLOSED, EVENT_SIZE, Engine, HoldState, Refusal, Side, Type
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion, Refused
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.registry import Merchants
from feiqian.merchants.request_keys import claim_key
from feiqian.money import NOTHING, MinorUnits
from feiqian.payments import plan
from feiqian.payments.attempts import NoOrders, OrderAttempts
from feiqian.payments.errors import NotCancellable, NotWaiting
from feiqian.payments.plan import CONFIRMATION_STEPS
from feiqian.payments.policy import OF_LIMITS, ORDER_ENDED, Decline, decline_of
from feiqian.policy.factors import Factor

_STATUS: dict[HoldState, PaymentStatus] = {
    HoldState.OPEN: PaymentStatus.WAITING,
    HoldState.CAPTURED: PaymentStatus.SUCCEEDED,
    HoldState.EXPIRED: PaymentStatus.EXPIRED,
}


class Resolved(NamedTuple):
    """What a payment became, to be told once the ledger's position is durable. `fee` in minor units."""

    status: PaymentStatus
    reason: Decline | None
    fee: MinorUnits


def status_of(engine: Engine, payment: PaymentDecided) -> PaymentStatus:
    """What became of a payment that waited, as the engine knows it now (time may have to move on first)."""
    hold = engine.remembered(payment.transfer)
    if hold is None or hold.type != Type.HOLD:
        return payment.status
    if hold.status != HoldState.RELEASED:
        return _STATUS[HoldState(hold.status)]
    cancelled = engine.remembered(plan.cancellation(payment.transfer))
    released = cancelled is not None and cancelled.type == Type.RELEASE
    return PaymentStatus.CANCELLED if released else PaymentStatus.DECLINED


def cancel(ledger: Ledger, payment: PaymentDecided, key: str = "") -> PaymentStatus:
    """Gives up a waiting payment's hold, for its merchant; again, if it was given up before, to the same end.

    Returns what the payment is now, to be told once `ledger.position` is durable: CANCELLED, or, if it came too late,
    what it had become. Raises NotCancellable if the payment never waited, RequestKeyUsed, and LedgerStopped.
    """
    if payment.status is not PaymentStatus.WAITING:
        raise NotCancellable(payment.status)
    if status_of(ledger.engine, payment) is PaymentStatus.WAITING:
        claim_key(ledger, payment.merchant, key)
    refusal = ledger.post(plan.cancel(payment.transfer)).refusal
    if refusal is Refusal.OK:
        now_us = ledger.clock.now()
        ledger.record(encode_fact(PaymentCancelled(payment.id, now_us, payment.merchant, payment.customer)))
    status = status_of(ledger.engine, payment)
    if status is PaymentStatus.WAITING:
        raise RuntimeError(f"a cancellation was refused as {refusal.name}")
    return status


class PendingPaymentResolver:
    """Confirms and declines what waits, for the customer. Raises NotWaiting and LedgerStopped."""

    def __init__(self, ledger: Ledger, limits: PaymentLimits, merchants: Merchants) -> None:
        self._ledger, self._clock, self._limits, self._merchants = ledger, ledger.clock, limits, merchants
        self.attempts: OrderAttempts = NoOrders()

    def confirm(self, payment: PaymentDecided, passed: Passed) -> Resolved:
        """Moves the money, or declines and so ends the payment: all that it stands on counts as of now."""
        merchant = self._merchants.by_number(payment.merchant)
        if merchant is None or not merchant.accepting:
            return self.decline(payment, Decline.MERCHANT_NOT_ACCEPTING)
        counted = self._limits.at_confirmation(self._asked(payment), passed.factors)
        if isinstance(counted, Refused):
            return self.decline(payment, Decline(counted.value), passed.factors)
        fee = plan.fee_of(payment.amount, merchant.fee_basis_points)
        posting = self._ledger.post(plan.confirmed_payment(payment, fee, counted))
        if posting.refusal is Refusal.EXISTS:
            raise NotWaiting(status_of(self._ledger.engine, payment))
        if posting.refusal is not Refusal.OK:
            place = posting.results.index(posting.refusal) - len(counted) // EVENT_SIZE
            if place == 0 and posting.refusal in ORDER_ENDED:
                raise NotWaiting(status_of(self._ledger.engine, payment))
            return self.decline(payment, _refused(posting.refusal, place), passed.factors)
        whose = payment.id, payment.merchant, payment.customer, payment.amount, payment.currency
        proof = passed.challenge, tuple(factor.value for factor in passed.factors), passed.evidence
        self._ledger.record(encode_fact(PaymentConfirmed(*whose, fee, *proof, self._clock.now())))
        return self._ended(payment, Resolved(PaymentStatus.SUCCEEDED, None, fee))

    def decline(self, payment: PaymentDecided, reason: Decline, factors: tuple[Factor, ...] = ()) -> Resolved:
        """Gives the hold up, so that the payment can end in no other way any more. `factors`: what was proved."""
        refusal = self._ledger.post(plan.refuse(payment.transfer)).refusal
        if refusal is not Refusal.OK:
            raise NotWaiting(status_of(self._ledger.engine, payment))
        whose = payment.id, payment.merchant, payment.customer, payment.amount, payment.currency
        met = self._met(payment, factors) if reason in OF_LIMITS else None
        self._ledger.record(encode_fact(PaymentRefused(*whose, reason, self._clock.now(), met)))
        return self._ended(payment, Resolved(PaymentStatus.DECLINED, reason, NOTHING))

    def _ended(self, payment: PaymentDecided, resolved: Resolved) -> Resolved:
        """Tells the order that it was an attempt to pay."""
        if payment.order:
            self.attempts.ended(payment, resolved.status, resolved.reason, resolved.fee)
        return resolved

    def cannot_pay(self, payment: PaymentDecided) -> bool:
        """Whether the account is stopped or the level pays nothing, so that no answer of the customer's would count."""
        source = self._ledger.engine.account(plan.payer_account(payment))
        stopped = source is None or bool(source.closed_and_frozen & (Side.DEBIT | CLOSED))
        return stopped or not self._limits.pays(payment.customer, payment.currency)

    def _met(self, payment: PaymentDecided, factors: tuple[Factor, ...]) -> LimitMet | None:
        """The limit for which it is declined, as things stand now."""
        return self._limits.met(self._asked(payment), factors)

    def _asked(self, payment: PaymentDecided) -> LimitQuestion:
        """What limits are asked about it, as of now."""
        now = self._clock.now() // MICROSECONDS
        return LimitQuestion(payment.customer, payment.currency, payment.amount, now, payment.method)


def _refused(refusal: Refusal, place: int) -> Decline:
    """`place`: of the event among those that CONFIRMATION_STEPS names; what stands after them ends an order."""
    if refusal in ORDER_ENDED:
        return Decline.ORDER_NOT_OPEN
    return Decline.NOT_POSSIBLE if place < 0 else decline_of(refusal, CONFIRMATION_STEPS[min(place, 3)])
