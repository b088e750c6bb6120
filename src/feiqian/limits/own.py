"""Limits that customers set for themselves: lowered at once, raised with a proof and after a delay, each alone.

They only ever lower what the bank allows. Payments ask `of`, which is in memory and follows each commit.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from feiqian.accounts.service import Accounts
from feiqian.auth.base import AccessService
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.auth.model import Session
from feiqian.clock import HOUR, MICROSECONDS
from feiqian.db import after_commit
from feiqian.errors import FeiqianError
from feiqian.ids import CustomerNumber
from feiqian.limits.errors import OwnLimitInvalid, OwnLimitRises
from feiqian.limits.model import LimitState, OwnCap
from feiqian.limits.paid_before import COUNTED, PaidBefore
from feiqian.limits.tables import own_limits
from feiqian.money import BY_NUMBER, NOTHING, CurrencyNumber, MinorUnits
from feiqian.notify.values import At, Term, Value
from feiqian.policy.factors import Purpose
from feiqian.policy.model import Delays
from feiqian.policy.scopes import Scope, Span
from feiqian.runtime import logs
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import customer as customer_of

SPANS = (Span.PAYMENT, Span.DAY, Span.MONTH, Span.YEAR)
SCOPES = (Scope.ALL, Scope.CODE, Scope.QUICK)  # by which one can pay now
EVERY_SECONDS, AT_ONCE = 10.0, 100
_c = own_limits.c
_log = logs.get("feiqian.limits")


class Which(NamedTuple):
    """One limit of a customer."""

    currency: CurrencyNumber
    scope: Scope
    span: Span

    @property
    def name(self) -> str:
        """By which texts know it."""
        return f"limit_{self.scope}_{self.span}"


class Own(NamedTuple):
    """What a customer has set, in minor units. From `next_at` on (Unix microseconds; 0: nothing waits) it is
    `next_cap`, or no more there."""

    customer: CustomerNumber
    which: Which
    cap: MinorUnits
    next_cap: MinorUnits | None
    next_at: int


class Limit(NamedTuple):
    """A limit as it is now, and what of it is the customer's own."""

    which: Which
    state: LimitState
    own: Own | None


class OfBank(Protocol):
    """What holds whatever the customer has set. Asked in the event loop."""

    def state(
        self, customer: CustomerNumber, currency: CurrencyNumber, scope: Scope, span: Span, now_seconds: int
    ) -> LimitState | None:
        """None if they pay nothing in this currency."""


