"""The wallet as a way to pay an order: who is signed in, from an own account, proved before it is decided."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.auth.challenges.model import Passed
from feiqian.events import PaymentDecided
from feiqian.ids import CustomerNumber
from feiqian.merchants.registry import Merchant
from feiqian.money import MinorUnits
from feiqian.orders.errors import ChallengeNotKept
from feiqian.payments.errors import OrderConflict
from feiqian.payments.intent import Intent, Method
from feiqian.payments.methods.proved import is_of, proved_intent

ONLINE = Method("online", {})


class ProvedPayment(NamedTuple):
    """An attempt whose payer has proved it; `proved` None: what was decided before is asked for. Amount in minor units;
    `merchant_order`: the attempt's number within the order."""

    amount: MinorUnits
    currency: str
    merchant_order: str
    description: str
    payer: CustomerNumber
    source: bytes
    proved: Passed | None
    store: str = ""
    terminal: str = ""


class WalletMethod:
    """Who pays is known, and proved. Never awaits."""

    def intent(self, merchant: Merchant, asked: ProvedPayment, attempt: bytes, now_us: int) -> Intent:
        if asked.proved is None:
            raise ChallengeNotKept
        return proved_intent(ONLINE, merchant, asked, attempt, now_us)

    def check_retry(self, fact: PaymentDecided, merchant: Merchant, asked: ProvedPayment) -> None:
        """Raises OrderConflict unless the fact is of this payer's, with this content."""
        if not is_of(fact, ONLINE, asked):
            raise OrderConflict("this attempt was made before, by somebody else")
