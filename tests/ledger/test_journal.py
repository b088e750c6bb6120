"""One suite for both journals: what is written is read, in order, chained; one writer; never begun anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.errors import DurabilityRefused, FencedOff, JournalDamaged, JournalMissing, JournalUnavailable
from feiqian.ledger.journal import GENESIS, Head, row_hash
from feiqian.ledger.journal_postgres import PostgresJournal
from feiqian.testing.postgres import Postgres


def test_what_is_written_is_read_in_order_and_chained(store) -> None:
    writer = store.journal()
    assert writer.open_writer() == Head(0, GENESIS, 1)
    bodies = [b"", b"one", bytes(range(256)) * 300]
    hashes = [writer.append(n, body, 1000 + n) for n, body in enumerate(bodies, 1)]
    rows = list(store.journal(create=False).rows(0))
    assert [row.body for row in rows] == bodies
    assert [row.hash for row in rows] == hashes
    assert [row.previous for row in rows] == [GENESIS, *hashes[:-1]]
    assert [(row.position, row.epoch, row.written_at) for row in rows] == [(1, 1, 1001), (2, 1, 1002), (3, 1, 1003)]
    assert rows[1].hash == row_hash(hashes[0], 2, 1, b"one")


def test_a_reader_sees_what_comes_and_reads_on_from_where_it_was(store) -> None:
    writer, reader = store.journal(), store.journal()
    writer.open_writer()
    assert list(reader.rows(0)) == []
    for position in range(1, 200):  # more than a page
        writer.append(position, b"x", 0)
    assert [row.position for row in reader.rows(0)] == list(range(1, 200))
    writer.append(200, b"y", 0)
    assert [row.body for row in reader.rows(199)] == [b"y"]
    assert [row.position for row in reader.rows(150)] == list(range(151, 201))
    assert reader.head() == writer.head()


def test_a_reader_that_is_ahead_of_the_journal_is_told(store) -> None:
    journal = store.journal()
    journal.open_writer()
    with pytest.raises(JournalDamaged, match="position 7: the row is missing"):
        list(journal.rows(7))


def test_a_writer_that_was_replaced_can_write_nothing(store) -> None:
    old, new = store.journal(), store.journal()
    old.open_writer()
    old.append(1, b"old", 0)
    assert new.open_writer() == Head(1, old.hash_at(1), 2)
    with pytest.raises(FencedOff):
        old.append(2, b"late", 0)
    new.append(2, b"new", 0)
    with pytest.raises(FencedOff):
        old.append(2, b"later", 0)
    assert [row.body for row in new.rows(0)] == [b"old", b"new"]


def test_a_position_is_written_once_even_in_one_epoch(store) -> None:
    journal = store.journal()
    journal.open_writer()
    store.execute(
        "INSERT INTO journal (shard, position, epoch, previous, hash, body, written_at) VALUES (0, 1, 1, ?, ?, ?, 0)",
        GENESIS,
        bytes(32),
        b"",
    )
    with pytest.raises(FencedOff):
        journal.append(1, b"", 0)
    with pytest.raises(ValueError, match="the next position is 1"):
        journal.append(5, b"", 0)


def test_a_journal_is_not_made_unless_asked(store) -> None:
    with pytest.raises(JournalMissing, match="there is no journal"):
        store.journal(create=False)


def test_a_missing_journal_is_never_begun_anew(store) -> None:
    identity = store.journal().identity
    store.close()
    if store.url:
        store.execute("DROP TABLE journal, fence")
    else:
        for file in store.folder.glob("journal.db*"):
            file.unlink()
    for create in (False, True):
        with pytest.raises(JournalMissing, match=f"there was a journal {identity} here"):
            store.journal(create=create)


def test_another_journal_in_its_place_is_refused(store) -> None:
    identity = store.journal().identity
    store.close()
    store.execute("UPDATE fence SET identity = 'another'")
    with pytest.raises(JournalMissing, match=f"the journal is another, but .* {identity}"):
        store.journal()


def test_a_lost_fence_is_damage(store) -> None:
    store.journal().close()
    store.execute("DELETE FROM fence")
    with pytest.raises(JournalDamaged, match="lost its fence"):
        store.journal()


def test_a_file_that_is_no_database_is_damage(sqlite) -> None:
    (sqlite.folder / "journal.db").write_bytes(b"not a database, but long enough to be looked at" * 99)
    with pytest.raises(JournalDamaged, match="cannot be read as a journal"):
        sqlite.journal()


def test_an_emptied_file_is_not_a_new_journal(sqlite) -> None:
    sqlite.journal()
    sqlite.close()
    for file in sqlite.folder.glob("journal.db*"):
        file.unlink()
    (sqlite.folder / "journal.db").touch()
    with pytest.raises(JournalMissing, match="there was a journal"):
        sqlite.journal()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_settings_that_lose_commits_are_refused(postgres: Postgres, tmp_path: Path, setting: str) -> None:
    journal = PostgresJournal(postgres.database(), create=True)
    journal.open_writer()
    real = journal._one
    journal._one = lambda query: ("off",) if query == f"SHOW {setting}" else real(query)  # type: ignore[method-assign]
    with pytest.raises(DurabilityRefused, match=setting):
        journal.open_writer()
    journal.close()


def test_a_synchronous_commit_of_off_is_refused_as_the_server_says_it(postgres: Postgres) -> None:
    url = postgres.database() + "&options=-csynchronous_commit%3Doff"
    journal = PostgresJournal(url, create=True)
    with pytest.raises(DurabilityRefused, match="synchronous_commit is off"):
        journal.open_writer()
    journal.close()


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    url = "postgresql://bank:a-secret@127.0.0.1:9/journal?connect_timeout=3"
    with pytest.raises(JournalUnavailable, match="the journal's database cannot be reached") as refused:
        PostgresJournal(url)
    assert "a-secret" not in str(refused.value)


@pytest.mark.parametrize("shard", [-1, 1])
def test_abuse_64_a_last_row_moved_to_another_shard_is_refused(postgres: Postgres, shard: int) -> None:
    """It would only be missing, as if it had never been written."""
    import psycopg

    url = postgres.database()
    journal = PostgresJournal(url, create=True)
    journal.open_writer()
    for position in (1, 2):
        journal.append(position, b"x", 0)
    journal.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE journal SET shard = %s WHERE position = 2", (shard,))
    with pytest.raises(JournalDamaged, match=f"position 2: its shard is {shard}"):
        PostgresJournal(url)


def test_standbys_that_are_asked_for_must_be_there(postgres: Postgres) -> None:
    journal = PostgresJournal(postgres.database(), create=True, standbys=1)
    with pytest.raises(DurabilityRefused, match="0 synchronous standbys are streaming, 1 are required"):
        journal.open_writer()
    journal.close()


def test_a_replaced_writer_that_comes_while_the_fence_is_taken_writes_nothing(postgres: Postgres) -> None:
    """The append waits for the transaction that takes the fence, and then finds it taken."""
    import threading

    import psycopg

    url = postgres.database()
    old = PostgresJournal(url, create=True)
    old.open_writer()
    outcome: list[BaseException] = []

    def late() -> None:
        try:
            old.append(1, b"late", 0)
        except FencedOff as error:
            outcome.append(error)

    with psycopg.connect(url) as taker:
        taker.execute("UPDATE fence SET epoch = epoch + 1")
        thread = threading.Thread(target=late)
        thread.start()
        with psycopg.connect(url, autocommit=True) as watcher:
            while not watcher.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                assert thread.is_alive()
        taker.commit()
    thread.join()
    assert len(outcome) == 1
    assert old.head().position == 0
    old.close()
