"""From an order to the engine's events. Pure.

Its hold has the id that a direct payment with the number would have, so that the engine decides which of them it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from feiqian.accounts.kinds import AccountKind
from feiqian.ids import MerchantNumber
from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id, derived_id
from feiqian.ledger.engine import chain
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.request_keys import claims
from feiqian.money import CurrencyNumber
from feiqian.orders.kinds import OrderTransferKind
from feiqian.orders.requests import OrderRequest
from feiqian.payments.kinds import TransferKind
from feiqian.payments.plan import payment_transfer

hold_of = payment_transfer


def created(
    merchant: MerchantNumber, currency: CurrencyNumber, request: OrderRequest, key: str, now_seconds: int
) -> bytes:
    """The chain of a new order: its `Idempotency-Key`, if it has one, and its hold."""
    hold = chart.hold(
        hold_of(merchant, request.merchant_order),
        debit=account_id(AccountKind.MERCHANT_FEES, currency, BANK),
        credit=payable_id(currency, merchant),
        amount=0,
        timeout_seconds=request.expires_in,
        kind=TransferKind.ORDER,
    )
    return chain(*claims(merchant, key, now_seconds), hold)


def capture_id(authorised: bytes, number: str) -> bytes:
    """What names a capture in the ledger, by what was authorised and the merchant's number for it."""
    return derived_id(b"order capture", authorised, number.encode())


def void_id(money: bytes) -> bytes:
    """What names the end of what was authorised in the ledger."""
    return derived_id(b"order void", money)


def void(money: bytes, given_back: Sequence[bytes]) -> bytes:
    """The chain that gives up what is held of an order that was authorised, and gives it back to its payer's limits."""
    id, kind = void_id(money), OrderTransferKind.ORDER_VOIDED
    return chain(chart.release(id, hold=money, kind=kind, reference=money), *given_back)


def close(hold: bytes) -> bytes:
    """Gives up the hold of an order that can be paid."""
    return chart.release(
        derived_id(b"order close", hold), hold=hold, kind=OrderTransferKind.ORDER_CLOSED, reference=hold
    )
