"""Decides a payment: facts in hand, from the first line to the last nothing awaits. One writer, so no lock.

A request that names no payer (its code cannot be read) or could never succeed (its currency, its amount, a suspended
merchant) is declined and not kept: nothing is journaled, and the order number stays free. Every other request is
decided once, under an id derived from merchant and order number that the engine remembers, and noted as a fact.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import NamedTuple

from feiqian.clock import MICROSECONDS
from feiqian.events import PaymentDecided, PaymentStatus, encode_fact
from feiqian.field_cipher import FieldCipher
from feiqian.ids import PAYMENT, new_id
from feiqian.ledger.chart import claim_id
from feiqian.ledger.engine import Refusal
from feiqian.ledger.ledger import Ledger, Posting
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE
from feiqian.payments import plan
from feiqian.payments.codes import CodeFault, Codes, Scan
from feiqian.payments.errors import OrderConflict
from feiqian.payments.guesses import Guesses
from feiqian.payments.limits import WAITS, KnowsCustomers, PaymentLimits
from feiqian.payments.plan import PAYMENT_STEPS, WAITING_STEPS, Plan
from feiqian.payments.policy import VERIFICATION_SECONDS, Decline, Step, decline_of
from feiqian.payments.recent import Recent
from feiqian.payments.requests import PaymentRequest

CODE = "payment-code"  # the context of the keyed hash by which a retry's code is known again


class Decision(NamedTuple):
    """May be told once `position` is durable.

    `not_kept` is why a request was declined without a trace. A `retry` comes with the first decision's fact, or with
    none if that is no longer in memory; either way `check_retry` says whether it may be answered.
    """

    transfer: bytes
    position: int
    fact: PaymentDecided | None = None
    not_kept: Decline | None = None
    retry: bool = False


class Authorizer:
    """The one place where payments are decided."""

    def __init__(
        self,
        ledger: Ledger,
        codes: Codes,
        limits: PaymentLimits,
        customers: KnowsCustomers,
        cipher: FieldCipher,
        waits: Callable[[PaymentDecided], None],
    ) -> None:
        self._ledger, self._codes, self._clock, self._waits = ledger, codes, ledger.clock, waits
        self._limits, self._customers, self._hash = limits, customers, cipher.blind_index
        self.guesses = Guesses()
        self._recent: Recent[PaymentDecided] = Recent()

    def authorize(self, merchant: Merchant, request: PaymentRequest) -> Decision:
        """Decides, posts and notes. Raises LedgerStopped."""
        transfer = plan.payment_transfer(merchant.number, request.merchant_order)
        now_us = self._clock.now()
        # Before the code is judged: by now it may have expired, and the retry gets the first answer all the same.
        if self._ledger.engine.remembered(transfer) is not None:
            return Decision(transfer, self._ledger.position, self._recent.get(transfer), retry=True)
        scan = self._admit(merchant, request, now_us // MICROSECONDS)
        if isinstance(scan, Decline):
            return Decision(transfer, self._ledger.position, not_kept=scan)
        return self._decide(merchant, request, transfer, scan, now_us)

    # --- what comes before the engine --------------------------------------------------------------------------

    def _admit(self, merchant: Merchant, request: PaymentRequest, now: int) -> Scan | Decline:
        """Whose code it is; or why the request is declined without a payer."""
        currency = BY_CODE.get(request.currency)
        if not merchant.accepting:
            return Decline.MERCHANT_NOT_ACCEPTING
        largest = None if currency is None else self._limits.largest.get(currency.number)
        if currency is None or currency.number != merchant.currency or largest is None:
            return Decline.CURRENCY_NOT_SUPPORTED
        if request.amount > largest:
            return Decline.AMOUNT_TOO_HIGH
        return self._read_code(merchant, request, now)

    def _read_code(
        self, merchant: Merchant, request: PaymentRequest, now: int, *, expired: bool = False
    ) -> Scan | Decline:
        """Whose code it is; one that has just expired is taken only with `expired`: it still says who the payer was."""
        store, terminal = request.store, request.terminal
        till = self.guesses.till(merchant, store, terminal)
        if now < till.until:
            return Decline.TOO_MANY_WRONG_CODES
        scan = self._codes.read(request.payment_code, now)
        if scan.fault is None and self._customers.known(scan.customer):
            if till.shared:
                self.guesses.learn(merchant, store, terminal)
            return scan
        if scan.fault is CodeFault.EXPIRED:
            return scan if expired else Decline.CODE_EXPIRED
        if scan.fault is not CodeFault.MALFORMED:  # a code of nobody counts as a guess, like one that cannot be read
            self.guesses.wrong(merchant, store, terminal, request.payment_code, now)
        return Decline.CODE_INVALID

    # --- the decision ------------------------------------------------------------------------------------------

    def _decide(
        self, merchant: Merchant, request: PaymentRequest, transfer: bytes, scan: Scan, now_us: int
    ) -> Decision:
        customer, amount, currency = scan.customer, request.amount, merchant.currency
        status: PaymentStatus = "declined"
        now = now_us // MICROSECONDS
        ruling, fee, expires_at = self._limits.ruling(customer, currency, amount, now), 0, 0
        if ruling is WAITS:
            ruling = self._before_waiting(customer, currency, amount, request.payment_code, now) or WAITS
        if isinstance(ruling, Decline):
            self._ledger.post(plan.declined_payment(transfer, customer, currency))
            decline: Decline | None = ruling
        else:
            waiting = ruling is WAITS
            fee = 0 if waiting else plan.fee_of(amount, merchant.fee_basis_points)
            reference = plan.content_reference(amount, currency, request.description, request.store, request.terminal)
            claim = int(request.payment_code), scan.claim_until
            planned = Plan(transfer, reference, *claim, customer, merchant.number, currency, amount, fee)
            posting = self._ledger.post(plan.waiting_payment(planned) if waiting else plan.payment(planned))
            decline = _decline(posting, WAITING_STEPS if waiting else PAYMENT_STEPS)
            if decline:
                fee = 0
            elif waiting:
                status = "needs_verification"
                expires_at = (self._ledger.engine.moment.seconds + VERIFICATION_SECONDS) * MICROSECONDS
            else:
                status = "succeeded"
        fact = PaymentDecided(
            new_id(PAYMENT, now_us),
            transfer,
            status,
            decline,
            merchant.number,
            customer,
            amount,
            currency,
            fee,
            request.merchant_order,
            request.description,
            request.store,
            request.terminal,
            now_us,
            expires_at,
            self._hash(request.payment_code, CODE),
        )
        self._ledger.record(encode_fact(fact))
        if expires_at:
            self._waits(fact)
        self._recent.put(transfer, fact)
        return Decision(transfer, self._ledger.position, fact)

    def _before_waiting(self, customer: int, currency: int, amount: int, code: str, now: int) -> Decline | None:
        """Why there is nothing for the customer to confirm. All of it counts again when the customer confirms.

        A code that was used tells nothing of the customer's money. Over midnight there is another day's limit.
        """
        if self._ledger.engine.claimed(claim_id(int(code))):
            return None  # which the ledger declines
        day = self._clock.day
        if day(now) == day(now + VERIFICATION_SECONDS):
            beyond = self._limits.beyond_today(customer, currency, amount, now)
            if beyond is not None:
                return beyond
        return Decline.INSUFFICIENT_FUNDS if self._limits.short_of(customer, currency, amount) else None

    # --- retries -----------------------------------------------------------------------------------------------

    def check_retry(self, fact: PaymentDecided, merchant: Merchant, request: PaymentRequest) -> None:
        """One rule, wherever the first decision's fact was found: a retry has the same content and the same payer.

        Its code is the first one, or shows now whose it is. Raises OrderConflict. Wrong codes count here as elsewhere:
        a retry is no free guess.
        """
        order = f"order {request.merchant_order} was used before"
        if not _same_content(fact, request):
            raise OrderConflict(f"{order}, with other content")
        if fact.code_hash and hmac.compare_digest(fact.code_hash, self._hash(request.payment_code, CODE)):
            return
        scan = self._read_code(merchant, request, self._clock.now() // MICROSECONDS, expired=True)
        if scan is Decline.TOO_MANY_WRONG_CODES:
            raise OrderConflict(f"{order}, and no other code is read here now, after too many wrong ones")
        if isinstance(scan, Decline) or scan.customer != fact.customer:
            raise OrderConflict(f"{order}, and this code does not show the same payer")


def _same_content(fact: PaymentDecided, request: PaymentRequest) -> bool:
    """Whether a request asks for what was decided before, apart from the code: a code may be scanned anew."""
    currency = BY_CODE.get(request.currency)
    asked = request.amount, currency and currency.number, request.description, request.store, request.terminal
    return asked == (fact.amount, fact.currency, fact.description, fact.store, fact.terminal)


def _decline(posting: Posting, steps: tuple[Step, ...]) -> Decline | None:
    """Why the engine refused, or None if it did not. Raises RuntimeError for a chain that should never be posted."""
    if posting.refusal is Refusal.OK:
        return None
    if not posting.refusal.remembered:
        raise RuntimeError(f"a payment's chain was refused as {posting.refusal.name}")
    return decline_of(posting.refusal, steps[posting.results.index(posting.refusal)])
