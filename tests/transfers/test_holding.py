"""What is unusual is told before it is confirmed; from an amount on its money is held, and ends exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from feiqian.auth.challenges.errors import BindingDiffers
from feiqian.auth.challenges.model import Passed
from feiqian.clock import HOUR
from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY, MinorUnits
from feiqian.policy.factors import Factor, Purpose
from feiqian.transfers.caution import Care
from feiqian.transfers.ending import AGAIN
from feiqian.transfers.errors import PersonTransferNotFound, TransferOver, UnusualTooHigh
from feiqian.transfers.outbound import HeldTransfers
from feiqian.transfers.read_model.reads import Shown
from tests.databases import ON_BOTH
from tests.transfers.sending import Person, Sending

SUCCEEDED, HELD = PersonTransferStatus.SUCCEEDED, PersonTransferStatus.HELD
CANCELLED, RETURNED = PersonTransferStatus.CANCELLED, PersonTransferStatus.RETURNED
DAY_SECONDS = 24 * 3600
LARGE = 2_500_00  # from 2,000 yuan on


@pytest.fixture
def two(bank: Sending) -> tuple[Person, Person]:
    return bank.person("mei", 4_000_00), bank.person("eve")


def told(bank: Sending, mei: Person) -> list[str]:
    """Lets the follower tell of all that is in the journal; the kinds of what Mei is told by SMS."""
    outbound = HeldTransfers(bank.services)
    for fact in bank.facts():
        bank.do(outbound.tell, fact, None, bank.clock.now())
    arrived = bank.told(mei.number)
    return sorted(kind for kind, channel in arrived if kind.startswith("transfer") and channel == "sms")


def status(bank: Sending, mei: Person, fact: PersonTransferDecided) -> PersonTransferStatus:
    return bank.run(bank.sending.get(mei.number, fact.id)).status


def ends(bank: Sending) -> list[PersonTransferStatus]:
    return [fact.status for fact in bank.facts() if isinstance(fact, PersonTransferEnded)]


def later(bank: Sending, seconds: int = DAY_SECONDS) -> None:
    bank.clock.advance(seconds)
    bank.sending.endings.due.settle()
    bank.ledger.commit()


def test_a_first_payment_warns_and_from_an_amount_on_it_is_held(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    check = bank.look_up(mei, eve.mobile, eve.name)
    small, large = bank.asked(check, 30_00), bank.asked(check, LARGE)
    care = bank.run(bank.sending.care(mei.number, small))
    assert (care.signals, care.fraud, care.held) == (("first_payment",), "relative", 0)
    assert bank.run(bank.sending.care(mei.number, large)).held == 24
    assert bank.send(mei, small).status is SUCCEEDED
    care = bank.run(bank.sending.care(mei.number, small))
    assert (care.signals, care.fraud) == ((), None)


def test_what_is_unusual_is_told_by_what_is_known(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    bank.send_to(mei, eve, 500_00)
    check = bank.look_up(mei, eve.mobile, eve.name)

    def care(amount: int) -> tuple[tuple[str, ...], str | None]:
        found = bank.run(bank.sending.care(mei.number, bank.asked(check, amount)))
        return found.signals, found.fraud

    assert care(1_500_00) == ((), None)
    assert care(2_500_00) == (("unusual_amount",), "investment")
    bank.send_to(mei, eve, 1_999_00, "T2")
    assert care(2_500_00) == ((), None)
    bank.clock.advance(8 * 3600)  # midnight in Shanghai
    check = bank.look_up(mei, eve.mobile, eve.name)
    assert care(2_500_00) == (("unusual_hour",), "hurry")
    assert care(100_00) == ((), None)
    bank.do(bank.services.notices.cool, mei.number, bank.clock.now())
    assert care(100_00) == (("new_device",), "safe_account")


def test_abuse_39_more_than_the_policy_lets_a_first_payment_be_is_not_begun(bank: Sending) -> None:
    mei, eve = bank.person("mei", 20_000_00), bank.person("eve")
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 10_000_01)
    with pytest.raises(UnusualTooHigh) as refused:
        bank.confirm(mei, asked)
    assert refused.value.at_most.minor == 10_000_00


def test_abuse_39_what_became_unusual_since_it_was_confirmed_is_declined_when_it_is_made(bank: Sending) -> None:
    """As a scheduled transfer is, on a day after a change of the number."""
    mei, eve = bank.person("mei", 1_000_00), bank.person("eve")
    wanted = bank.do(bank.sending.wanted, mei.number, bank.asked(bank.look_up(mei, eve.mobile, eve.name), 30_01), True)
    passed = Passed("chl_1", (Factor.PIN,), "", bank.clock.now(), mei.session.subject, Purpose.TRANSFER)
    made = bank.run(bank.sending.make(mei.number, wanted, passed, Care(at_most=MinorUnits(30_00))))
    assert (made.reason, bank.wallet(mei), bank.wallet(eve)) == ("unusual_too_high", 1_000_00, 0)


def test_what_is_held_is_not_what_is_locked(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    locks, number = bank.services.locks, mei.number
    held = bank.send_to(mei, eve, LARGE)
    assert bank.run(locks.reserved(number, held.debit)) == (0, LARGE)
    bank.run(locks.lock(mei.session, "", CNY.number, MinorUnits(500_00), "L-1"))
    assert bank.run(locks.reserved(number, held.debit)) == (500_00, LARGE)
    (place,) = bank.run(locks.places(number))
    assert (place.reserved, place.free) == ((500_00, LARGE), 1_000_00)
    later(bank)
    assert bank.run(locks.reserved(number, held.debit)) == (500_00, 0)


def test_held_money_stays_the_senders_until_its_time_and_goes_then(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    sent = bank.send_to(mei, eve, LARGE)
    assert (sent.status, sent.held_until) == (HELD, sent.created_at + 24 * HOUR)
    account = bank.ledger.engine.account(sent.debit)
    assert account is not None
    assert (account.balance, account.available, bank.wallet(eve)) == (4_000_00, 1_500_00, 0)
    with pytest.raises(PersonTransferNotFound):
        bank.run(bank.sending.get(eve.number, sent.id))
    later(bank, DAY_SECONDS - 60)
    assert status(bank, mei, sent) is HELD
    later(bank, 60)
    assert (status(bank, mei, sent), bank.wallet(mei), bank.wallet(eve)) == (SUCCEEDED, 1_500_00, LARGE)
    assert bank.run(bank.sending.get(eve.number, sent.id)).status is SUCCEEDED
    assert told(bank, mei) == ["transfer_brought", "transfer_held"]
    later(bank)
    assert ends(bank) == [SUCCEEDED]


@ON_BOTH
def test_its_sender_cancels_it_until_the_end_and_has_the_limits_again(
    bank: Sending, two: tuple[Person, Person]
) -> None:
    mei, eve = two
    sent = bank.send_to(mei, eve, LARGE)
    assert bank.used_today(mei) == LARGE
    with pytest.raises(PersonTransferNotFound):
        bank.run(bank.sending.cancel(eve.session.subject, sent.id))
    for _ in range(2):
        assert bank.run(bank.sending.cancel(mei.session.subject, sent.id)).status is CANCELLED
    assert (bank.wallet(mei), bank.used_today(mei)) == (4_000_00, 0)
    later(bank)
    assert (ends(bank), bank.wallet(eve)) == ([CANCELLED], 0)
    assert bank.send_to(mei, eve, LARGE, "T2").status is HELD


def test_abuse_11_a_held_whole_balance_cannot_be_spent_besides(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    assert bank.send_to(mei, eve, 4_000_00).status is HELD
    assert bank.send_to(mei, eve, 1, "T2").reason == "insufficient_funds"
    assert not bank.paid(mei.number)


def test_cancelled_from_two_places_at_once_it_is_cancelled_for_both(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    sent = bank.send_to(mei, eve, LARGE)

    async def at_once() -> list[Shown]:
        return await asyncio.gather(*(bank.sending.cancel(mei.session.subject, sent.id) for _ in range(2)))

    assert [one.status for one in bank.run(at_once())] == [CANCELLED, CANCELLED]
    assert (ends(bank), bank.wallet(mei)) == ([CANCELLED], 4_000_00)


def test_what_has_gone_cannot_be_cancelled(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    sent = bank.send_to(mei, eve, LARGE)
    later(bank)
    with pytest.raises(TransferOver):
        bank.run(bank.sending.cancel(mei.session.subject, sent.id))
    assert (ends(bank), bank.wallet(eve)) == ([SUCCEEDED], LARGE)


def test_its_payee_cancels_nothing(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    held = bank.send_to(mei, eve, LARGE)
    with pytest.raises(PersonTransferNotFound):
        bank.run(bank.sending.cancel(eve.session.subject, held.id))
    later(bank)
    with pytest.raises(PersonTransferNotFound):  # who has it sees it by now
        bank.run(bank.sending.cancel(eve.session.subject, held.id))
    assert (ends(bank), bank.wallet(eve)) == ([SUCCEEDED], LARGE)


def _freeze(side: Side, of: str) -> Callable[[Sending, PersonTransferDecided], None]:
    def stop(bank: Sending, sent: PersonTransferDecided) -> None:
        assert bank.ledger.post(chart.freeze(getattr(sent, of), side)).refusal == 0

    return stop


def _lower(bank: Sending, sent: PersonTransferDecided) -> None:
    bank.put_level(sent.receiver, "remote")


@pytest.mark.parametrize("stop", [_freeze(Side.CREDIT, "credit"), _freeze(Side.DEBIT, "debit"), _lower])
def test_it_returns_if_payee_or_sender_are_stopped_meanwhile_and_that_is_told(
    bank: Sending, two: tuple[Person, Person], stop: Callable[[Sending, PersonTransferDecided], None]
) -> None:
    mei, eve = two
    sent = bank.send_to(mei, eve, LARGE)
    stop(bank, sent)
    later(bank)
    assert (status(bank, mei, sent), ends(bank)) == (RETURNED, [RETURNED])
    account = bank.ledger.engine.account(sent.debit)
    assert account is not None
    assert (account.available, bank.wallet(eve)) == (4_000_00, 0)
    assert told(bank, mei) == ["transfer_held", "transfer_returned"]


@pytest.mark.parametrize("days", [0, 1, 5])
def test_after_a_crash_and_days_of_standstill_it_goes_once(tmp_path: Path, days: int) -> None:
    bank = Sending(tmp_path / "bank")
    mei, eve = bank.person("mei", 4_000_00), bank.person("eve")
    bank.send_to(mei, eve, LARGE)
    bank.clock.advance(days * DAY_SECONDS)
    with closing(bank.again()) as again:
        again.run(again.sending.endings.resume())
        later(again, 0 if days else DAY_SECONDS)
        assert (again.wallet(mei), again.wallet(eve), ends(again)) == (1_500_00, LARGE, [SUCCEEDED])
        with closing(again.again()) as third:
            third.run(third.sending.endings.resume())
            later(third)
            assert (third.wallet(eve), ends(third)) == (LARGE, [SUCCEEDED])
            assert third.findings() == []


@pytest.mark.parametrize("first", ["cancel", "time"])
def test_a_row_that_did_not_become_durable_leaves_the_money_held(tmp_path: Path, first: str) -> None:
    """The chain and its fact stand in one row: after a crash before its commit both are missing."""
    bank = Sending(tmp_path / "bank")
    mei, eve = bank.person("mei", 4_000_00), bank.person("eve")
    sent = bank.send_to(mei, eve, LARGE)
    bank.clock.advance(DAY_SECONDS)
    if first == "cancel":
        assert bank.sending.endings.give_back(sent, CANCELLED)
    else:
        bank.sending.endings.due.settle()
    bank.ledger.close()  # what was not committed is gone
    with closing(bank.again()) as again:
        assert again.wallet(mei) == 4_000_00
        again.run(again.sending.endings.resume())
        again.ledger.commit()
        assert (again.wallet(eve), ends(again)) == (LARGE, [SUCCEEDED])
        assert again.findings() == []


def test_abuse_38_what_was_confirmed_as_sent_at_once_is_not_held(bank: Sending, two: tuple[Person, Person]) -> None:
    mei, eve = two
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 1_500_00)
    challenge = bank.confirm(mei, asked)
    rules = bank.sending.caution.rules
    bank.sending.caution.rules = replace(rules, hold_from={CNY.number: 1_000_00})
    with pytest.raises(BindingDiffers):
        bank.send(mei, asked, challenge)
    assert (bank.wallet(mei), bank.wallet(eve)) == (4_000_00, 0)


@pytest.mark.parametrize("refused", [True, False])
def test_one_that_cannot_end_is_one_alarm_is_tried_again_and_holds_up_no_other(
    bank: Sending, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    mei, eve = two
    first, endings = bank.send_to(mei, eve, LARGE - 50_000), bank.sending.endings
    bank.clock.advance(60)
    second = bank.send_to(mei, eve, LARGE - 50_000, "T2")
    post = endings._posted

    def posted(*events: bytes) -> bool:
        if first.transfer not in b"".join(events):
            return post(*events)
        if refused:
            return False
        raise RuntimeError("whatever it is")

    with monkeypatch.context() as patched:
        patched.setattr(endings, "_posted", posted)
        later(bank)
        assert (status(bank, mei, first), status(bank, mei, second)) == (HELD, SUCCEEDED)
        assert endings.alarm.on
        later(bank, 60)
        assert len(ends(bank)) == 1, "it is not tried without end"
    later(bank, AGAIN // 1_000_000)
    assert (status(bank, mei, first), endings.alarm.on) == (SUCCEEDED, False)


def test_the_alarm_ends_when_the_sender_cancels_what_could_not_end(
    bank: Sending, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve = two
    sent, endings = bank.send_to(mei, eve, LARGE), bank.sending.endings
    with monkeypatch.context() as patched:
        patched.setattr(endings, "_posted", lambda *_: False)
        later(bank)
    assert endings.alarm.on
    bank.run(bank.sending.cancel(mei.session.subject, sent.id))
    assert (ends(bank), endings.alarm.on) == ([CANCELLED], False)
    later(bank)
    assert ends(bank) == [CANCELLED]
