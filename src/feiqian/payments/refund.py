"""Decides a refund: part or all of a payment goes back to its customer, never more than was captured, whatever races.

The bank keeps its fee: a refund costs the merchant the whole amount refunded. Nothing here awaits.
"""

from __future__ import annotations

from typing import NamedTuple

from feiqian.accounts.kinds import wallet_id
from feiqian.events import PaymentDecided, RefundDecided, RefundStatus, encode_fact
from feiqian.ids import REFUND, new_id
from feiqian.ledger.engine import CLOSED, Refusal
from feiqian.ledger.ledger import Ledger, Posting
from feiqian.merchants.request_keys import claim_key
from feiqian.payments import plan
from feiqian.payments.policy import Decline, decline_of
from feiqian.payments.recent import Recent
from feiqian.payments.requests import RefundRequest


class RefundDecision(NamedTuple):
    """May be told once `position` is durable. A retry whose fact is no longer in memory comes without one."""

    transfer: bytes
    fact: RefundDecided | None
    position: int
    retry: bool = False


class Refunder:
    """The one place where refunds are decided."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._clock = ledger, ledger.clock
        self._recent: Recent[RefundDecided] = Recent()

    def decide(self, payment: PaymentDecided, request: RefundRequest, key: str = "") -> RefundDecision:
        """Refunds part of a payment that has succeeded, once per `merchant_refund`. Raises LedgerStopped, and
        RequestKeyUsed where it is no retry and another request had this key."""
        transfer = plan.refund_transfer(payment.transfer, request.merchant_refund)
        if self._ledger.engine.remembered(transfer) is not None:
            return RefundDecision(transfer, self._recent.get(transfer), self._ledger.position, retry=True)
        claim_key(self._ledger, payment.merchant, key)
        chain = plan.refund(payment, request, self._account(payment))
        fact = self._fact(payment, request, transfer, _decline(self._ledger.post(chain)))
        self._ledger.record(encode_fact(fact))
        self._recent.put(transfer, fact)
        return RefundDecision(transfer, fact, self._ledger.position)

    def _account(self, payment: PaymentDecided) -> bytes:
        """Where the payment came from; the wallet, if that account has been closed since."""
        source = plan.payer_account(payment)
        account = self._ledger.engine.account(source)
        closed = account is not None and account.closed_and_frozen & CLOSED
        return wallet_id(payment.currency, payment.customer) if closed else source

    def _fact(
        self, payment: PaymentDecided, request: RefundRequest, transfer: bytes, decline: Decline | None
    ) -> RefundDecided:
        now_us = self._clock.now()
        return RefundDecided(
            id=new_id(REFUND, now_us),
            transfer=transfer,
            payment=payment.id,
            status=RefundStatus.DECLINED if decline else RefundStatus.SUCCEEDED,
            reason=decline,
            merchant=payment.merchant,
            customer=payment.customer,
            amount=request.amount,
            currency=payment.currency,
            merchant_refund=request.merchant_refund,
            created_at=now_us,
        )


def _decline(posting: Posting) -> Decline | None:
    if posting.refusal is Refusal.OK:
        return None
    if not posting.refusal.remembered:
        raise RuntimeError(f"a refund's chain was refused as {posting.refusal.name}")
    return decline_of(posting.refusal, plan.REFUND_STEPS[posting.results.index(posting.refusal)])
