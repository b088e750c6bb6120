"""What was proved decides what may be paid in a day (PBoC 296/2017), and what goes without strong authentication."""

from __future__ import annotations

import asyncio
from typing import Any

from feiqian.limits.kinds import LimitAllowanceKind, counter_id
from feiqian.limits.model import LimitQuestion
from feiqian.money import CNY, EUR
from feiqian.policy.factors import Factor
from tests.limits.conftest import OK, PASSKEY, PIN, SMS

WAITS, WEAK = ("needs_verification", None), ("declined", "proof_too_low")
DAY = 86_400


def by_code(bank: Any, run: Any, customer: int, amount: int) -> tuple[str, str | None]:
    view = run(bank.pay(bank.shop, customer, amount, code=bank.fresh_code(customer), currency=CODES[bank.currency]))
    return view.status, view.reason


CODES = {CNY.number: "CNY", EUR.number: "EUR"}


# --- China -------------------------------------------------------------------------------------------------------


def test_abuse_51_codes_pay_a_thousand_a_day_without_confirmation_however_it_is_split(bank: Any, run: Any) -> None:
    customer = bank.customer(9_000_00)
    assert [by_code(bank, run, customer, 250_00) for _ in range(5)] == [OK] * 4 + [WAITS]
    assert bank.payments.today(customer, CNY.number).unverified == 0
    bank.clock.advance(DAY)
    assert by_code(bank, run, customer, 1_000_00) == OK


def test_abuse_17_codes_at_many_tills_at_once_and_other_methods_share_what_goes_without_proof(
    bank: Any, run: Any
) -> None:
    customer = bank.customer(9_000_00)
    codes = [bank.fresh_code(customer) for _ in range(4)]

    async def at_once() -> list[Any]:
        shops = [bank.merchant(f"Shop {n}") for n in range(len(codes))]
        return await asyncio.gather(
            *(bank.pay(shop, customer, 300_00, code=code) for shop, code in zip(shops, codes, strict=True))
        )

    assert bank.told(customer, 200_00, "quick", SMS) == OK
    views = run(at_once())
    assert [view.status for view in views] == ["succeeded"] * 2 + ["needs_verification"] * 2
    used = bank.engine.used(counter_id(LimitAllowanceKind.DAY_ONE_FACTOR, CNY.number, customer))
    assert used == (800_00, 1_000_00)


def test_a_payment_by_one_factor_counts_with_those_by_code_that_nobody_confirmed(bank: Any, run: Any) -> None:
    customer = bank.customer(9_000_00)
    assert by_code(bank, run, customer, 600_00) == OK
    assert bank.told(customer, 400_01, "quick", SMS) == WEAK
    assert bank.told(customer, 400_00, "quick", SMS) == OK
    assert bank.told(customer, 1, "quick", SMS) == WEAK
    assert bank.told(customer, 1, "quick", Factor.SMS, Factor.EMAIL) == WEAK, "two of one sort are one"
    assert bank.told(customer, 1, "quick", PIN, SMS) == OK


def test_two_factors_pay_five_thousand_a_day_and_a_signature_what_the_level_allows(bank: Any) -> None:
    customer = bank.customer(60_000_00)
    assert bank.told(customer, 3_000_00, "online", PIN, SMS) == OK
    assert bank.told(customer, 2_000_01, "online", PIN, Factor.TOTP) == WEAK
    assert bank.told(customer, 2_000_00, "online", PIN, Factor.TOTP) == OK
    assert bank.told(customer, 1, "online", PIN, SMS) == WEAK
    assert bank.told(customer, 10_000_00, "online", PASSKEY) == OK
    assert bank.told(customer, 5_000_00, "online", Factor.SHIELD) == OK
    assert bank.told(customer, 1, "online", Factor.SHIELD) == ("declined", "daily_limit")


def test_a_code_and_a_pin_are_two_factors(bank: Any, run: Any) -> None:
    customer = bank.customer(9_000_00)
    asked = customer, CNY.number, 3_000_00, bank.clock.now() // 1_000_000
    events = [bank.limits.at_confirmation(LimitQuestion(*asked, method), (PIN,)) for method in ("code", "online")]
    assert counter_id(LimitAllowanceKind.DAY_TWO_FACTORS, CNY.number, customer) in events[0]
    assert events[1] == "proof_too_low"


