"""An `Idempotency-Key` of what the ledger decides is a claim of the engine, in the row of what it was sent with.

Never awaits: the key is claimed in the stretch in which the request is carried out for the first time. A retry is known
by the merchant's own number, or by the state that the first left, before its key is looked at.
"""

from __future__ import annotations

from feiqian.clock import MICROSECONDS
from feiqian.ids import MerchantNumber
from feiqian.ledger import chart
from feiqian.ledger.chart import claim_id, derived_id
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger
from feiqian.merchants.errors import RequestKeyUsed
from feiqian.merchants.kinds import MerchantClaimKind

KEY_SECONDS = 7 * 86_400  # for which a key is remembered


def claims(merchant: MerchantNumber, key: str, now_seconds: int) -> list[bytes]:
    """The events that keep a request's key, if it has one ("" is none)."""
    return [chart.claim(_claim(merchant, key), now_seconds + KEY_SECONDS)] if key else []


def claim_key(ledger: Ledger, merchant: MerchantNumber, key: str) -> None:
    """Before something is done for the first time. Raises RequestKeyUsed if the key came before."""
    for claim in claims(merchant, key, ledger.clock.now() // MICROSECONDS):
        if ledger.post(claim).refusal is not Refusal.OK:
            raise RequestKeyUsed


def check_key(ledger: Ledger, merchant: MerchantNumber, key: str) -> None:
    """Before what claims the key itself, and would be remembered as refused. Raises RequestKeyUsed if it came
    before."""
    if not key or not ledger.engine.claimed(claim := _claim(merchant, key)):
        return
    ledger.post_many(b"")  # claims end when time moves on, which it does when the ledger is asked
    if ledger.engine.claimed(claim):
        raise RequestKeyUsed


def _claim(merchant: MerchantNumber, key: str) -> bytes:
    hashed = derived_id(b"idempotency", merchant.to_bytes(8, "big"), key.encode())
    return claim_id(MerchantClaimKind.IDEMPOTENCY_KEY, int.from_bytes(hashed[:12], "big"))
