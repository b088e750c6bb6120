"""Many movements, and those of quiet hours, are told together; how often and in which order is exact."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from feiqian.deposits.model import DepositAccount
from feiqian.deposits.transfers import Wanted
from feiqian.events import encode_fact
from feiqian.ledger import chart
from feiqian.money import MinorUnits
from feiqian.notify.model import Channel
from feiqian.notify.quiet import Quiet
from feiqian.outbox.model import Origin
from feiqian.reminders import telling
from feiqian.reminders.model import Choice
from tests.reminders.reminded import CASH, MEI, SMS, Reminded

BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)
NIGHT = Quiet(22 * 60, 7 * 60)


def later(bank: Reminded, seconds: float) -> None:
    bank.clock.advance(seconds)
    bank.run(bank.services.reminders.telling.tell_due(100))


def posted(bank: Reminded, account: DepositAccount, count: int) -> None:
    """So many movements of one fen, many in a row of the journal."""

    async def post() -> None:
        ledger = bank.services.ledger
        for number in range(count):
            name = chart.derived_id(b"flood", number.to_bytes(8, "big"), ledger.position.to_bytes(8, "big"))
            ledger.post(chart.transfer(name, debit=CASH, credit=account.ledger_id, amount=1))
            if number % 100 == 99:
                await ledger.durable(ledger.position)
        await ledger.durable(ledger.position)

    bank.run(post())


@BOTH
def test_abuse_99_many_movements_are_told_together_and_the_message_says_so(bank: Reminded) -> None:
    bank.choose(SMS)
    for _ in range(8):
        bank.run(bank.pay(10_00), bank.follow())
    assert len(bank.told()) == telling.AT_MOST
    bank.run(bank.refund_last(4_00), bank.follow())
    later(bank, 600)
    text = bank.told()[-1]
    assert "many movements, so we tell them together. 4 from 3 Jun 2030, 12:01:00" in text
    assert "¥4.00 in, ¥30.00 out. Balance then: ¥49,924.00." in text
    later(bank, 600)
    bank.run(bank.pay(1_00), bank.follow())
    assert "¥1.00 went out" in bank.told()[-1], "a while later each is told again"


def test_abuse_99_a_thousand_movements_a_second_for_minutes_flood_nobody_and_cost_few_statements(
    bank: Reminded, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = bank.account()
    bank.choose(SMS, account=account.id)
    statements: list[str] = []
    event.listen(bank.bank.db.engine, "before_cursor_execute", lambda *asked: statements.append(asked[2]))
    for _ in range(10):
        posted(bank, account, 1_000)
        bank.clock.advance(1)
        bank.run(bank.follow())
    assert len(statements) < 10_000 // 2
    later(bank, 600)
    told = bank.told()
    assert len(told) == telling.AT_MOST + 1
    assert told[-1].endswith("Balance then: ¥100.00.")
    assert f"{10_000 - telling.AT_MOST} from " in told[-1]
    assert bank.rows("SELECT * FROM reminders_bundles") == []


def test_abuse_99_a_person_with_many_accounts_gets_one_message_of_each_at_most(bank: Reminded) -> None:
    accounts = [bank.account() for _ in range(6)]
    for account in accounts:
        bank.choose(SMS, account=account.id)
    for _ in range(4):
        bank.run(*(bank.move(CASH, account.ledger_id, 1_00) for account in accounts), bank.follow())
    assert len(bank.told()) == telling.AT_MOST
    later(bank, 600)
    assert len(bank.told()) == telling.AT_MOST + len(accounts)


def test_abuse_40_money_moved_back_and_forth_for_hours_earns_few_messages(bank: Reminded) -> None:
    """Own transfers cost nothing, and a number may earn by being texted: accounts and hours do not add up."""
    accounts, hours = [bank.account(balance=1_00) for _ in range(6)], 4
    for account in accounts:
        bank.choose(SMS, account=account.id)
    for step in range(hours * 15):
        source, target = accounts[step % 6], accounts[(step + 1) % 6]
        wanted = Wanted(f"T-{step}", source.id, target.id, MinorUnits(1), "CNY")
        bank.run(bank.services.own_transfers.make(MEI, wanted), bank.follow())
        later(bank, 240)
    told = bank.told()
    assert len(told) <= telling.AT_MOST + hours * 6 + len(accounts)
    assert "many movements" in told[-1]


@BOTH
def test_what_happens_in_quiet_hours_is_told_when_they_end(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), quiet=NIGHT))
    bank.clock.advance(10.5 * 3600)  # 22:30
    bank.run(bank.pay(10_00), bank.follow(), bank.pay(20_00), bank.follow())
    later(bank, 8 * 3600)
    assert bank.told() == []
    later(bank, 1800)
    [text] = bank.told()
    assert "while you wanted quiet: movements: 2, ¥0.00 in, ¥30.00 out" in text
    assert text.endswith("Balance then: ¥49,970.00.")
    bank.run(bank.pay(1_00), bank.follow())
    assert len(bank.told()) == 2


def test_what_comes_after_a_bundle_that_is_due_is_told_after_it(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), quiet=NIGHT))
    bank.clock.advance(10.5 * 3600)
    bank.run(bank.pay(10_00), bank.follow())
    bank.clock.advance(9 * 3600)  # nobody has looked for bundles meanwhile
    bank.run(bank.pay(20_00), bank.follow())
    assert [text.rsplit(" ", 1)[1] for text in bank.told()] == ["¥49,990.00.", "¥49,970.00."]


def test_a_bundle_that_would_be_due_in_quiet_hours_waits_for_their_end(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), quiet=NIGHT))
    bank.clock.advance(9 * 3600 + 55 * 60)  # 21:55
    for _ in range(telling.AT_MOST + 1):
        bank.run(bank.pay(1_00), bank.follow())
    later(bank, 600)
    assert len(bank.told()) == telling.AT_MOST
    later(bank, 9 * 3600)
    assert len(bank.told()) == telling.AT_MOST + 1


def test_a_bundle_survives_a_crash_and_counts_each_movement_once(bank: Reminded) -> None:
    bank.choose(SMS)
    for _ in range(telling.AT_MOST + 2):
        bank.run(bank.pay(1_00), bank.follow())
    add = bank.services.follower._add

    def dies(connection: Any, facts: Any, end: Any) -> None:
        add(connection, facts, end)
        raise ZeroDivisionError

    bank.services.follower._add = dies  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        bank.run(bank.pay(1_00), bank.follow())
    bank.crash()
    bank.run(bank.follow())
    later(bank, 600)
    assert "together. 3 from" in bank.told()[-1]


def test_who_switches_reminders_off_is_not_told_of_what_was_kept_for_later(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), quiet=NIGHT))
    bank.clock.advance(10.5 * 3600)
    bank.run(bank.pay(10_00), bank.follow())
    bank.choose(Choice())
    later(bank, 60)
    assert bank.told() == []
    assert bank.rows("SELECT * FROM reminders_bundles") == []


def test_who_chooses_other_hours_is_told_at_once_of_what_was_kept(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), quiet=NIGHT))
    bank.clock.advance(10.5 * 3600)
    bank.run(bank.pay(10_00), bank.follow())
    bank.choose(SMS)
    later(bank, 1)
    assert len(bank.told()) == 1


def test_what_was_set_aside_and_comes_late_is_counted_and_does_not_set_the_balance_back(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), quiet=NIGHT))
    bank.clock.advance(10.5 * 3600)
    bank.run(bank.pay(10_00), bank.pay(20_00))
    first, second = (fact for fact in bank.facts() if type(fact).__name__ == "BalanceChanged")
    [outbound] = [one for one in bank.services.follower._outbounds.values() if one.name == "balance_reminders"]
    assert outbound.concerns(encode_fact(first))
    with bank.bank.db.write() as connection:
        now = bank.clock.now()
        outbound.tell(connection, second, Origin(9, 0), now)
        outbound.tell(connection, first, Origin(8, 0), now)
    later(bank, 9 * 3600)
    [text] = bank.told()
    assert "movements: 2, ¥0.00 in, ¥30.00 out" in text
    assert text.endswith("¥49,970.00.")


def test_one_movement_that_cannot_be_told_holds_up_no_other(bank: Reminded) -> None:
    """As of a fact that is damaged: the others of its transaction are told."""
    bank.choose(SMS)
    wording, of_one = bank.services.reminders.telling.wording, type(bank.services.reminders.telling.wording).of_one

    def fails(self: Any, fact: Any, *rest: Any) -> Any:
        if fact.amount == 20_00:
            raise ValueError("damaged")
        return of_one(self, fact, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(wording), "of_one", fails)
        bank.run(bank.pay(10_00), bank.pay(20_00), bank.pay(30_00), bank.follow())
        assert [text.rsplit(" ", 1)[1] for text in bank.told()] == ["¥49,990.00.", "¥49,940.00."]
    assert [text.rsplit(" ", 1)[1] for text in bank.told()][-1] != "¥49,970.00."
    bank.clock.advance(120)
    asyncio.run(bank.services.outbox.deliver_due())
    assert "¥49,970.00." in " ".join(bank.told())


def test_a_movement_of_more_than_a_day_ago_is_not_told_any_more(bank: Reminded) -> None:
    bank.choose(SMS)
    bank.run(bank.pay(10_00))
    bank.clock.advance(25 * 3600)
    bank.run(bank.pay(20_00), bank.follow())
    [text] = bank.told()
    assert text.endswith("¥49,970.00.")


@pytest.mark.parametrize(
    ("quiet", "hour", "ends"), [(NIGHT, 23, 8), (NIGHT, 6, 1), (NIGHT, 12, None), (Quiet(13 * 60, 14 * 60), 13, 1)]
)
def test_quiet_hours_may_span_midnight(bank: Reminded, quiet: Quiet, hour: int, ends: int | None) -> None:
    zone = bank.services.notices.zone
    noon = bank.clock.now()
    at = noon + (hour - 12) * 3_600_000_000
    assert quiet.end(at, zone) == (None if ends is None else at + ends * 3_600_000_000)


def test_the_threshold_is_of_each_movement(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), MinorUnits(5_00), NIGHT))
    bank.clock.advance(10.5 * 3600)
    bank.run(bank.pay(4_00), bank.pay(6_00), bank.follow())
    later(bank, 9 * 3600)
    assert "movements: 1" in bank.told()[0]
