"""Starts: from nothing, from the journal, from a checkpoint and its tail; and refusals to start."""

from __future__ import annotations

import logging
from threading import Event

import pytest

from feiqian.errors import CheckpointInvalid, JournalBehind, JournalMissing
from feiqian.ledger.audit import audit
from feiqian.ledger.checkpointer import make_checkpoint, run_checkpointer
from feiqian.ledger.engine import Refusal
from feiqian.ledger.recovery import Watermark, open_checkpoints, open_ledger
from feiqian.runtime.waking import Bell


def pay(ledger, bank, numbers) -> None:
    """Each payment in a row of its own."""
    for number in numbers:
        ledger.post_many(bank.payment(number))
        ledger.commit()


def started(store, bank, payments: int):
    ledger = store.ledger()
    ledger.post_many(bank.opening())
    ledger.commit()
    pay(ledger, bank, range(payments))
    return ledger


def test_a_start_from_the_journal_comes_to_the_same_state(store, bank) -> None:
    before = started(store, bank, 100)
    after = store.ledger()
    assert after.engine.digest() == before.engine.digest()
    assert (after.position, after.epoch) == (101, 2)


def test_a_start_from_a_checkpoint_and_its_tail_comes_to_the_same_state(store, bank) -> None:
    before = started(store, bank, 10)
    checkpoints = store.checkpoints()
    assert make_checkpoint(store.journal(), checkpoints).position == 11
    pay(before, bank, range(10, 15))
    after = store.ledger(checkpoints)
    assert after.engine.digest() == before.engine.digest()
    assert after.position == 16


def test_a_start_with_a_checkpoint_does_not_read_the_rows_before_it(store, bank) -> None:
    started(store, bank, 3)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.execute("DELETE FROM journal WHERE position < 3")
    assert store.ledger(checkpoints).position == 4


def test_a_checkpoint_is_made_while_payments_go_on(store, bank) -> None:
    ledger = started(store, bank, 5)
    checkpoints, reader = store.checkpoints(), store.journal()
    real = reader.head

    def head():
        seen = real()
        pay(ledger, bank, range(100, 103))  # after the checkpointer has looked where the journal ends
        return seen

    reader.head = head
    made = make_checkpoint(reader, checkpoints)
    assert made.position == 6
    after = store.ledger(checkpoints)
    assert (after.position, after.engine.digest()) == (9, ledger.engine.digest())


def test_two_good_checkpoints_are_kept(store, bank) -> None:
    ledger = started(store, bank, 0)
    checkpoints = store.checkpoints()
    for number in range(4):
        pay(ledger, bank, [number])
        make_checkpoint(store.journal(), checkpoints)
    assert [one.position for one in checkpoints.good()] == [5, 4]
    assert make_checkpoint(store.journal(), checkpoints).position == 5  # nothing new: none is made


def test_a_damaged_newest_checkpoint_falls_back_to_the_older(store, bank, caplog) -> None:
    ledger = started(store, bank, 3)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    pay(ledger, bank, [10])
    newest = make_checkpoint(store.journal(), checkpoints)
    checkpoints._execute("UPDATE checkpoint_chunks SET chunk = ? WHERE position = ?", (b"FQDUMP01", newest.position))
    with caplog.at_level(logging.WARNING):
        after = store.ledger(checkpoints)
    assert "the checkpoint at position 5 cannot be used" in caplog.text
    assert after.engine.digest() == ledger.engine.digest()
    checkpoints._execute("DELETE FROM checkpoint_chunks", ())
    assert store.ledger(checkpoints).engine.digest() == ledger.engine.digest()  # all lost: the whole journal serves


def test_a_dump_that_does_not_read_back_is_not_called_good(store, bank) -> None:
    started(store, bank, 3)
    checkpoints = store.checkpoints()
    real = checkpoints.chunks
    checkpoints.chunks = lambda checkpoint: (chunk[:-1] + b"\x07" for chunk in real(checkpoint))
    with pytest.raises(CheckpointInvalid, match="does not read back"):
        make_checkpoint(store.journal(), checkpoints)
    assert checkpoints.good() == []


def test_a_dump_that_is_not_the_engines_state_is_not_saved(store) -> None:
    with pytest.raises(CheckpointInvalid, match="does not have the engine's digest"):
        store.checkpoints().save("journal", 1, bytes(32), bytes(32), [b"something"])


def test_a_journal_behind_its_checkpoint_is_refused(store, bank) -> None:
    started(store, bank, 5)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.execute("DELETE FROM journal WHERE position = 6")
    with pytest.raises(JournalBehind, match="ends at position 5, but a checkpoint has seen position 6"):
        store.ledger(checkpoints)


def test_a_journal_that_differs_from_its_checkpoint_is_refused(store, bank) -> None:
    started(store, bank, 5)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.execute("UPDATE journal SET hash = ? WHERE position = 6", bytes(32))
    with pytest.raises(JournalBehind, match="row at position 6 is not the one that a checkpoint saw"):
        store.ledger(checkpoints)


def test_checkpoints_of_another_journal_are_refused(store, bank) -> None:
    started(store, bank, 1)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    checkpoints._execute("UPDATE checkpoints SET identity = 'another'", ())
    with pytest.raises(JournalMissing, match="the checkpoints are of journal another"):
        store.ledger(checkpoints)


