"""From a payment to the chain of engine events that makes it. Pure: everything it needs is handed in.

Ids come from what makes the operation one, so that a retry, in any process and after any crash, meets the first.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import blake2b

from feiqian.accounts.kinds import AccountKind, day_amount_id, day_unverified_id, wallet_id
from feiqian.events import PaymentDecided
from feiqian.ids import MerchantNumber
from feiqian.ledger import chart
from feiqian.ledger.chart import BANK, account_id, derived_id
from feiqian.ledger.engine import EVENT, EVENT_SIZE, LINKED, NO_ID, Period, Type, chain
from feiqian.merchants.kinds import payable_id
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.intent import Intent
from feiqian.payments.kinds import TransferKind
from feiqian.payments.policy import AUTHORISED_SECONDS, VERIFICATION_SECONDS, Step
from feiqian.payments.requests import RefundRequest

_THREE_EVENTS, _FOUR_EVENTS = (struct.Struct("<" + EVENT.format[1:] * n).pack for n in (3, 4))
_USE, _TRANSFER = int(Type.USE), int(Type.TRANSFER)
_PAYMENT, _FEE = int(TransferKind.PAYMENT), int(TransferKind.FEE)
_FEES = AccountKind.MERCHANT_FEES

BASIS_POINTS = 10_000

# What the events of a chain are for, after those of the method and those that count.
PAYMENT_STEPS = (Step.DAY_AMOUNT, Step.DAY_COUNT, Step.PAYMENT, Step.FEE)
PENDING_STEPS = (Step.PAYMENT,)
VERIFIED_STEPS = (Step.DAY_AMOUNT, Step.PAYMENT, Step.FEE)
CONFIRMATION_STEPS = (Step.PAYMENT, Step.DAY_AMOUNT, Step.PAYMENT, Step.FEE)
REFUND_STEPS = (Step.REFUNDABLE, Step.REFUNDABLE, Step.REFUND)


def fee_of(amount: MinorUnits, basis_points: int) -> MinorUnits:
    """The merchant's fee on an amount, rounded half to even to whole minor units.

    What rounding adds or leaves out is borne by the merchant's net, which is amount - fee: the sum is always exact. A
    payment split into small ones changes each fee by at most half a minor unit.
    """
    fee, rest = divmod(amount * basis_points, BASIS_POINTS)
    half = BASIS_POINTS // 2
    return MinorUnits(fee + (rest > half or (rest == half and fee % 2 == 1)))


def payment_transfer(merchant: MerchantNumber, merchant_order: str) -> bytes:
    """The id of the transfer (or hold) that a merchant's order names."""
    return derived_id(b"payment", merchant.to_bytes(8, "big"), merchant_order.encode())


def attempt_transfer(order_hold: bytes, number: str) -> bytes:
    """The id of the transfer (or hold) of an attempt to pay an order; `number` tells its attempts apart."""
    return derived_id(b"order attempt", order_hold, number.encode())


def order_paid(payment: bytes) -> bytes:
    """The id of the capture by which this attempt ends its order's hold."""
    return derived_id(b"order paid", payment)


def fee_transfer(payment: bytes) -> bytes:
    return derived_id(b"fee", payment)


def refund_transfer(payment: bytes, merchant_refund: str) -> bytes:
    return derived_id(b"refund", payment, merchant_refund.encode())


def cancellation(payment: bytes) -> bytes:
    return derived_id(b"cancel", payment)


def confirmation(payment: bytes) -> bytes:
    """The id that the customer's confirmation names: the capture of the zero-amount authorisation hold."""
    return derived_id(b"confirm", payment)


def confirmed_transfer(payment: bytes) -> bytes:
    """The transfer of a payment that has been confirmed; its hold has taken the payment's own id."""
    return derived_id(b"confirmed", payment)


def refusal(payment: bytes) -> bytes:
    return derived_id(b"refuse", payment)


def refundable(payment: bytes) -> bytes:
    """The allowance that counts what has been refunded of a payment."""
    return derived_id(b"refundable", payment)


def payer_account(payment: PaymentDecided) -> bytes:
    """The account that a payment is taken from, and that refunds go back to."""
    return payment.source or wallet_id(payment.currency, payment.customer)


