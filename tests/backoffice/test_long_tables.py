"""What staff and sign-ins ask of tables that grow for ever is found by an index, in the order in which it is wanted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from staffed import Staffed

from feiqian.money import CNY

LONG = ("identity_reviews", "staff_changes", "sessions_devices")
FEW = "(customer=?)"  # nobody's identity is checked often
WHY = "charged twice at the café"


def test_nothing_that_is_asked_of_a_long_table_reads_or_sorts_all_of_it(bank: Staffed) -> None:
    dan, bob = bank.member("dan", "supporter"), bank.member("bob", "approver")
    mei = bank.checked().session
    bank.fund(mei.subject.number)
    asked: list[tuple[str, Any]] = []
    event.listen(bank.db.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    bank.waiting_review()
    values = {"currency": CNY.number, "amount": 100}
    change = bank.run(bank.changes.propose("adjust", mei.subject, values, dan, WHY))
    bank.run(bank.approve(change.id, bob))
    bank.run(bank.changes.waiting())
    bank.run(bank.changes.decided())
    bank.do(bank.services.identity.waiting)
    bank.do(bank.services.identity.count_waiting)
    bank.do(bank.services.sessions.devices, mei.subject, mei)
    of_long = {
        (statement, table): given for statement, given in asked for table in LONG if f"FROM {table}" in statement
    }
    assert {table for _, table in of_long} == set(LONG)
    with bank.db.read() as connection:
        for (statement, table), given in of_long.items():
            plan = [step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
            assert f"SCAN {table}" not in plan, statement
            of_a_state = any("staff_changes_waiting (state=?)" in step for step in plan)
            assert not of_a_state or "state = ?" in statement, "all that were ever approved are read"
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan or FEW in plan[0], statement
