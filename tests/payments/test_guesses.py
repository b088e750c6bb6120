"""Wrong codes slow down and then stop the till where they were scanned, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.merchants.registry import KeyHolder, Merchant, Store
from feiqian.payments import guesses
from feiqian.payments.guesses import COUNTS, FREE, LIMIT, LONGEST_PAUSE_SECONDS, WINDOW_SECONDS, Guesses
from feiqian.runtime.metrics import Metrics

SHOP = Merchant(1, "mer_1", "Corner Café", 156, 60, "active", (Store("main", "Main"), Store("north", "North")))
NOW = 1_800_000_000


def wrong(count: int, first: int = 0) -> list[str]:
    return [f"880{guess:017d}" for guess in range(first, first + count)]


def reasons(bank: Any, run: Any, merchant: Merchant, customer: int, codes: list[str], **till: str) -> list[str]:
    return [run(bank.pay(merchant, customer, 1, code=code, **till)).reason for code in codes]


def test_abuse_74_wrong_codes_at_one_till_leave_the_other_tills_alone(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    tills = [{"store": "main", "terminal": f"t{n}"} for n in range(3)]
    for till in tills:
        assert run(bank.pay(merchant, customer, 1, **till)).status == "succeeded"
        bank.clock.advance(10)
    assert "too_many_wrong_codes" in reasons(bank, run, merchant, customer, wrong(LIMIT), **tills[0])
    assert run(bank.pay(merchant, customer, 1, **tills[0])).reason == "too_many_wrong_codes"
    for till in (*tills[1:], {"store": "main", "terminal": "new"}, {"store": "elsewhere"}, {}):
        assert run(bank.pay(merchant, customer, 1, **till)).status == "succeeded"
        bank.clock.advance(10)


def test_abuse_74_thirty_wrong_codes_slow_nothing_down(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    assert FREE >= 30
    assert set(reasons(bank, run, merchant, customer, wrong(30))) == {"code_invalid"}
    assert run(bank.pay(merchant, customer, 1)).status == "succeeded"


def test_tills_of_which_no_right_code_is_known_share_a_count_by_registered_store(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    for n, code in enumerate(wrong(FREE + 1)):
        reasons(bank, run, merchant, customer, [code], store=f"invented {n}", terminal=f"t{n}")
    assert run(bank.pay(merchant, customer, 1, store="another", terminal="t")).reason == "too_many_wrong_codes"
    assert run(bank.pay(merchant, customer, 1, store="main", terminal="t")).status == "succeeded"


def test_beyond_the_free_ones_a_wrong_code_pauses_the_till_and_a_success_forgives_none(bank: Any, run: Any) -> None:
    customer, merchant, other = bank.customer(100_00), bank.merchant(), bank.merchant("Hotel")
    codes = wrong(FREE + 1)
    assert set(reasons(bank, run, merchant, customer, codes[: FREE // 2])) == {"code_invalid"}
    assert run(bank.pay(merchant, customer, 1)).status == "succeeded"
    fresh = bank.fresh_code(customer)
    assert set(reasons(bank, run, merchant, customer, codes[FREE // 2 :])) == {"code_invalid"}
    assert run(bank.pay(merchant, customer, 1, code=fresh)).reason == "too_many_wrong_codes"
    bank.clock.advance(1)
    assert run(bank.pay(merchant, customer, 1, code=fresh)).status == "succeeded"
    assert run(bank.pay(other, customer, 1, code=bank.fresh_code(customer))).status == "succeeded"


def test_the_pauses_grow_and_at_the_limit_the_till_waits_for_the_oldest_to_be_over() -> None:
    counts, now, pauses = Guesses(), NOW, []
    for code in wrong(LIMIT):
        counts.wrong(SHOP, "main", "t1", code, now)
        till = counts.till(SHOP, "main", "t1")
        pauses.append(max(0, till.until - now))
        now = max(now, till.until) if not till.full else now
    assert pauses[:FREE] == [0] * FREE
    assert pauses[FREE : FREE + 7] == [1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    assert till.full
    assert till.until == NOW + WINDOW_SECONDS


def test_no_more_than_the_limit_are_read_in_a_window_however_one_asks() -> None:
    counts, read = Guesses(), []
    for now in range(NOW, NOW + 3 * WINDOW_SECONDS):
        for n in range(3):
            if now >= counts.till(SHOP, "main", "t1").until:
                counts.wrong(SHOP, "main", "t1", f"{now} {n}", now)
                read.append(now)
    assert all(read[n + LIMIT] - read[n] >= WINDOW_SECONDS for n in range(len(read) - LIMIT))


def test_the_same_wrong_code_again_is_one_guess() -> None:
    counts = Guesses()
    for second in range(10 * LIMIT):
        counts.wrong(SHOP, "main", "t1", "88012345678901234567", NOW + second // LIMIT)
    assert counts.till(SHOP, "main", "t1").until == 0


def test_another_key_of_the_merchant_has_counts_of_its_own() -> None:
    counts, first, second = Guesses(), KeyHolder.of(SHOP, b"a" * 32, 0, 0), KeyHolder.of(SHOP, b"b" * 32, 0, 0)
    assert first == second == SHOP
    for code in wrong(FREE + 1):
        counts.wrong(first, "", "", code, NOW)
    assert counts.till(first, "", "").until > NOW
    assert counts.till(second, "", "").until == 0


def test_a_till_that_becomes_known_keeps_what_was_counted_before() -> None:
    counts = Guesses()
    for code in wrong(FREE):
        counts.wrong(SHOP, "main", "t1", code, NOW)
    counts.learn(SHOP, "main", "t1")
    counts.wrong(SHOP, "main", "t1", "one more", NOW)
    assert not counts.till(SHOP, "main", "t1").shared
    assert counts.till(SHOP, "main", "t1").until > NOW
    assert counts.till(SHOP, "main", "t2").until == 0


def test_one_key_has_so_many_counts_whatever_its_tills_are_called() -> None:
    counts = Guesses()
    for n in range(3 * COUNTS):
        counts.learn(SHOP, "main", f"known {n}")
        for place in ("main", "north", f"invented {n}"):
            counts.wrong(SHOP, place, f"t{n}", f"{place} {n}", NOW + n * WINDOW_SECONDS)
    assert len(counts._tills) <= COUNTS


@pytest.mark.parametrize("customers", [10**6, 10**8])
def test_the_limit_keeps_successes_of_a_key_below_the_bound(customers: int) -> None:
    chance = guesses.SLOTS * customers / guesses.CODES
    a_year = chance * LIMIT * COUNTS * (365 * 86_400 / WINDOW_SECONDS)
    assert a_year <= guesses.SUCCESSES_A_YEAR


def test_a_till_that_is_refused_is_an_alarm_once_and_a_gauge(alarms_told: list[dict[str, Any]]) -> None:
    counts, metrics, now = Guesses(), Metrics(), [NOW]
    counts.measure(metrics, lambda: now[0])
    for code in wrong(LIMIT + 5):
        counts.wrong(SHOP, "main", "t1", code, NOW)
    assert b"feiqian_tills_refused 1.0" in metrics.render()
    assert b"feiqian_alarm_wrong_codes 1.0" in metrics.render()
    now[0] += WINDOW_SECONDS
    assert b"feiqian_tills_refused 0.0" in metrics.render()
    assert b"feiqian_alarm_wrong_codes 0.0" in metrics.render()
    assert [entry["event"] for entry in alarms_told] == ["alarm_began", "alarm_ended"]
