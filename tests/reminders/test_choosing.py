"""What may be chosen, who hears of it, and that it counts from the commit on and after a restart."""

from __future__ import annotations

import pytest

from feiqian.auth.base import CHANGES_A_DAY
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import WALLET
from feiqian.money import CNY, EUR, MinorUnits
from feiqian.notify.model import Channel
from feiqian.notify.quiet import Quiet
from feiqian.reminders.errors import RemindersInvalid
from feiqian.reminders.model import Choice
from feiqian.sources.errors import SourcesInvalid
from feiqian.subjects import customer
from tests.reminders.reminded import ANA, CASH, MEI, SMS, Reminded

ALL = Choice((Channel.SMS, Channel.EMAIL, Channel.PUSH), MinorUnits(5_00), Quiet(22 * 60, 7 * 60 + 30))


def test_nothing_is_chosen_until_somebody_chooses(bank: Reminded) -> None:
    account = bank.account()
    [shown] = bank.run(bank.services.reminders.of(MEI))
    named = [(one.reminder.name, one.last_four) for one in shown]
    assert (named[0], named[-1]) == ((WALLET, ""), (account.id, account.last_four)), "the seed's accounts lie between"
    assert {one.reminder.choice for one in shown} == {Choice()}


def test_what_was_chosen_is_shown_told_of_and_in_the_audit_log(bank: Reminded) -> None:
    bank.choose(ALL)
    bank.choose(ALL)  # nothing more happens
    [shown] = bank.run(bank.services.reminders.of(MEI))
    assert shown[0].reminder.choice == ALL
    bank.messages()
    [inbox] = bank.run(bank.services.notify.inbox(50, customer(MEI)))
    texts = [message.text for message in inbox if message.channel == "sms"]
    assert ["balance reminders" in text for text in texts] == [True]
    with bank.bank.db.read() as connection:
        entries = bank.services.audit_log.of(connection, str(customer(MEI)))
    [chosen] = [entry for entry in entries if entry.action == "reminders_chosen"]
    assert chosen.details == {"account": WALLET, "channels": ["sms", "email", "push"]}


def test_it_counts_after_a_restart_and_can_be_taken_back(bank: Reminded) -> None:
    bank.choose(SMS)
    bank.crash()
    bank.run(bank.pay(1_00), bank.follow())
    assert len(bank.told()) == 1
    bank.choose(Choice())
    bank.run(bank.pay(1_00), bank.follow())
    assert len(bank.told()) == 1
    assert len(bank.balances()) == 1
    bank.crash()
    bank.run(bank.pay(1_00), bank.follow())
    assert len(bank.balances()) == 1, "nothing is written for an account of which nobody is told"


@pytest.mark.parametrize(
    ("account", "choice", "reason"),
    [
        ("acc_", SMS, "account"),
        (WALLET, SMS._replace(threshold=MinorUnits(-1)), "amount"),
        (WALLET, SMS._replace(threshold=MinorUnits(2**63)), "amount"),
        (WALLET, SMS._replace(quiet=Quiet(60, 60)), "quiet"),
        (WALLET, SMS._replace(quiet=Quiet(60, 24 * 60)), "quiet"),
    ],
)
def test_what_cannot_be_is_refused(bank: Reminded, account: str, choice: Choice, reason: str) -> None:
    with pytest.raises(RemindersInvalid) as refused:
        bank.choose(choice, account=account)
    assert refused.value.reason == reason
    assert bank.rows("SELECT * FROM reminders_choices") == []


def test_another_persons_account_and_a_wallet_that_is_not_there_are_refused(bank: Reminded) -> None:
    account = bank.account(ANA)
    with pytest.raises(RemindersInvalid):
        bank.choose(SMS, MEI, account.id)
    with pytest.raises(RemindersInvalid):
        bank.run(bank.services.reminders.put(MEI, WALLET, EUR.number, SMS))
    bank.run(bank.services.reminders.put(ANA, account.id, CNY.number, SMS))


def test_by_default_an_account_is_told_by_sms_unless_something_was_chosen(bank: Reminded) -> None:
    account, chosen, off = bank.account(), bank.account(), bank.account()
    bank.choose(ALL, account=chosen.id)
    bank.choose(SMS, account=off.id)
    bank.choose(Choice(), account=off.id)
    by_default = bank.services.reminders.by_default
    with bank.bank.db.write() as connection:
        for one in (account, chosen, off, account):
            by_default(connection, MEI, one.id)
        with pytest.raises(AccountNotFound):
            by_default(connection, ANA, account.id)
    [shown] = bank.run(bank.services.reminders.of(MEI))
    choices = {one.reminder.name: one.reminder.choice for one in shown}
    assert [choices.pop(name) for name in (account.id, chosen.id, off.id)] == [SMS, ALL, Choice()]
    assert set(choices.values()) == {Choice()}, "of the wallet and the seed's accounts"
    bank.run(bank.move(CASH, account.ledger_id, 1), bank.follow())
    assert len(bank.told()) == 1


def test_abuse_40_what_is_told_each_time_is_changed_so_many_times_a_day(bank: Reminded) -> None:
    account = bank.account()
    for changed in range(CHANGES_A_DAY):
        bank.choose(Choice((Channel.SMS,), MinorUnits(changed)), account=account.id)
        bank.run(
            bank.services.sources.put(MEI, CNY.number, [account.id] if changed % 2 else ["wallet", account.id], False)
        )
    bank.choose(Choice((Channel.SMS,), MinorUnits(changed)), account=account.id)  # as it is
    with pytest.raises(RemindersInvalid, match="too_often"):
        bank.choose(SMS, account=account.id)
    with pytest.raises(SourcesInvalid, match="too_often"):
        bank.run(bank.services.sources.put(MEI, CNY.number, [WALLET], False))
    bank.clock.advance(86_401)
    bank.choose(SMS, account=account.id)
