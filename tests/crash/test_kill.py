"""The process that takes payments is killed at any moment: nothing acknowledged is lost, nothing is invented."""

from __future__ import annotations

import os
import random
from pathlib import Path

from feiqian.clock import SystemClock
from feiqian.ledger.audit import audit
from feiqian.ledger.checkpointer import make_checkpoint
from feiqian.ledger.recovery import new_engine, open_checkpoints, open_journal, open_ledger
from feiqian.testing.crash import Child, Watermark
from feiqian.testing.postgres import Postgres

KILLS = int(os.environ.get("KILLS") or 30)
CHECKPOINT_EVERY = 8  # kills


def kill_at_a_random_moment(child: Child, moments: random.Random) -> None:
    """Under load for the most part; now and then while it still starts."""
    if moments.random() < 0.2:
        child.listen(seconds=moments.uniform(0, 0.2))
    else:
        child.listen(answers=moments.randint(1, 600))
    child.kill()


def end_with_a_whole_look(watermark: Watermark, folder: Path, url: str = "") -> None:
    """At the end a ledger starts once more, and an audit reads everything again."""
    checkpoints = open_checkpoints(folder, url)
    ledger = open_ledger(watermark.journal, checkpoints, SystemClock())
    watermark.read_on()
    watermark.check_all()
    assert ledger.engine.digest() == watermark.engine.digest()
    ledger.close()
    report = audit(watermark.journal, checkpoints)
    assert report.findings == []
    assert checkpoints is not None
    checkpoints.close()
    watermark.journal.close()


def test_a_writer_killed_at_any_moment_loses_nothing_and_invents_nothing(tmp_path: Path) -> None:
    moments = random.Random(20261124)
    watermark = Watermark(open_journal(tmp_path, create=True), new_engine)
    for number in range(KILLS):
        child = Child(tmp_path, "", watermark.next_number())
        kill_at_a_random_moment(child, moments)
        watermark.check(child)
        if number % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
            checkpoints = open_checkpoints(tmp_path)
            make_checkpoint(watermark.journal, checkpoints)
            checkpoints.close()
    assert len(watermark.answers) > 50 * KILLS  # it did take payments
    end_with_a_whole_look(watermark, tmp_path)


def test_postgresql_killed_under_load_loses_nothing_and_invents_nothing(tmp_path: Path) -> None:
    """`pg_ctl stop -m immediate`: the ledger stops at the first failure, and all that it had said is there."""
    moments = random.Random(5432)
    with Postgres() as server:
        url = server.database()
        open_journal(tmp_path, url, create=True).close()
        answers = 0
        watermark = None
        for _ in range(max(4, KILLS // 50)):
            child = Child(tmp_path, url, watermark.next_number() if watermark else 1)
            child.listen(answers=moments.randint(50, 800))
            server.stop("immediate")
            child.join()
            assert child.stopped, "the ledger went on without its database"
            server.start()
            watermark = reopened(watermark, tmp_path, url)
            watermark.check(child)
            assert len(watermark.answers) > answers
            answers = len(watermark.answers)
        end_with_a_whole_look(watermark, tmp_path, url)


def test_a_writer_on_postgresql_killed_loses_nothing_and_invents_nothing(tmp_path: Path) -> None:
    moments = random.Random(99)
    with Postgres() as server:
        url = server.database()
        watermark = Watermark(open_journal(tmp_path, url, create=True), new_engine)
        for _ in range(max(5, KILLS // 10)):
            child = Child(tmp_path, url, watermark.next_number())
            kill_at_a_random_moment(child, moments)
            watermark.check(child)
        end_with_a_whole_look(watermark, tmp_path, url)


def reopened(watermark: Watermark | None, folder: Path, url: str) -> Watermark:
    """The witness's own connection died with the server."""
    if watermark is None:
        return Watermark(open_journal(folder, url), new_engine)
    watermark.journal.close()
    watermark.journal = open_journal(folder, url)
    return watermark


def test_a_writer_that_is_replaced_while_it_runs_stops_and_both_tell_the_truth(tmp_path: Path) -> None:
    """Two writers at once: the first is fenced off, and what it had acknowledged stays."""
    watermark = Watermark(open_journal(tmp_path, create=True), new_engine)
    first = Child(tmp_path, "", 1)
    first.listen(answers=100)
    second = Child(tmp_path, "", 1)  # takes the fence, and asks for the same payments again
    second.listen(answers=300)
    first.join()
    assert first.stopped
    second.kill()
    for child in (first, second):
        watermark.answers |= child.acknowledged
    for child in (first, second):
        watermark.check(child)
    end_with_a_whole_look(watermark, tmp_path)
