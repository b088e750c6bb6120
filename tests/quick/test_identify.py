"""Who pays is found by number and six digits: known or unknown, right or wrong, it looks, counts and keeps the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from stdnum import luhn

from feiqian.auth.challenges.errors import AnswerWrong, ChallengeOver, CodeThrottled, NotPassed
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.errors import SignInLocked
from feiqian.auth.tables import doors
from feiqian.clock import DAY, HOUR
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.rows import number_blind, six_blind
from feiqian.deposits.tables import NUMBER, accounts
from feiqian.policy.factors import Factor
from feiqian.quick.identify import (
    PER_ACCOUNT_HOUR,
    PER_NETWORK_DAY,
    PER_NUMBER_ANYWHERE_HOUR,
    PER_NUMBER_HOUR,
)
from feiqian.quick.paying_errors import AccountNotOpen, AccountUnclear, AttemptsThrottled
from feiqian.quick.paying_tables import quick_payments
from feiqian.runtime import network
from tests.customers.people import MEI, UNKNOWN, shape
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.paying_bank import bank as bank
from tests.quick.paying_bank import mei as mei

WHO = [(MEI, ""), (MEI, "000000"), (UNKNOWN, ""), (UNKNOWN, "000000")]  # "": the right six digits


def alike(view: ChallengeView) -> ChallengeView:
    """A challenge without what differs from one quick payment to the next."""
    view = shape(view)
    return view._replace(text="\n".join(line for line in view.text.splitlines() if "qpy_" not in line))


def statements(bank: PayingBank, act: Any) -> list[str]:
    """The statements that the feature database is asked while something is done."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(bank.db.engine, "before_cursor_execute", note)
    act()
    event.remove(bank.db.engine, "before_cursor_execute", note)
    return asked


def kept(bank: PayingBank) -> tuple[int, int]:
    """Quick payments and pre-auth challenges that are stored."""
    with bank.db.read() as connection:
        payments, begun = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (quick_payments, doors)
        )
    return int(payments), int(begun)


def same_six(bank: PayingBank, account: DepositAccount, other: DepositAccount) -> str:
    """Gives `other` a number that ends as `account`'s does; it happens to one in a million. Its last seven digits."""
    six = bank.six(account)
    old = str(bank.do(bank.services.deposits.number, account.id))
    numbers = (f"990001{filling:07d}{six}" for filling in range(1, 200))
    number = next(number for number in numbers if luhn.is_valid(number) and number[-7] != old[-7])
    values = {
        "number": NUMBER.seal(bank.cipher, number, other.id),
        "number_blind": number_blind(bank.cipher, number),
        "six_blind": six_blind(bank.cipher, other.customer, six),
        "last_four": number[-4:],
    }
    with bank.db.write() as connection:
        connection.execute(update(accounts).where(accounts.c.id == other.id).values(values))
    return number[-7:]


def test_abuse_95_right_wrong_and_unknown_look_the_same(bank: PayingBank, mei: DepositAccount) -> None:
    bill, six = bank.bill(), bank.six(mei)
    views = [alike(bank.start(bill, given or six, mobile).challenge) for mobile, given in WHO]
    assert all(view == views[0] for view in views)
    assert views[0].sent_to == {}, "nothing of the number on file is told"


def test_abuse_95_right_wrong_and_unknown_are_looked_up_and_kept_alike(bank: PayingBank, mei: DepositAccount) -> None:
    bill, six = bank.bill(), bank.six(mei)
    for mobile in (MEI, UNKNOWN):  # whatever is done once only for a number is done
        bank.start(bill, six, mobile)
    asked, rows = [], []
    for mobile, given in WHO:
        before = kept(bank)
        asked.append(statements(bank, lambda m=mobile, g=given: bank.start(bill, g or six, m)))
        rows.append(tuple(after - one for after, one in zip(kept(bank), before, strict=True)))
    assert rows == [(1, 1)] * len(WHO)
    assert [len(one) for one in asked] == [len(asked[0])] * len(WHO)
    for one in asked[1:]:
        assert one == asked[0]


def test_abuse_43_only_whoever_is_meant_gets_a_code_and_everybody_sees_the_same(
    bank: PayingBank, mei: DepositAccount
) -> None:
    bill, six = bank.bill(), bank.six(mei)
    sent, seen = [], []
    for mobile, given in WHO:
        begun = bank.start(bill, given or six, mobile)
        before = len(bank.arrived())
        bank.clock.advance(31)
        seen.append(alike(bank.run(bank.quick.send(begun.challenge.id, Factor.SMS))))
        sent.append(len(bank.arrived()) - before)
        with pytest.raises(AnswerWrong):
            bank.run(bank.quick.answer(begun.challenge.id, Factor.SMS, "000000"))
        with pytest.raises(NotPassed):
            bank.run(bank.quick.pay(begun.id, begun.challenge.id))
        shown = bank.run(bank.quick.get(begun.id, begun.challenge.id))
        assert (shown.status, shown.last_four) == ("open", "")
    assert sent == [1, 0, 0, 0]
    tries = [view._replace(tries_left=0) for view in seen]
    assert all(view == tries[0] for view in tries)


