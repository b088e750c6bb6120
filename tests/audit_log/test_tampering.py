"""An audit log that somebody with the database in hand has changed: the first position that is wrong is named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from feiqian.audit_log.entry import GENESIS, Head, hash_of, pack_details
from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.subjects import customer, staff


def run(db: BankDb, *statements: str) -> None:
    with db.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def wrong(audit_log: AuditLog, db: BankDb, anchor: Head | None = None) -> int | None:
    with db.read() as connection:
        finding = audit_log.verify(connection, anchor)
    return finding.position if finding else None


def test_the_untouched_one_is_whole(written: AuditLog, sqlite: BankDb) -> None:
    assert wrong(written, sqlite) is None


@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "role = 'customer'",
        "role = 'king'",
        "number = 9",
        "action = 'looked'",
        "about = 'customer:1'",
        "details = x'80'",
        "hash = zeroblob(32)",
    ],
)
def test_a_change_of_any_column_is_found_where_it_is(written: AuditLog, sqlite: BankDb, change: str) -> None:
    run(sqlite, f"UPDATE trail_entries SET {change} WHERE position = 4")
    assert wrong(written, sqlite) == 4


def test_a_removed_entry_is_missed(written: AuditLog, sqlite: BankDb) -> None:
    run(sqlite, "DELETE FROM trail_entries WHERE position = 4")
    assert wrong(written, sqlite) == 4


def test_a_removed_entry_is_missed_when_the_others_move_up(written: AuditLog, sqlite: BankDb) -> None:
    later = [f"UPDATE trail_entries SET position = {n - 1} WHERE position = {n}" for n in range(5, 11)]
    run(sqlite, "DELETE FROM trail_entries WHERE position = 4", *later)
    assert wrong(written, sqlite) == 4


def test_swapped_entries_are_found_at_the_first_of_them(written: AuditLog, sqlite: BankDb) -> None:
    moves = [(3, 99), (7, 3), (99, 7)]
    run(sqlite, *[f"UPDATE trail_entries SET position = {to} WHERE position = {at}" for at, to in moves])
    assert wrong(written, sqlite) == 3


def test_an_inserted_entry_is_found(written: AuditLog, sqlite: BankDb) -> None:
    later = [f"UPDATE trail_entries SET position = {n + 1} WHERE position = {n}" for n in range(10, 4, -1)]
    columns = "at, role, number, action, about, details, hash"
    insertion = (
        f"INSERT INTO trail_entries (position, {columns}) SELECT 5, {columns} FROM trail_entries WHERE position = 4"
    )
    run(sqlite, *later, insertion)
    assert wrong(written, sqlite) == 5


@pytest.mark.parametrize("kept", [0, 1, 9])
def test_a_removed_tail_is_missed_by_the_head(written: AuditLog, sqlite: BankDb, kept: int) -> None:
    run(sqlite, f"DELETE FROM trail_entries WHERE position > {kept}")
    assert wrong(written, sqlite) == kept + 1


def test_an_entry_added_behind_the_trails_back_is_found(written: AuditLog, sqlite: BankDb) -> None:
    details = msgspec.msgpack.encode({})
    with sqlite.read() as connection:
        previous = written.head(connection).hash
    entry = msgspec.msgpack.encode([1, "staff", 1, "x", "y", {}])
    hashed = hashlib.blake2b(previous + (11).to_bytes(8, "big") + entry, digest_size=32).hexdigest()
    values = f"11, 1, 'staff', 1, 'x', 'y', x'{details.hex()}', x'{hashed}'"
    run(sqlite, f"INSERT INTO trail_entries VALUES ({values})")
    assert wrong(written, sqlite) == 11


def test_a_tail_cut_with_its_head_is_seen_by_a_head_kept_elsewhere_alone(written: AuditLog, sqlite: BankDb) -> None:
    with sqlite.read() as connection:
        kept = written.head(connection)
    cut = "UPDATE trail_head SET position = 9, hash = (SELECT hash FROM trail_entries WHERE position = 9)"
    run(sqlite, "DELETE FROM trail_entries WHERE position = 10", cut)
    assert wrong(written, sqlite) is None
    assert wrong(written, sqlite, kept) == 10


def compute_anew(written: AuditLog, sqlite: BankDb, record: Callable[..., int]) -> Head:
    """Put other entries in the place of all; return the head from before."""
    with sqlite.read() as connection:
        kept, entries = written.head(connection), written.newest(connection)[::-1]
    run(sqlite, "DELETE FROM trail_entries", "DELETE FROM trail_head")
    for entry in entries:
        record(sqlite, entry.actor, "customer_helped", entry.about, entry.details, entry.at)
    return kept


def test_a_chain_computed_anew_is_seen_by_a_head_kept_elsewhere_alone(
    written: AuditLog, sqlite: BankDb, record: Callable[..., int]
) -> None:
    kept = compute_anew(written, sqlite, record)
    assert wrong(written, sqlite) is None
    assert wrong(written, sqlite, kept) == 10


def test_a_chain_computed_anew_is_seen_by_a_head_that_was_left_behind(
    written: AuditLog, sqlite: BankDb, record: Callable[..., int]
) -> None:
    kept = compute_anew(written, sqlite, record)
    run(sqlite, f"UPDATE trail_head SET hash = x'{kept.hash.hex()}'")
    assert wrong(written, sqlite) == 10


def test_a_head_is_read_as_it_is_told(written: AuditLog, sqlite: BankDb) -> None:
    with sqlite.read() as connection:
        kept = written.head(connection)
    assert Head.read(f" {kept}\n") == kept
    for said in ("", "10", "x:" + "0" * 64, "10:" + "0" * 63, "10:" + "g" * 64, "10:" + " " * 64):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            Head.read(said)


def test_an_anchor_of_the_middle_holds_for_a_trail_that_has_grown(
    written: AuditLog, sqlite: BankDb, record: Callable[..., int]
) -> None:
    with sqlite.read() as connection:
        kept, entry = written.head(connection), written.newest(connection)[0]
    record(sqlite, entry.actor, "signed_out", entry.about, {}, entry.at)
    assert wrong(written, sqlite, kept) is None


def test_the_hash_is_what_the_document_says(sqlite: BankDb, record: Callable[..., int]) -> None:
    audit_log = AuditLog()
    record(sqlite, staff(3), "looked", str(customer(4)), {"b": 1, "a": "x"}, 5)
    packed = bytes([0x96, 5]) + b"\xa5staff" + bytes([3]) + b"\xa6looked" + b"\xaacustomer:4"
    packed += b"\x82\xa1a\xa1x\xa1b\x01"
    with sqlite.read() as connection:
        assert (
            audit_log.head(connection).hash
            == hashlib.blake2b(bytes(32) + (1).to_bytes(8, "big") + packed, digest_size=32).digest()
        )


def test_an_entry_of_nobody_that_there_is_was_not_written_by_the_audit_log(
    sqlite: BankDb, record: Callable[..., int]
) -> None:
    record(sqlite, staff(3), "looked", str(customer(4)), {}, 5)
    king: Any = staff(3)._replace(role="king")  # type: ignore[arg-type]
    hashed = hash_of(GENESIS, 1, 5, king, "looked", str(customer(4)), pack_details({})).hex()
    run(sqlite, "UPDATE trail_entries SET role = 'king'")
    run(sqlite, *[f"UPDATE {table} SET hash = x'{hashed}'" for table in ("trail_entries", "trail_head")])
    assert wrong(AuditLog(), sqlite) == 1
