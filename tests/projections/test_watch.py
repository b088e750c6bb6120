"""The watch over the read model: gauges that are true, and one line of the log when something begins or ends."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.projections import watch as watching
from feiqian.projections.projector import rebuild
from feiqian.projections.watch import Watch
from feiqian.runtime import alarms
from feiqian.runtime.metrics import Metrics


def test_each_alarm_is_told_once_when_it_begins_and_once_when_it_ends(books, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(watching, "MOST_BEHIND", 2)
    path, metrics = tmp_path / "read.db", Metrics()
    books.pay(1, 1, 100)
    rebuild(books.journal, path, [PAYMENTS])
    reads = PaymentReads(path)
    watch = Watch([reads], lambda: books.position)
    watch.measure(metrics)

    def look() -> dict[str, float]:
        asyncio.run(watch.look())
        asyncio.run(watch.look())
        shown = [
            line.split() for line in metrics.render().decode().splitlines() if line[0] != "#" and "lag" not in line
        ]
        return {name.removeprefix("feiqian_").removeprefix("alarm_"): float(value) for name, value in shown}

    with structlog.testing.capture_logs() as told:
        assert not any(look().values())
        books._facts.append(b"\x91\xa3new")
        for _ in range(3):
            books.write()
        assert look()["projector_rows_behind"] == 3
        rebuild(books.journal, path, [PAYMENTS])
        shown = look()
        assert (shown["set_aside"], shown["records_set_aside"]) == (1, 1)
        assert (shown["projector_rows_behind"], shown["read_model_rebuilding"]) == (0, 0)
        path.unlink()
        assert look()["read_model_rebuilding"] == 1
        rebuild(books.journal, path, [PAYMENTS])
        look()
    reads.close()
    alarming = [entry for entry in told if entry["event"].startswith("alarm_")]
    assert [(entry["event"], entry["alarm"]) for entry in alarming] == [
        ("alarm_began", "read_model_behind"),
        ("alarm_ended", "read_model_behind"),
        ("alarm_began", "records_set_aside"),
        ("alarm_began", "read_model_behind"),
        ("alarm_began", "read_model_rebuilding"),
        ("alarm_ended", "read_model_behind"),
        ("alarm_ended", "read_model_rebuilding"),
    ]
    assert {entry["log_level"] for entry in alarming} == {"error"}


@pytest.fixture(autouse=True)
def _uncached_loggers() -> None:
    alarms._log = structlog.get_logger()


def test_what_is_missing_while_the_projector_starts_is_no_alarm_until_it_does_not_come(books, tmp_path) -> None:
    books.pay(1, 1, 100)
    reads = PaymentReads(tmp_path / "read.db", at_least=books.position)
    watch = Watch([reads], lambda: books.position)
    states = []
    for _ in range(watching.STARTING_LOOKS + 1):
        asyncio.run(watch.look())
        states.append(watch.rebuilding.on)
    assert states == [False] * watching.STARTING_LOOKS + [True]
    reads.close()


def test_a_projector_that_lacks_rows_or_its_file_is_woken(books, tmp_path) -> None:
    path, woken = tmp_path / "read.db", []
    books.pay(1, 1, 100)
    rebuild(books.journal, path, [PAYMENTS])
    reads = PaymentReads(path)
    watch = Watch([reads], lambda: books.position)
    watch.wake = lambda: woken.append(books.position)
    asyncio.run(watch.look())
    assert woken == []
    books.pay(1, 1, 100)
    asyncio.run(watch.look())
    assert woken == [books.position]
    path.unlink()
    asyncio.run(watch.look())
    assert woken == [books.position] * 2
    reads.close()
