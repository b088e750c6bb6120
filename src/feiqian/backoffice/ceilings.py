"""How much staff may correct: at once, and in a day by one member and of one customer. Counted from the changes kept.

The caller's transaction checks and writes; a lock lets no two count at once, so that together they never exceed a day.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, select

from feiqian.backoffice.errors import CeilingExceeded
from feiqian.backoffice.model import Change, ChangeState, StaffMember, StaffRole
from feiqian.backoffice.tables import changes
from feiqian.clock import MICROSECONDS, Clock
from feiqian.columns import SUBJECT
from feiqian.money import NOTHING, CurrencyNumber, MinorUnits
from feiqian.policy.model import NO_CORRECTION, Ceiling, Policy
from feiqian.runtime.locks import lock
from feiqian.subjects import Subject

LONGEST_DAY = 26 * 3_600 * MICROSECONDS  # when clocks are put back, and a little more
APPROVED = (ChangeState.APPLYING, ChangeState.APPLIED)
_c = changes.c


Correction = tuple[CurrencyNumber, MinorUnits]  # the amount is above zero in the customer's favour


class Ceilings:
    """Of one bank's policy. Amounts in minor units; what is taken counts like what is given."""

    def __init__(self, policy: Policy, clock: Clock, kinds: tuple[str, ...]) -> None:
        """`kinds`: the names of the changes that are corrections."""
        self._of_role = {
            StaffRole.SUPPORTER: policy.corrections.supporter,
            StaffRole.APPROVER: policy.corrections.approver,
        }
        self._clock, self._kinds = clock, kinds

    def of(self, member: StaffMember, currency: CurrencyNumber) -> Ceiling:
        """The highest of the member's roles."""
        own = [ceilings.get(currency, NO_CORRECTION) for role, ceilings in self._of_role.items() if member.has(role)]
        return Ceiling(max((c.one for c in own), default=NOTHING), max((c.day for c in own), default=NOTHING))

    def check_proposal(
        self, connection: Connection, by: StaffMember, about: Subject, value: Correction, now: int
    ) -> None:
        """Raises CeilingExceeded. What the member has proposed today counts unless it was refused."""
        proposed = and_(_c.maker == by.number, _c.state != ChangeState.REFUSED)
        self._check(connection, by, about, value, now, proposed, _c.proposed_at)

    def check_approval(
        self, connection: Connection, by: StaffMember, change: Change, value: Correction, now: int
    ) -> None:
        """Raises CeilingExceeded. Of a change that `by` has just moved to applying, in this transaction."""
        approved = and_(_c.decided_by == by.number, _c.state.in_(APPROVED), _c.id != change.id)
        self._check(connection, by, change.about, value, now, approved, _c.decided_at, change.id)

    def _check(
        self,
        connection: Connection,
        by: StaffMember,
        about: Subject,
        value: Correction,
        now: int,
        own: Any,
        at: Any,
        this: str = "",
    ) -> None:
        currency, amount = value[0], abs(value[1])
        ceiling = self.of(by, currency)
        if amount > ceiling.one:
            raise CeilingExceeded("ceiling_one", currency, ceiling.one)
        lock(connection, "staff corrections")
        if self._today(connection, own, at, currency, now) + amount > ceiling.day:
            raise CeilingExceeded("ceiling_day", currency, ceiling.day)
        customers = and_(SUBJECT.are(changes, about), _c.state.in_(APPROVED), _c.id != this)
        if self._today(connection, customers, _c.decided_at, currency, now) + amount > ceiling.day:
            raise CeilingExceeded("ceiling_customer", currency, ceiling.day)

    def _today(self, connection: Connection, which: Any, at: Any, currency: CurrencyNumber, now: int) -> int:
        """The sum of corrections of the bank's day that it is now.

        Those after `now` count, too: whoever asked the clock first may come to the lock last.
        """
        corrections = and_(_c.kind.in_(self._kinds), at > now - LONGEST_DAY)
        rows = connection.execute(select(_c["values"], at).where(corrections, which))
        today = self._day(now)
        counted = (values for values, moment in rows if self._day(moment) == today)
        return sum(abs(values["amount"]) for values in counted if values["currency"] == currency)

    def _day(self, moment: int) -> int:
        return self._clock.day(moment // MICROSECONDS)
