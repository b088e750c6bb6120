"""The read model of red packets ties to the ledger, can be made anew, and gives each side its lines of activity."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.events import PacketMade
from feiqian.money import CNY, MinorUnits
from feiqian.notify.values import Amount
from feiqian.packets.outbound import PacketNotices
from feiqian.packets.read_model import READ_MODEL
from feiqian.packets.read_model.reads import PacketReads
from feiqian.packets.read_model.tables import METADATA
from feiqian.projections.projector import rebuild
from tests.packets.giving import Giving, Person
from tests.transfers.test_movements import listed

DAY_SECONDS = 24 * 3600


def history(bank: Giving) -> tuple[Person, Person, list[PacketMade]]:
    """One that is half taken, one that came back in part, one that was declined; the newest first."""
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    old = bank.group(mei, 20_00, 2, "P1", note="Old")
    bank.take(eve, old)
    bank.clock.advance(DAY_SECONDS)
    bank.return_due()
    new = bank.group(mei, 10_00, 3, "P2")
    bank.take(mei, new)
    declined = bank.group(mei, 190_00, 1, "P3")
    return mei, eve, [declined, new, old]


def test_each_side_has_its_lines_and_finds_the_packet_by_its_id(bank: Giving) -> None:
    mei, eve, (declined, new, old) = history(bank)
    here = [(one.amount, one.described.text.rpartition(".")[2], one.described.status) for one in listed(bank, mei)]
    assert here[:5] == [
        (-190_00, "filled", "declined"),
        (3_34, "taken", "succeeded"),
        (-10_00, "filled", "succeeded"),
        (10_00, "returned", "succeeded"),
        (-20_00, "filled", "succeeded"),
    ]
    (there,) = listed(bank, eve)
    assert (there.amount, there.described.who, there.described.note) == (10_00, "**梅", "Old")
    assert there.described.words == "", "the number is the sender's own"
    for person, packet in ((mei, declined), (mei, new), (mei, old), (eve, old)):
        receipt = bank.run(bank.services.activity.receipt(person.number, packet.id))
        assert receipt.details.references == [("packets.reference", packet.id)]
        for step in receipt.details.steps:
            assert step.at


def test_a_page_goes_on_where_the_one_before_ended(bank: Giving) -> None:
    mei, eve, packets = history(bank)
    ids, reads = [one.id for one in packets], bank.packets.reads
    first, older = bank.run(reads.newest(mei.number, "", 2))
    assert ([one.fact.id for one in first], older) == (ids[:2], ids[1])
    rest, older = bank.run(reads.newest(mei.number, older, 2))
    assert ([one.fact.id for one in rest], older) == (ids[2:], "")
    assert [one.fact.id for one in bank.run(reads.newest(eve.number, "", 9))[0]] == ids[2:]


@pytest.mark.parametrize(
    ("table", "change", "what"),
    [
        ("packets", "amount = amount + 1", "what was put in"),
        ("packets", "status = 'declined'", "what was put in"),
        ("packets", "given = given - 1", "what has left it"),
        ("packets", "returned = returned + 1", "what was returned"),
        ("packets", "returned = returned + 1", "red packets in CNY: what is in them"),
        ("packets", "taken = taken + 1", "shares taken"),
        ("packet_takes", "amount = amount + 1", "share 0"),
        ("packet_takes", "place = 2", "share 2"),
    ],
)
def test_an_audit_finds_what_is_not_so_in_the_ledger(bank: Giving, table: str, change: str, what: str) -> None:
    history(bank)
    kept = bank.read_db.all(f"SELECT * FROM {table} WHERE no = 1")
    bank.read_db.change(f"UPDATE {table} SET {change} WHERE no = 1")
    assert any(what in one for one in bank.findings()), bank.findings()
    bank.read_db.change(f"DELETE FROM {table} WHERE no = 1")
    bank.read_db.insert(METADATA.tables[table], [tuple(row) for row in kept])


def test_made_anew_it_is_the_same(bank: Giving, tmp_path: Path) -> None:
    mei, eve, _ = history(bank)
    location = tmp_path / "anew.db"
    rebuild(bank.journal, location, [READ_MODEL], max_rows=2)
    reads = PacketReads(location)
    for person in (mei, eve):
        assert bank.run(reads.newest(person.number, "", 10)) == bank.run(
            bank.packets.reads.newest(person.number, "", 10)
        )
    assert bank.run(reads.takes(1)) == bank.run(bank.packets.reads.takes(1))
    reads.close()


def told(bank: Giving, person: Person) -> list[tuple[str, dict[str, str], str]]:
    found = bank.run(bank.services.inbox.page(person.number)).items
    return sorted((one.kind, dict(one.values), one.path) for one in found if one.kind.startswith("packet"))


def test_both_are_told_without_a_link_and_a_stranger_by_a_masked_name(bank: Giving) -> None:
    mei, eve, (_, new, old) = history(bank)
    single = bank.single(mei, eve, 5_00, "P4")
    bank.run(bank.packets.take(eve.number, single.id))
    two = bank.group(mei, 2_00, 2, "P5")
    bank.take(eve, two)
    bank.take(mei, two)
    outbound = PacketNotices(bank.services)
    for position, fact in enumerate(bank.facts()):
        with bank.db.write() as connection:
            outbound.tell(connection, fact, (position, 0), bank.clock.now())  # type: ignore[arg-type]
    assert told(bank, mei) == [
        ("packet_gone", {"count": "2"}, f"/packets/{two.id}"),
        ("packet_returned", {"amount": Amount(MinorUnits(10_00), CNY.number)}, f"/packets/{old.id}"),
        ("packet_taken", {"who": "**雨", "amount": Amount(MinorUnits(5_00), CNY.number)}, f"/packets/{single.id}"),
    ]
    assert told(bank, eve) == [("packet_for_you", {"who": "**梅"}, f"/packets/{single.id}")]
    assert new.status == "open"
