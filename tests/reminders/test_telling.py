"""Who wants it is told of each movement, with the balance right after it, whatever happened since."""

from __future__ import annotations

from feiqian.accounts.kinds import wallet_id
from feiqian.ledger import chart
from feiqian.money import CNY, MinorUnits
from feiqian.notify.model import Channel
from feiqian.reminders.model import Choice
from tests.reminders.reminded import ANA, BALANCE, CASH, EMAIL, MEI, SMS, Reminded


def test_a_payment_is_told_with_the_balance_after_it(bank: Reminded) -> None:
    bank.choose(SMS)
    bank.run(bank.pay(30_00), bank.follow())
    [text] = bank.told()
    assert text.startswith("Feiqian: Wallet, 3 Jun 2030, 12:00:10: ¥30.00 went out (paid to ")
    assert text.endswith("Balance then: ¥49,970.00.")
    assert bank.shop.name in text


def test_nobody_is_told_who_has_not_chosen_it(bank: Reminded) -> None:
    bank.choose(SMS, ANA)
    bank.run(bank.pay(30_00), bank.follow())
    assert bank.messages() == bank.messages(ANA) == []
    assert bank.balances() == [], "accounts that nobody wants to know of cost the journal nothing"


def test_each_movement_is_told_with_its_own_balance_though_the_follower_lags(bank: Reminded) -> None:
    bank.choose(SMS)
    bank.run(bank.pay(10_00), bank.pay(20_00), bank.refund_last(5_00), bank.follow())
    assert [text.rsplit(" ", 1)[1] for text in bank.told()] == ["¥49,990.00.", "¥49,970.00.", "¥49,975.00."]


def test_what_was_not_told_before_a_crash_is_told_after_it_with_the_balance_of_then(bank: Reminded) -> None:
    bank.choose(SMS)
    bank.run(bank.follow(), bank.pay(10_00), bank.pay(20_00))
    bank.crash()
    bank.run(bank.pay(40_00), bank.follow())
    assert [text.rsplit(" ", 1)[1] for text in bank.told()] == ["¥49,990.00.", "¥49,970.00.", "¥49,930.00."]
    bank.crash()
    bank.run(bank.follow())
    assert len(bank.told()) == 3


def test_several_movements_in_one_posting_have_each_their_own_balance(bank: Reminded) -> None:
    account = bank.account(balance=100_00)
    bank.choose(SMS)
    bank.choose(SMS, account=account.id)
    wallet = wallet_id(CNY.number, MEI)

    async def both() -> None:
        there = chart.transfer(b"a" * 16, debit=wallet, credit=account.ledger_id, amount=7_00)
        back = chart.transfer(b"b" * 16, debit=account.ledger_id, credit=wallet, amount=3_00)
        too_much = chart.transfer(b"c" * 16, debit=account.ledger_id, credit=wallet, amount=10_000_00)
        bank.services.ledger.post_many(there + back + too_much)
        await bank.services.ledger.durable(bank.services.ledger.position)

    bank.run(both(), bank.follow())
    assert set(bank.balances()) == {
        (False, 7_00, BALANCE - 7_00),
        (True, 7_00, 107_00),
        (False, 3_00, 104_00),
        (True, 3_00, BALANCE - 4_00),
    }
    told = bank.told()
    assert len(told) == 4
    assert all("between your own accounts" in text for text in told)


def test_a_correction_by_staff_is_told_too(bank: Reminded) -> None:
    bank.choose(SMS)
    bank.run(bank.services.accounts.adjust(MEI, CNY.number, MinorUnits(9_00), "ref-1"), bank.follow())
    [text] = bank.told()
    assert "¥9.00 came in (correction by the bank). Balance then: ¥50,009.00." in text


def test_a_declined_payment_moves_nothing_and_is_not_told(bank: Reminded) -> None:
    account = bank.account()
    bank.choose(SMS, account=account.id)
    bank.services.payments.choose_sources(lambda *_: account.ledger_id)
    assert bank.run(bank.pay(30_00))[0] == "declined"
    bank.run(bank.follow())
    assert bank.told() == bank.balances() == []


def test_a_reminder_goes_by_the_chosen_channels_in_the_persons_language_of_the_chosen_account(bank: Reminded) -> None:
    account = bank.account(ANA)
    bank.choose(EMAIL)
    bank.choose(SMS, ANA, account.id)
    bank.run(bank.pay(30_00), bank.move(CASH, account.ledger_id, 1_234_50), bank.pay(1_00, ANA), bank.follow())
    assert [message.channel for message in bank.messages()] == [Channel.EMAIL]
    [text] = bank.told(ANA)
    assert f"Cuenta terminada en {account.last_four}" in text
    assert "entran ¥1,234.50 (movimiento). Saldo entonces: ¥1,234.50." in text


def test_a_movement_below_the_threshold_is_not_told(bank: Reminded) -> None:
    bank.choose(Choice((Channel.SMS,), MinorUnits(20_00)))
    bank.run(bank.pay(19_99), bank.pay(20_00), bank.follow())
    [text] = bank.told()
    assert "¥20.00 went out" in text
    assert text.endswith("¥49,960.01.")


def test_messages_never_have_a_link_or_a_whole_number(bank: Reminded) -> None:
    account = bank.account()
    with bank.bank.db.write() as connection:
        connection.exec_driver_sql("UPDATE merchants SET name = 'Dr. Lee pay.evil.com/x https://evil。cn'")
        number = bank.services.deposits.number(connection, account.id)
    bank.crash()
    bank.choose(Choice((Channel.SMS, Channel.EMAIL)))
    bank.choose(Choice((Channel.SMS, Channel.EMAIL)), account=account.id)
    bank.run(bank.move(CASH, account.ledger_id, 5_00), bank.pay(30_00), bank.follow())
    told = bank.told() + bank.told(channel="email")
    assert len(told) == 4
    assert any("paid to Dr. Lee pay evil com x https evil cn" in text for text in told)
    assert not any("://" in text or "evil.com" in text or number[:-4] in text for text in told)
