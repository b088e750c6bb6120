"""Supporters see of which accounts somebody is reminded, how, and when the last one went; nothing of what it said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from feiqian.clock import MICROSECONDS
from feiqian.money import MinorUnits
from feiqian.notify.model import Channel
from feiqian.notify.quiet import Quiet
from feiqian.outbox.model import State
from feiqian.outbox.tables import deliveries
from feiqian.reminders.model import Choice
from feiqian.reminders.support import RemindersOf, Seen
from tests.reminders.reminded import MEI, SMS, Reminded


def seen(bank: Reminded) -> Seen:
    section = RemindersOf(bank.services)
    with bank.bank.db.read() as connection:
        kept = section.read(connection, MEI)
    [found] = bank.run(section.look(MEI, kept))
    return found


def sent(bank: Reminded, **values: Any) -> None:
    """As a sender leaves it."""
    with bank.bank.db.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.kind.like("balance_%")).values(**values))


def test_each_account_with_what_was_chosen_for_it(bank: Reminded) -> None:
    account = bank.account()
    chosen = Choice((Channel.SMS, Channel.EMAIL), MinorUnits(100_00), Quiet(22 * 60, 7 * 60))
    bank.choose(chosen, account=account.id)
    wallet, *_, deposit = seen(bank).accounts
    assert (wallet.last_four, wallet.reminder.choice) == ("", Choice())
    assert (deposit.last_four, deposit.reminder.choice) == (account.last_four, chosen)


def test_when_the_last_one_was_sent_and_not_when_it_was_queued_or_expired(bank: Reminded) -> None:
    bank.choose(SMS)
    assert seen(bank).sent_at == 0
    bank.run(bank.pay(30_00), bank.follow())
    with bank.bank.db.read() as connection:
        assert connection.execute(select(deliveries.c.kind).where(deliveries.c.kind == "balance_out")).all()
    at = bank.clock.now() + 5 * MICROSECONDS
    sent(bank, state=State.EXPIRED, done_at=at)
    assert seen(bank).sent_at == 0
    sent(bank, state=State.SENT, done_at=at)
    assert seen(bank).sent_at == at
