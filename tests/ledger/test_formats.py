"""The formats of a journal's rows: what the hash covers, that formats cannot be confused, and that none goes back."""

from __future__ import annotations

import itertools
import logging

import pytest

from feiqian.errors import JournalDamaged, JournalTooNew
from feiqian.ledger.audit import audit
from feiqian.ledger.body import Body, decode_body, encode_body
from feiqian.ledger.checkpointer import make_checkpoint
from feiqian.ledger.journal import Row, row_hash
from feiqian.ledger.stamp import FIRST, FORMAT, STAMP_SIZE, Covered, covered, format_of

NOW = 1_790_000_000_000_000


def first_format(body: bytes) -> bytes:
    """The same body as versions before format 2 wrote it."""
    return b"FQB1" + body[STAMP_SIZE:]


def rewrite(store, position: int, **changes: object) -> None:
    """Edits a row, and makes its hash right again, with every later row's: somebody who knows the formula."""
    rows = list(store.journal().rows(position - 1))
    previous = rows[0].previous
    for row in rows:
        row = row._replace(previous=previous, **(changes if row.position == position else {}))
        previous = row_hash(row.previous, row.position, row.epoch, row.body)
        store.execute(
            "UPDATE journal SET body = ?, previous = ?, hash = ? WHERE position = ?",
            row.body,
            row.previous,
            previous,
            row.position,
        )


def write(store, bank, rows: int) -> None:
    ledger = store.ledger()
    for number in range(rows):
        ledger.post_many(bank.payment(number) if number else bank.opening())
        ledger.record(b"a fact")
        ledger.commit()


def audited(store) -> str:
    """What an audit says, whether the journal opens or not."""
    try:
        return "; ".join(audit(store.journal()).findings)
    except JournalDamaged as error:
        return str(error)


def test_the_two_formats_are_told_apart_by_their_first_bytes_and_read_alike() -> None:
    body = encode_body(bytes(160), [b"one", b""], NOW)
    assert (format_of(body), covered(body)) == (FORMAT, Covered(0, NOW))
    old = first_format(body)
    assert format_of(old) == FIRST
    assert decode_body(body) == decode_body(old) == Body(bytes(160), [b"one", b""])


def test_no_body_is_of_two_formats_and_no_hash_covers_two_readings(bank) -> None:
    """Whatever is put into records, facts, shard or time: the first four bytes are the format's, and the hash has them.

    A hash is made of fields of fixed length before the body, so equal hashes mean equal bodies, and so equal formats.
    """
    texts = [b"", b"FQB1", b"FQB2", b"FQB2" + bytes(20)]
    records = [b"", bank.payment(1), b"FQB1FQB2" * 10]
    times = [0, -1, NOW, int.from_bytes(b"FQB1FQB2"[:8], "little"), 2**63 - 1, -(2**63)]
    made = set()
    for record, fact, time, shard in itertools.product(records, texts, times, [0, 1, 2**32 - 1]):
        body = encode_body(record, [fact], time, shard)
        for each in (body, first_format(body)):
            assert (format_of(each) == FORMAT) == (each is body)
            assert each[:4] == (b"FQB2" if each is body else b"FQB1")
            assert decode_body(each) == Body(record, [fact])
            made.add((row_hash(bytes(32), 1, 1, each), each))
    assert len({hash for hash, _ in made}) == len({each for _, each in made})


@pytest.mark.parametrize("begin", [b"", b"F", b"FQB", b"FQB0", b"fqb2", b"FQB\x00", b"GQB2", b"FQB1"])
def test_what_bears_no_number_is_not_taken_for_the_format_of_today(begin: bytes) -> None:
    assert format_of(begin + b"") == FIRST
    with pytest.raises(ValueError, match="the body"):
        decode_body(begin)


def test_each_truncation_of_a_stamp_is_refused() -> None:
    body = encode_body(b"", [], NOW)
    for length in range(len(body)):
        with pytest.raises(ValueError, match="the body"):
            decode_body(body[:length])


@pytest.mark.parametrize(("column", "value"), [("written_at", 5), ("written_at", -1), ("shard", 1), ("shard", -1)])
@pytest.mark.parametrize("position", [1, 2, 3])
def test_abuse_64_a_column_that_differs_from_what_was_hashed_is_refused(
    store, bank, column: str, value: int, position: int
) -> None:
    write(store, bank, 3)
    store.execute(f"UPDATE journal SET {column} = ? WHERE position = ?", value, position)
    with pytest.raises(JournalDamaged, match=rf"position {position}: its .*{column.removesuffix('_at')}"):
        store.ledger()
    assert f"position {position}:" in audited(store)


def test_abuse_64_a_time_edited_at_a_checkpoint_is_refused_though_only_later_rows_are_replayed(store, bank) -> None:
    write(store, bank, 4)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.execute("UPDATE journal SET written_at = 5 WHERE position = 4")
    with pytest.raises(JournalDamaged, match="position 4: its column written_at says 5"):
        store.ledger(checkpoints)


