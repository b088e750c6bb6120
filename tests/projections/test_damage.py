"""A read model that is gone or damaged, at the start or under a running projector, is told of and built again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.projections import schema
from feiqian.projections.database import open_database
from feiqian.projections.errors import ReadsBehind
from feiqian.projections.files import damage_reported
from feiqian.projections.process import LOOK_EVERY, run_projector
from feiqian.projections.projector import Projector, rebuild
from feiqian.projections.reconcile import reconcile_at
from feiqian.projections.schema import read_position

Damage = Callable[[Path], object]


class Steps:
    """A stop that does something at a certain pause, and ends the projector some pauses later."""

    def __init__(self, at: int, act: Callable[[], object], then: int = LOOK_EVERY + 5) -> None:
        self.pauses, self.at, self.act, self.last = 0, at, act, at + then

    def is_set(self) -> bool:
        return self.pauses >= self.last

    def wait(self, _seconds: object) -> None:
        self.pauses += 1
        if self.pauses == self.at:
            self.act()


def without(path: Path) -> None:
    path.unlink()


def zeroed(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes(bytes(size))


def header_lost(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not a database, for sure")


def cut_short(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def pages_zeroed(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(path.stat().st_size - 4096))


DAMAGES: tuple[Damage, ...] = (without, zeroed, header_lost, cut_short, pages_zeroed)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "read.db"


@pytest.fixture
def projected(books, path: Path) -> Path:
    books.history(120)
    rebuild(books.journal, path, [PAYMENTS])
    return path


def same(books, path: Path, tables, tmp_path: Path) -> bool:
    rebuild(books.journal, tmp_path / "fresh.db", [PAYMENTS])
    return tables(str(path)) == tables(str(tmp_path / "fresh.db"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_abuse_86_one_that_is_damaged_at_the_start_is_built_again(books, projected, tables, tmp_path, damage) -> None:
    damage(projected)
    reached = schema.check_read_models(books.journal, projected, [PAYMENTS])
    assert reached in (0, books.position)  # no obstacle to the start
    books.pay(1, 1, 100)
    run_projector(books.journal, projected, [PAYMENTS], Steps(1, lambda: None, 3))  # type: ignore[arg-type]
    assert same(books, projected, tables, tmp_path)


@pytest.mark.parametrize("damage", DAMAGES)
def test_abuse_86_the_remedy_works_on_one_that_is_damaged(books, projected, tables, tmp_path, damage) -> None:
    damage(projected)
    assert rebuild(books.journal, projected, [PAYMENTS]) == books.position
    assert same(books, projected, tables, tmp_path)


def test_abuse_86_one_that_is_deleted_under_a_running_projector_is_built_again(
    books, projected, tables, tmp_path
) -> None:
    def lose() -> None:
        projected.unlink()
        books.pay(1, 1, 100)

    run_projector(books.journal, projected, [PAYMENTS], Steps(3, lose))  # type: ignore[arg-type]
    assert same(books, projected, tables, tmp_path)


@pytest.mark.parametrize("table", ["progress", "payments", "holds"])
def test_abuse_86_tables_that_are_dropped_under_a_running_projector_are_built_again(
    books, location, tables, tmp_path, table
) -> None:
    books.history(60)
    rebuild(books.journal, location, [PAYMENTS])

    def drop() -> None:
        db = open_database(location)
        db.change(f"DROP TABLE {table}")
        db.close()

    run_projector(books.journal, location, [PAYMENTS], Steps(3, drop, 3 * LOOK_EVERY))  # type: ignore[arg-type]
    rebuild(books.journal, tmp_path / "fresh.db", [PAYMENTS])
    assert tables(location) == tables(str(tmp_path / "fresh.db"))


def test_a_damaged_file_is_kept_once_beside_the_new_one(books, projected) -> None:
    for _ in range(3):
        header_lost(projected)
        run_projector(books.journal, projected, [PAYMENTS], Steps(1, lambda: None, 3))  # type: ignore[arg-type]
    kept = [file.name for file in projected.parent.iterdir() if ".damaged-" in file.name]
    assert len(kept) == 1


def test_damage_that_comes_back_at_once_ends_the_projector(books, projected, monkeypatch) -> None:
    broken = projected.with_name("broken.db")
    broken.write_bytes(b"not a database, for sure" * 1000)

    def on_a_broken_disk(*_: object) -> None:
        open_database(broken)

    monkeypatch.setattr(Projector, "take", on_a_broken_disk)
    with pytest.raises(Exception, match="not a database"):
        run_projector(books.journal, projected, [PAYMENTS], Steps(1, lambda: None))  # type: ignore[arg-type]


# --- readers ---------------------------------------------------------------------------------------------------------


def ask(path: Path, *between: Callable[[], object]) -> list[object]:
    """What one reader is told, before and after each of what happens to the file."""

    async def asking() -> list[object]:
        reads, told = PaymentReads(path), []
        for act in (lambda: None, *between):
            act()
            for question in (reads.newest(5), reads.payment_by_id("none")):
                try:
                    told.append(await question)
                except ReadsBehind:
                    told.append(ReadsBehind)
        reads.close()
        return told

    return asyncio.run(asking())


def test_abuse_86_readers_say_that_it_is_gone_and_read_the_new_one(books, projected) -> None:
    def build() -> None:
        run_projector(books.journal, projected, [PAYMENTS], Steps(1, lambda: None, 3))  # type: ignore[arg-type]

    whole = ask(projected)
    told = ask(projected, lambda: without(projected), build)
    assert told == [*whole, *[ReadsBehind] * 2, *whole]


def test_abuse_86_readers_do_not_show_one_that_is_half_built(books, projected) -> None:
    """Whoever has seen a position is not shown the lists of an earlier one."""

    def half() -> None:
        schema.drop(projected, [PAYMENTS])
        db = open_database(projected)
        Projector(books.journal, db, PAYMENTS).step(3)
        db.close()

    reads_before = ask(projected)
    told = ask(projected, half)
    assert told[:2] == reads_before
    assert told[2:] == [ReadsBehind, ReadsBehind]


def test_abuse_86_damage_that_only_a_reader_meets_is_reported_and_mended(books, projected, tables, tmp_path) -> None:
    position = books.position
    pages_zeroed(projected)
    assert ReadsBehind in ask(projected)
    assert damage_reported(projected)
    run_projector(books.journal, projected, [PAYMENTS], Steps(2, lambda: None, 3))  # type: ignore[arg-type]
    assert not damage_reported(projected)
    db = open_database(projected, read_only=True)
    assert read_position(db, PAYMENTS.name) == position
    db.close()
    assert same(books, projected, tables, tmp_path)


def test_abuse_86_an_audit_says_that_it_cannot_be_read(books, projected) -> None:
    header_lost(projected)
    [finding] = reconcile_at(projected, [PAYMENTS])(books.engine, books.position)
    assert "project --rebuild" in finding
