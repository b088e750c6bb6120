"""Wallets: opened and limited by level, stopped in the engine, corrected with two sides."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.accounts import opening
from feiqian.accounts.errors import CorrectionConflict, CorrectionRefused, NoWallet
from feiqian.ledger.bounds import MAX_AMOUNT, MAX_SUM, BoundExceeded
from feiqian.ledger.chart import account_id
from feiqian.ledger.engine import EVENT, Refusal, Side
from feiqian.money import CNY, EUR
from feiqian.policy.load import load_policy

CN = load_policy("cn")
NOBODY, REMOTE, FULL = CN.level("unverified"), CN.level("remote"), CN.level("full")
LI, SEK = 7, 752


def test_a_wallet_is_opened_in_the_policys_currency_with_the_levels_limits(books: Any, run: Any) -> None:
    assert books.accounts.wallets(LI) == []
    run(books.accounts.open(LI, REMOTE))
    assert books.accounts.wallets(LI) == [CN.currency]
    assert books.day_limit(LI) == REMOTE.limits[CN.currency].day
    assert books.unverified_per_day(LI) == REMOTE.unverified_per_day
    assert run(books.accounts.balance(LI, CN.currency)) == 0


def test_opening_again_changes_nothing_but_the_limits(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, REMOTE))
    books.fund(LI, 50_00)
    position = books.ledger.position
    run(books.accounts.open(LI, REMOTE))
    assert books.ledger.position == position
    run(books.accounts.open(LI, FULL))
    assert books.day_limit(LI) == FULL.limits[CN.currency].day
    assert run(books.accounts.balance(LI, CN.currency)) == 50_00


def test_another_level_sets_the_limits_of_every_wallet(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, REMOTE))
    books.post(opening.wallet(LI, EUR.number, day_amount=1, unverified_per_day=1))
    run(books.accounts.set_level(LI, FULL))
    assert sorted(books.accounts.wallets(LI)) == [CNY.number, EUR.number]
    for currency in (CNY.number, EUR.number):
        assert books.day_limit(LI, currency) == FULL.limits[currency].day
    assert books.unverified_per_day(LI) == FULL.unverified_per_day


def test_a_level_that_does_not_pay_leaves_nothing_to_spend(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    run(books.accounts.set_level(LI, NOBODY))
    assert (books.day_limit(LI), books.unverified_per_day(LI)) == (0, 0)
    run(books.accounts.set_level(8, FULL))  # who has no wallet has no limits to set
    assert books.accounts.wallets(8) == []


def test_a_limit_of_ones_own_lasts_until_the_level_changes(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    run(books.accounts.set_day_limit(LI, CNY.number, 123_00))
    assert books.day_limit(LI) == 123_00
    run(books.accounts.set_level(LI, REMOTE))
    assert books.day_limit(LI) == REMOTE.limits[CNY.number].day
    with pytest.raises(NoWallet):
        run(books.accounts.set_day_limit(LI, EUR.number, 1))


# --- freezing ---------------------------------------------------------------------------------------------------


def test_what_is_frozen_is_stopped_in_the_engine_in_every_currency_until_unfrozen(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    books.post(opening.wallet(LI, EUR.number, day_amount=1, unverified_per_day=1))
    books.fund(LI, 100_00)
    assert not books.accounts.frozen(LI)
    run(books.accounts.freeze(LI))
    assert books.accounts.frozen(LI)
    assert books.pay(LI, 1_00) is Refusal.DEBIT_ACCOUNT_FROZEN
    books.fund(LI, 1_00, EUR.number)  # what comes in still does
    run(books.accounts.freeze(LI))
    run(books.accounts.unfreeze(LI))
    assert not books.accounts.frozen(LI)
    assert books.pay(LI, 1_00) is Refusal.OK


def test_a_freeze_reaches_a_wallet_in_a_currency_that_the_bank_has_given_up(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    books.post(opening.wallet(LI, SEK, day_amount=1, unverified_per_day=1))
    run(books.accounts.freeze(LI))
    stops = [books.engine.account(account_id(1, currency, LI)).closed_and_frozen for currency in (CNY.number, SEK)]
    assert stops == [Side.DEBIT, Side.DEBIT]


def test_a_freeze_holds_when_it_returns_whatever_happens_next(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    books.fund(LI, 100_00)
    run(books.accounts.freeze(LI))
    again = books.again()  # nothing was committed since
    try:
        assert again.accounts.frozen(LI)
        assert again.pay(LI, 1_00) is Refusal.DEBIT_ACCOUNT_FROZEN
    finally:
        again.close()


def test_every_change_is_durable_before_it_returns(books: Any, run: Any) -> None:
    async def change() -> None:
        accounts = books.accounts
        for changed in (
            accounts.open(LI, REMOTE),
            accounts.adjust(LI, CNY.number, 5, "chg_1"),
            accounts.set_level(LI, FULL),
            accounts.set_day_limit(LI, CNY.number, 7),
            accounts.freeze(LI),
            accounts.unfreeze(LI),
        ):
            before = books.ledger.durable_position
            await changed
            assert before < books.ledger.durable_position == books.ledger.position

    run(change())


def test_who_is_frozen_stays_so_in_a_wallet_that_is_opened_then(books: Any, run: Any) -> None:
    books.post(opening.wallet(LI, EUR.number, day_amount=1, unverified_per_day=1))
    run(books.accounts.freeze(LI))
    run(books.accounts.open(LI, FULL))
    books.fund(LI, 1_00)
    assert books.pay(LI, 1_00) is Refusal.DEBIT_ACCOUNT_FROZEN
    run(books.accounts.open(8, FULL, frozen=True))
    books.fund(8, 1_00)
    assert books.pay(8, 1_00) is Refusal.DEBIT_ACCOUNT_FROZEN


def test_who_has_no_wallet_is_not_frozen(books: Any, run: Any) -> None:
    run(books.accounts.freeze(LI))
    assert not books.accounts.frozen(LI)


# --- corrections ------------------------------------------------------------------------------------------------


def test_a_correction_has_its_other_side_in_the_banks_books(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    run(books.accounts.adjust(LI, CNY.number, 30_00, "chg_1"))
    run(books.accounts.adjust(LI, CNY.number, -10_00, "chg_2"))
    assert run(books.accounts.balance(LI, CNY.number)) == 20_00
    assert books.corrections == -20_00


def test_a_correction_is_made_once_for_each_reference(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    run(books.accounts.open(8, FULL))
    for _ in range(3):
        run(books.accounts.adjust(LI, CNY.number, 30_00, "chg_1"))
    for other in ((LI, 30_01), (LI, -30_00), (8, 30_00)):
        with pytest.raises(CorrectionConflict):
            run(books.accounts.adjust(other[0], CNY.number, other[1], "chg_1"))
    assert run(books.accounts.balance(LI, CNY.number)) == 30_00


def test_a_correction_never_overdraws_a_wallet(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    books.fund(LI, 10_00)
    for _ in range(2):
        with pytest.raises(CorrectionRefused) as error:
            run(books.accounts.adjust(LI, CNY.number, -10_01, "chg_1"))
        assert error.value.refusal == "INSUFFICIENT_FUNDS"
        run(books.accounts.adjust(LI, CNY.number, 50_00, "chg_2"))  # the reference stays refused all the same
    with pytest.raises(NoWallet):
        run(books.accounts.adjust(LI, EUR.number, 1, "chg_3"))
    with pytest.raises(ValueError, match="nothing"):
        run(books.accounts.adjust(LI, CNY.number, 0, "chg_4"))


def test_a_bank_of_before_there_were_corrections_opens_the_account_with_the_first(books: Any, run: Any) -> None:
    books.post(opening.wallet(LI, EUR.number, day_amount=1, unverified_per_day=1))
    run(books.accounts.adjust(LI, EUR.number, 5, "chg_1"))
    assert run(books.accounts.balance(LI, EUR.number)) == 5


def test_a_correction_that_the_books_cannot_hold_is_refused_before_it_is_posted(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    position = books.ledger.position
    for amount in (2**63 - 1, 1 - 2**63, MAX_AMOUNT + 1):
        with pytest.raises(BoundExceeded):
            run(books.accounts.adjust(LI, CNY.number, amount, "too much"))
    assert books.ledger.position == position
    for number in range(MAX_SUM // MAX_AMOUNT):
        run(books.accounts.adjust(LI, CNY.number, MAX_AMOUNT, f"much-{number}"))
    with pytest.raises(BoundExceeded):
        run(books.accounts.adjust(LI, CNY.number, MAX_AMOUNT, "one more"))
    run(books.accounts.adjust(LI, CNY.number, MAX_AMOUNT, "much-1"))  # a retry meets the first


def test_a_correction_of_an_older_version_is_met_by_its_retry(books: Any, run: Any) -> None:
    run(books.accounts.open(LI, FULL))
    books.post(opening.correction(LI, CNY.number, 5, "earlier"))
    corrections, wallet = (account_id(kind, CNY.number, n) for kind, n in ((6, 0), (1, LI)))
    huge = EVENT.pack(2, 0, 10, 0, 2**63 - 1, opening.correction_id("huge"), corrections, wallet, bytes(16))
    books.post(huge)
    assert run(books.accounts.balance(LI, CNY.number)) == 2**63 + 4
    with pytest.raises(BoundExceeded):
        run(books.accounts.adjust(LI, CNY.number, 1, "next"))