@pytest.mark.parametrize(("position", "right"), [(7, True), (6, False)])
def test_a_journal_behind_its_projections_is_refused(store, bank, position: int, right: bool) -> None:
    started(store, bank, 5)
    hash = store.journal().hash_at(position) if right else bytes(32)
    with pytest.raises(JournalBehind, match="the read model"):
        open_ledger(store.journal(), None, store.clock, watermarks=[Watermark("the read model", position, hash)])


def test_a_projection_that_is_right_is_no_obstacle(store, bank) -> None:
    started(store, bank, 5)
    seen = Watermark("the read model", 4, store.journal().hash_at(4))
    assert store.ledger(watermarks=[seen, Watermark("analytics", 0)]).position == 6


def test_a_checkpoint_file_that_is_none_makes_the_start_slower_not_wrong(sqlite, bank, caplog) -> None:
    before = started(sqlite, bank, 3)
    (sqlite.folder / "checkpoints.db").write_bytes(b"no database at all, long enough to be looked at" * 99)
    with caplog.at_level(logging.WARNING):
        checkpoints = open_checkpoints(sqlite.folder)
    assert checkpoints is None
    assert "checkpoints cannot be read" in caplog.text
    assert sqlite.ledger(checkpoints).engine.digest() == before.engine.digest()


class Looks(Event):
    """Stops the checkpointer after so many looks, without waiting."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def wait(self, timeout: float | None = None) -> bool:
        self._looks -= 1
        return self._looks < 0


def test_the_checkpointer_makes_one_when_enough_rows_have_come(store, bank) -> None:
    ledger = started(store, bank, 3)
    checkpoints, reader = store.checkpoints(), store.journal()
    run_checkpointer(reader, checkpoints, 5, Looks(3))
    assert checkpoints.newest() is None
    pay(ledger, bank, [10])
    run_checkpointer(reader, checkpoints, 5, Looks(3))
    assert [one.position for one in checkpoints.good()] == [5]


class Rests(Bell):
    """Rests so often, without waiting, and then stops; says how often its owner looked."""

    def __init__(self, rests: int) -> None:
        super().__init__()
        self.left = rests

    def wait(self, timeout: float | None = None) -> bool:
        return self.left < 0

    def rest(self, seconds: float) -> bool:
        self.left -= 1
        return True


def test_a_checkpointer_looks_once_for_each_time_it_is_woken(store, bank) -> None:
    ledger = started(store, bank, 3)
    checkpoints, reader, looks = store.checkpoints(), store.journal(), []
    head = reader.head
    reader.head = lambda: looks.append(1) or head()
    run_checkpointer(reader, checkpoints, 5, Rests(2))
    assert len(looks) == 2
    assert checkpoints.newest() is None
    pay(ledger, bank, [10])
    run_checkpointer(reader, checkpoints, 5, Rests(1))
    assert [one.position for one in checkpoints.good()] == [5]


def test_abuse_25_a_retry_after_a_restart_gets_the_first_answer(store, bank) -> None:
    ledger = started(store, bank, 1)
    ledger.post_many(bank.payment(1, bank.FUNDS * 2))  # refused, and remembered
    ledger.commit()
    again = store.ledger()
    assert again.post(bank.payment(0)).refusal == Refusal.EXISTS
    assert again.post(bank.payment(0, 2)).refusal == Refusal.EXISTS_WITH_DIFFERENT_AMOUNT
    assert again.post(bank.payment(1, bank.FUNDS * 2)).refusal == Refusal.INSUFFICIENT_FUNDS
    assert again.engine.account(bank.PAYEE).balance == 1


def test_abuse_26_a_retry_long_after_is_still_stopped_by_the_ledgers_id(store, bank) -> None:
    ledger = started(store, bank, 3)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.clock.advance(400 * 86400)
    later = store.ledger(checkpoints)
    for number in range(3):
        assert later.post(bank.payment(number)).refusal == Refusal.EXISTS
    assert later.engine.account(bank.PAYEE).balance == ledger.engine.account(bank.PAYEE).balance == 3


def test_an_audit_of_a_whole_journal_is_clean(store, bank) -> None:
    ledger = started(store, bank, 20)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    pay(ledger, bank, [100])
    report = audit(store.journal(), checkpoints, tie=lambda engine, position: [])
    assert report.clean
    assert report.position == 22
    assert set(report.digests.values()) == {ledger.engine.digest()}
    assert report.checkpoints == [21]
    assert report.totals[156].debits_posted == bank.FUNDS + 21


def test_an_audit_finds_what_does_not_tie(store, bank) -> None:
    started(store, bank, 20)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    checkpoints._execute("UPDATE checkpoints SET digest = ?", (bytes(32),))
    report = audit(store.journal(), checkpoints, engines="spec", tie=lambda _, at: [f"one cent at {at}"])
    assert report.findings == [
        "the checkpoint at position 21 is not the state of the spec engine there",
        "one cent at 21",
    ]


def test_an_audit_finds_a_changed_row_even_before_a_checkpoint(store, bank) -> None:
    started(store, bank, 20)
    checkpoints = store.checkpoints()
    make_checkpoint(store.journal(), checkpoints)
    store.execute("UPDATE journal SET body = ? WHERE position = 7", b"")
    report = audit(store.journal(), checkpoints)
    assert report.findings == ["journal damaged at position 7: its hash is not that of its contents"]
    assert not report.clean
    assert report.position == 6
