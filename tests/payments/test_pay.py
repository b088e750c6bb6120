"""Payments from request to answer: what is decided, what moves, what is noted."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind
from feiqian.events import PaymentDecided
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id
from feiqian.ledger.engine import EVENT, Refusal, Side, Type
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY, EUR
from feiqian.payments import plan
from feiqian.payments.errors import NoIssuingDevice, OrderConflict
from feiqian.payments.guesses import FREE, LIMIT
from feiqian.payments.requests import MAX_AMOUNT, PaymentRequest


def test_a_payment_moves_the_amount_and_the_fee_and_is_noted_once(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant(fee=60)
    view = run(bank.pay(merchant, customer, 25_00, order="A-1", description="Lunch", store="main", terminal="t1"))
    assert (view.status, view.reason, view.message) == ("succeeded", None, None)
    assert (view.amount, view.currency, view.fee, view.net) == (25_00, "CNY", 15, 24_85)
    assert (bank.wallet(customer), bank.takings(merchant), bank.fees) == (75_00, 24_85, 15)
    _, facts = bank.journaled()
    fact = facts[-1]
    assert isinstance(fact, PaymentDecided)
    assert (fact.id, fact.customer, fact.merchant, fact.fee) == (view.id, customer, merchant.number, 15)
    assert (fact.merchant_order, fact.description, fact.store, fact.terminal) == ("A-1", "Lunch", "main", "t1")


def test_a_payment_can_be_asked_for_by_id_by_order_and_in_the_list(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()

    async def story() -> None:
        view = await bank.pay(merchant, customer, 25_00, order="A-1")
        assert await bank.payments.get(merchant, view.id) == view
        assert await bank.payments.get_by_order(merchant, "A-1") == view
        assert (await bank.payments.list(merchant, None, 10)).data == [view]
        balance = await bank.payments.balance(merchant)
        assert (balance.currency, balance.balance, balance.available) == ("CNY", 24_85, 24_85)

    run(story())


def test_without_a_fee_there_is_no_fee_transfer(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant(fee=0)
    view = run(bank.pay(merchant, customer, 1))
    assert (view.fee, view.net) == (0, 1)
    assert bank.engine.remembered(plan.fee_transfer(plan.payment_transfer(merchant.number, "order-1"))) is None


# --- declined by the engine, and kept --------------------------------------------------------------------------


def test_a_wallet_without_enough_is_declined_and_nothing_moves(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(10_00), bank.merchant()
    view = run(bank.pay(merchant, customer, 10_01))
    assert (view.status, view.reason, view.fee, view.net) == ("declined", "insufficient_funds", 0, 0)
    assert "balance" in view.message
    assert view.id.startswith("pay_")
    assert (bank.wallet(customer), bank.takings(merchant)) == (10_00, 0)


def test_a_refused_payment_leaves_its_code_and_the_day_unused(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(10_00, day_amount=10_00, unverified_per_day=1), bank.merchant()
    request = bank.request(customer, 10_01)
    run(bank.payments.pay(merchant, request))
    again = run(bank.payments.pay(merchant, msgspec.structs.replace(request, amount=10_00, merchant_order="next")))
    assert again.status == "succeeded"


@pytest.mark.parametrize(
    ("kind", "side", "reason"),
    [
        (AccountKind.CUSTOMER_WALLET, Side.DEBIT, "wallet_cannot_pay"),
        (MerchantAccountKind.PAYABLE, Side.CREDIT, "merchant_not_accepting"),
        (MerchantAccountKind.PAYABLE, Side.DEBIT, "merchant_not_accepting"),
    ],
)
def test_a_frozen_account_declines(bank: Any, run: Any, kind: AccountKind, side: Side, reason: str) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    owner = customer if kind is AccountKind.CUSTOMER_WALLET else merchant.number
    bank.post(chart.freeze(account_id(kind, CNY.number, owner), side))
    view = run(bank.pay(merchant, customer, 1_00))
    assert (view.status, view.reason) == ("declined", reason)
    assert bank.wallet(customer) == 100_00


def test_abuse_20_a_wallet_closed_in_mid_payment_pays_nothing(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(5_000_00), bank.merchant()
    waiting = run(bank.pay(merchant, customer, 5_000_00))
    run(bank.accounts.adjust(customer, CNY.number, -5_000_00, "emptied"))
    bank.post(chart.close(account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer)))
    view = run(bank.pay(merchant, customer, 1_00, code=bank.fresh_code(customer)))
    assert waiting.status == "needs_verification"
    assert (view.status, view.reason) == ("declined", "wallet_cannot_pay")
    transfer = plan.payment_transfer(merchant.number, "order-1")
    capture = chart.capture(chart.derived_id(b"confirm", transfer), hold=transfer, amount=0)
    assert bank.ledger.post(capture).refusal is Refusal.DEBIT_ACCOUNT_CLOSED


def test_a_customer_without_a_wallet_in_the_currency_is_declined(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant(currency=EUR.number)
    view = run(bank.pay(merchant, customer, 1_00, currency="EUR"))
    assert (view.status, view.reason) == ("declined", "no_wallet_in_currency")


# --- declined before the engine, and not kept ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payment_code": "62" + "0" * 18}, "code_invalid"),
        ({"payment_code": "not digits"}, "code_invalid"),
        ({"payment_code": "880" + "0" * 17}, "code_invalid"),
        ({"currency": "EUR"}, "currency_not_supported"),
        ({"currency": "XTS"}, "currency_not_supported"),
        ({"amount": 20_000_01}, "amount_too_high"),
        ({"amount": MAX_AMOUNT}, "amount_too_high"),
    ],
)
def test_a_request_that_names_no_payer_is_not_kept_and_its_order_stays_free(
    bank: Any, run: Any, change: dict[str, Any], reason: str
) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    bank.ledger.commit()
    before = bank.journaled()
    request = bank.request(customer, 1_00)
    view = run(bank.payments.pay(merchant, msgspec.structs.replace(request, **change)))
    assert (view.id, view.status, view.reason) == (None, "declined", reason)
    assert view.currency == change.get("currency", "CNY")
    assert bank.journaled() == before
    assert run(bank.payments.pay(merchant, request)).status == "succeeded"


def test_a_suspended_merchant_takes_nothing(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    bank.merchants.set_status(merchant.number, "suspended")
    view = run(bank.pay(bank.merchants.by_number(merchant.number), customer, 1_00))
    assert (view.status, view.reason) == ("declined", "merchant_not_accepting")


def test_a_code_of_a_device_that_does_not_exist_is_invalid(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    code = bank.codes.issue(999_999_999, bank.clock.now() // 1_000_000).digits
    view = run(bank.pay(merchant, 0, 1_00, code=code))
    assert (view.id, view.reason) == (None, "code_invalid")


def test_a_revoked_device_s_codes_are_refused_at_once_and_the_customer_s_other_device_pays(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    shown, stolen = bank.code(customer), bank.codes.device_of(customer)
    new = bank.customers.issuing.add(customer, bank.clock.now())
    assert bank.customers.issuing.revoke(stolen, bank.clock.now())
    view = run(bank.pay(merchant, customer, 1_00, code=shown))
    assert (view.id, view.reason) == (None, "code_invalid")
    assert bank.codes.device_of(customer) == new
    view = run(bank.pay(merchant, customer, 1_00))
    assert view.status == "succeeded"
    payment = bank.journaled()[1][-1]
    assert payment.customer == customer, "the books know customers, not devices"
    bank.customers.issuing.revoke(new, bank.clock.now())
    with pytest.raises(NoIssuingDevice):
        bank.code(customer)


# --- payment codes ---------------------------------------------------------------------------------------------


def test_abuse_46_a_payment_code_replayed_is_refused(bank: Any, run: Any) -> None:
    customer, merchant, other = bank.customer(100_00), bank.merchant(), bank.merchant("Hotel")
    code = bank.code(customer)
    assert run(bank.pay(merchant, customer, 1_00, code=code)).status == "succeeded"
    assert run(bank.pay(merchant, customer, 1_00, code=code)).reason == "code_used"
    assert run(bank.pay(other, customer, 1_00, code=code)).reason == "code_used"
    bank.clock.advance(60)
    assert run(bank.pay(other, customer, 1_00, code=code)).reason == "code_expired"
    assert bank.wallet(customer) == 99_00


def test_abuse_46_a_clock_set_back_makes_no_used_code_valid_again(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    code = bank.code(customer)
    run(bank.pay(merchant, customer, 1_00, code=code))
    bank.clock.advance(3_600)
    run(bank.pay(merchant, customer, 1_00))  # by now the engine has forgotten the claim on the first code
    bank.clock.advance(-3_600)
    view = run(bank.pay(merchant, customer, 1_00, code=code))
    assert (view.id, view.reason) == (None, "code_invalid"), "older than is told apart from invalid"
    again = bank.again()
    try:
        assert run(again.pay(merchant, customer, 1_00, code=code, order="later")) == msgspec.structs.replace(
            view, merchant_order="later"
        )
    finally:
        again.close()


def test_the_phone_shows_the_next_code_once_one_is_used(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    first = bank.code(customer)
    assert bank.code(customer) == first
    run(bank.pay(merchant, customer, 1_00, code=first))
    second = bank.payments.code_for(customer)
    assert second.digits != first
    assert run(bank.pay(merchant, customer, 1_00, code=second.digits)).status == "succeeded"


def test_expired_and_malformed_codes_are_no_guesses(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    old = bank.code(customer)
    bank.clock.advance(60)
    for _ in range(LIMIT):
        assert run(bank.pay(merchant, customer, 1, code=old)).reason == "code_expired"
        assert run(bank.pay(merchant, customer, 1, code="6912345")).reason == "code_invalid"
    assert run(bank.pay(merchant, customer, 1)).status == "succeeded"


def test_a_retry_is_no_free_guess(bank: Any, run: Any) -> None:
    customer, other, merchant = bank.customer(100_00), bank.customer(100_00), bank.merchant()
    run(bank.pay(merchant, customer, 1, order="known"))
    code = bank.fresh_code(other)
    for guess in range(FREE + 1):
        with pytest.raises(OrderConflict):
            run(bank.pay(merchant, customer, 1, order="known", code=f"880{guess:017d}"))
    for in_a_pause in (code, bank.codes.issue(bank.codes.device_of(customer), bank.clock.now() // 1_000_000).digits):
        with pytest.raises(OrderConflict, match="no other code is read here now"):
            run(bank.pay(merchant, other, 1, order="known", code=in_a_pause))
    assert run(bank.pay(merchant, other, 1, code=code)).reason == "too_many_wrong_codes"


# --- amounts ---------------------------------------------------------------------------------------------------

BODY = b'{"payment_code":"88000000000000000000","amount":%s,"currency":"CNY","merchant_order":"A-1"}'


@pytest.mark.parametrize("amount", [b"0", b"-1", b"-9223372036854775808"])
def test_abuse_1_no_amount_of_zero_or_less_is_ever_a_request(bank: Any, amount: bytes) -> None:
    bank.ledger.commit()
    before = bank.journaled()
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(BODY % amount, type=PaymentRequest)
    assert bank.journaled() == before


@pytest.mark.parametrize("amount", [b"1.5", b"1e2", b"1.0", b'"100"', b"true", b"null", b"[1]"])
def test_abuse_2_only_whole_numbers_are_amounts(amount: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        msgspec.json.decode(BODY % amount, type=PaymentRequest)


@pytest.mark.parametrize("amount", [2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64])
def test_abuse_3_amounts_that_could_overflow_are_no_request(amount: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(BODY % str(amount).encode(), type=PaymentRequest)


def test_abuse_3_a_sum_that_would_overflow_is_declined_and_changes_nothing(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    full = chart.derived_id(b"full")
    bank.stop_projecting()  # the read model's columns hold less than the engine's
    cash = account_id(AccountKind.BANK_CASH, CNY.number, plan.BANK)
    payable = account_id(MerchantAccountKind.PAYABLE, CNY.number, merchant.number)
    bank.post(EVENT.pack(Type.TRANSFER, 0, 0, 0, 2**64 - 1, full, cash, payable, bytes(16)))
    view = run(bank.pay(merchant, customer, 100_00))
    assert (view.status, view.reason) == ("declined", "amount_too_high")
    assert bank.wallet(customer) == 100_00


def test_abuse_9_payer_and_payee_are_never_one_account(bank: Any, run: Any) -> None:
    """A customer and a merchant of the same number have accounts of different kinds; the engine refuses a real one."""
    customer, merchant = bank.customer(100_00), bank.merchant()
    assert customer == merchant.number
    assert run(bank.pay(merchant, customer, 1_00)).status == "succeeded"
    wallet = account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer)
    itself = chart.transfer(chart.derived_id(b"itself"), debit=wallet, credit=wallet, amount=1)
    assert bank.ledger.post(itself).refusal is Refusal.ACCOUNTS_MUST_BE_DIFFERENT


# --- races -----------------------------------------------------------------------------------------------------


def test_abuse_11_of_64_parallel_debits_of_a_whole_balance_exactly_one_succeeds(bank: Any, run: Any) -> None:
    customer, merchants = bank.customer(64_00), [bank.merchant(f"Shop {n}", fee=0) for n in range(8)]
    now = bank.clock.now() // 1_000_000
    device = bank.codes.device_of(customer)
    codes = [bank.codes.issue(device, now + (n % 2) * 10 - (n % 5) * 10).digits for n in range(64)]

    async def race() -> list[Any]:
        return await asyncio.gather(*(bank.pay(merchants[n % 8], customer, 64_00, code=codes[n]) for n in range(64)))

    answers = run(race())
    assert [view.status for view in answers].count("succeeded") == 1
    assert {view.reason for view in answers} <= {None, "insufficient_funds", "code_used"}
    assert bank.wallet(customer) == 0
    assert sum(bank.takings(merchant) for merchant in merchants) == 64_00


def test_abuse_24_a_retry_while_the_first_is_under_way_waits_and_never_posts_twice(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)

    async def race() -> list[Any]:
        return await asyncio.gather(*(bank.payments.pay(merchant, request) for _ in range(16)))

    answers = run(race())
    assert len(set(map(msgspec.json.encode, answers))) == 1
    assert answers[0].status == "succeeded"
    assert bank.wallet(customer) == 95_00
    assert sum(isinstance(fact, PaymentDecided) for fact in bank.journaled()[1]) == 1


def test_abuse_17_the_daily_limit_is_one_counter_for_every_merchant(bank: Any, run: Any) -> None:
    customer = bank.customer(1_000_00, day_amount=100_00)
    shops = [bank.merchant(f"Shop {n}") for n in range(3)]
    reasons = [run(bank.pay(shop, customer, 40_00, code=bank.fresh_code(customer))).reason for shop in shops]
    assert reasons == [None, None, "daily_limit"]
    bank.clock.advance(86_400)
    assert run(bank.pay(shops[0], customer, 40_00)).status == "succeeded"


def test_abuse_51_a_limit_split_over_many_codes_is_one_limit(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(1_000_00, day_amount=10_00), bank.merchant()
    answers = [run(bank.pay(merchant, customer, 1_00, code=bank.fresh_code(customer))) for _ in range(15)]
    assert [view.status for view in answers] == ["succeeded"] * 10 + ["declined"] * 5
    assert bank.wallet(customer) == 990_00


def test_the_first_payment_of_a_new_day_sees_the_new_days_count(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00, unverified_per_day=1), bank.merchant()
    assert run(bank.pay(merchant, customer, 1_00)).status == "succeeded"
    assert run(bank.pay(merchant, customer, 1_00)).status == "needs_verification"
    bank.clock.advance(86_400)
    assert run(bank.pay(merchant, customer, 1_00)).status == "succeeded"


# --- retries ---------------------------------------------------------------------------------------------------


def test_abuse_21_the_same_request_gets_the_same_answer_byte_for_byte(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    for amount in (5_00, 500_00, 5_000_00):
        request = bank.request(customer, amount, description="x", store="main")
        first = msgspec.json.encode(run(bank.payments.pay(merchant, request)))
        bank.clock.advance(7)
        assert msgspec.json.encode(run(bank.payments.pay(merchant, request))) == first
        bank.clock.advance(7_200)  # the code has long expired
        assert msgspec.json.encode(run(bank.payments.pay(merchant, request))) == first
    assert bank.wallet(customer) == 95_00


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize(
    "change",
    [{"amount": 6_00}, {"description": "other"}, {"store": "other"}, {"terminal": "t2"}, {"currency": "EUR"}],
)
@pytest.mark.parametrize("amount", [5_00, 500_00])
def test_abuse_22_the_same_order_with_other_content_is_a_conflict(
    bank: Any, run: Any, change: dict[str, Any], amount: int, remembered: bool
) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    request = bank.request(customer, amount)
    run(bank.payments.pay(merchant, request))
    there = bank if remembered else bank.again()
    with pytest.raises(OrderConflict):
        run(there.payments.pay(merchant, msgspec.structs.replace(request, **change)))
    assert there.wallet(customer) == (95_00 if amount == 5_00 else 100_00)
    there.close()


def test_abuse_22_the_same_order_for_another_customer_is_a_conflict(bank: Any, run: Any) -> None:
    customer, other, merchant = bank.customer(100_00), bank.customer(100_00), bank.merchant()
    run(bank.pay(merchant, customer, 5_00, order="A-1"))
    with pytest.raises(OrderConflict):
        run(bank.pay(merchant, other, 5_00, order="A-1"))
    rescanned = run(bank.pay(merchant, customer, 5_00, order="A-1", code=bank.fresh_code(customer)))
    assert rescanned.status == "succeeded"
    assert (bank.wallet(customer), bank.wallet(other)) == (95_00, 100_00)


def test_abuse_23_another_merchants_same_order_number_is_another_payment(bank: Any, run: Any) -> None:
    customer, one, two = bank.customer(100_00), bank.merchant("One"), bank.merchant("Two")
    first = run(bank.pay(one, customer, 5_00, order="A-1", description="secret"))
    second = run(bank.pay(two, customer, 6_00, order="A-1"))
    assert first.id != second.id
    assert (second.status, second.amount, second.description) == ("succeeded", 6_00, "")


@pytest.mark.parametrize("amount", [5_00, 500_00, 5_000_00])
def test_abuse_25_a_retry_after_a_restart_gets_the_first_answer(bank: Any, run: Any, amount: int) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    request = bank.request(customer, amount, description="x", terminal="t")
    first = msgspec.json.encode(run(bank.payments.pay(merchant, request)))
    again = bank.again()
    again.clock.advance(3_600)
    assert msgspec.json.encode(run(again.payments.pay(merchant, request))) == first
    again.close()


def test_abuse_26_a_retry_after_every_cache_has_forgotten_is_stopped_by_the_ledger(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)
    first = run(bank.payments.pay(merchant, request))
    bank.payments._authorizer._recent._entries.clear()
    bank.clock.advance(86_400 * 400)
    assert run(bank.payments.pay(merchant, request)) == first
    assert bank.wallet(customer) == 95_00


def test_abuse_27_a_refused_payment_stays_refused_after_a_top_up(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(1_00), bank.merchant()
    request = bank.request(customer, 5_00)
    first = run(bank.payments.pay(merchant, request))
    wallet = account_id(AccountKind.CUSTOMER_WALLET, CNY.number, customer)
    bank.post(
        chart.transfer(
            chart.derived_id(b"topup"),
            debit=account_id(AccountKind.BANK_CASH, CNY.number, plan.BANK),
            credit=wallet,
            amount=100_00,
        )
    )
    assert first.reason == "insufficient_funds"
    assert run(bank.payments.pay(merchant, request)) == first
    assert run(bank.pay(merchant, customer, 5_00, code=bank.fresh_code(customer))).status == "succeeded"


def test_a_wallet_in_another_currency_has_limits_of_its_own(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant(currency=EUR.number)
    bank.post(
        opening.wallet(customer, EUR.number, day_amount=500_00, unverified_per_day=20),
        opening.opening_balance(customer, EUR.number, 500_00),
    )
    assert run(bank.pay(merchant, customer, 150_00, currency="EUR")).status == "succeeded"
    view = run(bank.pay(merchant, customer, 150_01, currency="EUR", code=bank.fresh_code(customer)))
    assert view.status == "needs_verification"
