"""The read model of transfers between people ties to the ledger, can be made anew, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus, encode_fact
from feiqian.projections.projector import rebuild
from feiqian.transfers.read_model import READ_MODEL
from feiqian.transfers.read_model.reads import PersonTransferReads, Shown
from tests.transfers.sending import Person, Sending


def sent(bank: Sending) -> tuple[Person, Person, list[PersonTransferDecided]]:
    """Three transfers, the last of which was declined; the newest first."""
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    facts = [bank.send_to(mei, eve, amount, f"T{amount}") for amount in (10_00, 20_00, 900_00)]
    return mei, eve, facts[::-1]


def ids(found: list[Shown]) -> list[str]:
    return [one.fact.id for one in found]


def test_a_page_goes_on_where_the_one_before_ended(bank: Sending) -> None:
    mei, eve, facts = sent(bank)
    reads, all_ids = bank.sending.reads, [fact.id for fact in facts]
    first, older = bank.run(reads.newest(mei.number, "", 2))
    assert (ids(first), older) == (all_ids[:2], all_ids[1])
    rest, older = bank.run(reads.newest(mei.number, older, 2))
    assert (ids(rest), older) == (all_ids[2:], "")
    assert ids(bank.run(reads.newest(eve.number, "", 9))[0]) == all_ids[1:]
    assert bank.run(reads.sent_before(mei.number, eve.number)) == (2, 20_00)
    assert bank.run(reads.sent_before(eve.number, mei.number)) == (0, 0)


def test_one_that_ends_later_is_the_receivers_when_it_has_come(bank: Sending) -> None:
    """Such facts are written where money is held on its way."""
    mei, eve, (declined, *_) = sent(bank)
    reads, status = bank.sending.reads, PersonTransferStatus.RETURNED
    end = PersonTransferEnded(declined.id, status, mei.number, eve.number, bank.clock.now())
    for wanted, there in ((PersonTransferStatus.RETURNED, 2), (PersonTransferStatus.SUCCEEDED, 3)):
        ended = PersonTransferEnded(end.id, wanted, end.sender, end.receiver, end.at, transfer=b"m" * 16)
        bank.ledger.record(encode_fact(ended))
        bank.ledger.commit()
        found = bank.run(reads.by_id(mei.number, end.id))
        assert found is not None
        assert (found.status, found.ended_at) == (wanted, end.at)
        assert len(bank.run(reads.newest(eve.number, "", 9))[0]) == there
    assert bank.run(reads.by_moved([b"m" * 16]))[b"m" * 16].fact.id == end.id
    assert bank.run(reads.unmoved(mei.number, (2**62, 0), 9)) == []
    bank.read_db.change("UPDATE person_transfers SET status = 'declined' WHERE id = :id", id=end.id)


@pytest.mark.parametrize(
    ("place", "change"), [(1, "amount = amount + 1"), (2, "status = 'declined'"), (0, "status = 'succeeded'")]
)
def test_an_audit_finds_a_transfer_that_is_not_what_the_ledger_moved(bank: Sending, place: int, change: str) -> None:
    _, _, facts = sent(bank)
    values = {"id": facts[place].id}
    rows = bank.read_db.all("SELECT amount, status FROM person_transfers WHERE id = :id", **values)
    bank.read_db.change(f"UPDATE person_transfers SET {change} WHERE id = :id", **values)
    (found,) = bank.findings()
    assert f"transfer {facts[place].id}: what it moved" in found
    amount, status = rows[0]
    again = "UPDATE person_transfers SET amount = :amount, status = :status WHERE id = :id"
    bank.read_db.change(again, amount=amount, status=status, **values)


def test_made_anew_it_is_the_same(bank: Sending, tmp_path: Path) -> None:
    mei, eve, _ = sent(bank)
    location = tmp_path / "anew.db"
    rebuild(bank.journal, location, [READ_MODEL], max_rows=2)
    reads = PersonTransferReads(location)
    for person in (mei, eve):
        assert bank.run(reads.newest(person.number, "", 10)) == bank.run(
            bank.sending.reads.newest(person.number, "", 10)
        )
    reads.close()
