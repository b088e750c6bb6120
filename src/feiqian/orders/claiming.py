"""An `Idempotency-Key` is a claim of the engine, in the row of what it was sent with. Never awaits."""

from __future__ import annotations

from feiqian.clock import MICROSECONDS
from feiqian.ids import MerchantNumber
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.orders import plan
from feiqian.orders.errors import OrderNumberUsed
from feiqian.orders.kinds import key_claim


def claim_key(ledger: Ledger, merchant: MerchantNumber, key: str) -> None:
    """Before something is done for the first time; "" is none. Raises OrderNumberUsed if it came before."""
    seconds = ledger.clock.now() // MICROSECONDS
    for claim in plan.keyed(merchant, key, seconds):
        if ledger.post(claim).refusal is not Refusal.OK:
            raise _used()


def check_key(ledger: Ledger, merchant: MerchantNumber, key: str) -> None:
    """Before what claims the key itself, and would be remembered as refused. Raises OrderNumberUsed if it came
    before."""
    if not key or not ledger.engine.claimed(claim := key_claim(merchant, key)):
        return
    ledger.post_many(b"")  # claims end when time moves on, which it does when the ledger is asked
    if ledger.engine.claimed(claim):
        raise _used()


def _used() -> OrderNumberUsed:
    return OrderNumberUsed("this Idempotency-Key was used before, for another request")
