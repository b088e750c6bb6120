"""API keys: their names, scopes and ends, who made and revoked them, when they were used, and what the log says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event

from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.ids import KEY, is_id
from feiqian.merchants import api_keys
from feiqian.merchants.api_keys import MOST, KeyInfo, NewKey
from feiqian.merchants.bank_keys import OPERATOR
from feiqian.merchants.errors import KeyInvalid, KeyNotFound, KeysFull
from feiqian.merchants.keys import KeyRefusal
from feiqian.merchants.last_use import LastUse
from feiqian.merchants.registry import KeyHolder, Merchants, NewMerchant
from feiqian.merchants.scopes import ALL, Scope, mask_of
from feiqian.money import CNY
from feiqian.runtime.paging import FIRST, Ask
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import Work
from feiqian.subjects import staff
from feiqian.testing.clock import ManualClock

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
SOMEBODY = staff(7)


class Ticks:
    """Both clocks of the registry, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0

    def monotonic(self) -> float:
        return float(self.seconds)

    def now(self) -> int:
        return NOW + self.seconds * SECOND


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def merchants(db: BankDb, ticks: Ticks) -> Merchants:
    found = Merchants(db, "live", ticks.monotonic, now=ticks.now)
    found.add([NewMerchant("Corner Café", CNY.number, 60), NewMerchant("Bookshop", CNY.number, 60)], NOW)
    return found


def only(merchants: Merchants) -> KeyInfo:
    [key] = merchants.keys(1)  # type: ignore[arg-type]
    return key


def create(db: BankDb, merchant: int, wanted: NewKey, now: int = NOW) -> tuple[KeyInfo, str]:
    with db.write() as connection:
        return api_keys.create(connection, merchant, "live", wanted, SOMEBODY, now)  # type: ignore[arg-type]


def test_a_key_has_what_it_was_made_with(db: BankDb, merchants: Merchants) -> None:
    scopes = (Scope.ORDERS_WRITE, Scope.ORDERS_READ)
    key = merchants.create_key(1, "live", NOW, NewKey("Web shop 网店", scopes, NOW + SECOND), SOMEBODY)  # type: ignore[arg-type]
    holder = merchants.by_key(key)
    assert isinstance(holder, KeyHolder)
    assert (holder.scopes, holder.expires_at) == (mask_of(scopes), NOW + SECOND)
    info = only(merchants)
    assert is_id(KEY, info.id)
    assert info[1:] == (
        *(key[:12], 1, "live", "Web shop 网店", (Scope.ORDERS_READ, Scope.ORDERS_WRITE), NOW, SOMEBODY),
        *(NOW + SECOND, 0, None, None),
    )


def test_a_key_that_names_no_scope_is_allowed_everything(merchants: Merchants) -> None:
    holder = merchants.by_key(merchants.create_key(1, "live", NOW))  # type: ignore[arg-type]
    assert isinstance(holder, KeyHolder)
    assert all(holder.scopes & scope.bit for scope in ALL)
    assert len({scope.bit for scope in ALL}) == len(ALL)


def test_a_key_whose_time_is_over_is_refused_as_an_unknown_one(merchants: Merchants, ticks: Ticks) -> None:
    key = merchants.create_key(1, "live", NOW, NewKey(expires_at=NOW + 2 * SECOND))  # type: ignore[arg-type]
    ticks.seconds = 1
    assert merchants.by_key(key) == merchants.by_number(1)  # type: ignore[arg-type]
    assert only(merchants).state(ticks.now()) == "active"
    ticks.seconds = 2
    assert merchants.by_key(key) is KeyRefusal.UNKNOWN
    assert only(merchants).state(ticks.now()) == "expired"


@pytest.mark.parametrize(
    "wanted", [NewKey("x" * 61), NewKey("a\nb"), NewKey(scopes=()), NewKey(expires_at=NOW)], ids=range(4)
)
def test_a_key_that_makes_no_sense_is_refused(db: BankDb, merchants: Merchants, wanted: NewKey) -> None:
    with pytest.raises(KeyInvalid):
        create(db, 1, wanted)
    assert merchants.keys(1) == []  # type: ignore[arg-type]


