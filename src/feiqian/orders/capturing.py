"""Takes what is authorised, whole or in parts, or gives it up. Never awaits; the engine refuses more than is held."""

from __future__ import annotations

from collections.abc import Callable

from feiqian.clock import MICROSECONDS, microseconds
from feiqian.events import AttemptDecided, PaymentDecided, PaymentStatus, encode_fact
from feiqian.ids import PAYMENT, new_id
from feiqian.ledger.engine import Refusal, Type
from feiqian.ledger.ledger import Ledger
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchant
from feiqian.merchants.request_keys import claim_key
from feiqian.money import MinorUnits
from feiqian.orders import plan
from feiqian.orders.book import Entry
from feiqian.orders.errors import OrderInvalid, OrderNumberUsed, OrderStateForbids
from feiqian.orders.model import Event, OrderStatus
from feiqian.orders.requests import CaptureRequest
from feiqian.orders.states import Changes
from feiqian.payments.kinds import TransferKind
from feiqian.payments.plan import captured, fee_of, payer_account
from feiqian.payments.policy import ORDER_ENDED

MOST_CAPTURES = 20
TellMovement = Callable[[bytes, bytes, bytes, MinorUnits, int], None]
"""Hears of money that a capture moved: its transfer, from which account, to which, how much, of which kind."""


def nobody_told(_transfer: bytes, _debit: bytes, _credit: bytes, _amount: MinorUnits, _kind: int) -> None:
    """There are no balance reminders."""


class Capturing:
    """Of all orders. Raises OrderStateForbids where the order is not authorised."""

    def __init__(self, ledger: Ledger, changes: Changes) -> None:
        self._ledger, self._changes = ledger, changes
        self.moved: TellMovement = nobody_told

    def capture(
        self, entry: Entry, authorised: PaymentDecided, merchant: Merchant, request: CaptureRequest, key: str
    ) -> None:
        """Takes part of what is held; a retry of its number changes nothing. Raises OrderInvalid for more than is held,
        and OrderNumberUsed for a number that was used for another amount."""
        id, order = plan.capture_id(authorised.transfer, request.merchant_capture), entry.order
        if (known := self._ledger.engine.remembered(id)) is not None:
            if known.type == Type.REFUSED:
                raise OrderStateForbids("this capture was refused; another takes another number")
            if known.amount != request.amount:
                raise OrderNumberUsed(f"capture {request.merchant_capture} was made before, of another amount")
            return
        _check(entry, merchant, request)
        claim_key(self._ledger, entry.merchant, key)
        rest = MinorUnits(0 if request.final else order.authorised - request.amount)
        assert order.capture_before is not None
        seconds = microseconds(order.capture_before) // MICROSECONDS - self._ledger.clock.now() // MICROSECONDS
        fee = fee_of(request.amount, merchant.fee_basis_points)
        held, back = (rest, max(1, seconds)), entry.given_back(MinorUnits(order.authorised - request.amount - rest))
        refusal = self._ledger.post(captured(id, authorised, entry.money, request.amount, fee, held, back)).refusal
        if refusal is not Refusal.OK:
            raise _refused(refusal)
        fact = self._fact(authorised, id, request, fee)
        self._ledger.record(encode_fact(fact))
        payable = payable_id(fact.currency, fact.merchant)
        self.moved(id, payer_account(fact), payable, fact.amount, TransferKind.PAYMENT)
        self._changes.captured(entry, fact, rest, key)

    def void(self, entry: Entry, key: str) -> None:
        """Gives up what is held."""
        if entry.order.status is not OrderStatus.AUTHORISED:
            raise OrderStateForbids(f"an order that is {entry.order.status} cannot be voided")
        claim_key(self._ledger, entry.merchant, key)
        chain = plan.void(entry.money, entry.given_back(entry.order.authorised))
        if self._ledger.post(chain).refusal is Refusal.OK:
            self._changes.given_up(entry, Event.VOIDED, key)

    def _fact(self, of: PaymentDecided, id: bytes, request: CaptureRequest, fee: MinorUnits) -> AttemptDecided:
        now = self._ledger.clock.now()
        return AttemptDecided(
            new_id(PAYMENT, now),
            id,
            PaymentStatus.SUCCEEDED,
            None,
            of.merchant,
            of.customer,
            request.amount,
            of.currency,
            fee,
            request.merchant_capture,
            of.description,
            of.store,
            of.terminal,
            now,
            source=of.source,
            method=of.method,
            proof=of.proof,
            order=of.order,
            order_hold=of.order_hold,
        )


def _check(entry: Entry, merchant: Merchant, request: CaptureRequest) -> None:
    order = entry.order
    if order.status is not OrderStatus.AUTHORISED:
        raise OrderStateForbids(f"an order that is {order.status} has nothing to capture")
    if not merchant.accepting:
        raise OrderStateForbids("you cannot take payments now")
    if request.amount > order.authorised:
        raise OrderInvalid(f"{order.authorised} {order.currency} is held of it, and not more")
    if len(order.taken) >= MOST_CAPTURES:
        raise OrderStateForbids(f"an order has at most {MOST_CAPTURES} captures")


def _refused(refusal: Refusal) -> Exception:
    if refusal in ORDER_ENDED:
        return OrderStateForbids("what was authorised has lapsed, or was given up")
    if refusal is Refusal.AMOUNT_ABOVE_HOLD:
        return OrderInvalid("less is held of it")
    return OrderStateForbids("the customer's account, or yours, cannot be debited or credited now")