@dataclass(kw_only=True, eq=False, repr=False)
class OwnLimits(AccessService):
    """Of all customers; methods with a session are of its own."""

    accounts: Accounts
    verification: Verification
    delays: Delays
    bank: OfBank
    paid_before: PaidBefore
    _caps: dict[tuple[CustomerNumber, CurrencyNumber], dict[OwnCap, MinorUnits]] = field(
        default_factory=dict, init=False
    )
    _uncounted: dict[tuple[CustomerNumber, Which], None] = field(default_factory=dict, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        for own in self.transactions.read_now(self._where, _c.customer > 0):
            self._take(own)
            self._count_later(own.customer, own.which)  # a crash may have come between the two

    # --- from memory -----------------------------------------------------------------------------------------------

    def of(self, customer: CustomerNumber, currency: CurrencyNumber) -> Mapping[OwnCap, MinorUnits] | None:
        """All that a customer has set in this currency, in minor units; None if nothing, as mostly."""
        return self._caps.get((customer, currency))

    def take_up(self, customer: CustomerNumber) -> None:
        """Takes up what was committed of one customer."""
        with self._turn:  # so that an older reading never comes last
            kept = self.transactions.read_now(self._where, _c.customer == customer)
            caps: dict[tuple[CustomerNumber, CurrencyNumber], dict[OwnCap, MinorUnits]] = {}
            for own in kept:
                caps.setdefault((customer, own.which.currency), {})[own.which.scope, own.which.span] = own.cap
            for key in [key for key in self._caps if key[0] == customer]:
                if key not in caps:
                    del self._caps[key]
            self._caps.update(caps)

    def _take(self, own: Own) -> None:
        caps = self._caps.setdefault((own.customer, own.which.currency), {})
        caps[own.which.scope, own.which.span] = own.cap

    # --- asking ----------------------------------------------------------------------------------------------------

    async def all_of(self, customer: CustomerNumber) -> list[Limit]:
        """Every limit that the customer may set, as it is now: in each currency that they have a wallet in, or have set
        one in, and may pay in."""
        return self.now(customer, await self.kept(customer))

    def now(self, customer: CustomerNumber, kept: list[Own]) -> list[Limit]:
        """The same, with what was read of the customer (`kept`)."""
        own = {one.which: one for one in kept}
        currencies = dict.fromkeys((*self.accounts.wallets(customer), *(one.which.currency for one in kept)))
        found = [Which(currency, scope, span) for currency in currencies for scope in SCOPES for span in SPANS]
        states = [(which, self._state(customer, which)) for which in found]
        return [Limit(which, state, own.get(which)) for which, state in states if state is not None]

    @reads
    def kept(self, connection: Connection, customer: CustomerNumber) -> list[Own]:
        """What the customer has set, in every currency."""
        return self._where(connection, _c.customer == customer)

    # --- changing --------------------------------------------------------------------------------------------------

    async def lower(self, session: Session, which: Which, cap: MinorUnits) -> None:
        """Holds at once, and what waited to be raised is given up. Raises OwnLimitInvalid, OwnLimitRises."""
        self._check(session, which, cap)
        await self.transactions.write(self._lower, session, which, cap)
        self._count_later(session.subject.customer, which)
        try:
            await self._count(session.subject.customer, which)
        except FeiqianError as error:  # it holds, and this follows in a moment
            _log.warning("paid_before_not_counted", why=type(error).__name__)

    async def challenge(self, session: Session, which: Which, cap: MinorUnits | None) -> ChallengeView:
        """Begins a challenge for `raise_to`. Raises OwnLimitInvalid."""
        self._check(session, which, cap)
        binding = _binding(which, cap)
        return await self.verification.begin(session.subject, binding, session.language, device=session.device)

    async def raise_to(self, session: Session, which: Which, cap: MinorUnits | None, challenge: str) -> int:
        """Holds once the policy's delay is over, unless it is kept; returns when. None: no limit of their own.

        The owner is told on every channel. Raises OwnLimitInvalid, and verification's errors.
        """
        self._check(session, which, cap)
        return await self.transactions.write(self._raise_to, session, which, cap, challenge)

    @writes
    def keep(self, connection: Connection, session: Session, which: Which) -> None:
        """The limit is not raised after all. Raises OwnLimitInvalid."""
        waits = and_(_is(session.subject.customer, which), _c.next_at > 0)
        if not connection.execute(update(own_limits).where(waits).values(next_cap=None, next_at=0)).rowcount:
            raise OwnLimitInvalid("nothing_waits")
        self._note(connection, session.subject.customer, "limit_kept", which, None)

    async def raise_due(self) -> int:
        """Raises those whose wait is over, and returns how many."""
        done = 0
        for own in await self.transactions.read(self._due):
            stopped = self.accounts.frozen(own.customer)
            done += await self.transactions.write(self._raise_now, own, stopped)
        return done

    async def count_due(self) -> None:
        """Counts what was paid before, where that was not done when a limit was set."""
        for customer, which in list(self._uncounted)[:AT_ONCE]:
            await self._count(customer, which)

    async def run(self) -> None:
        """Does what is due until cancelled."""
        while True:
            try:
                await self.raise_due()
                await self.count_due()
            except Exception as error:
                _log.error("own_limits_not_kept_up", why=type(error).__name__, exc_info=error)
            await asyncio.sleep(EVERY_SECONDS)

    # --- steps -----------------------------------------------------------------------------------------------------

    def _count_later(self, customer: CustomerNumber, which: Which) -> None:
        if which.scope is Scope.ALL and which.span in COUNTED:
            self._uncounted[customer, which] = None

    async def _count(self, customer: CustomerNumber, which: Which) -> None:
        if (customer, which) not in self._uncounted:
            return
        del self._uncounted[customer, which]
        try:
            await self.paid_before.count(customer, which.currency, which.span)
        except BaseException:
            self._count_later(customer, which)  # after all others
            raise

    def _state(self, customer: CustomerNumber, which: Which) -> LimitState | None:
        return self.bank.state(customer, *which, self.clock.now() // MICROSECONDS)

    def _check(self, session: Session, which: Which, cap: MinorUnits | None) -> None:
        state = self._state(session.subject.customer, which)
        if state is None:
            raise OwnLimitInvalid("currency")
        if cap is not None and cap > state.bank:
            raise OwnLimitInvalid("above_bank")

    def _lower(self, connection: Connection, session: Session, which: Which, cap: MinorUnits) -> None:
        customer = session.subject.customer
        self.customers.profiles.lock(connection, customer)
        own = self._find(connection, customer, which)
        if own is None:
            connection.execute(insert(own_limits).values(_row(Own(customer, which, cap, None, 0))))
        elif cap > own.cap:
            raise OwnLimitRises("a limit is raised with a challenge")
        else:
            changed = update(own_limits).where(_is(customer, which)).values(cap=cap, next_cap=None, next_at=0)
            connection.execute(changed)
        self._note(connection, customer, "limit_lowered", which, cap)
        after_commit(connection, partial(self.take_up, customer))

    def _raise_to(
        self, connection: Connection, session: Session, which: Which, cap: MinorUnits | None, challenge: str
    ) -> int:
        now, customer = self.clock.now(), session.subject.customer
        self.verification.consume_within(connection, challenge, session.subject, _binding(which, cap), now)
        self.customers.profiles.lock(connection, customer)
        own, at = self._find(connection, customer, which), now + self.delays.raise_limit_hours * HOUR
        if own is None or (cap is not None and cap <= own.cap):
            raise OwnLimitInvalid("unset")
        connection.execute(update(own_limits).where(_is(customer, which)).values(next_cap=cap, next_at=at))
        self._note(connection, customer, "limit_raise_asked", which, cap)
        self._tell(connection, customer, which, "limit_raise", at)
        return at

    def _raise_now(self, connection: Connection, own: Own, stopped: bool) -> bool:
        """Whoever has frozen all meanwhile did not ask for it, or thinks better of it."""
        still = and_(_is(own.customer, own.which), _c.next_at == own.next_at)
        if stopped:
            kept = connection.execute(update(own_limits).where(still).values(next_cap=None, next_at=0)).rowcount
            if kept:
                self._note(connection, own.customer, "limit_kept", own.which, None)
            return False
        if own.next_cap is None:
            raised = connection.execute(delete(own_limits).where(still)).rowcount
        else:
            values = {"cap": own.next_cap, "next_cap": None, "next_at": 0}
            raised = connection.execute(update(own_limits).where(still).values(values)).rowcount
        if raised:
            self._note(connection, own.customer, "limit_raised", own.which, own.next_cap)
            self._tell(connection, own.customer, own.which, "limit_raised")
            after_commit(connection, partial(self.take_up, own.customer))
        return bool(raised)

    def _due(self, connection: Connection) -> list[Own]:
        due = and_(_c.next_at > 0, _c.next_at <= self.clock.now())
        return self._where(connection, due, AT_ONCE)

    def _find(self, connection: Connection, customer: CustomerNumber, which: Which) -> Own | None:
        return next(iter(self._where(connection, _is(customer, which))), None)

    def _where(self, connection: Connection, condition: ColumnElement[bool], most: int | None = None) -> list[Own]:
        rows: Any = connection.execute(select(own_limits).where(condition).order_by(_c.next_at).limit(most))
        return [
            Own(row.customer, Which(row.currency, row.scope, row.span), row.cap, row.next_cap, row.next_at)
            for row in rows
        ]

    def _note(
        self, connection: Connection, customer: CustomerNumber, action: str, which: Which, cap: MinorUnits | None
    ) -> None:
        details = {"limit": which.name, "currency": which.currency, "amount": NOTHING if cap is None else cap}
        self._record(connection, customer_of(customer), action, details)

    def _tell(
        self, connection: Connection, customer: CustomerNumber, which: Which, kind: str, at: int | None = None
    ) -> None:
        """Which limit, and when it rises."""
        values: dict[str, Value] = {"limit": Term(f"canonical.kind.{which.name}")}
        if at is not None:
            values["at"] = At(at)
        self.notices.tell(connection, customer, kind, self.clock.now(), values)


def _binding(which: Which, cap: MinorUnits | None) -> ChallengeBinding:
    """Without an amount: no limit of their own any more in the currency that is the reference."""
    purpose, code = Purpose.RAISE_LIMIT, BY_NUMBER[which.currency].code
    if cap is None:
        return ChallengeBinding(purpose=purpose, kind=which.name, reference=code)
    return ChallengeBinding(purpose=purpose, kind=which.name, amount=cap, currency=which.currency)


def _is(customer: CustomerNumber, which: Which) -> ColumnElement[bool]:
    same = (_c.currency == which.currency, _c.scope == which.scope, _c.span == which.span)
    return and_(_c.customer == customer, *same)


def _row(own: Own) -> dict[str, Any]:
    return {**own.which._asdict(), **{name: value for name, value in own._asdict().items() if name != "which"}}
