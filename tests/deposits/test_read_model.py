"""The read model of own transfers ties to the ledger, can be made anew, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.deposits.model import WALLET
from feiqian.deposits.read_model import READ_MODEL as TRANSFERS
from feiqian.deposits.read_model.reads import TransferReads
from feiqian.deposits.transfers import Wanted
from feiqian.events import OwnTransferDecided, encode_fact
from feiqian.ids import CustomerNumber
from feiqian.money import MinorUnits
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.projector import rebuild
from tests.deposits.holders import Holders


def moved(bank: Holders) -> tuple[CustomerNumber, list[OwnTransferDecided]]:
    """Three transfers, the last of which was declined; the newest first."""
    mei = bank.holder(100_00)
    account, told = bank.account(mei), []
    for number, amount in enumerate((10_00, 20_00, 900_00)):
        wanted = Wanted(f"T{number}", WALLET, account.id, MinorUnits(amount), "CNY")
        told.append(bank.run(bank.transfers.make(mei, wanted)))
    return mei, told[::-1]


def test_a_page_goes_on_where_the_one_before_ended(bank: Holders) -> None:
    mei, told = moved(bank)
    reads = bank.transfers.reads
    first, older = bank.run(reads.newest(mei, "", 2))
    assert (first, older) == (told[:2], told[1].id)
    assert bank.run(reads.newest(mei, older, 2)) == (told[2:], "")
    assert bank.run(reads.newest(CustomerNumber(mei + 1), "", 2)) == ([], "")


@pytest.mark.parametrize(
    ("place", "change"), [(0, "amount = amount + 1"), (1, "status = 'declined'"), (0, "status = 'succeeded'")]
)
def test_an_audit_finds_a_transfer_that_is_not_what_the_ledger_moved(bank: Holders, place: int, change: str) -> None:
    _, told = moved(bank)
    assert bank.findings() == []
    of = told[place] if "amount" not in change else told[1]
    bank.read_db.change(f"UPDATE own_transfers SET {change} WHERE id = :id", id=of.id)
    (found,) = bank.findings()
    assert f"own transfer {of.id}: what it moved" in found


def test_made_anew_it_is_the_same(bank: Holders, tmp_path: Path) -> None:
    mei, told = moved(bank)
    location = tmp_path / "anew.db"
    rebuild(bank.journal, location, [TRANSFERS, PAYMENTS], max_rows=2)
    reads = TransferReads(location)
    assert bank.run(reads.newest(mei, "", 10)) == (told, "")
    reads.close()


def test_a_transfer_that_cannot_be_read_is_set_aside_and_the_lists_say_so(bank: Holders) -> None:
    mei, told = moved(bank)
    assert not bank.run(bank.transfers.reads.incomplete())
    broken = encode_fact(told[0]).replace(b"declined", b"declimed")
    bank.ledger.record(broken)
    bank.ledger.commit()
    assert bank.run(bank.transfers.reads.incomplete())
    facts, _ = bank.run(bank.transfers.reads.newest(mei, "", 10))
    assert facts == told
    lacking = [finding.partition(", of ")[2].partition(":")[0] for finding in bank.findings()]
    assert sorted(lacking) == ["deposits", "payments"]


def test_an_own_transfer_that_was_set_aside_leaves_its_customers_lists_incomplete_and_no_others(
    bank: Holders,
) -> None:
    """Here because the read model has lost the accounts."""
    mei, _ = moved(bank)
    bank.read_db.change("DELETE FROM accounts WHERE owner = :owner", owner=mei)
    bank.projectors[0]._projection.forget()
    wanted = Wanted("T9", WALLET, bank.run(bank.services.deposits.all_of(mei))[0].id, MinorUnits(1), "CNY")
    assert bank.run(bank.transfers.make(mei, wanted)).status == "succeeded"
    assert bank.run(bank.services.reads.customer_incomplete(mei))
    assert not bank.run(bank.services.reads.customer_incomplete(CustomerNumber(mei + 1)))