@pytest.mark.parametrize("mobile", [MEI, UNKNOWN])
def test_abuse_95_an_accounts_digits_are_guessed_a_few_times_an_hour(
    bank: PayingBank, mei: DepositAccount, mobile: str
) -> None:
    bill = bank.bill()
    for tried in range(PER_NUMBER_HOUR):
        bank.start(bill, f"{tried:06d}", mobile)
    with pytest.raises(AttemptsThrottled) as refused:
        bank.start(bill, "123456", mobile)
    assert HOUR - 10**6 < refused.value.until - bank.clock.now() <= HOUR
    bank.clock.advance(3_601)
    bank.start(bill, "123456", mobile)


@pytest.mark.parametrize("mobile", [MEI, UNKNOWN])
def test_abuse_95_one_account_is_tried_a_few_times_an_hour(bank: PayingBank, mei: DepositAccount, mobile: str) -> None:
    bill, six = bank.bill(), bank.six(mei)
    for _ in range(PER_ACCOUNT_HOUR):
        bank.start(bill, six, mobile)
    with pytest.raises(AttemptsThrottled):
        bank.start(bill, f" {six[:3]} {six[3:]}", mobile)
    bank.start(bill, "123456", mobile)


@pytest.mark.parametrize("mobile", [MEI, UNKNOWN])
def test_abuse_95_ways_to_write_one_alias_are_tried_together(
    bank: PayingBank, mei: DepositAccount, mobile: str
) -> None:
    bill = bank.bill()
    for typed in ("TeaHouse", "teahouse", "TeaH0use", "téahouse", "ＴｅａＨｏｕｓｅ", " teahouse "):
        bank.start(bill, typed, mobile)
    with pytest.raises(AttemptsThrottled):
        bank.start(bill, "TEAHOUSE", mobile)


def test_abuse_95_one_network_tries_so_many_numbers_a_day(bank: PayingBank, mei: DepositAccount) -> None:
    bill, here = bank.bill(), network.client.set("192.0.2.1")
    try:
        for tried in range(PER_NETWORK_DAY):
            bank.start(bill, "123456", f"+86139{tried:08d}")
        with pytest.raises(AttemptsThrottled) as refused:
            bank.start(bill, bank.six(mei))
        assert refused.value.until - bank.clock.now() > DAY - HOUR
        network.client.set("192.0.2.2")
        assert bank.pay(bill, bank.six(mei)).status == "succeeded", "others are not kept from paying"
    finally:
        network.client.reset(here)


@contextlib.contextmanager
def at(address: str) -> Iterator[None]:
    """Asking from this network."""
    here = network.client.set(address)
    try:
        yield
    finally:
        network.client.reset(here)


@pytest.mark.parametrize("given", ["123456", ""])
def test_abuse_95_a_stranger_uses_up_the_tries_of_one_network_alone(
    bank: PayingBank, mei: DepositAccount, given: str
) -> None:
    """By wrong digits, or by the right ones, which somebody may have seen on a receipt."""
    six = bank.six(mei)
    with at("192.0.2.1"), contextlib.suppress(AttemptsThrottled):
        for _ in range(PER_NUMBER_HOUR + 1):
            bank.start(bank.bill(), given or six)
    with at("192.0.2.1"), pytest.raises(AttemptsThrottled):
        bank.start(bank.bill(), given or six)
    with at("192.0.2.2"):
        assert bank.pay(bank.bill(), six).status == "succeeded"


@pytest.mark.parametrize("mobile", [MEI, UNKNOWN])
def test_abuse_95_the_tries_of_all_networks_are_bounded_for_a_number(
    bank: PayingBank, mei: DepositAccount, mobile: str
) -> None:
    begun = 0
    with contextlib.suppress(AttemptsThrottled):
        for one in range(PER_NUMBER_ANYWHERE_HOUR):
            with at(f"192.0.2.{one}"):
                for _ in range(2):
                    bank.start(bank.bill(), f"{begun:06d}", mobile)
                    begun += 1
    assert begun == PER_NUMBER_ANYWHERE_HOUR
    with at("198.51.100.1"), pytest.raises(AttemptsThrottled):
        bank.start(bank.bill(), bank.six(mei), mobile)


def test_abuse_95_the_owners_device_pays_whatever_strangers_have_tried(bank: PayingBank, mei: DepositAccount) -> None:
    device, bill, six = bank.enter_wallet().device_token, bank.bill(), bank.six(mei)
    with contextlib.suppress(AttemptsThrottled):
        for one in range(PER_NUMBER_ANYWHERE_HOUR + 1):
            with at(f"192.0.2.{one}"):
                last = bank.start(bill, f"{one:06d}")
    with contextlib.suppress(SignInLocked):
        for guess in range(bank.services.policy.tries.at_most + 1):
            with contextlib.suppress(AnswerWrong):
                bank.run(bank.quick.answer(last.challenge.id, Factor.SMS, f"{guess:06d}"))
    with pytest.raises(AttemptsThrottled):
        bank.start(bill, six)
    begun = bank.run(bank.quick.start(bill, MEI, six, "en", device))
    bank.enter(begun)
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).status == "succeeded"


