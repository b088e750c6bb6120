"""A bill is paid by mobile number, last six digits and a code: from the account, once, whatever happens in between."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import delete

from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver, NotPassed
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.auth.challenges.tables import challenges
from feiqian.clock import MICROSECONDS
from feiqian.deposits.model import DepositAccount
from feiqian.events import PaymentDecided
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY, EUR
from feiqian.payments.errors import OrderConflict
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Factor
from feiqian.quick.method import QuickMethod
from feiqian.quick.model import Pause, Way
from feiqian.quick.paying_errors import AccountNotOpen, NotPayable, QuickPaymentNotFound, QuickPaymentOver
from feiqian.subjects import customer
from tests.customers.people import PIN
from tests.quick.paying_bank import LARGER, SMALL, PayingBank
from tests.quick.paying_bank import bank as bank
from tests.quick.paying_bank import mei as mei


def test_a_bill_is_paid_from_the_account_with_number_six_digits_and_a_code(
    bank: PayingBank, mei: DepositAccount
) -> None:
    bill = bank.bill()
    begun = bank.start(bill, bank.six(mei))
    bank.enter(begun)
    message = bank.arrived()[-1].text
    assert "Water Works" in message, "the message with the code says to whom"
    assert "88.00" in message, "and how much"
    view = bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert (view.status, view.reason) == ("succeeded", None)
    assert (bank.held(mei), bank.takings + 53) == (2_000_00 - SMALL, SMALL)
    (fact,) = [fact for fact in bank.facts if isinstance(fact, PaymentDecided)]
    assert (fact.method, fact.source, fact.customer) == ("quick", mei.ledger_id, mei.customer)
    assert fact.proof is not None
    assert (fact.proof.challenge, fact.proof.factors) == (begun.challenge.id, ("sms",))
    shown = bank.run(bank.quick.get(begun.id, begun.challenge.id))
    assert shown.row is not None
    assert (shown.status, shown.row.id, shown.last_four) == ("succeeded", fact.id, mei.last_four)


def test_a_retry_and_a_double_click_are_answered_as_at_first(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)

    async def twice() -> list[PaymentView]:
        return list(await asyncio.gather(*(bank.quick.pay(begun.id, begun.challenge.id) for _ in range(2))))

    first, second = bank.run(twice())
    assert first == second == bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert bank.held(mei) == 2_000_00 - SMALL
    again = bank.again()
    assert again.run(again.quick.pay(begun.id, begun.challenge.id)) == first, "the read model remembers it"
    assert again.held(mei) == 2_000_00 - SMALL
    again.close()


@pytest.mark.parametrize("order", ["pay first", "give up first", "at once"])
def test_of_paying_and_giving_up_one_is_done_for_good(bank: PayingBank, mei: DepositAccount, order: str) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    given = begun.id, begun.challenge.id
    with pytest.raises(NotPassed):
        bank.run(bank.quick.give_up(*given))
    bank.enter(begun)
    first = {"pay first": bank.quick.pay, "give up first": bank.quick.give_up}.get(order)
    if first:
        bank.run(first(*given))

    async def both() -> list[object]:
        asked = bank.quick.pay(*given), bank.quick.give_up(*given)
        return list(await asyncio.gather(*asked, return_exceptions=True))

    paid, given_up = bank.run(both())
    is_paid = isinstance(paid, PaymentView)
    assert is_paid or isinstance(paid, ChallengeOver)
    assert isinstance(given_up, QuickPaymentOver if is_paid else ChallengeOver if first else type(None))
    assert is_paid == (order == "pay first") or not first
    again = bank.again()
    assert again.run(again.quick.get(*given)).status == ("succeeded" if is_paid else "open")
    with pytest.raises(QuickPaymentOver if is_paid else ChallengeOver):
        again.run(again.quick.give_up(*given))
    assert again.held(mei) == 2_000_00 - SMALL * is_paid
    again.close()


def test_a_crash_after_the_challenge_was_spent_loses_no_payment(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    bank.do(bank.quick._prove, begun.id, begun.challenge.id, None)  # and here the server ends
    again = bank.again()
    assert again.run(again.quick.get(begun.id, begun.challenge.id)).status == "proved"
    assert again.run(again.quick.pay(begun.id, begun.challenge.id)).status == "succeeded"
    assert again.run(again.quick.get(begun.id, begun.challenge.id)).status == "succeeded"
    assert again.held(mei) == 2_000_00 - SMALL
    again.close()


def test_what_was_not_decided_in_time_never_is(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    bank.do(bank.quick._prove, begun.id, begun.challenge.id, None)
    bank.clock.advance(301)
    assert bank.run(bank.quick.get(begun.id, begun.challenge.id)).status == "expired"
    with pytest.raises(QuickPaymentOver):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert bank.held(mei) == 2_000_00


def test_nothing_is_paid_before_the_code_is_entered(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    with pytest.raises(NotPassed):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert bank.run(bank.quick.get(begun.id, begun.challenge.id)).status == "open"
    assert bank.held(mei) == 2_000_00


@pytest.mark.parametrize("amount", [SMALL, 900_00])
def test_abuse_37_a_challenge_pays_the_bill_it_was_begun_for_alone(
    bank: PayingBank, mei: DepositAccount, amount: int
) -> None:
    cheap, dear = bank.start(bank.bill(), bank.six(mei)), bank.start(bank.bill(amount), bank.six(mei))
    bank.enter(cheap)
    with pytest.raises(BindingDiffers):
        bank.run(bank.quick.pay(dear.id, cheap.challenge.id))
    with pytest.raises(ChallengeOver):
        bank.run(bank.quick.pay(cheap.id, cheap.challenge.id))
    assert bank.held(mei) == 2_000_00


def test_abuse_38_a_shop_that_takes_another_name_voids_what_was_shown(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    bank.services.merchants._by_number[bank.shop.number] = bank.shop._replace(name="Someone Else")
    with pytest.raises(BindingDiffers):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert bank.held(mei) == 2_000_00


def test_a_bill_is_paid_once_however_many_pay_it(bank: PayingBank, mei: DepositAccount) -> None:
    bill = bank.bill(once_until=bank.clock.now() // MICROSECONDS + 30 * 86_400)
    six = bank.six(mei)
    first, second = bank.start(bill, six), bank.start(bill, six)
    for begun in (first, second):
        bank.clock.advance(31)
        bank.enter(begun)
    assert bank.run(bank.quick.pay(first.id, first.challenge.id)).status == "succeeded"
    late = bank.run(bank.quick.pay(second.id, second.challenge.id))
    assert (late.status, late.reason) == ("declined", "already_paid")
    assert bank.held(mei) == 2_000_00 - SMALL
    assert bank.quick.is_paid(bill)


def test_a_bill_that_was_declined_can_be_paid_later(bank: PayingBank) -> None:
    mei = bank.account(bank.checked().session.subject.customer, balance=10_00)
    bill = bank.bill(once_until=bank.clock.now() // MICROSECONDS + 30 * 86_400)
    declined = bank.pay(bill, bank.six(mei))
    assert (declined.status, declined.reason) == ("declined", "insufficient_funds")
    assert not bank.quick.is_paid(bill)
    other = bank.account(mei.customer)
    bank.clock.advance(31)
    assert bank.pay(bill, bank.six(other)).status == "succeeded"


def test_abuse_17_a_quick_payment_counts_towards_the_days_one_limit(bank: PayingBank, mei: DepositAccount) -> None:
    before = bank.services.payments.today(mei.customer, CNY.number)
    assert bank.pay(bank.bill(), bank.six(mei)).status == "succeeded"
    after = bank.services.payments.today(mei.customer, CNY.number)
    assert before is not None
    assert after is not None
    assert before.left - after.left == SMALL


def test_abuse_18_of_two_that_were_begun_balance_and_limit_count_when_each_is_confirmed(
    bank: PayingBank, mei: DepositAccount
) -> None:
    poor = bank.account(mei.customer, balance=500_00)
    started = [bank.start(bank.bill(400_00), bank.six(one)) for one in (poor, poor, mei)]
    last = bank.run(bank.quick.begin(customer(mei.customer), bank.bill(300_00), bank.six(mei)))
    for begun in started:
        bank.clock.advance(31)
        bank.enter(begun)
    reasons = [bank.run(bank.quick.pay(begun.id, begun.challenge.id)).reason for begun in started[:2]]
    challenge = bank.run(bank.quick.challenge(customer(mei.customer), last, "en", None)).id
    reasons.append(bank.run(bank.quick.pay(started[2].id, started[2].challenge.id)).reason)
    assert reasons == [None, "insufficient_funds", None]
    bank.clock.advance(31)
    bank.run(bank.verification.send(challenge, customer(mei.customer), Factor.SMS))
    bank.run(bank.verification.answer(challenge, customer(mei.customer), Factor.SMS, bank.code()))
    beyond = bank.run(bank.quick.pay_own(customer(mei.customer), last, challenge))
    assert beyond.reason == "proof_too_low", "1,000 a day by message alone, over all accounts"
    assert (bank.held(poor), bank.held(mei)) == (100_00, 1_600_00)


def test_what_is_said_to_be_over_is_never_confirmed(bank: PayingBank, mei: DepositAccount) -> None:
    subject = customer(mei.customer)
    id = bank.run(bank.quick.begin(subject, bank.bill(), bank.six(mei)))
    bank.clock.advance(599)
    challenge = bank.run(bank.quick.challenge(subject, id, "en", None)).id
    bank.run(bank.verification.send(challenge, subject, Factor.SMS))
    bank.run(bank.verification.answer(challenge, subject, Factor.SMS, bank.code()))
    bank.clock.advance(2)
    assert bank.run(bank.quick.get_own(subject, id)).status == "expired"
    with pytest.raises(QuickPaymentOver):
        bank.run(bank.quick.pay_own(subject, id, challenge))
    with pytest.raises(QuickPaymentOver):
        bank.run(bank.quick.challenge(subject, id, "en", None))
    assert bank.held(mei) == 2_000_00


def test_larger_ones_need_more_than_a_message(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(LARGER), bank.six(mei))
    bank.enter(begun)
    with pytest.raises(NotPassed):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    bank.run(bank.quick.answer(begun.challenge.id, Factor.PIN, PIN))
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).status == "succeeded"


def test_more_is_asked_for_where_the_day_leaves_too_little_for_a_message(bank: PayingBank, mei: DepositAccount) -> None:
    subject = customer(mei.customer)
    id = bank.run(bank.quick.begin(subject, bank.bill(300_00), bank.six(mei)))
    assert bank.run(bank.quick.challenge(subject, id, "en", None)).combinations == (("sms",),)
    assert bank.pay(bank.bill(800_00), bank.six(mei)).status == "succeeded"
    assert bank.run(bank.quick.challenge(subject, id, "en", None)).combinations == (("pin", "sms"),)


def test_abuse_95_only_who_has_passed_the_message_learns_that_the_day_asks_for_more(
    bank: PayingBank, mei: DepositAccount
) -> None:
    assert bank.pay(bank.bill(800_00), bank.six(mei)).status == "succeeded"
    bank.clock.advance(31)
    begun = bank.start(bank.bill(300_00), bank.six(mei))
    assert begun.challenge.combinations == (("sms",),), "as for whoever has paid nothing, or is not known"
    bank.run(bank.quick.ask_for_enough(begun.id, begun.challenge.id))
    assert bank.run(bank.quick.view(begun.challenge.id)).combinations == (("sms",),)
    bank.enter(begun)
    bank.run(bank.quick.ask_for_enough(begun.id, begun.challenge.id))
    more = bank.run(bank.quick.view(begun.challenge.id))
    assert (more.state, more.combinations, more.passed) == ("open", (("pin", "sms"),), ("sms",))
    with pytest.raises(NotPassed):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    bank.run(bank.quick.answer(begun.challenge.id, Factor.PIN, PIN))
    bank.run(bank.quick.ask_for_enough(begun.id, begun.challenge.id))
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).status == "succeeded"
    bank.run(bank.quick.ask_for_enough(begun.id, begun.challenge.id))
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).status == "succeeded", "a retry asks for no more"


def test_a_bill_that_nobody_could_pay_is_refused_before_a_message_is_sent(
    bank: PayingBank, mei: DepositAccount
) -> None:
    bill = bank.bill()
    for wrong, reason in (
        (bill._replace(merchant=99), "merchant"),
        (bill._replace(currency=EUR.number), "currency"),
        (bill._replace(amount=10**9), "amount"),
    ):
        with pytest.raises(NotPayable) as refused:
            bank.start(wrong, bank.six(mei))
        assert refused.value.reason == reason


def test_what_was_proved_is_confirmed_again_with_the_same_challenge_only(bank: PayingBank, mei: DepositAccount) -> None:
    first, second = bank.start(bank.bill(), bank.six(mei)), bank.start(bank.bill(), bank.six(mei))
    for begun in (first, second):
        bank.clock.advance(31)
        bank.enter(begun)
    assert bank.run(bank.quick.pay(first.id, first.challenge.id)).status == "succeeded"
    with pytest.raises(ChallengeOver):
        bank.run(bank.quick.pay(first.id, second.challenge.id))
    with pytest.raises(QuickPaymentNotFound):
        bank.run(bank.quick.pay("qpy_1", second.challenge.id))


def test_an_account_that_was_closed_to_it_meanwhile_pays_nothing(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    bank.do(bank.services.quick.pause_within, mei, customer(mei.customer), Pause.HOLDER)
    with pytest.raises(AccountNotOpen):
        bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert bank.held(mei) == 2_000_00
    bank.do(bank.services.quick.resume_within, mei, customer(mei.customer), Way.WALLET)
    assert bank.run(bank.quick.pay(begun.id, begun.challenge.id)).status == "succeeded", "the challenge was not spent"


def test_abuse_20_an_account_frozen_in_mid_payment_pays_nothing(bank: PayingBank, mei: DepositAccount) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    bank.post(chart.freeze(mei.ledger_id, Side.DEBIT))
    view = bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    assert (view.status, view.reason) == ("declined", "wallet_cannot_pay")
    assert bank.held(mei) == 2_000_00


def test_abuse_22_an_order_number_that_was_used_for_something_else_is_refused(
    bank: PayingBank, mei: DepositAccount
) -> None:
    begun = bank.start(bank.bill(), bank.six(mei))
    bank.enter(begun)
    merchant, order = bank.do(bank.quick._prove, begun.id, begun.challenge.id, None)
    assert bank.run(bank.services.payments.pay_by(QuickMethod(), merchant, order)).status == "succeeded"
    for other in (order._replace(amount=1), order._replace(payer=99)):
        with pytest.raises(OrderConflict):
            bank.run(bank.services.payments.pay_by(QuickMethod(), merchant, other))
    assert bank.held(mei) == 2_000_00 - SMALL


def test_a_challenge_that_is_no_longer_kept_pays_nothing_anew_and_tells_what_was_paid(
    bank: PayingBank, mei: DepositAccount
) -> None:
    paid, lost = bank.start(bank.bill(), bank.six(mei)), bank.start(bank.bill(), bank.six(mei))
    for begun in (paid, lost):
        bank.clock.advance(31)
        bank.enter(begun)
    first = bank.run(bank.quick.pay(paid.id, paid.challenge.id))
    bank.do(bank.quick._prove, lost.id, lost.challenge.id, None)
    with bank.db.write() as connection:
        connection.execute(delete(challenges))
    assert bank.run(bank.quick.pay(paid.id, paid.challenge.id)) == first
    with pytest.raises(QuickPaymentOver):
        bank.run(bank.quick.pay(lost.id, lost.challenge.id))
    assert bank.held(mei) == 2_000_00 - SMALL


def test_only_a_challenge_that_was_spent_for_this_says_what_was_proved(bank: PayingBank, mei: DepositAccount) -> None:
    begun, subject = bank.start(bank.bill(), bank.six(mei)), customer(mei.customer)
    bound = bank.quick._binding(bank.do(bank.quick._row, begun.id, subject))

    def proved(binding: ChallengeBinding) -> Passed | None:
        return bank.do(bank.verification.spent_within, begun.challenge.id, subject, binding, 7)

    bank.enter(begun)
    assert proved(bound) is None, "it was passed, and not spent"
    bank.run(bank.quick.pay(begun.id, begun.challenge.id))
    told = proved(bound)
    assert told is not None
    assert (told.factors, told.at, told.subject) == ((Factor.SMS,), 7, subject)
    assert proved(msgspec.structs.replace(bound, amount=1)) is None
