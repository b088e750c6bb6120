"""What nobody has taken within a day returns, once, whatever races, whenever it crashes, wherever it came from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.accounts.kinds import wallet_id
from feiqian.errors import LedgerStopped
from feiqian.events import PacketMade, PacketReturned
from feiqian.money import CNY
from feiqian.packets.errors import PacketNotFound, PacketNotTaken
from feiqian.packets.returning import AGAIN
from feiqian.packets.views import State
from tests.databases import ON_BOTH
from tests.packets.giving import Giving, Person
from tests.packets.test_packets import view

DAY_SECONDS = 24 * 3600


def returned(bank: Giving) -> list[int]:
    return [fact.amount for fact in bank.facts() if isinstance(fact, PacketReturned)]


def half_taken(bank: Giving) -> tuple[Person, Person, PacketMade]:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    packet = bank.group(mei, 10_00, 3)
    bank.take(eve, packet)
    return mei, eve, packet


def test_the_rest_returns_after_a_day_and_not_before(bank: Giving) -> None:
    mei, eve, packet = half_taken(bank)
    bank.clock.advance(DAY_SECONDS - 1)
    assert bank.return_due() == 0
    assert bank.inside() == 6_66
    bank.clock.advance(1)
    with pytest.raises(PacketNotTaken, match="ended"):
        bank.take(bank.person("ana"), packet)
    assert view(bank, mei, packet).state is State.ENDED
    for _ in range(3):
        bank.return_due()
    assert (returned(bank), bank.wallet(mei), bank.wallet(eve), bank.inside()) == ([6_66], 96_66, 3_34, 0)
    seen = view(bank, mei, packet)
    assert (seen.state, seen.returned) == (State.RETURNED, 6_66)
    assert view(bank, eve, packet).returned is None, "it is the sender's"


def test_abuse_111_after_its_end_nothing_is_taken_though_nothing_has_returned_yet(bank: Giving) -> None:
    _, eve, packet = half_taken(bank)
    ana = bank.person("ana")
    bank.clock.advance(DAY_SECONDS)
    with pytest.raises(PacketNotTaken, match="ended"):
        bank.take(ana, packet)
    assert bank.take(eve, packet).own == 334, "who has taken is told so still"
    bank.return_due()
    with pytest.raises(PacketNotTaken, match="ended"):
        bank.take(ana, packet)
    assert (bank.wallet(ana), bank.inside()) == (0, 0)


@ON_BOTH
def test_takers_and_many_who_return_it_race_and_nothing_is_paid_twice(bank: Giving) -> None:
    mei, _, packet = half_taken(bank)
    ana, code = bank.person("ana"), bank.packets.links.signature(packet.id)
    bank.clock.advance(DAY_SECONDS)

    async def all_at_once() -> None:
        asked = [bank.packets.take(ana.number, packet.id, code) for _ in range(5)]
        due = [bank.services.packets_returning.return_due() for _ in range(5)]
        await asyncio.gather(*asked, *due, return_exceptions=True)

    bank.run(all_at_once())
    assert (returned(bank), bank.wallet(mei), bank.wallet(ana)) == ([6_66], 96_66, 0)


def test_what_was_all_taken_returns_nothing(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    packet = bank.single(mei, eve, 10_00)
    bank.run(bank.packets.take(eve.number, packet.id))
    bank.clock.advance(DAY_SECONDS)
    assert bank.return_due() == 1
    assert bank.return_due() == 0
    assert (returned(bank), bank.wallet(mei)) == ([], 90_00)


def test_it_returns_into_a_wallet_that_was_frozen_meanwhile(bank: Giving) -> None:
    mei, _, _ = half_taken(bank)
    bank.run(bank.services.accounts.freeze(mei.number))
    bank.clock.advance(DAY_SECONDS)
    bank.return_due()
    assert (bank.wallet(mei), bank.inside()) == (96_66, 0)


def test_it_returns_into_the_wallet_where_its_account_was_closed_meanwhile(bank: Giving) -> None:
    mei, _ = bank.person("mei"), bank.person("eve")
    account = bank.account(mei.number, 10_00)
    bank.group(mei, 10_00, 2, source=account.id)
    subject = mei.session.subject
    bank.run(bank.services.closing.close_for(mei.number, account.id, "wallet", subject))
    bank.clock.advance(DAY_SECONDS)
    bank.return_due()
    assert (bank.wallet(mei), bank.inside()) == (10_00, 0)


def test_it_waits_while_none_of_the_senders_accounts_takes_it_and_others_return(bank: Giving) -> None:
    mei, eve, packet = half_taken(bank)
    bank.fund(eve.number, 50_00)
    bank.group(eve, 5_00, 1, "P2")
    wallet = wallet_id(CNY.number, mei.number)
    bank.stop_credits(wallet)
    bank.clock.advance(DAY_SECONDS)
    assert bank.return_due() == 2
    assert (returned(bank), bank.inside()) == ([5_00], 6_66)
    assert view(bank, mei, packet).state is State.ENDED
    bank.stop_credits(wallet, on=False)
    assert bank.return_due() == 0, "looked at again after a while"
    bank.clock.advance(AGAIN // 1_000_000)
    bank.return_due()
    assert (bank.wallet(mei), bank.inside()) == (96_66, 0)


def test_one_that_cannot_be_read_holds_up_no_other_and_is_one_alarm(bank: Giving) -> None:
    mei, eve, packet = half_taken(bank)
    bank.fund(eve.number, 50_00)
    bank.clock.advance(60)  # so that it is due after the other
    bank.group(eve, 5_00, 1, "P2")
    with bank.db.write() as connection:
        kept = connection.exec_driver_sql("SELECT shares FROM red_packets WHERE id = ?", (packet.id,)).scalar_one()
        connection.exec_driver_sql("UPDATE red_packets SET shares = ? WHERE id = ?", (b"no shares", packet.id))
    bank.clock.advance(DAY_SECONDS)
    assert bank.return_due() == 2
    alarm = bank.services.packets_returning.alarm
    assert (returned(bank), bank.inside(), alarm.on) == ([5_00], 6_66, True)
    assert bank.return_due() == 0, "looked at again after a while"
    with bank.db.write() as connection:
        connection.exec_driver_sql("UPDATE red_packets SET shares = ? WHERE id = ?", (kept, packet.id))
    bank.clock.advance(AGAIN // 1_000_000)
    bank.return_due()
    assert (bank.wallet(mei), bank.inside(), alarm.on) == (96_66, 0, False)


class Crash(BaseException):
    """The process ends here."""


def crash(*_: object, **__: object) -> None:
    raise Crash


def _before_the_ledger(bank: Giving) -> None:
    bank.packets.filler.decide = crash  # type: ignore[assignment]


def _before_the_row(bank: Giving) -> None:
    bank.packets._keep = crash  # type: ignore[assignment]


@pytest.mark.parametrize("place", [_before_the_row, _before_the_ledger])
def test_a_crash_before_the_money_is_in_it_leaves_none_and_the_number_free(
    tmp_path: Path, place: Callable[[Giving], None]
) -> None:
    with closing(Giving(tmp_path / "bank")) as bank:
        mei = bank.person("mei", 100_00)
        asked = bank.wanted(10_00, 2)
        challenge = bank.prove_packet(mei, asked)
        place(bank)
        with pytest.raises(Crash):
            bank.make(mei, asked, challenge)
        clock = bank.clock
    with closing(Giving(tmp_path / "bank", clock)) as bank:
        assert (bank.wallet(mei), bank.inside()) == (100_00, 0)
        for id in bank.do(lambda connection: connection.exec_driver_sql("SELECT id FROM red_packets").scalars().all()):
            with pytest.raises(PacketNotFound):
                bank.run(bank.packets.take(mei.number, id))
        clock.advance(DAY_SECONDS)
        bank.return_due()
        assert returned(bank) == []
        assert bank.return_due() == 0
        assert bank.findings() == []


@pytest.mark.parametrize("durable", [False, True])
def test_a_crash_while_it_returns_returns_it_once(tmp_path: Path, durable: bool) -> None:
    with closing(Giving(tmp_path / "bank")) as bank:
        mei, _, packet = half_taken(bank)
        clock = bank.clock
        clock.advance(DAY_SECONDS)
        returner = bank.services.packets_returning
        if durable:
            returner._looked = crash  # type: ignore[method-assign, assignment]
        else:
            returner._return = crash  # type: ignore[method-assign, assignment]
        with pytest.raises(Crash):
            bank.return_due()
    with closing(Giving(tmp_path / "bank", clock)) as bank:
        for _ in range(2):
            bank.return_due()
        assert (returned(bank), bank.wallet(mei), bank.inside()) == ([6_66], 96_66, 0)
        assert view(bank, mei, packet).state is State.RETURNED
        assert bank.findings() == []


def test_a_crash_after_a_share_was_taken_gives_the_same_share_again(tmp_path: Path) -> None:
    with closing(Giving(tmp_path / "bank")) as bank:
        _, eve, packet = half_taken(bank)
        ana, clock = bank.person("ana"), bank.clock
    with closing(Giving(tmp_path / "bank", clock)) as bank:
        assert bank.take(eve, packet).own == 334
        assert bank.take(ana, packet).own == 333
        assert (bank.wallet(eve), bank.wallet(ana), bank.inside()) == (3_34, 3_33, 3_33)
        assert bank.findings() == []


def test_while_nothing_is_decided_nothing_returns(bank: Giving) -> None:
    half_taken(bank)
    bank.clock.advance(DAY_SECONDS)
    ledger, stopped = bank.ledger, RuntimeError("for the test")
    ledger.stopped, ledger._barred = stopped, True
    try:
        with pytest.raises(LedgerStopped):
            bank.return_due()
    finally:
        ledger.stopped, ledger._barred = None, False
    assert bank.inside() == 6_66
    bank.return_due()
    assert bank.inside() == 0


@ON_BOTH
def test_rows_of_those_that_ended_long_ago_go_and_of_those_with_money_stay(bank: Giving) -> None:
    mei, _, packet = half_taken(bank)
    bank.clock.advance(40 * DAY_SECONDS)
    sweep = bank.services.packets_returning.sweep
    assert bank.do(sweep, bank.clock.now(), 10) == 0
    bank.return_due()
    assert bank.do(sweep, bank.clock.now(), 10) == 1
    assert view(bank, mei, packet).state is State.RETURNED
    with pytest.raises(PacketNotFound):
        bank.run(bank.packets.take(mei.number, packet.id))