def test_making_and_revoking_stand_in_the_audit_log_and_say_who(db: BankDb, merchants: Merchants) -> None:
    info, key = create(db, 1, NewKey("Till", (Scope.PAYMENTS_WRITE,), NOW + 9))
    with db.write() as connection:
        for at in (NOW + 1, NOW + 2):  # the second time does nothing
            revoked = api_keys.revoke(connection, 1, info.id, OPERATOR, at)  # type: ignore[arg-type]
            assert (revoked.revoked_at, revoked.revoked_by) == (NOW + 1, OPERATOR)
        log = AuditLog()
        made, ended = reversed(log.newest(connection))
        assert log.verify(connection) is None
    assert (made.actor, made.action, made.about) == (SOMEBODY, "merchant_key_made", "merchant:1")
    told = {"key": key[:12], "mode": "live", "name": "Till", "scopes": ["payments:write"], "expires_at": NOW + 9}
    assert made.details == told
    assert (ended.actor, ended.action, ended.details) == (
        OPERATOR,
        "merchant_key_revoked",
        {"key": key[:12], "name": "Till"},
    )
    assert key not in str(made) + str(ended)


def test_another_merchants_key_is_not_found(db: BankDb, merchants: Merchants) -> None:
    info, _ = create(db, 1, NewKey())
    with db.write() as connection:
        for ask in (api_keys.get, lambda *a: api_keys.revoke(*a, OPERATOR, NOW)):
            with pytest.raises(KeyNotFound):
                ask(connection, 2, info.id)  # type: ignore[operator]
    assert only(merchants).revoked_at is None


def test_a_merchant_has_so_many_keys_that_are_honoured(db: BankDb, merchants: Merchants) -> None:
    made = [create(db, 1, NewKey(str(i), expires_at=NOW + 1 if i == 0 else 0))[0] for i in range(MOST)]
    with pytest.raises(KeysFull):
        create(db, 1, NewKey())
    create(db, 2, NewKey())
    create(db, 1, NewKey(), NOW + 1)  # one is over by now
    with db.write() as connection:
        api_keys.revoke(connection, 1, made[1].id, OPERATOR, NOW)  # type: ignore[arg-type]
    create(db, 1, NewKey(), NOW + 1)


def test_lists_are_of_what_is_honoured_or_over_and_come_in_pages(db: BankDb, merchants: Merchants) -> None:
    made = [create(db, 1, NewKey(str(i), expires_at=NOW + 9 if i == 0 else 0), NOW + i)[0] for i in range(4)]
    create(db, 2, NewKey("not mine"))
    with db.write() as connection:
        api_keys.revoke(connection, 1, made[2].id, OPERATOR, NOW + 5)  # type: ignore[arg-type]
    with db.read() as connection:
        first = api_keys.page(connection, 1, FIRST, 1, NOW + 9, over=False)  # type: ignore[arg-type]
        rest = api_keys.page(connection, 1, Ask(before=first.older), 5, NOW + 9, over=False)  # type: ignore[arg-type]
        over = api_keys.page(connection, 1, FIRST, 5, NOW + 9, over=True)  # type: ignore[arg-type]
    assert [[key.name for key in page.items] for page in (first, rest, over)] == [["3"], ["1"], ["2", "0"]]


def test_the_last_use_is_written_once_in_a_while_and_never_goes_back(
    db: BankDb, merchants: Merchants, ticks: Ticks
) -> None:
    key, clock, work = merchants.create_key(1, "live", NOW), ManualClock(NOW), Work()  # type: ignore[arg-type]
    last_use, statements = LastUse(merchants, Transactions(db, work), clock), []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for ticks.seconds in (1, 4):
        merchants.by_key(key)
    assert statements == []
    clock.advance(10)
    ticks.seconds = 10
    asyncio.run(last_use.write())
    assert len([one for one in statements if one.startswith("UPDATE")]) == 1
    assert only(merchants).used_at == NOW + 4 * SECOND
    statements.clear()
    asyncio.run(last_use.write())  # nobody has come since
    assert statements == []
    with db.write() as connection:
        api_keys.used(connection, {bytes(32): NOW, **dict.fromkeys(merchants._by_hash, NOW + 1)})
    assert only(merchants).used_at == NOW + 4 * SECOND
    work.close()


def test_a_key_that_is_refused_is_not_used(db: BankDb, merchants: Merchants, tmp_path: Path) -> None:
    key = merchants.create_key(1, "live", NOW)  # type: ignore[arg-type]
    merchants.revoke_key(1, key, NOW)  # type: ignore[arg-type]
    merchants.by_key(key)
    assert merchants.taken_use(NOW) == {}
