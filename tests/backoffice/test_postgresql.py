"""Accounts and changes on PostgreSQL: the same, also when two approve at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from people import POLICY
from sqlalchemy import Connection

from feiqian.accounts.changes import Adjust
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.model import Passed
from feiqian.auth.errors import EnrolmentOver
from feiqian.auth.sessions.service import Sessions
from feiqian.backoffice.change_requests import ChangeRequests
from feiqian.backoffice.errors import ChangeOver
from feiqian.backoffice.members import Members
from feiqian.backoffice.model import OPERATOR, Change, ChangeState, MemberState, StaffMember
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.policy.factors import Purpose
from feiqian.policy.model import Ceiling, Corrections
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work
from feiqian.subjects import Subject, customer, staff
from feiqian.testing.clock import ManualClock
from feiqian.testing.postgres import Postgres

CLOCK = ManualClock()
_MOST = {156: Ceiling(2**62, 2**62)}
HUGE = replace(POLICY, corrections=Corrections(_MOST, _MOST))


class Counting:
    """Carries out by counting."""

    capped = (Adjust.name,)

    def __init__(self) -> None:
        self.done: list[str] = []

    def find(self, name: str) -> type[Adjust]:
        return Adjust

    async def check(self, name: str, about: Subject, values: Mapping[str, object]) -> None: ...

    async def effect(self, name: str, about: Subject, values: Mapping[str, object]) -> None: ...

    def read(self, name: str, values: Mapping[str, object]) -> tuple[Counting, object]:
        return self, values

    def tell(self, connection: Connection, change: Change, values: object, now: int) -> None: ...

    async def apply(self, change: Change, by: Subject) -> None:
        self.done.append(change.id)


@pytest.fixture
def db(postgres: Postgres, tmp_path: Path) -> Iterator[BankDb]:
    db = BankDb(tmp_path, postgres.database())
    yield db
    db.close()


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.close()


def members_of(db: BankDb, work: Work) -> Members:
    return Members(AuditLog(), Sessions(db, POLICY, CLOCK, work))


def enrolled(db: BankDb, members: Members, login: str, *roles: str) -> StaffMember:
    with db.write() as connection:
        token = members.add(connection, login, login.title(), roles, OPERATOR, CLOCK.now()).token
        return members.enrolled(connection, token, CLOCK.now())


def test_accounts_are_added_enrolled_and_suspended(db: BankDb, work: Work) -> None:
    members = members_of(db, work)
    mei = enrolled(db, members, "mei", "supporter", "auditor")
    assert (mei.state, mei.roles) == (MemberState.ACTIVE, {"supporter", "auditor"})
    with db.write() as connection:
        again = members.invite(connection, mei.number, OPERATOR, CLOCK.now())
        assert members.enrolling(connection, again.token, CLOCK.now())[0].number == mei.number
        assert members.suspend(connection, mei.number, OPERATOR, CLOCK.now()).state is MemberState.SUSPENDED
        with pytest.raises(EnrolmentOver):
            members.enrolling(connection, again.token, CLOCK.now())


class Passes:
    """Stands for verification: every challenge is passed."""

    def consume_within(self, *_: object) -> Passed:
        return Passed("chl_", (), "", 0, staff(1), Purpose.STAFF_ACT)


def test_of_many_who_approve_at_once_one_does(db: BankDb, work: Work) -> None:
    members, acts, audit_log = members_of(db, work), Counting(), AuditLog()
    proposer = enrolled(db, members, "alice", "supporter")
    checkers = [enrolled(db, members, f"bob{n}", "approver") for n in range(6)]
    cipher, intents = FieldCipher(b"k" * 32), LedgerIntents(db, CLOCK, work)
    changes = ChangeRequests(Transactions(db, work), cipher, CLOCK, audit_log, intents, members, acts, Passes(), HUGE)  # type: ignore[arg-type]
    intents.declare(changes.intent)

    async def all_at_once() -> list[object]:
        values = {"currency": 156, "amount": -(2**62)}
        change = await changes.propose("adjust", customer(1), values, proposer, "as agreed with her")
        return await asyncio.gather(
            *(changes.approve(change.id, by, "chl_") for by in checkers), return_exceptions=True
        )

    outcomes = asyncio.run(all_at_once())
    applied = [outcome for outcome in outcomes if isinstance(outcome, Change)]
    assert [change.state for change in applied] == [ChangeState.APPLIED]
    assert sum(isinstance(outcome, ChangeOver) for outcome in outcomes) == 5
    assert acts.done == [applied[0].id]
    assert applied[0].values == {"currency": 156, "amount": -(2**62)}
    with db.read() as connection:
        assert audit_log.verify(connection) is None
