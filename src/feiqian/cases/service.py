"""Cases: opened by customers or staff, noted on, closed; each act is in the audit log, in the same transaction.

What people write is sealed at rest and never in the audit log. Methods take the caller's connection and block.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.cases.errors import CaseClosed, CaseInvalid, CaseNotFound
from feiqian.cases.model import Case, Kind, Line, State, What
from feiqian.cases.tables import TEXT, cases, lines
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CASE, CustomerNumber, new_id
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.strings.normal import comparison
from feiqian.subjects import Subject, customer

MAX_TEXT = 2_000
MANY = 50
_c = cases.c
NEWEST = Order((_c.opened_at, _c.id))
OLDEST = NEWEST._replace(newest_first=False)


class Cases:
    """The cases of one bank."""

    def __init__(self, audit_log: AuditLog, cipher: FieldCipher) -> None:
        self._audit_log, self._cipher = audit_log, cipher

    def open(
        self, connection: Connection, customer: CustomerNumber, kind: Kind | str, text: str, by: Subject, now: int
    ) -> Case:
        """A new case of a customer (by number). Raises CaseInvalid for a kind that there is not, or too long a text."""
        try:
            kind = Kind(kind)
        except ValueError:
            raise CaseInvalid(f"there is no such kind of case; there are {', '.join(Kind)}") from None
        id = new_id(CASE, now)
        values = {"id": id, "customer": customer, "kind": kind, "state": State.OPEN, "opened_at": now}
        connection.execute(insert(cases).values(values))
        return self._add(connection, self._case(connection, _c.id == id), What.OPENED, text, by, now)

    def note(self, connection: Connection, id: str, text: str, by: Subject, now: int) -> Case:
        """Adds to the time line. Raises CaseNotFound, CaseClosed, CaseInvalid."""
        if not comparison(text).strip():
            raise CaseInvalid("a note has words")
        return self._add(connection, self._still_open(connection, id), What.NOTE, text, by, now)

    def close(self, connection: Connection, id: str, text: str, by: Subject, now: int) -> Case:
        """Closes a case, with what came of it. Raises CaseNotFound, CaseClosed, CaseInvalid."""
        case = self._still_open(connection, id)
        connection.execute(update(cases).where(_c.id == id).values(state=State.CLOSED))
        return self._add(connection, case, What.CLOSED, text, by, now)

    def get(self, connection: Connection, id: str) -> Case:
        """Raises CaseNotFound."""
        return self._case(connection, _c.id == id)

    def of(self, connection: Connection, customer: CustomerNumber, limit: int = MANY) -> list[Case]:
        """A customer's cases, newest first."""
        return list(self.page(connection, customer, FIRST, limit).items)

    def page(self, connection: Connection, customer: CustomerNumber, ask: Ask, limit: int) -> Page[Case]:
        """A page of a customer's cases, newest first."""
        return self._page(connection, _c.customer == customer, NEWEST, ask, limit)

    def waiting(self, connection: Connection, ask: Ask = FIRST, limit: int = MANY) -> Page[Case]:
        """A page of the open cases, the oldest first."""
        return self._page(connection, _c.state == State.OPEN, OLDEST, ask, limit)

    def count_waiting(self, connection: Connection) -> int:
        """How many cases are open."""
        return connection.execute(select(func.count()).where(_c.state == State.OPEN)).scalar_one()

    def _add(self, connection: Connection, case: Case, what: What, text: str, by: Subject, now: int) -> Case:
        text = text.strip()
        if len(text) > MAX_TEXT:
            raise CaseInvalid(f"a text of a case has at most {MAX_TEXT} letters")
        place = len(case.timeline)
        values = {"case_id": case.id, "place": place, "at": now, "what": what} | SUBJECT.values(by)
        sealed = TEXT.seal(self._cipher, text, f"{case.id}/{place}")
        connection.execute(insert(lines).values(**values, text=sealed))
        details = {"case": case.id, "kind": case.kind.value}
        self._audit_log.append(connection, by, f"case_{what}", str(customer(case.customer)), details, now)
        return self.get(connection, case.id)

    def _still_open(self, connection: Connection, id: str) -> Case:
        # The row is locked until the transaction ends: a note and a closing at once come one after the other.
        connection.execute(select(_c.id).where(_c.id == id).with_for_update())
        case = self.get(connection, id)
        if case.state is State.CLOSED:
            raise CaseClosed("the case is closed")
        return case

    def _case(self, connection: Connection, which: ColumnElement[bool]) -> Case:
        row = connection.execute(select(cases).where(which)).first()
        if row is None:
            raise CaseNotFound("there is no such case")
        return self._with_lines(connection, row)

    def _page(
        self, connection: Connection, which: ColumnElement[bool], order: Order, ask: Ask, limit: int
    ) -> Page[Case]:
        found = page_of(connection, select(cases).where(which), order, ask, limit)
        return found.of([self._with_lines(connection, row) for row in found.items])

    def _with_lines(self, connection: Connection, row: Any) -> Case:
        found = connection.execute(select(lines).where(lines.c.case_id == row.id).order_by(lines.c.place))
        timeline = tuple(self._line(line) for line in found)
        return Case(row.id, row.customer, row.kind, row.state, row.opened_at, timeline)

    def _line(self, row: Any) -> Line:
        text = TEXT.text(self._cipher, row.text, f"{row.case_id}/{row.place}")
        return Line(row.at, SUBJECT.of(row), row.what, text)
