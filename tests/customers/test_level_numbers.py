"""A bank that changes the levels of its policy: everybody keeps the level that they were given by name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feiqian import cli
from feiqian.app import Bank, build
from feiqian.audit_log.log import AuditLog
from feiqian.customers import level_numbers, levels
from feiqian.customers.errors import LevelsRefused
from feiqian.customers.level_numbers import number_levels
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.demo.seeding import First, Plan, seed
from feiqian.ids import CustomerNumber
from feiqian.limits.model import LimitQuestion
from feiqian.money import CNY, MinorUnits
from feiqian.policy.load import FOLDER, read_policy
from feiqian.policy.model import Policy
from feiqian.settings import Settings
from feiqian.subjects import customer, staff
from feiqian.testing.postgres import Postgres

SHIPPED = (FOLDER / "cn.toml").read_text()
CN = re.sub(r"# The same, and an account.*?(?=\n# Seen face to face)", "", SHIPPED, flags=re.S)  # as it was
[REMOTE] = re.findall(r'\[\[levels\]\]\nname = "remote".*?(?=\n+# Seen face to face)', CN, re.S)
SEEN = REMOTE.replace('"remote"', '"seen"')
NOW = 1_790_000_000_000_000


def with_seen(*, after: bool = True) -> str:
    """The policy with a level "seen" after "remote", or before it."""
    return CN.replace(REMOTE, f"{REMOTE}\n\n{SEEN}" if after else f"{SEEN}\n\n{REMOTE}")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BankDb]:
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    with closing(BankDb(tmp_path, url)) as db:
        yield db


def started(db: BankDb, text: str) -> Policy:
    """What a server does first."""
    with db.write() as connection:
        policy = number_levels(AuditLog(), connection, read_policy(text, "policy"), NOW)
        levels.record_baseline(AuditLog(), connection, NOW)
        return policy


def numbers(policy: Policy) -> dict[str, int]:
    return {level.name: level.number for level in policy.levels}


def found(db: BankDb) -> list[str]:
    with db.snapshot() as connection:
        audit_log = AuditLog()
        return [*level_numbers.differences(audit_log, connection), *levels.differences(audit_log, connection)]


@pytest.mark.parametrize("after", [True, False])
def test_a_level_between_two_others_gets_the_next_number(db: BankDb, after: bool) -> None:
    for _ in range(2):
        assert numbers(started(db, CN)) == {"unverified": 0, "remote": 1, "full": 2}
    for _ in range(2):
        changed = started(db, with_seen(after=after))
        assert numbers(changed) == {"unverified": 0, "remote": 1, "seen": 3, "full": 2}
        assert [level.index for level in changed.levels] == [0, 1, 2, 3]
    assert numbers(started(db, CN)) == {"unverified": 0, "remote": 1, "full": 2}  # nobody has it: it can go
    assert numbers(started(db, with_seen())) == {"unverified": 0, "remote": 1, "seen": 3, "full": 2}
    assert found(db) == []


def test_a_level_that_somebody_has_cannot_be_taken_out(db: BankDb) -> None:
    seen = started(db, with_seen()).level("seen").number
    Customers(db).add(["Ann", "Bo"], NOW, seen)
    with pytest.raises(LevelsRefused, match="customers with the level 'seen', which the policy lacks: 2"):
        started(db, CN)
    with db.write() as connection:
        for number in (1, 2):
            Customers(db).put_level(connection, CustomerNumber(number), 0)
    started(db, CN)


def test_a_bank_of_before_version_7_gets_its_names_by_place(db: BankDb) -> None:
    Customers(db).add(["Ann", "Bo"], NOW, 2)
    with db.write() as connection:
        details = {"level": "full", "before": "remote", "index": 2}
        AuditLog().append(connection, staff(1), levels.SET, str(customer(CustomerNumber(1))), details, NOW)
    with pytest.raises(LevelsRefused, match="customer:1 got the level 'full' when it was at place 2"):
        started(db, with_seen())
    assert numbers(started(db, CN)) == {"unverified": 0, "remote": 1, "full": 2}
    assert numbers(started(db, with_seen()))["full"] == 2


def test_a_level_that_was_added_to_a_shipped_policy_comes_after_those_that_banks_counted_by_place(db: BankDb) -> None:
    Customers(db).add(["Ann"], NOW, 2)
    known = {"unverified": 0, "remote": 1, "full": 2}
    assert numbers(started(db, SHIPPED)) == known | {"bound": 3}
    assert [level.name for level in started(db, SHIPPED).levels] == ["unverified", "remote", "bound", "full"]
    assert started(db, SHIPPED).level_numbered(Customers(db).standing(CustomerNumber(1))).name == "full"
    assert found(db) == []


def test_a_bank_of_before_version_7_with_more_levels_than_the_policy_is_refused(db: BankDb) -> None:
    Customers(db).add(["Ann"], NOW, 3)
    with pytest.raises(LevelsRefused, match="a customer has the level at place 3, and the policy has only 3"):
        started(db, CN)
    assert numbers(started(db, with_seen()))["full"] == 3


def test_names_that_were_edited_in_the_database_are_found(db: BankDb) -> None:
    started(db, CN)
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE customers_levels SET name = 'gold' WHERE number = 2")
        connection.exec_driver_sql("INSERT INTO customers_levels (number, name) VALUES (9, 'full')")
    assert found(db) == [
        "level 2 is gold; the audit log says full",
        "level 9 is full; the audit log says missing",
    ]


def test_names_do_not_run_out_by_damage(db: BankDb) -> None:
    started(db, CN)
    with db.write() as connection:
        for number in range(3, level_numbers.MOST):
            connection.exec_driver_sql(f"INSERT INTO customers_levels (number, name) VALUES ({number}, 'l{number}')")
    with pytest.raises(LevelsRefused, match="more than 256 names"):
        started(db, with_seen())


def test_customers_of_a_served_bank_keep_level_and_limits(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "bank"), policy=str(tmp_path / "policy.toml"))
    Path(settings.policy).write_text(CN)
    people = (First("Ann", 900_000_00), First("Bo", 900_000_00, "remote"), First("Cy", 0, "unverified"))
    seed(settings, Plan(customers=3, merchants=1, first=people))
    for text in (CN, with_seen()):
        Path(settings.policy).write_text(text)
        with closing(build(settings)) as bank:
            assert [level_of(bank, number) for number in (1, 2, 3)] == ["full", "remote", "unverified"]
            assert [largest(bank, number) for number in (1, 2)] == [20_000_00, 2_000_00]
    with closing(build(settings)) as bank:
        asyncio.run(bank.services.real_name.raise_level(CustomerNumber(2), "seen", staff(0)))
        assert (level_of(bank, 2), level_of(bank, 1)) == ("seen", "full")
    with closing(build(settings)) as bank:
        assert (level_of(bank, 2), level_of(bank, 1)) == ("seen", "full")
    assert cli.main(["--data", settings.data, "audit"]) == 0


def level_of(bank: Bank, number: int) -> str:
    s = bank.services
    return s.policy.level_numbered(s.customers.standing(CustomerNumber(number))).name


def largest(bank: Bank, number: int) -> int:
    """The largest payment that the customer's limits allow after verification, in fen."""
    s = bank.services
    amounts = [MinorUnits(yuan * 100) for yuan in (100, 2_000, 20_000, 200_000)]
    person = CustomerNumber(number)
    asked = [LimitQuestion(person, CNY.number, amount, 0, "code") for amount in amounts]
    allowed = [isinstance(s.limits.at_confirmation(one, None), bytes) for one in asked]
    return max(amount for amount, is_allowed in zip(amounts, allowed, strict=True) if is_allowed)
