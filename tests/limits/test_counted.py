"""Limits of a month, a year and a method: one count over all methods, accounts and channels, kept by the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts.kinds import AccountKind, deposit_id
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.body import decode_body
from feiqian.ledger.engine import EVENT_SIZE, Period, Refusal, Type
from feiqian.limits.kinds import LimitAllowanceKind, counter_id
from feiqian.limits.model import LimitQuestion
from feiqian.money import CNY
from feiqian.payments import plan
from tests.limits.conftest import OK, PASSKEY, PIN, SMS

DAY = 86_400
YEAR, MONTH = LimitAllowanceKind.YEAR_AMOUNT, LimitAllowanceKind.QUICK_MONTH


def used(bank: Any, kind: LimitAllowanceKind, customer: int) -> tuple[int, int] | None:
    found: tuple[int, int] | None = bank.engine.used(counter_id(kind, CNY.number, CustomerNumber(customer)))
    return found


def of_level(bank: Any, level: str, balance: int) -> int:
    return int(bank.customer(balance, level=bank.policy.level(level).number))


def test_abuse_51_the_year_of_class_iii_is_one_limit_over_methods_days_and_accounts(bank: Any) -> None:
    customer = of_level(bank, "remote", 100_000_00)
    source = deposit_id(CNY.number, CustomerNumber(customer), 1)
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    bank.post(chart.account(source, AccountKind.CUSTOMER_DEPOSIT, CNY.number))
    bank.post(chart.transfer(chart.derived_id(b"test", source), debit=cash, credit=source, amount=50_000_00))
    for day in range(25):
        method, account = ("online", source) if day % 2 else ("transfer", b"")
        assert bank.told(customer, 2_000_00, method, PASSKEY, source=account) == OK
        met = "daily_limit" if day < 24 else "yearly_limit"  # what is fresh again last is told
        assert bank.told(customer, 1, "quick", PASSKEY)[1] == met
        bank.clock.advance(DAY)
    assert used(bank, YEAR, customer) == (50_000_00, 50_000_00)
    assert bank.told(customer, 1, "cash", PASSKEY) == ("declined", "yearly_limit")
    bank.clock.advance(365 * DAY)
    assert bank.told(customer, 2_000_00, "online", PASSKEY) == OK


def test_class_ii_pays_ten_thousand_a_day_and_two_hundred_thousand_a_year(bank: Any) -> None:
    customer = of_level(bank, "bound", 300_000_00)
    for day in range(20):
        assert bank.told(customer, 10_000_00, "online", PASSKEY) == OK
        assert bank.told(customer, 1, "online", PASSKEY)[1] == ("daily_limit" if day < 19 else "yearly_limit")
        bank.clock.advance(DAY)
    assert bank.told(customer, 1, "online", PASSKEY)[1] == "yearly_limit"


def test_abuse_17_a_method_has_a_day_and_a_month_of_its_own_and_another_goes_on(bank: Any) -> None:
    customer = bank.customer(200_000_00)
    for day in range(10):
        assert bank.told(customer, 5_000_01, "quick", PASSKEY)[1] == "method_amount_too_high"
        assert bank.told(customer, 5_000_00, "quick", PASSKEY) == OK
        met = "method_daily_limit" if day < 9 else "method_monthly_limit"
        assert bank.told(customer, 1, "quick", PASSKEY)[1] == met
        assert bank.told(customer, 1, "online", PASSKEY) == OK
        bank.clock.advance(DAY)
    assert used(bank, MONTH, customer) == (50_000_00, 50_000_00)
    assert bank.told(customer, 1, "quick", PASSKEY)[1] == "method_monthly_limit"
    bank.clock.advance(31 * DAY)
    assert bank.told(customer, 5_000_00, "quick", PASSKEY) == OK


def test_printed_codes_pay_five_hundred_a_day_however_they_are_verified(bank: Any) -> None:
    customer = bank.customer(9_000_00)
    assert bank.told(customer, 300_00, "static", PASSKEY) == OK
    assert bank.told(customer, 200_01, "static", PASSKEY)[1] == "method_daily_limit"
    assert bank.told(customer, 200_00, "static", PIN, SMS) == OK


def test_a_counter_is_opened_by_the_first_payment_that_it_counts_and_follows_the_level(bank: Any) -> None:
    customer = of_level(bank, "remote", 9_000_00)
    assert used(bank, YEAR, customer) is None
    assert bank.told(customer, 1_00, "online", PASSKEY) == OK
    assert used(bank, YEAR, customer) == (1_00, 50_000_00)
    bank.people.levels[customer] = bank.policy.level("bound").number
    assert bank.told(customer, 2_00, "online", PASSKEY) == OK
    assert used(bank, YEAR, customer) == (3_00, 200_000_00)


def test_what_cannot_bind_is_not_counted(bank: Any) -> None:
    customer = bank.customer(9_000_00)  # no year is set for whoever was seen face to face
    assert bank.told(customer, 1_00, "online", PASSKEY) == OK
    kinds = (kind for kind in LimitAllowanceKind if bank.engine.used(counter_id(kind, CNY.number, customer)))
    assert list(kinds) == []


def test_what_is_declined_counts_nothing(bank: Any) -> None:
    customer = of_level(bank, "remote", 5_00)
    assert bank.told(customer, 6_00, "online", PASSKEY)[1] == "insufficient_funds"
    assert used(bank, YEAR, customer) is None
    assert bank.told(customer, 5_00, "online", PASSKEY) == OK
    assert bank.told(customer, 6_00, "online", PASSKEY)[1] == "insufficient_funds"
    assert used(bank, YEAR, customer) == (5_00, 50_000_00)


def test_abuse_18_the_ledger_refuses_by_itself_what_was_compared_before_another_payment(bank: Any) -> None:
    customer = bank.customer(9_000_00)
    asked = LimitQuestion(customer, CNY.number, 300_00, bank.clock.now() // 1_000_000, "static")
    first, second = (bank.limits.at_confirmation(asked, (PASSKEY,)) for _ in range(2))
    opening = chart.allowance(counter_id(LimitAllowanceKind.STATIC_DAY, CNY.number, customer), 500_00, Period.DAY)
    assert first == second == b"".join(e[:1] + b"\x01" + e[2:] for e in (opening, chart.use(opening[16:32], 300_00)))
    refusals = []
    for number, counted in enumerate((first, second)):
        debit, credit = plan.wallet_id(CNY.number, customer), plan.payable_id(CNY.number, bank.shop.number)
        moved = chart.transfer(chart.derived_id(b"t", bytes([number])), debit=debit, credit=credit, amount=300_00)
        refusals.append(bank.ledger.post(counted + moved).refusal)
    assert refusals == [Refusal.OK, Refusal.ALLOWANCE_EXCEEDED]
    assert bank.wallet(customer) == 8_700_00


def test_counts_are_kept_over_a_restart(bank: Any) -> None:
    customer = bank.customer(9_000_00)
    assert bank.told(customer, 400_00, "static", PASSKEY) == OK
    shop, again = bank.shop, bank.again()
    again.close()
    bank.__init__(bank.folder, bank.clock, bank.policy)
    bank.shop = shop
    assert bank.told(customer, 100_01, "static", PASSKEY)[1] == "method_daily_limit"
    assert bank.told(customer, 100_00, "static", PASSKEY) == OK


@pytest.mark.parametrize(("level", "events"), [("full", 6), ("remote", 7)])
def test_a_payment_by_code_has_one_event_for_each_limit_that_can_bind(
    bank: Any, run: Any, level: str, events: int
) -> None:
    """Claim, the day's sum and count, what was paid without proof, the year of class III; payment and fee."""
    customer, merchant = of_level(bank, level, 9_000_00), bank.shop
    sizes = []
    for _ in range(3):
        before = len(list(bank.journal.rows(0)))
        assert run(bank.pay(merchant, customer, 10_00, code=bank.fresh_code(customer))).status == "succeeded"
        bank.ledger.commit()
        rows = list(bank.journal.rows(before))
        records = b"".join(_records(row) for row in rows)
        sizes.append([record[0] for record in _split(records) if record[0] != Type.TIME])
    expected = [Type.CLAIM, *[Type.USE] * (events - 3), Type.TRANSFER, Type.TRANSFER]
    assert sizes[1] == sizes[2] == expected
    assert len(sizes[0]) == events + events - 5  # each new counter was opened


def _records(row: Any) -> bytes:
    return decode_body(row.body).records


def _split(records: bytes) -> list[bytes]:
    return [records[at : at + EVENT_SIZE] for at in range(0, len(records), EVENT_SIZE)]
