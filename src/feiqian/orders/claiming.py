"""An `Idempotency-Key` is a claim of the engine, in the row of what it was sent with. Never awaits."""

from __future__ import annotations

from feiqian.clock import MICROSECONDS
from feiqian.ids import MerchantNumber
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.orders import plan
from feiqian.orders.errors import OrderNumberUsed


def claim_key(ledger: Ledger, merchant: MerchantNumber, key: str) -> None:
    """Before something is done for the first time; "" is none. Raises OrderNumberUsed if it came before."""
    seconds = ledger.clock.now() // MICROSECONDS
    for claim in plan.keyed(merchant, key, seconds):
        if ledger.post(claim).refusal is not Refusal.OK:
            raise OrderNumberUsed("this Idempotency-Key was used before, for another request")
