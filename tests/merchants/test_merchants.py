"""Merchants and their API keys: which key opens what, and for how long."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import IntegrityError

from feiqian import db as db_module
from feiqian.db import BankDb, DatabaseTooNew
from feiqian.merchants.keys import KeyRefusal, hash_of, kind_of, new_key
from feiqian.merchants.registry import (
    REFRESH_SECONDS,
    Merchant,
    MerchantInvalid,
    Merchants,
    MerchantsUnknown,
    NewMerchant,
    Store,
)
from feiqian.money import CNY

NOW = 1_800_000_000_000_000
CAFE = NewMerchant("Corner Café", CNY.number, 60, (Store("main", "Main store"), Store("station", "Station")))


class Ticks:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def merchants(db: BankDb, ticks: Ticks) -> Merchants:
    return Merchants(db, "live", ticks)


def test_a_merchant_is_found_by_number_id_and_key(merchants: Merchants) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    key = merchants.create_key(cafe.number, "live", NOW)
    assert cafe == Merchant(1, cafe.id, "Corner Café", CNY.number, 60, "active", CAFE.stores)
    assert cafe.id.startswith("mer_")
    assert merchants.by_number(1) == merchants.by_id(cafe.id) == merchants.by_key(key) == cafe
    assert merchants.all() == [cafe]
    assert merchants.by_number(2) is None
    assert merchants.by_id("mer_none") is None


def test_only_a_hash_of_a_key_is_kept(merchants: Merchants, tmp_path: Path) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    key = merchants.create_key(cafe.number, "live", NOW)
    assert kind_of(key) == "live"
    assert len(key) == 8 + 43
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert hash_of(key) in stored
    assert key.encode() not in stored
    assert key[12:].encode() not in stored


@pytest.mark.parametrize("key", ["", "fq_live_", "fq_live_" + "x" * 43, "x" * 100, new_key("live")], ids=range(5))
def test_an_unknown_key_opens_nothing(merchants: Merchants, key: str) -> None:
    assert merchants.by_key(key) is KeyRefusal.UNKNOWN


@pytest.mark.parametrize(("mode", "other"), [("live", "test"), ("test", "live")])
def test_abuse_35_a_key_of_the_other_kind_is_refused(db: BankDb, mode: Any, other: Any) -> None:
    merchants = Merchants(db, mode)
    (cafe,) = merchants.add([CAFE], NOW)
    assert merchants.by_key(merchants.create_key(cafe.number, mode, NOW)) == cafe
    assert merchants.by_key(merchants.create_key(cafe.number, other, NOW)) is KeyRefusal.WRONG_KIND


def test_a_revoked_key_is_refused_at_once_and_looks_like_an_unknown_one(merchants: Merchants) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    key, kept = merchants.create_key(cafe.number, "live", NOW), merchants.create_key(cafe.number, "live", NOW)
    assert merchants.revoke_key(cafe.number, key, NOW + 1) == 1
    assert merchants.by_key(key) is KeyRefusal.UNKNOWN
    assert merchants.by_key(kept) == cafe
    assert merchants.revoke_key(cafe.number, key, NOW + 2) == 0
    assert {info.revoked_at for info in merchants.keys(cafe.number)} == {None, NOW + 1}


def test_a_key_revoked_by_another_process_is_refused_within_a_second(
    merchants: Merchants, ticks: Ticks, tmp_path: Path
) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    key = merchants.create_key(cafe.number, "live", NOW)
    other = BankDb(tmp_path)
    Merchants(other, "live").revoke_key(cafe.number, key, NOW)
    other.close()
    ticks.now += REFRESH_SECONDS
    assert merchants.stale
    assert asyncio.run(merchants.find(key)) is KeyRefusal.UNKNOWN
    assert not merchants.stale


def test_a_key_is_not_honoured_when_the_database_cannot_be_asked(
    merchants: Merchants, ticks: Ticks, tmp_path: Path
) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    key = merchants.create_key(cafe.number, "live", NOW)
    with sqlite3.connect(tmp_path / "bank.db") as connection:
        connection.execute("DROP TABLE merchant_changes")
    ticks.now += REFRESH_SECONDS
    for _ in range(2):
        with pytest.raises(MerchantsUnknown, match="merchant_changes"):
            asyncio.run(merchants.find(key))


def test_a_merchant_that_joins_while_another_process_looks_is_whole_or_not_there(
    db: BankDb, merchants: Merchants, ticks: Ticks, tmp_path: Path
) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    merchants.set_status(cafe.number, "suspended")
    other_db, keys = BankDb(tmp_path), list[str]()
    other = Merchants(other_db, "live", ticks)
    merchants.set_status(cafe.number, "active")

    def join(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM merchants " in statement and not keys:
            (bar,) = merchants.add([CAFE], NOW)
            keys.append(merchants.create_key(bar.number, "live", NOW))

    event.listen(other_db.engine, "after_cursor_execute", join)  # before the keys are read
    other.refresh()
    assert other.by_number(cafe.number) == cafe
    assert other.by_key(keys[0]) is KeyRefusal.UNKNOWN
    other.refresh()
    found = other.by_key(keys[0])
    assert isinstance(found, Merchant)
    assert found == other.by_number(found.number)


def test_a_suspension_is_seen(merchants: Merchants) -> None:
    (cafe,) = merchants.add([CAFE], NOW)
    merchants.set_status(cafe.number, "suspended")
    suspended = merchants.by_number(cafe.number)
    assert suspended is not None
    assert not suspended.accepting
    with pytest.raises(MerchantInvalid):
        merchants.set_status(cafe.number, "closed")


@pytest.mark.parametrize(
    "merchant",
    [
        CAFE._replace(currency=999),
        CAFE._replace(fee_basis_points=-1),
        CAFE._replace(fee_basis_points=1_001),
        CAFE._replace(name=" "),
    ],
)
def test_a_merchant_that_makes_no_sense_is_refused(merchants: Merchants, merchant: NewMerchant) -> None:
    with pytest.raises(MerchantInvalid):
        merchants.add([CAFE, merchant], NOW)
    assert merchants.all() == []


def test_a_key_needs_a_merchant(merchants: Merchants) -> None:
    with pytest.raises(MerchantInvalid):
        merchants.create_key(1, "live", NOW)


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    db = BankDb(tmp_path)
    with db.write() as connection:
        connection.execute(update(db_module.METADATA.tables["bank_schema"]).values(version=99))
    db.close()
    with pytest.raises(DatabaseTooNew):
        BankDb(tmp_path)


def test_a_failed_transaction_leaves_nothing(db: BankDb, merchants: Merchants) -> None:
    table = db_module.METADATA.tables["merchants"]
    row = {"number": 1, "id": "x", "name": "x", "currency": 1, "fee_basis_points": 0, "status": ""}
    with pytest.raises(IntegrityError), db.write() as connection:
        connection.execute(table.insert(), [row, row])
    assert Merchants(db, "live").all() == []


def test_abuse_79_a_bank_database_that_stands_still_is_not_waited_for_in_the_loop(db: BankDb, ticks: Ticks) -> None:
    merchants, still = Merchants(db, "live", ticks, ask_seconds=0.05), threading.Event()
    (cafe,) = merchants.add([CAFE], NOW)
    key = merchants.create_key(cafe.number, "live", NOW)
    refresh, threads = merchants.refresh, set()

    def standing_still() -> None:
        threads.add(threading.current_thread())
        still.wait(30)
        refresh()

    merchants.refresh = standing_still  # type: ignore[method-assign]
    ticks.now += 3 * REFRESH_SECONDS

    async def scene() -> None:
        waiting = [asyncio.create_task(merchants.find(key)) for _ in range(50)]
        for refused in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(refused, MerchantsUnknown)
        with pytest.raises(MerchantsUnknown):  # at once: nobody waits for a second time-out
            await merchants.find(key)
        assert merchants.unanswered
        still.set()
        while merchants.unanswered:
            await asyncio.sleep(0)
        assert await merchants.find(key) == cafe

    asyncio.run(scene())
    assert len(threads) == 1
    assert threading.main_thread() not in threads
    assert merchants.close()


def test_abuse_79_a_bank_database_that_answers_late_is_unanswered_until_it_can_be_asked_anew(
    db: BankDb, ticks: Ticks
) -> None:
    merchants, ending = Merchants(db, "live", ticks, ask_seconds=0.05), threading.Event()
    (cafe,) = merchants.add([CAFE], NOW)
    key = merchants.create_key(cafe.number, "live", NOW)
    refresh = merchants.refresh

    def late() -> None:
        refresh()
        ticks.now += REFRESH_SECONDS  # what it said is stale, and its thread has not ended
        ending.wait(30)

    merchants.refresh = late  # type: ignore[method-assign]

    async def scene() -> None:
        with pytest.raises(MerchantsUnknown):
            await merchants.fresh()
        assert merchants.unanswered
        ending.set()
        while merchants.unanswered:
            await asyncio.sleep(0)
        assert merchants.stale
        assert await merchants.find(key) == cafe

    asyncio.run(scene())
    assert merchants.close()
