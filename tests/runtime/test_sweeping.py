"""A sweep removes what nobody holds: it waits for no transaction, and takes away nothing that was changed meanwhile."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select, text, update

from feiqian.auth.challenges import sweeps
from feiqian.auth.challenges.tables import attempts, of
from feiqian.db import BankDb
from feiqian.subjects import Role, Subject
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
