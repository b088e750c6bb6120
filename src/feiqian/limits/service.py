"""What a customer may pay now, the lowest of all limits counting. Never awaits; asking changes nothing.

All payments of a day are counted by the allowance that comes with a wallet, whose cap is the level's. What else can
bind is counted by an allowance of its own (`counting`). All is compared here first, to say why; the caller posts right
after, and nothing comes in between.
"""

from __future__ import annotations

from enum import Enum

from feiqian.accounts.kinds import day_amount_id, day_unverified_id
from feiqian.customers.registry import Customers
from feiqian.events import LimitMet
from feiqian.ids import CustomerNumber
from feiqian.ledger.chart import allowance_id
from feiqian.ledger.engine import CLOSED, Period, Side
from feiqian.ledger.ledger import Ledger
from feiqian.limits.bounds import ROWS, Bounds, Strength, place_of, strength, tables, tiers, with_own
from feiqian.limits.counting import Counting
from feiqian.limits.explain import Explaining
from feiqian.limits.kinds import LimitAllowanceKind, counter_id
from feiqian.limits.model import Explained, LimitQuestion, LimitState, NoOwnCaps, OwnCaps, Refused, Today
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.policy.factors import Factor, Purpose, is_strong
from feiqian.policy.model import NO_BOUND, Combination, Policy
from feiqian.policy.scopes import Scope, Span


class LimitDecision(Enum):
    """How a payment goes on that the limits allow, but not like this."""

    STEP_UP = "step_up"  # its customer verifies it first


_ONE_FACTOR = int(LimitAllowanceKind.DAY_ONE_FACTOR)
STEP_UP = LimitDecision.STEP_UP  # an enumeration is slow to ask on the hot path