def content_reference(intent: Intent) -> bytes:
    """What was asked for besides payer and order number, in 128 bits, kept with the payment's transfer."""
    content = f"{intent.amount}\0{intent.currency}\0{intent.description}\0{intent.store}\0{intent.terminal}"
    return blake2b(content.encode(), digest_size=16, person=b"fq-content").digest()


def paying_order(events: bytes, payment: bytes, order_hold: bytes) -> bytes:
    """The chain of a payment, which pays an order with it or is refused: at last it ends the order's hold.

    At last, so that the payment's own transfer names the chain, and a retry finds it.
    """
    end = chart.capture(order_paid(payment), hold=order_hold, amount=0, kind=TransferKind.ORDER_PAID, reference=payment)
    last = len(events) - EVENT_SIZE
    return events[: last + 1] + bytes([LINKED]) + events[last + 2 :] + end


def authorised_payment(intent: Intent, counted: bytes = b"") -> bytes:
    """The chain of a payment whose money is only held; its steps are those of `payment`, or `verified_payment`.

    Limits count now. No fee is charged before something is captured.
    """
    uses = [chart.use(day_amount_id(intent.currency, intent.payer), intent.amount)]
    if intent.proved is None:
        uses.append(chart.use(day_unverified_id(intent.payer), 1))
    held = chart.hold(
        intent.attempt,
        debit=intent.source,
        credit=payable_id(intent.currency, intent.payee),
        amount=intent.amount,
        timeout_seconds=AUTHORISED_SECONDS,
        kind=TransferKind.AUTHORISATION,
        reference=content_reference(intent),
    )
    return intent.events + counted + chain(*uses, held)


def captured(
    id: bytes,
    authorised: PaymentDecided,
    held: bytes,
    amount: MinorUnits,
    fee: MinorUnits,
    rest: tuple[int, int],
    given_back: Sequence[bytes] = (),
) -> bytes:
    """The chain that captures part of what is held; `rest`: how much is held on, and for how many seconds, else 0;
    `given_back`: what gives the payer's limits back what is not (`limits.giving_back`)."""
    payable = payable_id(authorised.currency, authorised.merchant)
    events = [chart.capture(id, hold=held, amount=amount, kind=TransferKind.PAYMENT, reference=authorised.transfer)]
    left, seconds = rest
    if left:
        kind, source = TransferKind.AUTHORISATION, payer_account(authorised)
        terms = {"amount": left, "timeout_seconds": seconds, "kind": kind}
        events.append(chart.hold(rest_hold(id), debit=source, credit=payable, reference=id, **terms))
    return chain(*events, *_fee(id, payable, authorised.currency, fee), *given_back)


def rest_hold(capture: bytes) -> bytes:
    """The hold of what a capture has left."""
    return derived_id(b"capture rest", capture)


def claims(events: bytes) -> list[bytes]:
    """The ids of what these events claim."""
    return [event[5] for event in EVENT.iter_unpack(events) if event[0] == Type.CLAIM]


def payment(intent: Intent, fee: MinorUnits, counted: bytes = b"") -> bytes:
    """The chain of a payment that needs no verification.

    Its steps are the method's, those of `counted` (from `limits`), and PAYMENT_STEPS, the last only with a fee.
    """
    transfer, payer, currency, amount = intent.attempt, intent.payer, intent.currency, intent.amount
    source, merchant = intent.source, payable_id(currency, intent.payee)
    reference = content_reference(intent)
    # The hot path: all in one call, rather than event by event through `chart` and `chain` (a test compares the two).
    # fmt: off
    limits = (
        _USE, LINKED, 0, 0, amount, day_amount_id(currency, payer), NO_ID, NO_ID, NO_ID,
        _USE, LINKED, 0, 0, 1, day_unverified_id(payer), NO_ID, NO_ID, NO_ID,
    )
    if not fee:
        return intent.events + counted + _THREE_EVENTS(
            *limits, _TRANSFER, 0, _PAYMENT, 0, amount, transfer, source, merchant, reference
        )
    fees = account_id(_FEES, currency, BANK)
    return intent.events + counted + _FOUR_EVENTS(
        *limits,
        _TRANSFER, LINKED, _PAYMENT, 0, amount, transfer, source, merchant, reference,
        _TRANSFER, 0, _FEE, 0, fee, fee_transfer(transfer), merchant, fees, transfer,
    )
    # fmt: on


