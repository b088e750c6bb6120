"""Quick payment of an account: opened, paused, resumed, closed, and told its holder at each change.

Everything blocks, in the caller's transaction, but what is awaited. Whoever opens it here has proved who they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, delete, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.deposits.model import AccountState, DepositAccount
from feiqian.deposits.service import Deposits
from feiqian.ids import CustomerNumber
from feiqian.quick.errors import QuickRefused
from feiqian.quick.model import Pause, Quick, QuickState, Way
from feiqian.quick.tables import remembered, services
from feiqian.runtime.transactions import reads
from feiqian.strings.normal import code_digits
from feiqian.subjects import Role, Subject

TAIL = 6  # digits of a number's end by which an account is named; more may be given
_c = services.c
WhenOpened: TypeAlias = Callable[[Connection, CustomerNumber, str], None]
"""Told, in the transaction, that a customer's account (its id) can be paid from by quick payment."""


@dataclass(kw_only=True, eq=False, repr=False)
class QuickService(AccessService):
    """The service of all accounts of one bank."""

    deposits: Deposits
    when_opened: WhenOpened = lambda *_: None

    # --- changing --------------------------------------------------------------------------------------------------

    def open_within(self, connection: Connection, account: DepositAccount, by: Subject, way: Way) -> None:
        """Also resumes; again: nothing more happens. Raises QuickRefused."""
        before = self._locked(connection, account)
        self._check(connection, account, before, by)
        if before.state is QuickState.OPEN:
            return
        now = self.clock.now()
        values = {"state": QuickState.OPEN, "pause": Pause.NOT, "way": way, "changed_at": now}
        if before.state is QuickState.CLOSED:
            values["opened_at"] = now
        if before.way is None:
            connection.execute(insert(services).values(account=account.id, customer=account.customer, **values))
        else:
            connection.execute(update(services).where(_c.account == account.id).values(values))
        word = "opened" if before.state is QuickState.CLOSED else "resumed"
        self._changed(connection, account, by, word, {"way": way.value})
        if word == "opened":
            self.when_opened(connection, account.customer, account.id)

    def resume_within(self, connection: Connection, account: DepositAccount, by: Subject, way: Way) -> None:
        """What is paused pays again. Raises QuickRefused, also if it is not paused."""
        if self._locked(connection, account).state is not QuickState.PAUSED:
            raise QuickRefused("state")
        self.open_within(connection, account, by, way)

    def pause_within(self, connection: Connection, account: DepositAccount, by: Subject, why: Pause) -> None:
        """Nothing is paid until it is resumed; a pause by staff stays theirs. Raises QuickRefused if it is closed."""
        before = self._locked(connection, account)
        if before.state is QuickState.CLOSED:
            raise QuickRefused("state")
        if before.pause in (Pause.STAFF, why):
            return
        self._put(connection, account, QuickState.PAUSED, why)
        self._changed(connection, account, by, "paused", {"pause": why.value})

    def close_within(self, connection: Connection, account: DepositAccount, by: Subject) -> None:
        """It can be opened again. Raises QuickRefused if staff have paused it and `by` is not of them."""
        before = self._locked(connection, account)
        if before.state is QuickState.CLOSED:
            return
        if before.pause is Pause.STAFF and by.role is not Role.STAFF:
            raise QuickRefused("staff")
        self._put(connection, account, QuickState.CLOSED, Pause.NOT)
        self._changed(connection, account, by, "closed", {})

    def mobile_changed(self, connection: Connection, customer: CustomerNumber, by: Subject) -> None:
        """The number on file is another one now, or none: the service of every account of the customer's pauses."""
        profile = self.customers.profiles.need(connection, customer)
        why = Pause.NUMBER_CHANGED if profile.mobile else Pause.NUMBER_REASSIGNED
        rows = connection.execute(select(_c.account).where(_c.customer == customer, _c.state != QuickState.CLOSED))
        for id in rows.scalars().all():
            self.pause_within(connection, self.deposits.get(connection, id), by, why)

    # --- asking ----------------------------------------------------------------------------------------------------

    def of(self, connection: Connection, account: DepositAccount) -> Quick:
        """The service of an account, also of one that never had it."""
        row = connection.execute(select(services).where(_c.account == account.id)).one_or_none()
        return _quick(account, row)

    @reads
    def all_of(self, connection: Connection, customer: CustomerNumber) -> list[Quick]:
        """Of each account of the customer's, the oldest account first."""
        rows = {row.account: row for row in connection.execute(select(services).where(_c.customer == customer))}
        return [_quick(account, rows.get(account.id)) for account in self.deposits.of(connection, customer)]

    def candidates(self, connection: Connection, customer: CustomerNumber, tail_or_alias: str) -> list[DepositAccount]:
        """The customer's accounts that can be paid from and are meant: by the last six digits of the number or more, or
        by alias. Mostly one; none for NO_CUSTOMER, for whom as much is looked up."""
        typed = code_digits(tail_or_alias) or ""
        digits = typed if len(typed) >= TAIL else ""
        of_six = self.deposits.by_six(connection, customer, digits[-TAIL:])
        named = self.deposits.by_alias(connection, customer, tail_or_alias)
        ends = [one for one in of_six if len(digits) == TAIL or self._ends_in(connection, one, digits)]
        is_open = select(_c.account).where(_c.customer == customer, _c.state == QuickState.OPEN)
        open_ones = set(connection.execute(is_open).scalars())
        found = ends if digits else named
        return [one for one in found if one.id in open_ones and one.state is AccountState.OPEN]

    # --- steps -----------------------------------------------------------------------------------------------------

    def _ends_in(self, connection: Connection, account: DepositAccount, digits: str) -> bool:
        return self.deposits.number(connection, account.id).endswith(digits)

    def _locked(self, connection: Connection, account: DepositAccount) -> Quick:
        """As `of`; no other transaction changes the service of this customer until this one ends."""
        self.customers.profiles.lock(connection, account.customer)
        return self.of(connection, account)

    def _check(self, connection: Connection, account: DepositAccount, before: Quick, by: Subject) -> None:
        """Whether it may be open."""
        profile = self.customers.profiles.get(connection, account.customer)
        if account.state is not AccountState.OPEN:
            raise QuickRefused("account")
        if before.pause is Pause.STAFF and by.role is not Role.STAFF:
            raise QuickRefused("staff")
        if profile is None or not profile.mobile:
            raise QuickRefused("number")
        if profile.frozen:
            raise QuickRefused("frozen")

    def _put(self, connection: Connection, account: DepositAccount, state: QuickState, why: Pause) -> None:
        """It is open no longer, and no browser remembers the account."""
        connection.execute(delete(remembered).where(remembered.c.account == account.id))
        values = {"state": state, "pause": why, "changed_at": self.clock.now()}
        connection.execute(update(services).where(_c.account == account.id).values(values))

    def _changed(
        self, connection: Connection, account: DepositAccount, by: Subject, word: str, details: dict[str, Any]
    ) -> None:
        now, number = self.clock.now(), account.customer
        about = {"account": account.id, **details}
        self.audit_log.append(connection, by, f"quick_{word}", f"customer:{number}", about, now)
        self.notices.tell(connection, number, f"quick_{word}", now, {"account": account.last_four})


def _quick(account: DepositAccount, row: Any) -> Quick:
    if row is None:
        return Quick(account, QuickState.CLOSED, Pause.NOT, None, 0, 0)
    return Quick(account, row.state, Pause(row.pause), row.way, row.opened_at, row.changed_at)