def test_only_what_suffices_is_asked_for_when_a_payment_waits(bank: Any, run: Any) -> None:
    customer = bank.customer(60_000_00)
    asked = LimitQuestion(customer, CNY.number, 4_000_00, bank.clock.now() // 1_000_000, "code")
    everything = (frozenset({PIN}), frozenset({PASSKEY}), frozenset({Factor.SHIELD}))
    assert bank.limits.needs(asked) == everything
    assert bank.told(customer, 1_000_01, "online", PIN, SMS) == OK
    assert bank.limits.needs(asked) == everything[1:], "the rest of five thousand is too little for the PIN"


def test_a_payment_that_waited_too_long_for_its_pin_is_declined_with_what_is_left(bank: Any, run: Any) -> None:
    customer = bank.customer(60_000_00)
    first, second = (run(bank.pay(bank.shop, customer, 3_000_00, code=bank.fresh_code(customer))) for _ in range(2))
    assert run(bank.confirm(customer, first)).status == "succeeded"
    declined = run(bank.confirm(customer, second))
    assert (declined.status, declined.reason) == WEAK
    limit = bank.journaled()[1][-1].limit
    assert (limit.scope, limit.span, limit.rule, limit.cap, limit.left) == ("all", "day", "proof", 5_000_00, 2_000_00)


# --- Europe ------------------------------------------------------------------------------------------------------


def test_at_a_till_five_in_a_row_go_without_and_strong_authentication_begins_the_row_again(
    europe: Any, run: Any
) -> None:
    customer = europe.customer(900_00, EUR.number)
    for _ in range(2):
        assert [by_code(europe, run, customer, 20_00) for _ in range(5)] == [OK] * 5
        waiting = run(europe.pay(europe.shop, customer, 1, code=europe.fresh_code(customer), currency="EUR"))
        assert (waiting.status, waiting.reason) == WAITS
        assert run(europe.confirm(customer, waiting)).status == "succeeded"


def test_at_a_till_150_euros_in_a_row_go_without_whatever_the_day(europe: Any, run: Any) -> None:
    customer = europe.customer(900_00, EUR.number)
    for _ in range(3):
        assert by_code(europe, run, customer, 50_00) == OK
        europe.clock.advance(40 * DAY)
    assert by_code(europe, run, customer, 1) == WAITS
    europe.clock.advance(400 * DAY)
    assert by_code(europe, run, customer, 1) == WAITS, "no calendar begins a row again"
    assert by_code(europe, run, customer, 50_01) == WAITS


def test_remote_payments_without_strong_authentication_are_thirty_euros_and_a_hundred_in_a_row(europe: Any) -> None:
    customer = europe.customer(900_00, EUR.number)
    assert europe.told(customer, 30_01, "quick", SMS) == WEAK
    assert [europe.told(customer, 30_00, "quick", SMS) for _ in range(4)] == [OK, OK, OK, WEAK]
    assert europe.told(customer, 10_00, "online", SMS) == OK
    assert europe.told(customer, 1, "quick", SMS) == WEAK
    assert europe.told(customer, 200_00, "quick", PIN, SMS) == OK
    assert [europe.told(customer, 1_00, "quick", SMS) for _ in range(6)] == [OK] * 5 + [WEAK]


def test_a_row_of_remote_payments_and_one_at_tills_are_two(europe: Any, run: Any) -> None:
    customer = europe.customer(900_00, EUR.number)
    assert [europe.told(customer, 1_00, "quick", SMS) for _ in range(6)] == [OK] * 5 + [WEAK]
    assert by_code(europe, run, customer, 1_00) == OK
    assert europe.told(customer, 1_00, "online", PASSKEY) == OK
    used = europe.engine.used(counter_id(LimitAllowanceKind.TILL_ROW_COUNT, EUR.number, customer))
    assert used == (1, 5), "strong authentication for a remote payment says nothing of the phone at a till"


def test_a_declined_strong_payment_does_not_begin_the_row_again(europe: Any) -> None:
    customer = europe.customer(50_00, EUR.number)
    assert [europe.told(customer, 1_00, "quick", SMS) for _ in range(5)] == [OK] * 5
    assert europe.told(customer, 60_00, "quick", PASSKEY) == ("declined", "insufficient_funds")
    assert europe.told(customer, 1_00, "quick", SMS) == WEAK
