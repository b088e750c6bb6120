"""A problem with a movement, reported by its customer: a case for supporters that begins with what is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from feiqian.activity.errors import ReportInvalid, TooManyReports
from feiqian.activity.tables import reports
from feiqian.cases.model import Case, Kind
from feiqian.cases.model import State as CaseState
from feiqian.cases.service import Cases
from feiqian.clock import DAY, Clock
from feiqian.ids import REPORT, CustomerNumber, new_id
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.subjects import customer as subject_of

LONGEST_REPORT = 1_000
REPORTS_A_DAY = 10
_c = reports.c


class Problem(StrEnum):
    """What is wrong with a movement. The values are on the wire."""

    NOT_MINE = "not_mine"
    WRONG_AMOUNT = "wrong_amount"
    TWICE = "twice"
    NOT_RECEIVED = "not_received"
    OTHER = "other"


class Reported(NamedTuple):
    """The case of a report; `again`: it was reported before, and this was noted on the case."""

    case: Case
    again: bool


@dataclass(kw_only=True, eq=False, repr=False)
class Reports:
    """The caller has made sure that a movement is the customer's."""

    transactions: Transactions
    clock: Clock
    cases: Cases

    @writes
    def report(
        self, connection: Connection, customer: CustomerNumber, movement: str, problem: Problem, known: str, said: str
    ) -> Reported:
        """Opens a case with what is `known` and what the customer `said`; of a movement whose case is open, notes it
        there. Raises ReportInvalid, TooManyReports.
        """
        lock(connection, f"reports of customer {customer}")
        said, now, by = said.strip(), self.clock.now(), subject_of(customer)
        if len(said) > LONGEST_REPORT or (problem is Problem.OTHER and not said):
            raise ReportInvalid(f"a report says what is wrong, in at most {LONGEST_REPORT} letters")
        count = select(func.count()).where(_c.customer == customer, _c.at > now - DAY)
        if connection.execute(count).scalar_one() >= REPORTS_A_DAY:
            raise TooManyReports(f"at most {REPORTS_A_DAY} problems are reported in a day")
        text = f"{known}\n{said}".strip()
        before = self._case(connection, customer, movement)
        again = before is not None and before.state is CaseState.OPEN
        if before is not None and again:
            case = self.cases.note(connection, before.id, text, by, now)
        else:
            case = self.cases.open(connection, customer, Kind.MOVEMENT, text, by, now)
        values = {"id": new_id(REPORT, now), "customer": customer, "movement": movement, "case_id": case.id, "at": now}
        connection.execute(insert(reports).values(values))
        return Reported(case, again)

    @reads
    def of(self, connection: Connection, customer: CustomerNumber, movement: str) -> Case | None:
        """The newest case of a movement, if it was reported."""
        return self._case(connection, customer, movement)

    def _case(self, connection: Connection, customer: CustomerNumber, movement: str) -> Case | None:
        of_it = select(_c.case_id).where(_c.customer == customer, _c.movement == movement)
        id = connection.execute(of_it.order_by(_c.at.desc(), _c.id.desc()).limit(1)).scalar()
        return None if id is None else self.cases.get(connection, id)
