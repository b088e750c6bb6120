"""A journal that somebody edits while it lies on the disk: the start is refused, and says where."""

from __future__ import annotations

import sqlite3

import pytest

from feiqian.errors import JournalDamaged, LedgerError
from feiqian.ledger import chart
from feiqian.ledger.engine import Refusal


@pytest.fixture
def folder(books):
    """A closed journal of five rows or more, in which one wallet has 5,000 fen and paid 1,000 of them."""
    payer, payee = books.wallet(1, 5_000), books.wallet(2)
    for n in range(5):
        id = chart.derived_id(b"pay", bytes([n]))
        assert books.post(chart.transfer(id, debit=payer, credit=payee, amount=200)) == Refusal.OK
        books.ledger.commit()
    books.close()
    return books.folder


def edit(folder, statement, *values):
    with sqlite3.connect(folder / "journal.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement, values)
    database.close()


def test_abuse_64_a_balance_raised_in_the_file_is_found_at_the_start(folder, open_books):
    with sqlite3.connect(folder / "journal.db") as database:
        position, body = database.execute("SELECT position, body FROM journal ORDER BY position LIMIT 1").fetchone()
    database.close()
    at = body.index((5_000).to_bytes(8, "little"))
    edit(
        folder,
        "UPDATE journal SET body = ? WHERE position = ?",
        body[:at] + (9_000).to_bytes(8, "little") + body[at + 8 :],
        position,
    )
    with pytest.raises(JournalDamaged, match="hash") as refused:
        open_books()
    assert refused.value.position == position


@pytest.mark.parametrize("position", [1, 2, 3])
def test_abuse_64_a_row_taken_out_of_the_file_is_found_at_the_start(folder, open_books, position):
    edit(folder, "DELETE FROM journal WHERE position = ?", position)
    with pytest.raises(JournalDamaged) as refused:
        open_books()
    assert refused.value.position in (position, position + 1)


def test_abuse_64_two_rows_that_change_places_are_found_at_the_start(folder, open_books):
    edit(folder, "UPDATE journal SET position = -1 WHERE position = 2")
    edit(folder, "UPDATE journal SET position = 2 WHERE position = 3")
    edit(folder, "UPDATE journal SET position = 3 WHERE position = -1")
    with pytest.raises(JournalDamaged) as refused:
        open_books()
    assert refused.value.position == 2


def test_abuse_64_an_emptied_journal_is_not_begun_anew(folder, open_books):
    (folder / "journal.db").unlink()
    with pytest.raises(LedgerError):
        open_books()
