"""A journal that was changed at rest: every start is refused, and says where."""

from __future__ import annotations

import pytest

from feiqian.errors import JournalBehind, JournalDamaged
from feiqian.ledger.body import decode_body, encode_body
from feiqian.ledger.journal import Head, Row, row_hash, verified
from feiqian.ledger.recovery import Watermark, open_ledger
from feiqian.testing.clock import ManualClock


class Kept:
    """The rows of a journal, in memory, to be damaged ten thousand times; read as the real ones are."""

    identity = "kept"

    def __init__(self, rows: list[Row]) -> None:
        self.stored = rows

    def open_writer(self) -> Head:
        return self.head()

    def head(self) -> Head:
        return Head(self.stored[-1].position, self.stored[-1].hash, 1)

    def hash_at(self, position: int) -> bytes | None:
        return {0: bytes(32), **{row.position: row.hash for row in self.stored}}.get(position)

    def rows(self, after: int):
        return verified(self.stored[after:], after, bytes(32))


@pytest.fixture
def written(sqlite, bank) -> list[Row]:
    ledger = sqlite.ledger()
    for events in (bank.opening(), bank.payment(1), bank.payment(2)):
        ledger.post_many(events)
        ledger.record(b"a fact")
        ledger.commit()
    return list(sqlite.journal().rows(0))


def start(rows: list[Row]) -> None:
    open_ledger(Kept(rows), None, ManualClock())


def with_body(rows: list[Row], at: int, body: bytes) -> list[Row]:
    return [*rows[:at], rows[at]._replace(body=body), *rows[at + 1 :]]


def test_the_undamaged_one_starts(written) -> None:
    start(written)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_abuse_64_each_flipped_bit_of_a_body_is_refused(written, at: int) -> None:
    body = written[at].body
    for bit in range(len(body) * 8):
        flipped = bytearray(body)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(JournalDamaged, match=f"position {at + 1}:"):
            start(with_body(written, at, bytes(flipped)))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_abuse_64_each_truncation_of_a_body_is_refused(written, at: int) -> None:
    for length in range(len(written[at].body)):
        with pytest.raises(JournalDamaged, match=f"position {at + 1}:"):
            start(with_body(written, at, written[at].body[:length]))


def test_each_truncation_is_no_body_even_where_its_hash_is_right(written) -> None:
    """What a faulty writer could have left: the chain holds, the body does not."""
    last = written[2]
    for length in range(len(last.body)):
        body = last.body[:length]
        faulty = last._replace(body=body, hash=row_hash(last.previous, 3, last.epoch, body))
        with pytest.raises(JournalDamaged, match="position 3:"):
            start([*written[:2], faulty])


def test_records_that_cannot_have_been_accepted_are_refused(written, bank) -> None:
    last = written[2]
    body = encode_body(bank.payment(9, 2 * bank.FUNDS), [], last.written_at)
    faulty = last._replace(body=body, hash=row_hash(last.previous, 3, last.epoch, body))
    with pytest.raises(JournalDamaged, match="position 3:"):
        start([*written[:2], faulty])


def test_a_body_reads_back_as_it_was_written(written) -> None:
    for row in written:
        body = decode_body(row.body)
        assert encode_body(body.records, body.facts, row.written_at) == row.body
        assert body.facts == [b"a fact"]
    with pytest.raises(ValueError, match="whole number"):
        encode_body(b"x", [], 0)


def three_rows(store, bank) -> None:
    ledger = store.ledger()
    for number in range(1, 4):
        ledger.post_many(bank.opening() if number == 1 else bank.payment(number))
        ledger.commit()


EDITS = {
    "another body": ("UPDATE journal SET body = ? WHERE position = 2", b"FQB1" + bytes(8)),
    "another hash": ("UPDATE journal SET hash = ? WHERE position = 2", bytes(32)),
    "another previous": ("UPDATE journal SET previous = ? WHERE position = 2", bytes(32)),
    "an older epoch": ("UPDATE journal SET epoch = 0 WHERE position = 2",),
    "a newer epoch": ("UPDATE journal SET epoch = 9 WHERE position = 2",),
    "a row taken out": ("DELETE FROM journal WHERE position = 2",),
}


@pytest.mark.parametrize("edit", EDITS)
def test_abuse_64_a_journal_edited_at_rest_is_refused(store, bank, edit: str) -> None:
    three_rows(store, bank)
    store.execute(*EDITS[edit])
    with pytest.raises(JournalDamaged, match="position 2:"):
        store.ledger()


def test_abuse_64_an_edit_that_makes_its_own_row_right_breaks_the_next(store, bank) -> None:
    three_rows(store, bank)
    second = next(store.journal().rows(1))
    body = encode_body(bank.payment(2, 100), [], second.written_at)
    hash = row_hash(second.previous, 2, second.epoch, body)
    store.execute("UPDATE journal SET body = ?, hash = ? WHERE position = 2", body, hash)
    with pytest.raises(JournalDamaged, match="position 3: it does not follow"):
        store.ledger()


def test_abuse_64_a_whole_history_written_anew_is_refused_by_what_has_read_it(store, bank) -> None:
    three_rows(store, bank)
    seen = Watermark("the read model", 3, store.journal().hash_at(3))
    third = next(store.journal().rows(2))
    body, previous = encode_body(b"", [], third.written_at), third.previous
    hash = row_hash(previous, 3, 1, body)
    store.execute("UPDATE journal SET body = ?, hash = ? WHERE position = 3", body, hash)
    with pytest.raises(JournalBehind, match="position 3"):
        store.ledger(watermarks=[seen])


def test_the_first_row_missing_is_refused(store, bank) -> None:
    three_rows(store, bank)
    store.execute("DELETE FROM journal WHERE position = 1")
    with pytest.raises(JournalDamaged, match="position 1:"):
        store.ledger()


def test_an_emptied_journal_is_refused_by_its_checkpoint(store, bank) -> None:
    from feiqian.ledger.checkpointer import make_checkpoint

    three_rows(store, bank)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.execute("DELETE FROM journal")
    with pytest.raises(JournalBehind, match="ends at position 0"):
        store.ledger(checkpoints)


@pytest.mark.parametrize("kept", [0, 100, 4096, 8192, 12287])
def test_a_cut_off_file_is_refused(sqlite, bank, kept: int) -> None:
    """The file itself is cut. Whatever SQLite makes of it, a start never serves from less than was acknowledged."""
    three_rows(sqlite, bank)
    seen = Watermark("the read model", 3, sqlite.journal().hash_at(3))
    sqlite.close()  # the last connection: SQLite empties the write-ahead log into the file
    file = sqlite.folder / "journal.db"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(Exception, match="journal") as refusal:
        sqlite.ledger(watermarks=[seen])
    assert type(refusal.value).__module__ == "feiqian.errors"
