"""The payment code: whose it is, that it works once, and which guesses are refused. Never awaits."""

from __future__ import annotations

import hmac

from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customers
from feiqian.events import PaymentDecided
from feiqian.field_cipher import FieldCipher
from feiqian.ledger.engine import EVENT, LINKED, NO_ID, Refusal, Type
from feiqian.ledger.ledger_clock import LedgerClock
from feiqian.merchants.registry import Merchant
from feiqian.payments.codes import CodeFault, Codes, Scan, claim_of
from feiqian.payments.decide import same_content
from feiqian.payments.errors import OrderConflict
from feiqian.payments.guesses import Guesses
from feiqian.payments.intent import Channel, ChooseSource, Intent, Method
from feiqian.payments.policy import Decline
from feiqian.payments.requests import PaymentRequest

CODE = Method("code", {Refusal.CLAIMED: Decline.CODE_USED, Refusal.CLAIM_ALREADY_PAST: Decline.CODE_EXPIRED})
_HASHED = "payment-code"  # the context of the keyed hash by which a retry's code is known again
_CLAIM, _POINT_OF_SALE = int(Type.CLAIM), Channel.POINT_OF_SALE


class CodeMethod:
    """Reads codes at tills, and counts the wrong ones."""

    def __init__(
        self, codes: Codes, customers: Customers, cipher: FieldCipher, clock: LedgerClock, source: ChooseSource
    ) -> None:
        self._codes, self._customers, self._hash, self._clock = codes, customers, cipher.blind_index, clock
        self.source = source
        self.guesses = Guesses()

    def intent(self, merchant: Merchant, request: PaymentRequest, attempt: bytes, now_us: int) -> Intent | Decline:
        """The payment of whoever shows the code; or why it is declined without a payer."""
        scan = self._read(merchant, request, now_us // MICROSECONDS)
        if isinstance(scan, Decline):
            return scan
        code = request.payment_code
        return Intent(
            attempt=attempt,
            payer=scan.customer,
            source=self.source(merchant.currency, scan.customer, request.amount),
            payee=merchant.number,
            amount=request.amount,
            currency=merchant.currency,
            fee_basis_points=merchant.fee_basis_points,
            merchant_order=request.merchant_order,
            description=request.description,
            store=request.store,
            terminal=request.terminal,
            asked_at=now_us,
            method=CODE,
            channel=_POINT_OF_SALE,
            events=EVENT.pack(_CLAIM, LINKED, 0, 0, scan.claim_until, claim_of(code), NO_ID, NO_ID, NO_ID),
            shown_hash=self._hash(code, _HASHED),
        )

    def check_retry(self, fact: PaymentDecided, merchant: Merchant, request: PaymentRequest) -> None:
        """One rule, wherever the first decision's fact was found: a retry has the same content and the same payer.

        Its code is the first one, or shows now whose it is. Raises OrderConflict. Wrong codes count here as elsewhere:
        a retry is no free guess.
        """
        order = f"order {request.merchant_order} was used before"
        if not same_content(fact, request):
            raise OrderConflict(f"{order}, with other content")
        if fact.code_hash and hmac.compare_digest(fact.code_hash, self._hash(request.payment_code, _HASHED)):
            return
        scan = self._read(merchant, request, self._clock.now() // MICROSECONDS, expired=True)
        if scan is Decline.TOO_MANY_WRONG_CODES:
            raise OrderConflict(f"{order}, and no other code is read here now, after too many wrong ones")
        if isinstance(scan, Decline) or scan.customer != fact.customer:
            raise OrderConflict(f"{order}, and this code does not show the same payer")

    def _read(self, merchant: Merchant, request: PaymentRequest, now: int, *, expired: bool = False) -> Scan | Decline:
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
