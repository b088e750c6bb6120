"""Decides a payment: facts in hand, from the first line to the last nothing awaits. One writer, so no lock.

limits → risk → chain → fact. The methods (`methods/`) say who pays; what they bring is an `Intent`.

A request that names no payer (its code cannot be read) or could never succeed (its currency, its amount, a suspended
merchant) is declined and not kept: nothing is journaled, and the order number stays free. Every other request is
decided once, under an id derived from merchant and order number that the engine remembers, and recorded as a fact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.model import Passed
from feiqian.clock import MICROSECONDS
from feiqian.events import AttemptDecided, LimitMet, PaymentDecided, PaymentStatus, Proof, encode_fact
from feiqian.ids import PAYMENT, new_id
from feiqian.ledger.engine import EVENT_SIZE, Refusal
from feiqian.ledger.ledger import Ledger, Posting
from feiqian.limits.giving_back import counters_of
from feiqian.limits.model import LimitQuestion, Refused
from feiqian.limits.service import STEP_UP, LimitDecision, PaymentLimits
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE, NOTHING
from feiqian.payments import plan
from feiqian.payments.intent import Intent, Order, OrderHold
from feiqian.payments.plan import PAYMENT_STEPS, PENDING_STEPS, VERIFIED_STEPS
from feiqian.payments.policy import OF_LIMITS, ORDER_ENDED, VERIFICATION_SECONDS, Decline, Step, decline_of
from feiqian.payments.recent import Recent

SUCCEEDED, DECLINED = PaymentStatus.SUCCEEDED, PaymentStatus.DECLINED  # an enumeration is slow to ask on the hot path
O = TypeVar("O", bound=Order)  # noqa: E741
Identify: TypeAlias = Callable[[Merchant, O, bytes, int], Intent | Decline]
"""A method: the intent of this attempt, asked for at this time (Unix µs), or why the payer is not known."""
AssessRisk: TypeAlias = Callable[[Intent], Decline | None]
"""Why a payment that the limits allow is too risky, or None. Answers from memory, without a side effect."""


def no_risk(intent: Intent) -> None:
    """Finds nothing too risky."""


class Decision(NamedTuple):
    """May be told once `position` is durable.

    `not_kept` is why a request was declined without a trace. A `retry` comes with the first decision's fact, or with
    none if that is no longer in memory; either way the method says whether it may be answered.
    """

    transfer: bytes
    position: int
    fact: PaymentDecided | None = None
    not_kept: Decline | None = None
    retry: bool = False

    @property
    def has_to_be_read(self) -> bool:
        """Whether only the read model has the first answer: then nothing was done."""
        return self.fact is None and self.not_kept is None


class Authorizer:
    """The one place where payments are decided."""

    def __init__(
        self,
        ledger: Ledger,
        limits: PaymentLimits,
        waits: Callable[[PaymentDecided], None],
        risk: AssessRisk = no_risk,
    ) -> None:
        self._ledger, self._clock, self._waits = ledger, ledger.clock, waits
        self._limits, self._risk = limits, risk
        self._recent: Recent[PaymentDecided] = Recent()

    def authorize(self, merchant: Merchant, order: O, identify: Identify[O]) -> Decision:
        """Decides an order once; a retry finds the first decision. Raises LedgerStopped."""
        attempt = plan.payment_transfer(merchant.number, order.merchant_order)
        # Before the payer is looked for: the code may have expired by now, and a retry gets the first answer anyway.
        if self._ledger.engine.remembered(attempt) is not None:
            return Decision(attempt, self._ledger.position, self._recent.get(attempt), retry=True)
        intent = self._inadmissible(merchant, order) or identify(merchant, order, attempt, self._clock.now())
        if isinstance(intent, Decline):
            return Decision(attempt, self._ledger.position, not_kept=intent)
        return self.decide(intent)

    def authorize_attempt(
        self, merchant: Merchant, asked: O, identify: Identify[O], order: OrderHold, *, open_: bool
    ) -> Decision:
        """As `authorize`, for an attempt to pay an order, whose number `asked.merchant_order` is.

        With `open_` false only what was decided before is found. Raises LedgerStopped.
        """
        attempt = plan.attempt_transfer(order.hold, asked.merchant_order)
        if self._ledger.engine.remembered(attempt) is not None:
            return Decision(attempt, self._ledger.position, self._recent.get(attempt), retry=True)
        if not open_:
            return Decision(attempt, self._ledger.position, not_kept=Decline.ORDER_NOT_OPEN)
        intent = self._inadmissible(merchant, asked) or identify(merchant, asked, attempt, self._clock.now())
        if isinstance(intent, Decline):
            return Decision(attempt, self._ledger.position, not_kept=intent)
        return self.decide(msgspec.structs.replace(intent, order=order))

    def _inadmissible(self, merchant: Merchant, order: Order) -> Decline | None:
        """Why no payer could make this payment."""
        if not merchant.accepting:
            return Decline.MERCHANT_NOT_ACCEPTING
        currency = BY_CODE.get(order.currency)
        largest = None if currency is None else self._limits.largest.get(currency.number)
        if currency is None or currency.number != merchant.currency or largest is None:
            return Decline.CURRENCY_NOT_SUPPORTED
        return Decline.AMOUNT_TOO_HIGH if order.amount > largest else None

    def decide(self, intent: Intent) -> Decision:
        """Decides, posts and records an attempt that the ledger does not remember. Raises LedgerStopped."""
        counted = self._allowed(intent)
        decline: Decline | None = None
        status = DECLINED
        fee, expires_at, counters = NOTHING, 0, b""
        if isinstance(counted, Decline):
            decline = counted
            self._ledger.post(plan.declined_payment(intent))
        elif isinstance(counted, LimitDecision):
            decline = _decline(intent, self._ledger.post(plan.pending_payment(intent)), PENDING_STEPS)
            if not decline:
                status = PaymentStatus.WAITING
                expires_at = (self._ledger.engine.moment.seconds + VERIFICATION_SECONDS) * MICROSECONDS
        else:
            fee = plan.fee_of(intent.amount, intent.fee_basis_points)
            steps: tuple[Step, ...] = PAYMENT_STEPS
            if intent.proved is None:
                chain = plan.payment(intent, fee, counted)
            else:
                chain, steps = plan.verified_payment(intent, fee, counted), VERIFIED_STEPS
            if intent.order is not None:
                if intent.order.later:
                    chain, fee = plan.authorised_payment(intent, counted), NOTHING
                    counters = counters_of(chain)
                chain = plan.paying_order(chain, intent.attempt, intent.order.hold)
            decline = _decline(intent, self._ledger.post(chain), steps, counted)
            if decline:
                fee = NOTHING
            else:
                status = SUCCEEDED if intent.order is None or not intent.order.later else PaymentStatus.AUTHORISED
        fields = (
            new_id(PAYMENT, intent.asked_at),
            intent.attempt,
            status,
            decline,
            intent.payee,
            intent.payer,
            intent.amount,
            intent.currency,
            fee,
            intent.merchant_order,
            intent.description,
            intent.store,
            intent.terminal,
            intent.asked_at,
            expires_at,
            intent.shown_hash,
            b"" if intent.source == wallet_id(intent.currency, intent.payer) else intent.source,
            intent.method.name,
            intent.proved and _proof(intent.proved),
            self._met(intent) if decline in OF_LIMITS else None,
        )
        fact = PaymentDecided(*fields) if intent.order is None else _attempt(fields, intent.order, counters)
        self._ledger.record(encode_fact(fact))
        if expires_at:
            self._waits(fact)
        self._recent.put(intent.attempt, fact)
        return Decision(intent.attempt, self._ledger.position, fact)

    def _allowed(self, intent: Intent) -> Decline | LimitDecision | bytes:
        """Why limits or risk do not allow the payment; or that its payer has to verify it first; or what counts it."""
        asked = _asked(intent)
        limit: bytes | LimitDecision | Refused
        if intent.proved is not None:
            limit = self._limits.at_confirmation(asked, intent.proved.factors)
        else:
            limit = self._limits.check(asked)
        if isinstance(limit, Refused):
            return Decline(limit.value)
        if limit is STEP_UP and (decline := self._hopeless(intent, asked)):
            return decline
        if limit is STEP_UP and intent.order is not None and intent.order.later:
            return Decline.PROOF_TOO_LOW  # what is confirmed afterwards is a payment, and holds nothing
        return self._risk(intent) or limit

    def _met(self, intent: Intent) -> LimitMet | None:
        """The limit for which it is declined."""
        return self._limits.met(_asked(intent), intent.proved.factors if intent.proved else ())

    def _hopeless(self, intent: Intent, asked: LimitQuestion) -> Decline | None:
        """Why there is nothing for the customer to confirm. All of it counts again when the customer confirms.

        A code that was used tells nothing of the customer's money. Over midnight there is another day's limit.
        """
        if any(map(self._ledger.engine.claimed, plan.claims(intent.events))):
            return None  # which the ledger declines
        day, now = self._clock.day, asked.now_seconds
        if day(now) == day(now + VERIFICATION_SECONDS) and (beyond := self._limits.beyond_today(asked)):
            return Decline(beyond.value)
        return Decline.INSUFFICIENT_FUNDS if self._limits.short_of(intent.source, intent.amount) else None


def _asked(intent: Intent) -> LimitQuestion:
    """What limits are asked about it."""
    return LimitQuestion(
        intent.payer, intent.currency, intent.amount, intent.asked_at // MICROSECONDS, intent.method.name
    )


def _attempt(payment: tuple[Any, ...], order: OrderHold, counters: bytes) -> AttemptDecided:
    """The fact of an attempt to pay this order; `payment` has the fields of every payment's fact."""
    own: dict[str, Any] = {"order": order.id, "order_hold": order.hold, "counters": counters}
    return AttemptDecided(*payment, **own)


