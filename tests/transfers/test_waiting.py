"""Money to a number without a wallet waits for its registration, and ends exactly once, whatever races."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from feiqian.clock import HOUR
from feiqian.db import BankDb
from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus
from feiqian.payees.model import Found
from feiqian.transfers import waiting
from feiqian.transfers.decide import person_transfer
from feiqian.transfers.errors import TransferOver, WaitingUsedUp
from feiqian.transfers.outbound import HeldTransfers
from tests.customers.people import UNKNOWN
from tests.databases import ON_BOTH
from tests.transfers.sending import ANA, ANA_NAME, Person, Sending

WAITING, SUCCEEDED = PersonTransferStatus.WAITING, PersonTransferStatus.SUCCEEDED
CANCELLED, RETURNED = PersonTransferStatus.CANCELLED, PersonTransferStatus.RETURNED
DAY_SECONDS = 24 * 3600


@pytest.fixture
def mei(bank: Sending) -> Person:
    return bank.person("mei", 1_000_00)


def send(
    bank: Sending, mei: Person, number: str = "T1", mobile: str = ANA, amount: int = 30_00
) -> PersonTransferDecided:
    return bank.send(mei, bank.asked(bank.look_up(mei, mobile, ANA_NAME), amount, number, note="a note of hers"))


def look(bank: Sending) -> int:
    brought = bank.run(bank.sending.waiting.look())
    bank.ledger.commit()
    return brought


def ends(bank: Sending) -> list[PersonTransferStatus]:
    return [fact.status for fact in bank.facts() if isinstance(fact, PersonTransferEnded)]


def time_over(bank: Sending, seconds: float = DAY_SECONDS) -> None:
    bank.clock.advance(seconds)
    bank.sending.endings.due.settle()
    bank.ledger.commit()


def messages(bank: Sending, mobile: str = ANA) -> list[str]:
    """What has arrived there of money that waits, after the follower has told all that is in the journal."""
    outbound = HeldTransfers(bank.services)
    for fact in bank.facts():
        if isinstance(fact, PersonTransferDecided):
            bank.do(outbound.tell, fact, None, bank.clock.now())
    return [one.text for one in bank.arrived() if one.kind == "transfer_waiting_for_you" and one.address == mobile]


@ON_BOTH
def test_it_waits_and_is_brought_to_whoever_registers_with_exactly_this_number(bank: Sending, mei: Person) -> None:
    sent = send(bank, mei)
    assert (sent.status, sent.held_until) == (WAITING, sent.created_at + 24 * HOUR)
    account = bank.ledger.engine.account(sent.debit)
    assert account is not None
    assert (account.balance, account.available) == (1_000_00, 970_00)
    bank.person("eve")
    assert look(bank) == 0
    ana = bank.person("ana", level="remote")
    assert look(bank) == 0, "whoever was not seen face to face receives from nobody"
    bank.put_level(ana.number, "full")
    assert look(bank) == 1
    assert (bank.wallet(mei), bank.wallet(ana), ends(bank)) == (970_00, 30_00, [SUCCEEDED])
    assert bank.run(bank.sending.get(ana.number, sent.id)).status is SUCCEEDED
    time_over(bank)
    assert (look(bank), ends(bank)) == (0, [SUCCEEDED])


def test_abuse_117_who_registers_under_another_name_than_was_given_gets_nothing(bank: Sending, mei: Person) -> None:
    check = bank.look_up(mei, ANA, "Peter Schmidt")
    bank.send(mei, bank.asked(check, 30_00))
    ana = bank.person("ana")
    assert (look(bank), ends(bank)) == (0, []), "as if nobody had registered"
    time_over(bank)
    assert (bank.wallet(mei), bank.wallet(ana), ends(bank)) == (1_000_00, 0, [RETURNED])


def test_it_is_not_brought_to_its_own_sender_who_has_the_number_by_now(bank: Sending, mei: Person) -> None:
    bank.send(mei, bank.asked(bank.look_up(mei, ANA, mei.name), 30_00))
    profiles = bank.services.customers.profiles
    bank.do(profiles.remove_mobile, mei.number, mei.session.subject)
    bank.do(profiles.put_mobile, mei.number, ANA, bank.clock.now())
    assert (look(bank), ends(bank)) == (0, [])
    time_over(bank)
    assert (bank.wallet(mei), bank.used_today(mei), ends(bank)) == (1_000_00, 0, [RETURNED])


@ON_BOTH
def test_it_returns_by_itself_and_gives_the_limits_back(bank: Sending, mei: Person) -> None:
    sent = send(bank, mei)
    assert bank.used_today(mei) == 30_00
    time_over(bank, DAY_SECONDS - 60)
    assert ends(bank) == []
    time_over(bank, 60)
    assert ends(bank) == [RETURNED]
    assert bank.run(bank.sending.get(mei.number, sent.id)).status is RETURNED
    ana = bank.person("ana")
    assert (look(bank), bank.wallet(ana), bank.wallet(mei)) == (0, 0, 1_000_00)


def test_a_cancelled_one_counts_for_nothing_that_day(bank: Sending, mei: Person) -> None:
    sent = send(bank, mei)
    assert bank.run(bank.sending.cancel(mei.session.subject, sent.id)).status is CANCELLED
    assert (bank.used_today(mei), bank.wallet(mei)) == (0, 1_000_00)


@pytest.mark.parametrize("order", list(permutations(("registration", "expiry", "cancel"))))
def test_abuse_111_it_ends_once_whatever_comes_first(bank: Sending, mei: Person, order: tuple[str, ...]) -> None:
    """All three find it open, at the last moment; the ledger lets one of them end it."""
    sent = send(bank, mei)
    ana = bank.person("ana")
    bank.clock.advance(DAY_SECONDS - 1)
    for what in order:
        if what == "registration":
            look(bank)
        elif what == "expiry":
            bank.sending.endings.give_back(sent, RETURNED)
        else:
            try:
                bank.run(bank.sending.cancel(mei.session.subject, sent.id))
            except TransferOver:
                assert order[0] != "cancel"
    bank.ledger.commit()
    wanted = {"registration": SUCCEEDED, "expiry": RETURNED, "cancel": CANCELLED}[order[0]]
    assert ends(bank) == [wanted]
    assert (bank.wallet(mei), bank.wallet(ana)) == ((970_00, 30_00) if wanted is SUCCEEDED else (1_000_00, 0))


@pytest.mark.parametrize("place", ["row", "held", "registered", "brought"])
def test_after_a_crash_at_each_place_it_ends_once(tmp_path: Path, place: str) -> None:
    bank = Sending(tmp_path / "bank")
    mei = bank.person("mei", 1_000_00)
    if place == "row":  # the challenge is not spent, nothing is held
        asked = bank.asked(bank.look_up(mei, ANA, ANA_NAME), 30_00)
        bank.run(bank.sending.waiting.put(mei.number, person_transfer(mei.number, "T1"), ANA))
        bank = bank.again()
        assert bank.wallet(mei) == 1_000_00
        assert bank.send(mei, asked).status is WAITING
    else:
        send(bank, mei)
    bank = bank.again()
    bank.run(bank.sending.endings.resume())
    ana = bank.person("ana")
    if place == "registered":
        bank = bank.again()
        bank.run(bank.sending.endings.resume())
    assert look(bank) == 1
    if place == "brought":
        bank = bank.again()
        bank.run(bank.sending.endings.resume())
        assert look(bank) == 0
    time_over(bank)
    assert (bank.wallet(mei), bank.wallet(ana), ends(bank)) == (970_00, 30_00, [SUCCEEDED])
    assert bank.findings() == []
    bank.close()


def test_a_standstill_of_days_returns_it(tmp_path: Path) -> None:
    bank = Sending(tmp_path / "bank")
    mei = bank.person("mei", 1_000_00)
    send(bank, mei)
    bank.person("ana")
    bank.clock.advance(3 * DAY_SECONDS)
    bank = bank.again()
    assert look(bank) == 0, "its time was over"
    bank.run(bank.sending.endings.resume())
    bank.ledger.commit()
    assert (ends(bank), bank.wallet(mei)) == ([RETURNED], 1_000_00)
    bank.close()


def test_the_number_is_told_once_without_a_link_and_without_the_senders_words(bank: Sending, mei: Person) -> None:
    send(bank, mei)
    for _ in range(3):
        found = messages(bank)
    (text,) = found
    assert "**梅" in text
    assert "30.00" in text
    assert not any(part in text for part in ("李", "a note of hers", "http", "://", "www"))


def test_abuse_112_messages_to_a_number_are_capped_whoever_sends(bank: Sending, mei: Person) -> None:
    eve = bank.person("eve", 1_000_00)
    for sender, number in ((mei, "T1"), (eve, "T1"), (mei, "T2"), (eve, "T2")):
        assert send(bank, sender, number).status is WAITING
    assert len(messages(bank)) == waiting.MESSAGES_PER_NUMBER == 2


@ON_BOTH
def test_abuse_40_so_much_money_waits_of_one_sender_a_day_and_not_more(bank: Sending, mei: Person) -> None:
    numbers = [f"+861390000444{place}" for place in range(waiting.PER_SENDER + 1)]
    for place, mobile in enumerate(numbers[:-1]):
        assert send(bank, mei, f"T{place}", mobile, 1_00).status is WAITING
    asked = bank.asked(bank.look_up(mei, numbers[-1], ANA_NAME), 1_00, "T9")
    challenge = bank.confirm(mei, asked)
    with pytest.raises(WaitingUsedUp):
        bank.send(mei, asked, challenge)
    bank.clock.advance(DAY_SECONDS)
    assert send(bank, mei, "T10", numbers[-1], 1_00).status is WAITING
    time_over(bank)


def test_abuse_43_a_known_number_with_another_name_is_told_the_same_until_it_is_proved(
    bank: Sending, mei: Person
) -> None:
    eve = bank.person("eve")
    told = []
    for mobile in (eve.mobile, UNKNOWN):
        asked = bank.asked(bank.look_up(mei, mobile, ANA_NAME), 30_00, mobile[1:])
        view = bank.run(bank.sending.begin(mei.session.subject, asked, "en", None))
        care = bank.run(bank.sending.care(mei.number, asked))
        told.append((care, view.combinations, view.text.partition("•")[0]))
    assert told[0] == told[1]
    assert send(bank, mei, "T1", eve.mobile).reason == "name_differs"
    assert bank.wallet(mei) == 1_000_00


def test_whoever_has_had_the_number_in_between_and_lost_it_gets_nothing(bank: Sending, mei: Person) -> None:
    send(bank, mei)
    ana = bank.person("ana")
    bank.do(bank.services.customers.profiles.remove_mobile, ana.number, ana.session.subject)
    assert (look(bank), bank.wallet(ana)) == (0, 0)
    time_over(bank)


@ON_BOTH
def test_rows_end_when_the_money_has_and_are_removed(bank: Sending, mei: Person) -> None:
    send(bank, mei)
    bank.run(bank.sending.waiting.put(mei.number, b"n" * 16, ANA))  # whose money was never held
    time_over(bank)
    look(bank)
    assert open_rows(bank.db) == 0
    bank.clock.advance(waiting.KEPT // 1_000_000)
    assert bank.do(bank.sending.waiting.sweep, bank.clock.now(), 10) == 2


def open_rows(db: BankDb) -> int:
    with db.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM transfers_waiting WHERE NOT ended").scalar_one())


def test_one_that_cannot_be_brought_holds_up_no_other_and_returns_on_time(
    bank: Sending, mei: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = send(bank, mei), send(bank, mei, "T2")
    ana, sending = bank.person("ana"), bank.sending
    bring = sending.endings.bring

    def brought(fact: PersonTransferDecided, found: Found) -> bool:
        if fact.id == first.id:
            raise RuntimeError("whatever it is")
        return bring(fact, found)

    monkeypatch.setattr(sending.endings, "bring", brought)
    assert [look(bank), look(bank)] == [1, 0]
    assert (bank.run(sending.get(ana.number, second.id)).status, ends(bank)) == (SUCCEEDED, [SUCCEEDED])
    time_over(bank)
    assert (ends(bank), bank.wallet(mei)) == ([SUCCEEDED, RETURNED], 970_00)