def test_abuse_95_tries_from_the_owners_device_are_bounded_too_and_another_ones_token_is_none(
    bank: PayingBank, mei: DepositAccount
) -> None:
    device = bank.enter_wallet().device_token
    for mobile in (MEI, UNKNOWN):
        for tried in range(PER_NUMBER_HOUR):
            bank.run(bank.quick.start(bank.bill(), mobile, f"{tried:06d}", "en", device))
    with pytest.raises(AttemptsThrottled):
        bank.run(bank.quick.start(bank.bill(), MEI, "123456", "en", device))
    with pytest.raises(AttemptsThrottled):
        bank.start(bank.bill(), "123456", UNKNOWN)


def test_whoever_pays_is_not_counted_against(bank: PayingBank, mei: DepositAccount) -> None:
    for _ in range(3):
        for tried in range(PER_ACCOUNT_HOUR - 1):
            bank.start(bank.bill(), f"{tried:06d}")
        bank.clock.advance(31)
        assert bank.pay(bank.bill(1_00), bank.six(mei)).status == "succeeded"


def test_abuse_36_codes_of_quick_payments_share_the_tries_of_all_others(bank: PayingBank, mei: DepositAccount) -> None:
    begun = [bank.start(bank.bill(), bank.six(mei)) for _ in range(3)]
    refused: list[str] = []
    for tried in range(8):
        try:
            bank.run(bank.quick.answer(begun[tried % 3].challenge.id, Factor.SMS, f"{tried:06d}"))
        except Exception as error:
            refused.append(type(error).__name__)
    assert refused.count("AnswerWrong") <= bank.services.policy.tries.at_most
    assert refused[-1] == "SignInLocked"


def test_abuse_40_codes_for_quick_payments_are_capped_for_each_number(bank: PayingBank, mei: DepositAccount) -> None:
    sent = 0
    for _ in range(PER_ACCOUNT_HOUR):
        begun = bank.start(bank.bill(), bank.six(mei))
        bank.clock.advance(31)
        with contextlib.suppress(CodeThrottled):
            bank.run(bank.quick.send(begun.challenge.id, Factor.SMS))
            sent += 1
    assert sent == bank.services.policy.sending.per_number_hour


def test_abuse_95_two_accounts_with_one_ending_are_told_apart_only_after_the_code(
    bank: PayingBank, mei: DepositAccount
) -> None:
    other = bank.account(mei.customer)
    seven, bill = same_six(bank, mei, other), bank.bill()
    begun = bank.start(bill, bank.six(mei))
    assert alike(begun.challenge) == alike(bank.start(bill, "000000", UNKNOWN).challenge)
    for early in (
        bank.quick.choose(begun.id, begun.challenge.id, seven),
        bank.quick.pay(begun.id, begun.challenge.id),
    ):
        with pytest.raises(NotPassed):
            bank.run(early)
    bank.enter(begun)
    with pytest.raises(AccountUnclear):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    with pytest.raises(AccountNotOpen):
        bank.run(bank.quick.choose(begun.id, begun.challenge.id, "123456789"))
    bank.run(bank.quick.choose(begun.id, begun.challenge.id, seven))
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).status == "succeeded"
    assert (bank.held(mei), bank.held(other)) == (2_000_00, 2_000_00 - SMALL)


def test_which_of_two_accounts_is_guessed_a_few_times(bank: PayingBank, mei: DepositAccount) -> None:
    same_six(bank, mei, bank.account(mei.customer))
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    for _ in range(5):
        with pytest.raises(AccountNotOpen):
            bank.run(bank.quick.choose(begun.id, begun.challenge.id, "1234567"))
    with pytest.raises(ChallengeOver):
        bank.run(bank.quick.choose(begun.id, begun.challenge.id, "1234567"))


def test_abuse_77_what_was_begun_and_not_confirmed_is_bounded_and_swept(bank: PayingBank, mei: DepositAccount) -> None:
    bank.quick.kept.held.each = 4
    for tried in range(6):
        bank.start(bank.bill(), "123456", f"+86139{tried:08d}")
    assert kept(bank)[0] == 4
    paid = bank.pay(bank.bill(), bank.six(mei))
    assert paid.status == "succeeded"
    bank.clock.advance(86_401)
    assert bank.do(bank.quick.kept.sweep, bank.clock.now(), 500) == 3
    assert kept(bank)[0] == 1, "what was confirmed stays"


def test_abuse_62_no_number_and_no_digits_are_kept_in_the_clear(bank: PayingBank, mei: DepositAccount) -> None:
    bank.pay(bank.bill(), bank.six(mei))
    with bank.db.read() as connection:
        rows = "".join(str(row) for row in connection.execute(select(quick_payments)))
    assert bank.six(mei) not in rows
    assert MEI.removeprefix("+") not in rows
