"""Quick payment as a method of `payments`: from the account itself, proved before it is decided. Never awaits."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.auth.challenges.model import Passed
from feiqian.events import PaymentDecided
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import EVENT, LINKED, NO_ID, Refusal, Type
from feiqian.merchants.registry import Merchant
from feiqian.money import MinorUnits
from feiqian.payments.errors import OrderConflict
from feiqian.payments.intent import Intent, Method
from feiqian.payments.methods.proved import is_of, proved_intent
from feiqian.payments.policy import Decline
from feiqian.quick.kinds import bill_claim
from feiqian.quick.paying_errors import QuickPaymentOver

QUICK = Method("quick", {Refusal.CLAIMED: Decline.ALREADY_PAID, Refusal.CLAIM_ALREADY_PAST: Decline.NOT_POSSIBLE})
LONGEST_GIVEN = 40  # characters of last digits, a number or an alias, as they are typed
_CLAIM = int(Type.CLAIM)


class QuickOrder(NamedTuple):
    """A quick payment whose payer has proved it. Amount in minor units, times in Unix microseconds, but for
    `once_until`: Unix seconds until which `reference` is paid once (0: it may be paid again)."""

    amount: MinorUnits
    currency: str
    merchant_order: str
    description: str
    payer: CustomerNumber
    source: bytes
    proved: Passed | None  # None: it is no longer known what was proved, so only what was decided before is told
    reference: str
    once_until: int
    decided_before: int  # later it is not decided any more, so that what is told then stays true
    order_id: str = ""  # that it is an attempt to pay
    store: str = ""
    terminal: str = ""


class QuickMethod:
    """Who pays is known, and proved."""

    def intent(self, merchant: Merchant, order: QuickOrder, attempt: bytes, now_us: int) -> Intent:
        """Raises QuickPaymentOver for what was proved too long ago."""
        if order.proved is None or now_us >= order.decided_before:
            raise QuickPaymentOver
        events = b""
        if order.once_until:
            claim = bill_claim(merchant.number, order.reference)
            events = EVENT.pack(_CLAIM, LINKED, 0, 0, order.once_until, claim, NO_ID, NO_ID, NO_ID)
        return proved_intent(QUICK, merchant, order, attempt, now_us, events)

    def check_retry(self, fact: PaymentDecided, merchant: Merchant, order: QuickOrder) -> None:
        """Raises OrderConflict unless the fact is of this payer's quick payment, with this content."""
        if not is_of(fact, QUICK, order):
            raise OrderConflict(f"order {order.merchant_order} was used before, for something else")