def _proof(passed: Passed) -> Proof:
    return Proof(passed.challenge, tuple(factor.value for factor in passed.factors), passed.evidence)


def same_content(fact: PaymentDecided, order: Order) -> bool:
    """Whether an order asks for what was decided before, whoever pays."""
    currency = BY_CODE.get(order.currency)
    asked = order.amount, currency and currency.number, order.description, order.store, order.terminal
    return asked == (fact.amount, fact.currency, fact.description, fact.store, fact.terminal)


def _decline(intent: Intent, posting: Posting, steps: tuple[Step, ...], counted: bytes = b"") -> Decline | None:
    """Why the engine refused, or None if it did not. Raises RuntimeError for a chain that should never be posted.

    The chain is the method's events, those that count, and what the steps say.
    """
    refusal = posting.refusal
    if refusal is Refusal.OK:
        return None
    if not refusal.remembered:
        raise RuntimeError(f"a payment's chain was refused as {refusal.name}")
    if refusal in ORDER_ENDED:
        return Decline.ORDER_NOT_OPEN
    place = posting.results.index(refusal) - len(intent.events) // EVENT_SIZE
    if place < 0:
        return intent.method.declines.get(refusal, Decline.NOT_POSSIBLE)
    place -= len(counted) // EVENT_SIZE
    # What stands after the steps ends an order, and is the merchant's matter as the fee is.
    return Decline.NOT_POSSIBLE if place < 0 else decline_of(refusal, steps[min(place, len(steps) - 1)])
