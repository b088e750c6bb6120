"""A sweep removes what nobody holds: it waits for no transaction, and takes away nothing that was changed meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import Connection, select, text, update

from feiqian.auth.challenges import sweeps
from feiqian.auth.challenges.tables import attempts, of
from feiqian.db import BankDb
from feiqian.runtime.sweeping import Sweeper
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject
from feiqian.testing.clock import ManualClock
from feiqian.testing.postgres import Postgres

LATE = sweeps.ATTEMPTS_KEPT + 10


def test_what_another_transaction_holds_is_left_for_the_next_sweep(postgres: Postgres, tmp_path: Path) -> None:
    row = {
        "place": "",
        "factor": "pin",
        "wrong": 1,
        "day_from": 1,
        "day_wrong": 1,
        "locks": 0,
        "locked_until": 0,
        "at": 1,
    }
    db = BankDb(tmp_path, postgres.database())
    with db.write() as connection:
        connection.execute(attempts.insert(), [row | {"role": "customer", "number": number} for number in (1, 2)])
    mine = of(attempts, Subject(Role.CUSTOMER, 1))
    with db.write() as guessing:
        guessing.execute(select(attempts).where(mine).with_for_update())
        with db.write() as sweeping:
            sweeping.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert sweeps.attempts(sweeping, LATE, 10) == 1
        guessing.execute(update(attempts).where(mine).values(wrong=2, at=LATE))
    with db.write() as sweeping:
        assert sweeps.attempts(sweeping, LATE, 10) == 0
        assert sweeping.execute(select(attempts.c.wrong)).scalar_one() == 2
    db.close()


def test_a_sweep_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    db, swept = BankDb(tmp_path), list[str]()

    def fails(connection: Connection, now: int, most: int) -> int:
        swept.append("fails")
        raise RuntimeError("a row that nobody can read")

    def removes(connection: Connection, now: int, most: int) -> int:
        swept.append("removes")
        return 3

    sweeper = Sweeper(db, ManualClock(), Work(5.0), (fails, removes))
    assert [asyncio.run(sweeper.sweep()) for _ in range(2)] == [3, 3]
    assert swept == ["fails", "removes"] * 2
    db.close()