def verified_payment(intent: Intent, fee: MinorUnits, counted: bytes = b"") -> bytes:
    """The chain of a payment that its payer has verified already; its steps are the method's, those of `counted` and
    VERIFIED_STEPS."""
    transfer, payable = intent.attempt, payable_id(intent.currency, intent.payee)
    reference = content_reference(intent)
    events = [
        chart.use(day_amount_id(intent.currency, intent.payer), intent.amount),
        chart.transfer(
            transfer,
            debit=intent.source,
            credit=payable,
            amount=intent.amount,
            kind=TransferKind.PAYMENT,
            reference=reference,
        ),
        *_fee(transfer, payable, intent.currency, fee),
    ]
    return intent.events + counted + chain(*events)


def _fee(payment: bytes, payable: bytes, currency: CurrencyNumber, fee: MinorUnits) -> list[bytes]:
    """What the merchant pays the bank of it, if anything."""
    if not fee:
        return []
    fees = account_id(_FEES, currency, BANK)
    return [
        chart.transfer(
            fee_transfer(payment), debit=payable, credit=fees, amount=fee, kind=TransferKind.FEE, reference=payment
        )
    ]


def pending_payment(intent: Intent) -> bytes:
    """The chain of a payment that waits for its customer: a zero-amount authorisation hold.

    Its steps are the method's and PENDING_STEPS. It reserves the decision, not the money: balance and allowances count
    when the customer verifies.
    """
    merchant = payable_id(intent.currency, intent.payee)
    kind, reference = TransferKind.VERIFICATION, content_reference(intent)
    return intent.events + chart.hold(
        intent.attempt,
        debit=intent.source,
        credit=merchant,
        amount=0,
        timeout_seconds=VERIFICATION_SECONDS,
        kind=kind,
        reference=reference,
    )


def declined_payment(intent: Intent) -> bytes:
    """What is declined before the ledger is asked, made known to it: a hold that it refuses, whatever the state.

    It would reserve nothing, from an account for itself. The engine remembers the refusal under the payment's id,
    so that the payment stays declined, whoever asks again and whenever.
    """
    account, kind = intent.source, TransferKind.VERIFICATION
    return chart.hold(intent.attempt, debit=account, credit=account, amount=0, timeout_seconds=0, kind=kind)


def confirmed_payment(payment: PaymentDecided, fee: MinorUnits, counted: bytes = b"") -> bytes:
    """The chain of a waiting payment that its customer confirms; its steps are those of `counted` and
    CONFIRMATION_STEPS.

    The capture decides against cancelling and expiry, once; all else counts as of now: limit, balance, freeze.
    """
    hold, currency, amount = payment.transfer, payment.currency, payment.amount
    source, payable = payer_account(payment), payable_id(currency, payment.merchant)
    events = [
        chart.capture(confirmation(hold), hold=hold, amount=0, kind=TransferKind.VERIFICATION, reference=hold),
        chart.use(day_amount_id(currency, payment.customer), amount),
        chart.transfer(
            confirmed_transfer(hold),
            debit=source,
            credit=payable,
            amount=amount,
            kind=TransferKind.PAYMENT,
            reference=hold,
        ),
        *_fee(hold, payable, currency, fee),
    ]
    made = counted + chain(*events)
    return paying_order(made, hold, payment.order_hold) if payment.order else made


def refuse(payment: bytes) -> bytes:
    """Gives up the hold of a waiting payment that is declined."""
    return chart.release(refusal(payment), hold=payment, kind=TransferKind.REFUSAL, reference=payment)


def refund(payment: PaymentDecided, request: RefundRequest, to: bytes) -> bytes:
    """The chain of a refund to this account of the customer's; its steps are REFUND_STEPS.

    All refunds of a payment use one allowance, capped at what was captured: whatever races, they never sum to more.
    """
    limit, paid = refundable(payment.transfer), payment.transfer
    return chain(
        chart.allowance(limit, payment.amount, Period.EVER),
        chart.use(limit, request.amount),
        chart.transfer(
            refund_transfer(paid, request.merchant_refund),
            debit=payable_id(payment.currency, payment.merchant),
            credit=to,
            amount=request.amount,
            kind=TransferKind.REFUND,
            reference=paid,
        ),
    )


def cancel(payment: bytes) -> bytes:
    """Gives up the hold of a waiting payment."""
    return chart.release(cancellation(payment), hold=payment, kind=TransferKind.CANCELLATION, reference=payment)
