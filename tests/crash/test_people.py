"""People send, ask for, split, give and pay money, and the bank is killed again and again: nothing is lost, double or
negative, limits hold over all of it, and money on its way ends exactly once."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from mixed_bank import KILLS, SEED, audit
from people_bank import DAY_SECONDS, PeopleBank, work
from served_bank import until
from sqlalchemy import select

from feiqian.accounts.kinds import AllowanceKind
from feiqian.clock import SystemClock
from feiqian.db import BankDb
from feiqian.events import PersonTransferStatus
from feiqian.inbox.service import MOST
from feiqian.inbox.tables import notices
from feiqian.ledger.recovery import open_journal
from feiqian.limits.kinds import LimitAllowanceKind as Kind
from feiqian.requests.model import RequestStatus
from feiqian.requests.tables import requests
from feiqian.testing.mixed.kinds import Mix, drawn
from feiqian.testing.mixed.operations import Asked
from feiqian.testing.mixed.people import KINDS, REFUSED
from feiqian.testing.mixed.people_bank import DAY_AMOUNT
from feiqian.testing.mixed.people_witness import PeopleWitness

COUNT = 200 * KILLS if KILLS >= 50 else 50 * KILLS
CUSTOMERS = max(12, COUNT // 40)
LIMITED = {AllowanceKind.DAY_AMOUNT, Kind.YEAR_AMOUNT, Kind.CODE_MONTH, Kind.TRANSFER_DAY, Kind.TRANSFER_MONTH}
TOLD = {PersonTransferStatus.SUCCEEDED: "transfer_brought", PersonTransferStatus.RETURNED: "transfer_returned"}
TOLD_AT_FIRST = {PersonTransferStatus.HELD: "transfer_held", PersonTransferStatus.WAITING: "transfer_waiting"}


def test_people_and_a_bank_that_is_killed_again_and_again(tmp_path: Path) -> None:
    wanted = drawn(Mix("people", SEED, COUNT, CUSTOMERS), KINDS)
    with (
        closing(PeopleBank(tmp_path / "bank", CUSTOMERS)) as bank,
        closing(open_journal(Path(bank.settings.data))) as journal,
    ):
        witness = PeopleWitness(journal, DAY_AMOUNT, SystemClock(bank.settings.zone).day)
        witness.begin()
        compared = Counter[int]()
        outcomes = work(bank, wanted, random.Random(SEED), lambda: compared.update(witness.check_limits()))
        assert len(outcomes) == COUNT
        assert set(+compared) >= LIMITED, compared
        let_all_end(bank, witness)
        witness.check_money()
        witness.check_told(bank.phones.heard)
        requests_follow(bank, witness)
        audit(bank.settings)
    it_was_a_mix(wanted, outcomes, witness)


def let_all_end(bank: PeopleBank, witness: PeopleWitness) -> None:
    """More than a day passes; whoever waits gets it, or it comes back, and its sender is told once."""
    bank.kill()
    witness.read_on()
    bank.advance(DAY_SECONDS)
    bank.start()

    def ended() -> bool:
        witness.read_on()
        return not witness.waiting

    until(ended)
    wanted = expected_notices(witness)
    until(lambda: not wanted - told_notices(bank))
    assert bank.kill(15) == 0
    told = told_notices(bank)
    assert {key: told[key] for key in wanted} == dict(wanted), "something was told twice"


def expected_notices(witness: PeopleWitness) -> Counter[tuple[int, str, str]]:
    """What senders are told of money on its way, and of their packets that are gone or came back."""
    held = ((it.sender, TOLD_AT_FIRST.get(it.status), it.id) for it in witness.transfers.values())
    ended = ((it.sender, TOLD.get(it.status), it.id) for it in witness.ends.values())
    transfers = [(who, kind, f"/transfers/{id}") for who, kind, id in (*held, *ended) if kind]
    last = (share for taken in witness.shares.values() for share in taken.values() if not share.left)
    gone = [
        (it.sender, "packet_gone" if it.place else "packet_taken", it.id)
        for it in last
        if it.place or it.sender != it.receiver
    ]
    back = [(it.sender, "packet_returned", it.id) for it in witness.returned.values()]
    return Counter([*transfers, *((who, kind, f"/packets/{id}") for who, kind, id in (*gone, *back))])


def told_notices(bank: PeopleBank) -> Counter[tuple[int, str, str]]:
    rows = kept(bank, select(notices.c.customer, notices.c.kind, notices.c.path))
    assert max(Counter(row[0] for row in rows).values(), default=0) < MOST, "older notices have gone"
    return Counter((row[0], row[1], row[2]) for row in rows)


def requests_follow(bank: PeopleBank, witness: PeopleWitness) -> None:
    """Those that money has moved for are paid, and no others."""
    rows = kept(bank, select(requests.c.id, requests.c.status))
    assert {row[0] for row in rows if row[1] == RequestStatus.PAID} == witness.paid_requests()
    assert not [row for row in rows if row[1] == RequestStatus.HELD]


def kept(bank: PeopleBank, query: Any) -> list[Any]:
    with closing(BankDb(Path(bank.settings.data), bank.settings.bank_url)) as db, db.snapshot() as connection:
        return list(connection.execute(query))


def it_was_a_mix(wanted: list[Asked], outcomes: dict[int, str], witness: PeopleWitness) -> None:
    """Everything happened that can, and hardly anything was left undecided."""
    happened = Counter(word for outcome in outcomes.values() for word in outcome.split(", "))
    declined = {"declined daily_limit", "declined method_monthly_limit"}
    assert {"succeeded", "held", "waiting", "made", "asked"} | declined <= set(happened), happened
    decided = Counter(it.kind for it in wanted if not outcomes[it.number].startswith(REFUSED))
    assert set(decided) == {kind.name for kind in KINDS}
    assert decided.total() > 0.8 * len(wanted), happened
    ends = {end.status for end in witness.ends.values()}
    assert ends == {PersonTransferStatus.SUCCEEDED, PersonTransferStatus.CANCELLED, PersonTransferStatus.RETURNED}
    assert witness.returned
    assert any(len(taken) > 1 for taken in witness.shares.values())
    assert witness.paid_requests()
    assert any(it.kind == "offline" and outcomes[it.number] == "succeeded" for it in wanted)