@pytest.mark.parametrize("position", [2, 3])
def test_abuse_64_a_row_of_the_older_format_after_one_of_the_newer_is_refused(store, bank, position: int) -> None:
    """The columns of an older row are under no hash: nobody gets rid of theirs by calling a row old."""
    write(store, bank, 3)
    body = list(store.journal().rows(0))[position - 1].body
    rewrite(store, position, body=first_format(body))
    with pytest.raises(
        JournalDamaged, match=f"position {position}: it has format 1, but the row before it has format 2"
    ):
        store.ledger()


def test_abuse_64_an_older_format_right_after_a_checkpoint_is_refused(store, bank) -> None:
    """The rows before the checkpoint are not read, and yet it is known what may follow them."""
    write(store, bank, 2)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    ledger = store.ledger(checkpoints)
    ledger.post_many(bank.payment(9))
    ledger.commit()
    rewrite(store, 3, body=first_format(next(store.journal().rows(2)).body))
    with pytest.raises(JournalDamaged, match="position 3: it has format 1"):
        store.ledger(checkpoints)


def test_an_epoch_that_falls_right_after_a_checkpoint_is_refused(store, bank) -> None:
    write(store, bank, 1)
    ledger = store.ledger()
    ledger.post_many(bank.payment(1))
    ledger.commit()
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    ledger.post_many(bank.payment(2))
    ledger.commit()
    row = next(store.journal().rows(2))
    store.execute("UPDATE journal SET epoch = 1, hash = ? WHERE position = 3", row_hash(row.previous, 3, 1, row.body))
    with pytest.raises(JournalDamaged, match="position 3: its epoch 1 is older than 2"):
        store.ledger(checkpoints)


def test_a_writer_cannot_append_an_older_format_or_another_time(store, bank) -> None:
    journal = store.journal()
    journal.open_writer()
    body = encode_body(bank.opening(), [], NOW)
    for wrong in (encode_body(b"", [], NOW, shard=1), encode_body(b"", [], NOW + 1)):
        with pytest.raises(ValueError, match="was not made for a row of shard 0"):
            journal.append(1, wrong, NOW)
    journal.append(1, body, NOW)
    with pytest.raises(ValueError, match="a row of format 1 cannot follow one of format 2"):
        journal.append(2, first_format(body), NOW)
    again = store.journal()
    again.open_writer()
    with pytest.raises(ValueError, match="a row of format 1 cannot follow one of format 2"):
        again.append(2, first_format(body), NOW)


def test_a_later_versions_row_is_refused_before_its_writer_is_fenced_off(store, bank) -> None:
    write(store, bank, 2)
    body = b"FQB3" + next(store.journal().rows(1)).body[4:]
    rewrite(store, 2, body=body)
    epoch = store.journal().head().epoch
    for _ in range(2):
        with pytest.raises(JournalTooNew, match=r"position 2 has format 3, .* up to 2: use the version"):
            store.ledger()
    assert store.journal().head().epoch == epoch
    assert "position 2 has format 3" in audit(store.journal()).findings[0]


@pytest.mark.parametrize("epoch", [1, 0, -1, 2**63 - 1])
def test_abuse_64_a_fence_that_was_set_is_refused_at_this_start_and_nothing_is_written(store, bank, epoch: int) -> None:
    write(store, bank, 1)
    ledger = store.ledger()  # epoch 2
    ledger.post_many(bank.payment(1))
    ledger.commit()
    store.execute("UPDATE fence SET epoch = ?", epoch)
    for _ in range(2):
        with pytest.raises(JournalDamaged, match=f"position 2: the fence's epoch is {epoch}, which cannot come after"):
            store.ledger()
        assert store.journal().head().epoch == epoch
    findings = audit(store.journal()).findings
    assert findings == [] if epoch > 2 else "the fence has epoch" in findings[0]


def test_a_fence_that_is_ahead_of_the_rows_is_what_starts_without_payments_leave(store, bank) -> None:
    write(store, bank, 2)
    for epoch in range(2, 5):
        assert store.ledger().epoch == epoch
    assert audit(store.journal()).clean


def test_versions_of_the_first_format_pass_over_the_checkpoints_of_today(store, bank, caplog) -> None:
    """They would restore one, replay nothing, and write their own format after rows that they cannot read."""
    write(store, bank, 2)
    checkpoints = store.checkpoints()
    made = make_checkpoint(store.journal(), checkpoints)
    as_they_look = "SELECT position FROM checkpoints WHERE good = 1 ORDER BY position DESC"
    assert checkpoints._execute(as_they_look, ()) == []
    assert checkpoints.good() == [made]
    checkpoints._execute("UPDATE checkpoints SET good = 1", ())  # as they leave theirs
    with caplog.at_level(logging.WARNING):
        assert store.ledger(checkpoints).position == 2
    assert checkpoints.good() == [made]


def test_a_journal_row_says_what_it_is_for_every_reader(store, bank) -> None:
    write(store, bank, 2)
    for row in store.journal().rows(0):
        assert isinstance(row, Row)
        assert covered(row.body) == Covered(row.shard, row.written_at) == Covered(0, store.clock.now())