class PaymentLimits:
    """All limits of a policy and of its customers, ready to be looked up. `method` is the name of the intent's."""

    def __init__(self, policy: Policy, customers: Customers, ledger: Ledger) -> None:
        self.policy = policy
        self._own: OwnCaps = NoOwnCaps()
        self._standing, self._cools = customers.standing, customers.cooling
        self._engine, self._counting = ledger.engine, Counting(ledger)
        self._explaining = Explaining(policy, customers, self._counting)
        self._pays = {level.number: level.pays for level in policy.levels}
        found = tables(policy)
        self._usual, self._cooling = found.usual, found.cooling
        self._tiers, self._exempts = tiers(policy.proof), bool(policy.exempt)
        self._strengths: dict[tuple[str, tuple[Factor, ...]], Strength] = {}  # of what was asked for: there are few
        self.largest: dict[CurrencyNumber, MinorUnits] = {}  # payment that anyone may make, by currency
        for level in policy.levels:
            for currency, limits in level.limits.items():
                self.largest[currency] = max(limits.payment, self.largest.get(currency, NOTHING))

    def choose_own(self, own: OwnCaps) -> None:
        """From now on what customers have set for themselves counts, too."""
        self._own = self._explaining.own = own

    # --- deciding ------------------------------------------------------------------------------------------------

    def check(self, asked: LimitQuestion) -> bytes | LimitDecision | Refused:
        """Whether a payment may be made for which nothing is proved besides: the events that count it, to come before
        it in its chain; that its customer has to verify it; or why not. (The ledger may refuse it, too.)"""
        customer, currency, amount, now_seconds, _ = asked
        bounds = self._bounds(asked)
        if bounds is None:
            return self._why_none(customer)
        if amount > bounds.payment:
            return bounds.decline(amount)
        if amount > bounds.unverified or self._counting.exceeds(day_unverified_id(customer), 1, None, now_seconds):
            return STEP_UP
        proof: bytes | None = b""
        if self._exempts:
            proof = self._proof(asked, ())
        elif bounds.one_factor is not None:  # the same, without asking what is known of a payment by code
            id = allowance_id(_ONE_FACTOR, currency, customer)
            proof = self._counting.use(id, Period.DAY, bounds.one_factor, amount, now_seconds)
        if proof is None:
            return STEP_UP
        if bounds.plain and self._own.of(customer, currency) is None:
            return proof
        counted = self._counted(bounds, asked)
        return counted if isinstance(counted, Refused) else proof + counted

    def at_confirmation(self, asked: LimitQuestion, factors: tuple[Factor, ...] | None) -> bytes | Refused:
        """Whether a payment may be made that the customer has verified with these factors (None: with whatever it
        needs): the events that count it, to come before it in its chain, or why not."""
        bounds = self._bounds(asked)
        if bounds is None:
            return self._why_none(asked.customer)
        if asked.amount > bounds.payment:
            return bounds.decline(asked.amount)
        counted = self._counted(bounds, asked)
        if factors is None or isinstance(counted, Refused):
            return counted
        proof = self._proof(asked, factors)
        if proof is not None:
            return proof + counted
        return Refused.DAILY_LIMIT if self._beyond_day(asked, None) else Refused.PROOF_TOO_LOW

    def beyond_today(self, asked: LimitQuestion) -> Refused | None:
        """Why a payment that would wait for its customer is more than the limits leave, or None."""
        counted = self.at_confirmation(asked, None)
        if isinstance(counted, Refused):
            return counted
        return Refused.DAILY_LIMIT if self._beyond_day(asked, None) else None

    def needs(self, asked: LimitQuestion, purpose: Purpose = Purpose.PAYMENT) -> tuple[Combination, ...]:
        """What has to be proved for a payment: of the policy's combinations those with which so much may still be paid
        today, or else of those for larger amounts; all of the first where none is left."""
        rising = self.policy.needs_by_rising_amounts(purpose, asked.amount, asked.currency)
        for needs in rising:
            if enough := tuple(one for one in needs if self._proof(asked, tuple(one)) is not None):
                return enough
        return rising[0]

    def pays(self, customer: CustomerNumber, currency: CurrencyNumber) -> bool:
        """Whether the customer's level may pay anything in this currency."""
        return currency in self._usual[Scope.CODE][self._standing(customer)]

    def short_of(self, source: bytes, amount: MinorUnits) -> bool:
        """Whether the account holds too little. The ledger refuses one that is frozen, closed or missing."""
        account = self._engine.account(source)
        stopped = account is None or account.closed_and_frozen & (Side.DEBIT | CLOSED)
        return account is not None and not stopped and amount > account.available + account.overdraft

    # --- asking --------------------------------------------------------------------------------------------------

    def today(self, customer: CustomerNumber, currency: CurrencyNumber, now_seconds: int) -> Today | None:
        """What may be paid by code today; None if nothing in this currency."""
        if not self.pays(customer, currency):
            return None
        return self._explaining.today(customer, currency, now_seconds)

    def state(
        self, customer: CustomerNumber, currency: CurrencyNumber, scope: Scope, span: Span, now_seconds: int
    ) -> LimitState | None:
        """One limit as it is now, `cap` NO_BOUND where there is none; None if they pay nothing in this currency."""
        if not self.pays(customer, currency):
            return None
        return self._explaining.state(customer, currency, scope, span, now_seconds)

    def explain(self, asked: LimitQuestion, factors: tuple[Factor, ...] = ()) -> Explained:
        """What limits say now of such a payment, for which so much was proved: which hold, which is met first, what
        would help."""
        if self._bounds(asked) is None:
            return self._explaining.nothing(self._why_none(asked.customer))
        known = Scope(asked.method) if asked.method in self._usual else Scope.ALL
        return self._explaining.explain(asked, known, factors)

    def met(self, asked: LimitQuestion, factors: tuple[Factor, ...]) -> LimitMet | None:
        """The limit that such a payment meets, for the fact of its decline."""
        met = self.explain(asked, factors).met
        if met is None:
            return None
        return LimitMet(met.scope, met.span, met.rule, met.cap, met.left, met.resets_at, met.counts)

    # --- how -----------------------------------------------------------------------------------------------------

    def _why_none(self, customer: CustomerNumber) -> Refused:
        pays = self._pays[self._standing(customer)]
        return Refused.NO_WALLET_IN_CURRENCY if pays else Refused.IDENTITY_NOT_VERIFIED

    def _bounds(self, asked: LimitQuestion) -> Bounds | None:
        of_methods = self._cooling if self._cools(asked.customer, asked.now_seconds) else self._usual
        levels = of_methods[asked.method] if asked.method in of_methods else of_methods[Scope.ALL]
        return levels[self._standing(asked.customer)].get(asked.currency)

    def _beyond_day(self, asked: LimitQuestion, cap: int | None) -> bool:
        """Whether it exceeds what is left of the day, of the wallet's cap or of this one."""
        id = day_amount_id(asked.currency, asked.customer)
        return self._counting.exceeds(id, asked.amount, cap, asked.now_seconds)

    def _counted(self, bounds: Bounds, asked: LimitQuestion) -> bytes | Refused:
        """The events that count the payment, whatever was proved for it; or the first limit that it exceeds."""
        customer, currency, amount, now_seconds, method = asked
        day, counters, own = bounds.day, bounds.counters, self._own.of(customer, currency)
        if own is not None:
            for scope, refused in ((Scope.ALL, Refused.AMOUNT_TOO_HIGH), (method, Refused.METHOD_AMOUNT_TOO_HIGH)):
                if amount > own.get((scope, Span.PAYMENT), NO_BOUND):
                    return refused
            day = min(NO_BOUND if day is None else day, own.get((Scope.ALL, Span.DAY), NO_BOUND))
            counters = with_own(counters, own, method)
        events: bytes | None = b""
        if day is not None and self._beyond_day(asked, day):
            events = None
        for counter in counters:
            if events is not None:
                id = allowance_id(counter.kind, currency, customer)
                used = self._counting.use(id, counter.period, counter.cap, amount, now_seconds)
                events = None if used is None else events + used
        if events is not None:
            return events
        # Several may be met: the one is told that is fresh again last.
        return self.explain(asked).refused or Refused.DAILY_LIMIT

    def _proof(self, asked: LimitQuestion, factors: tuple[Factor, ...]) -> bytes | None:
        """The events that count the payment by what was proved for it; None if that is too little for it."""
        customer, currency, amount, now_seconds, method = asked
        known = self._strengths.get((method, factors))
        if known is None:
            known = self._strengths[method, factors] = strength(method, factors, self.policy.proof)
        tier = self._tiers.get(known)
        events: bytes | None = b""
        if tier is not None and (cap := tier.caps.get(currency)) is not None:
            id = allowance_id(tier.kind, currency, customer)
            events = self._counting.use(id, Period.DAY, cap, amount, now_seconds)
        if events is None or not self._exempts:
            return events
        row = self._row(asked, strong=is_strong(factors))
        return None if row is None else events + row

    def _row(self, asked: LimitQuestion, *, strong: bool) -> bytes | None:
        """The events that count a payment among those without strong authentication, or begin the row again."""
        customer, currency, amount, now_seconds, method = asked
        place = place_of(method)
        exempt = self.policy.exempt.get(place, {}).get(currency)
        together, in_a_row = (counter_id(kind, currency, customer) for kind in ROWS[place])
        if strong:
            return self._counting.begin_row_again(together) + self._counting.begin_row_again(in_a_row)
        if exempt is None or amount > exempt.payment:
            return None
        counted = b""
        for id, cap, more in ((together, exempt.together, amount), (in_a_row, exempt.in_a_row, 1)):
            used = b"" if cap >= NO_BOUND else self._counting.use(id, Period.EVER, cap, more, now_seconds)
            if used is None:
                return None
            counted += used
        return counted
