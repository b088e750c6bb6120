"""Waiting payments in the customer's hands: confirmed or refused, once, as things stand at that moment."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind
from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver
from feiqian.events import PaymentConfirmed, PaymentRefused
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id
from feiqian.money import CNY
from feiqian.payments.errors import NotCancellable, NotRefundable, NotWaiting, PaymentNotFound
from feiqian.payments.kinds import TransferKind
from feiqian.payments.policy import VERIFICATION_SECONDS
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.policy.factors import Purpose
from feiqian.projections.reconcile import reconcile

DEAR = 2_000_00  # waits at every level


@pytest.fixture
def tied(bank: Any) -> Any:
    """Whatever the test does, the read model ties with the ledger afterwards, to the cent."""
    yield
    if bank.ledger.stopped:
        return  # it was opened again
    bank.ledger.commit()
    assert reconcile(bank.engine, bank.folder / "read.db", [PAYMENTS]) == []


pytestmark = pytest.mark.usefixtures("tied")


def test_a_confirmed_payment_moves_the_money_and_charges_the_fee_then(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    assert (bank.wallet(customer), waiting.fee) == (5_000_00, 0)
    view = run(bank.confirm(customer, waiting))
    assert (view.status, view.fee, view.net) == ("succeeded", 12_00, 1_988_00)
    assert (bank.wallet(customer), bank.takings(merchant), bank.fees) == (3_000_00, 1_988_00, 12_00)
    assert run(bank.payments.get(merchant, waiting.id)) == view
    day = bank.clock.day(bank.clock.now() // 1_000_000)
    totals = bank.read_db.all("SELECT count, amount, fees FROM merchant_days WHERE day = :day", day=day)
    assert totals == [(1, DEAR, 12_00)]


def test_the_customer_is_warned_of_the_same_payment_minutes_ago(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    first, second = (run(bank.pay(merchant, customer, DEAR)) for _ in range(2))

    def warned(payment: Any) -> bool:
        row = run(bank.reads.payment_by_id(payment.id))
        return run(bank.payments.confirmations.paid_before(row)) is not None

    assert (warned(first), warned(second)) == (False, False), "what waits is not paid"
    run(bank.confirm(customer, first))
    assert (warned(first), warned(second)) == (False, True), "nobody is warned of the payment itself"
    other = run(bank.pay(merchant, customer, DEAR + 1))
    elsewhere = run(bank.pay(bank.merchant("Elsewhere"), customer, DEAR))
    assert (warned(other), warned(elsewhere)) == (False, False)
    bank.clock.advance(15 * 60 + 1)
    assert not warned(run(bank.pay(merchant, customer, DEAR)))


def test_the_journal_says_who_proved_what(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    run(bank.confirm(customer, waiting))
    (fact,) = (fact for fact in bank.journaled()[1] if isinstance(fact, PaymentConfirmed))
    assert (fact.id, fact.customer, fact.merchant, fact.fee) == (waiting.id, customer, merchant.number, 12_00)
    assert (fact.challenge, fact.factors) == ("chl_1", ("pin", "sms"))


def test_the_statement_of_the_wallet_has_one_line_that_names_the_payment(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    bank.clock.advance(60)
    run(bank.confirm(customer, waiting))
    wallet = account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer)
    lines, _ = run(bank.reads.statement(wallet))
    paid = [line.entry for line in lines if line.entry.kind == TransferKind.PAYMENT]
    assert [(line.amount, line.payment, line.at) for line in paid] == [(-DEAR, waiting.id, bank.clock.now())]
    (row,) = run(bank.reads.newest_of_customer(customer))
    assert (row.status, row.closed_at) == ("succeeded", bank.clock.now())


def test_a_confirmed_payment_is_refunded_like_any_other(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    with pytest.raises(NotRefundable):
        run(bank.refund(merchant, waiting, 1_00, "too early"))
    run(bank.confirm(customer, waiting))
    assert run(bank.refund(merchant, waiting, 500_00, "r1")).status == "succeeded"
    above = run(bank.refund(merchant, waiting, 1_500_01, "r2"))
    assert (above.status, above.reason) == ("declined", "refund_above_captured")
    assert run(bank.payments.get(merchant, waiting.id)).refunded == 500_00


def test_what_a_challenge_is_bound_to_is_the_payment_as_the_ledger_has_it(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant("Tea House")
    waiting = run(bank.pay(merchant, customer, DEAR))
    binding = run(bank.payments.confirmations.bound_of(customer, waiting.id))
    assert (binding.purpose, binding.amount, binding.currency) == (Purpose.PAYMENT, DEAR, CNY.number)
    assert (binding.payer, binding.payee, binding.reference) == ("Li Na", "Tea House", waiting.id)
    (listed,) = run(bank.payments.confirmations.waiting(customer))
    assert (listed.id, listed.merchant, listed.amount) == (waiting.id, merchant.number, DEAR)


def test_the_list_has_only_what_still_waits_and_only_ones_own(bank: Any, run: Any) -> None:
    before, customer, after, merchant = (*(bank.customer(9_000_00) for _ in range(3)), bank.merchant())
    first, second, third = (run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))) for _ in range(3))
    assert [one.id for one in run(bank.payments.confirmations.waiting(customer))] == [third.id, second.id, first.id]
    assert [run(bank.payments.confirmations.waiting(other)) for other in (before, after)] == [[], []]
    run(bank.payments.confirmations.refuse(customer, third.id))
    bank.clock.advance(VERIFICATION_SECONDS - 20)  # the first is over, though nothing has told the engine
    assert [one.id for one in run(bank.payments.confirmations.waiting(customer))] == [second.id]


# --- who may ----------------------------------------------------------------------------------------------------


def test_abuse_28_another_customers_payment_is_not_found(bank: Any, run: Any) -> None:
    customer, thief, merchant = bank.customer(5_000_00), bank.customer(0), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    challenge = bank.challenges.passed(thief, run(bank.payments.confirmations.bound_of(customer, waiting.id)))
    for asked in (
        bank.payments.confirmations.bound_of(thief, waiting.id),
        bank.payments.confirmations.confirm(thief, waiting.id, challenge),
        bank.payments.confirmations.refuse(thief, waiting.id),
        bank.payments.confirmations.refuse(customer, "pay_nobody"),
    ):
        with pytest.raises(PaymentNotFound):
            run(asked)
    assert run(bank.payments.get(merchant, waiting.id)).status == "needs_verification"


def test_abuse_37_a_challenge_confirms_one_payment_and_no_other(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    first = run(bank.pay(merchant, customer, DEAR))
    second = run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer)))
    challenge = bank.challenges.passed(customer, run(bank.payments.confirmations.bound_of(customer, first.id)))
    with pytest.raises(BindingDiffers):
        run(bank.payments.confirmations.confirm(customer, second.id, challenge))
    with pytest.raises(ChallengeOver):
        run(bank.payments.confirmations.confirm(customer, first.id, challenge))
    assert bank.wallet(customer) == 9_000_00


def test_abuse_38_a_shop_that_takes_another_name_voids_what_was_shown(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant("Tea House")
    waiting = run(bank.pay(merchant, customer, DEAR))
    binding = run(bank.payments.confirmations.bound_of(customer, waiting.id))
    for other in (
        {"payee": "Charity"},
        {"amount": DEAR - 1},
        {"currency": 978},
        {"reference": "pay_other"},
        {"payer": "X"},
    ):
        changed = type(binding)(**{name: getattr(binding, name) for name in binding.__struct_fields__} | other)
        with pytest.raises(BindingDiffers):
            run(bank.payments.confirmations.confirm(customer, waiting.id, bank.challenges.passed(customer, changed)))
    assert bank.wallet(customer) == 9_000_00


# --- as things stand then ---------------------------------------------------------------------------------------


def test_abuse_18_of_payments_that_wait_balance_and_limit_count_when_they_are_confirmed(bank: Any, run: Any) -> None:
    rich, poor, merchant = bank.customer(9_000_00, day_amount=4_500_00), bank.customer(3_000_00), bank.merchant()
    for customer, reason, left in ((rich, "daily_limit", 5_000_00), (poor, "insufficient_funds", 1_000_00)):
        waiting = [run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))) for _ in range(3)]
        views = [run(bank.confirm(customer, payment)) for payment in waiting]
        allowed = 2 if customer == rich else 1
        assert [view.status for view in views] == ["succeeded"] * allowed + ["declined"] * (3 - allowed)
        assert {view.reason for view in views[allowed:]} == {reason}
        assert bank.wallet(customer) == left


def test_a_decline_at_confirmation_ends_the_payment(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(DEAR), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    assert run(bank.pay(merchant, customer, 1_00, code=bank.fresh_code(customer))).status == "succeeded"
    view = run(bank.confirm(customer, waiting))
    assert (view.status, view.reason, view.fee, view.net) == ("declined", "insufficient_funds", 0, 0)
    assert run(bank.payments.get(merchant, waiting.id)) == view
    bank.clock.advance(VERIFICATION_SECONDS)
    with pytest.raises(NotCancellable) as late:
        run(bank.payments.cancel(merchant, waiting.id))
    assert late.value.status == "declined"
    with pytest.raises(NotWaiting) as again:
        run(bank.confirm(customer, waiting))
    assert again.value.status == "declined"
    assert sum(isinstance(fact, PaymentRefused) for fact in bank.journaled()[1]) == 1


def test_a_freeze_that_nobody_told_of_is_found_at_the_confirmation(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    bank.post(opening.freeze(customer, CNY.number))
    view = run(bank.confirm(customer, waiting))
    assert (view.status, view.reason) == ("declined", "wallet_cannot_pay")
    run(bank.accounts.unfreeze(customer))
    assert run(bank.payments.get(merchant, waiting.id)).status == "declined"
    assert bank.wallet(customer) == 5_000_00


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda bank, customer: bank.people.levels.update({customer: 0}), "identity_not_verified"),
        (lambda bank, customer: bank.people.levels.update({customer: 1}), "amount_too_high"),
        (lambda bank, customer: bank.people.cooling_until.update({customer: 10**10}), "limit_after_change"),
        (lambda bank, _: bank.merchants.set_status(1, "suspended"), "merchant_not_accepting"),
    ],
)
def test_who_may_pay_what_is_looked_at_again(bank: Any, run: Any, change: Any, reason: str) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR + 1))
    change(bank, customer)
    view = run(bank.confirm(customer, waiting))
    assert (view.status, view.reason) == ("declined", reason)
    assert bank.wallet(customer) == 9_000_00


def test_the_day_of_a_payment_is_that_of_its_confirmation(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00, day_amount=3_000_00), bank.merchant()
    midnight = -(bank.clock.now() // 1_000_000 + 8 * 3600) % 86_400
    bank.clock.advance(midnight - 100)
    assert run(bank.confirm(customer, run(bank.pay(merchant, customer, DEAR)))).status == "succeeded"
    waiting = run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer)))
    bank.clock.advance(200)
    assert run(bank.confirm(customer, waiting)).status == "succeeded", "it is another day"
    day = bank.clock.day(bank.clock.now() // 1_000_000)
    totals = bank.read_db.all("SELECT count, amount FROM customer_days WHERE day = :day", day=day)
    assert totals == [(1, DEAR)]


# --- the customer says no ---------------------------------------------------------------------------------------


def test_a_customer_refuses_without_proving_anything_and_it_is_final(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    view = run(bank.payments.confirmations.refuse(customer, waiting.id))
    assert (view.status, view.reason) == ("declined", "refused_by_customer")
    assert view.message == "The customer has refused this payment."
    assert run(bank.payments.get(merchant, waiting.id)) == view
    with pytest.raises(NotWaiting):
        run(bank.payments.confirmations.refuse(customer, waiting.id))
    again = run(bank.pay(merchant, customer, DEAR, order=waiting.merchant_order))
    assert again == waiting, "the merchant's retry gets the first answer, and asks for what became of it"


def test_what_was_decided_is_durable_before_anyone_is_told(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    waiting = [run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))) for _ in range(2)]

    async def decide() -> None:
        await bank.confirm(customer, waiting[0])
        assert bank.ledger.durable_position == bank.ledger.position
        await bank.payments.confirmations.refuse(customer, waiting[1].id)
        assert bank.ledger.durable_position == bank.ledger.position

    run(decide())


# --- time, and crashes ------------------------------------------------------------------------------------------


def test_a_confirmation_after_the_expiry_comes_too_late(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    challenge = bank.challenges.passed(customer, run(bank.payments.confirmations.bound_of(customer, waiting.id)))
    bank.clock.advance(VERIFICATION_SECONDS)
    with pytest.raises(NotWaiting) as late:
        run(bank.payments.confirmations.confirm(customer, waiting.id, challenge))
    assert late.value.status == "expired"
    assert bank.wallet(customer) == 5_000_00


def test_time_that_runs_out_while_the_challenge_is_spent_is_seen_by_the_ledger(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    challenge = bank.challenges.passed(customer, run(bank.payments.confirmations.bound_of(customer, waiting.id)))
    bank.challenges.meanwhile = lambda: bank.clock.advance(VERIFICATION_SECONDS)
    with pytest.raises(NotWaiting) as error:
        run(bank.payments.confirmations.confirm(customer, waiting.id, challenge))
    assert error.value.status == "expired"
    assert bank.wallet(customer) == 5_000_00
    assert run(bank.payments.get(merchant, waiting.id)).status == "expired"


def test_a_crash_after_the_challenge_was_spent_leaves_a_payment_that_still_waits(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, DEAR))
    binding = run(bank.payments.confirmations.bound_of(customer, waiting.id))
    spent = bank.challenges.passed(customer, binding)
    run(bank.challenges.consume(spent, (bank.challenges._open[spent])[0], binding))  # and then the process died
    with pytest.raises(ChallengeOver):
        run(bank.payments.confirmations.confirm(customer, waiting.id, spent))
    assert run(bank.confirm(customer, waiting)).status == "succeeded"


def test_a_confirmation_outlives_a_restart(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(9_000_00), bank.merchant()
    first, second = (run(bank.pay(merchant, customer, DEAR, code=bank.fresh_code(customer))) for _ in range(2))
    run(bank.confirm(customer, first))
    again = bank.again()
    try:
        assert run(again.payments.get(merchant, first.id)).status == "succeeded"
        with pytest.raises(NotWaiting) as twice:
            run(again.confirm(customer, first))
        assert twice.value.status == "succeeded"
        assert run(again.confirm(customer, second)).status == "succeeded"
        assert again.wallet(customer) == 5_000_00
    finally:
        again.close()


# --- what could not be confirmed is declined at the till -------------------------------------------------------------


def declined_at_once(bank: Any, run: Any, customer: int, amount: int, reason: str) -> None:
    view = run(bank.pay(bank.merchant(), customer, amount, code=bank.fresh_code(customer)))
    assert (view.status, view.reason) == ("declined", reason)
    assert run(bank.payments.confirmations.waiting(customer)) == []


def test_too_little_money_is_declined_before_the_customer_is_asked(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(DEAR - 1), bank.merchant()
    code = bank.code(customer)
    view = run(bank.pay(merchant, customer, DEAR, order="A-1", code=code))
    assert (view.status, view.reason) == ("declined", "insufficient_funds")
    assert run(bank.payments.confirmations.waiting(customer)) == []
    assert (bank.wallet(customer), bank.takings(merchant)) == (DEAR - 1, 0)
    run(bank.accounts.adjust(customer, CNY.number, 1, "top-up"))
    assert run(bank.pay(merchant, customer, DEAR, order="A-1", code=code)) == view, "an order is decided once"
    assert run(bank.pay(merchant, customer, DEAR, order="A-2", code=code)).status == "needs_verification", "to the cent"


def test_what_is_held_back_for_others_counts_as_money_that_is_not_there(bank: Any, run: Any) -> None:
    customer = bank.customer(DEAR)
    wallet, other = (account_id(AccountKind.CUSTOMER_WALLET, CNY.number, one) for one in (customer, bank.customer(0)))
    bank.post(
        chart.hold(b"h" * 16, debit=wallet, credit=other, amount=1, timeout_seconds=600, kind=TransferKind.PAYMENT)
    )
    declined_at_once(bank, run, customer, DEAR, "insufficient_funds")


def test_more_than_is_left_of_the_day_is_declined_before_the_customer_is_asked(bank: Any, run: Any) -> None:
    customer = bank.customer(9_000_00, day_amount=DEAR + 99)
    assert run(bank.pay(bank.merchant(), customer, 1_00)).status == "succeeded"
    declined_at_once(bank, run, customer, DEAR, "daily_limit")


def test_the_low_limit_of_a_day_is_looked_at_before_the_customer_is_asked(bank: Any, run: Any) -> None:
    customer = bank.customer(9_000_00)
    bank.people.cooling_until[customer] = 10**10
    assert run(bank.confirm(customer, run(bank.pay(bank.merchant(), customer, 400_00)))).status == "succeeded"
    declined_at_once(bank, run, customer, 200_00, "limit_after_change")


def test_just_before_midnight_the_day_is_left_to_the_confirmation(bank: Any, run: Any) -> None:
    customer = bank.customer(9_000_00, day_amount=DEAR)
    assert run(bank.pay(bank.merchant(), customer, 1_00)).status == "succeeded"
    bank.clock.advance(-(bank.clock.now() // 1_000_000 + 8 * 3600) % 86_400 - VERIFICATION_SECONDS + 1)
    view = run(bank.pay(bank.merchant(), customer, DEAR, code=bank.fresh_code(customer)))
    assert view.status == "needs_verification"


def test_with_no_payment_left_without_verification_a_small_one_is_declined_too(bank: Any, run: Any) -> None:
    customer = bank.customer(1_00, unverified_per_day=0)
    declined_at_once(bank, run, customer, 1_01, "insufficient_funds")


def test_a_code_that_was_used_tells_nothing_of_the_balance(bank: Any, run: Any) -> None:
    customer = bank.customer(DEAR)
    code = bank.code(customer)
    assert run(bank.pay(bank.merchant(), customer, 1_00, code=code)).status == "succeeded"
    view = run(bank.pay(bank.merchant(), customer, DEAR, code=code))
    assert (view.status, view.reason) == ("declined", "code_used")


def test_a_frozen_wallet_cannot_pay_however_little_it_holds(bank: Any, run: Any) -> None:
    customer = bank.customer(1_00)
    run(bank.accounts.freeze(customer))
    declined_at_once(bank, run, customer, DEAR, "wallet_cannot_pay")
