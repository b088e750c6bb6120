"""What two parties may try with the same money at the same moment, on a real ledger over a real journal."""

from __future__ import annotations

import random
from typing import Any

from feiqian.ledger import chart
from feiqian.ledger.engine import EVENT, LINKED, NO_ID, HoldState, Refusal, Type, chain

HOLD, FIRST, SECOND = (chart.derived_id(b"test", name) for name in (b"hold", b"first", b"second"))


def test_abuse_15_a_capture_above_the_hold_is_refused_and_changes_nothing(books: Any) -> None:
    payer, payee = books.wallet(1, 10_000), books.wallet(2)
    assert books.post(chart.hold(HOLD, debit=payer, credit=payee, amount=3_000, timeout_seconds=60)) == Refusal.OK
    before = books.engine.account(payer), books.engine.account(payee)
    assert books.post(chart.capture(FIRST, hold=HOLD, amount=3_001)) == Refusal.AMOUNT_ABOVE_HOLD
    assert (books.engine.account(payer), books.engine.account(payee)) == before
    assert books.engine.remembered(HOLD).status == HoldState.OPEN
    assert books.post(chart.capture(SECOND, hold=HOLD, amount=3_000)) == Refusal.OK
    assert books.balance(payee) == 3_000


def test_abuse_15_parts_of_a_hold_cannot_be_captured_one_after_another(books: Any) -> None:
    payer, payee = books.wallet(1, 10_000), books.wallet(2)
    books.post(chart.hold(HOLD, debit=payer, credit=payee, amount=3_000, timeout_seconds=60))
    assert books.post(chart.capture(FIRST, hold=HOLD, amount=2_000)) == Refusal.OK
    assert books.post(chart.capture(SECOND, hold=HOLD, amount=2_000)) == Refusal.HOLD_CAPTURED
    assert (books.balance(payer), books.balance(payee)) == (8_000, 2_000)
    assert books.engine.account(payer).available == 8_000, "the rest of the hold was released"


def test_abuse_16_a_capture_in_the_second_of_expiry_comes_too_late(books: Any) -> None:
    payer, payee = books.wallet(1, 10_000), books.wallet(2)
    books.post(chart.hold(HOLD, debit=payer, credit=payee, amount=3_000, timeout_seconds=60))
    books.clock.advance(60)
    assert books.post(chart.capture(FIRST, hold=HOLD, amount=3_000)) == Refusal.HOLD_EXPIRED
    assert books.engine.remembered(HOLD).status == HoldState.EXPIRED
    assert (books.balance(payer), books.balance(payee)) == (10_000, 0)


def test_abuse_16_what_was_captured_in_time_never_expires(books: Any, open_books: Any) -> None:
    payer, payee = books.wallet(1, 10_000), books.wallet(2)
    books.post(chart.hold(HOLD, debit=payer, credit=payee, amount=3_000, timeout_seconds=60))
    books.clock.advance(59)
    assert books.post(chart.capture(FIRST, hold=HOLD, amount=3_000)) == Refusal.OK
    books.clock.advance(1)
    books.post(chart.account(chart.account_id(9, 156, 9), 9, 156))  # the engine sees the later time
    assert books.engine.remembered(HOLD).status == HoldState.CAPTURED
    restarted = books.again()
    try:
        assert restarted.engine.remembered(HOLD).status == HoldState.CAPTURED
        assert restarted.post(chart.capture(FIRST, hold=HOLD, amount=3_000)) == Refusal.EXISTS
        assert restarted.balance(payee) == 3_000
    finally:
        restarted.close()


def test_abuse_16_the_order_in_the_ledger_decides_once_in_every_history(books: Any) -> None:
    """Capture, release and expiry come in every order; one of them ends the hold, and retries agree with it."""
    payer, payee = books.wallet(1, 1_000_000), books.wallet(2)
    dice = random.Random(16)
    for round_ in range(200):
        hold, capture, release = (chart.derived_id(b"race", bytes([n]), round_.to_bytes(4, "big")) for n in range(3))
        assert books.post(chart.hold(hold, debit=payer, credit=payee, amount=100, timeout_seconds=10)) == Refusal.OK
        received = books.balance(payee)
        acts = [chart.capture(capture, hold=hold, amount=100), chart.release(release, hold=hold), None]
        dice.shuffle(acts)
        answers = []
        for act in acts:
            if act is None:
                books.clock.advance(10)
            else:
                answers.append((act, books.post(act)))
        won = [act for act, answer in answers if answer == Refusal.OK]
        assert len(won) == (0 if acts[0] is None else 1)
        assert books.balance(payee) - received == (100 if won and won[0][0] == Type.CAPTURE else 0)
        for act, answer in answers:
            assert books.post(act) == (Refusal.EXISTS if answer == Refusal.OK else answer)
    books.engine.check()
    assert books.engine.account(payer).debits_pending == 0


def test_abuse_20_an_account_closed_in_mid_payment_leaves_the_payment_whole_or_undone(books: Any) -> None:
    """Closing is tried between every two steps of a payment of two transfers."""
    for step in range(4):
        payer, payee = books.wallet(10 + step, 100), books.wallet(20 + step)
        fees = books.wallet(30 + step)
        empty = chart.transfer(chart.derived_id(b"empty", bytes([step])), debit=payee, credit=fees, amount=100)
        name = chart.derived_id(b"pay", bytes([step]))
        events = [
            chart.transfer(name, debit=payer, credit=payee, amount=100),
            chart.transfer(chart.derived_id(b"fee", name), debit=payee, credit=fees, amount=100),
        ]
        if step < 3:
            events.insert(step, chart.close(payee))
        answer = books.post(chain(*events))
        moved = books.balance(fees)
        assert (answer == Refusal.OK) == (moved == 100)
        assert books.balance(payer) + books.balance(payee) + moved == 100
        assert books.balance(payee) == 0, "nothing is stranded half way"
        assert books.post(empty) != Refusal.OK
    books.engine.check()


def test_abuse_20_a_hold_keeps_an_account_open_until_it_is_decided(books: Any) -> None:
    payer, payee = books.wallet(1, 500), books.wallet(2)
    books.post(chart.hold(HOLD, debit=payer, credit=payee, amount=500, timeout_seconds=0))
    assert books.post(chart.close(payer)) == Refusal.ACCOUNT_NOT_EMPTY
    assert books.post(chart.close(payee)) == Refusal.ACCOUNT_NOT_EMPTY
    assert books.post(chart.capture(FIRST, hold=HOLD, amount=500)) == Refusal.OK
    assert books.post(chart.close(payer)) == Refusal.OK
    assert books.post(chart.transfer(SECOND, debit=payee, credit=payer, amount=1)) == Refusal.CREDIT_ACCOUNT_CLOSED


def test_abuse_66_no_event_that_can_be_written_down_unbalances_the_books(books: Any) -> None:
    """Any bytes whatever, aimed at real accounts: debits and credits stay equal, because every event has two sides."""
    dice = random.Random(66)
    ids = [books.wallet(owner, 10_000) for owner in range(4)] + [books.opening, NO_ID]
    transfers = [chart.derived_id(b"any", bytes([n])) for n in range(20)]
    for _ in range(5_000):
        one = EVENT.pack(
            dice.randrange(0, 20),
            dice.choice([0, 0, 0, LINKED, 2]),
            dice.choice([0, 1, 2, 3, 156]),
            dice.choice([0, 1, 156, 20261124]),
            dice.choice([0, 1, 7, 10_000, 2**63, 2**64 - 1]),
            dice.choice(transfers + ids),
            dice.choice(ids + transfers),
            dice.choice(ids + transfers),
            dice.randbytes(16),
        )
        books.ledger.post_many(one)
        books.clock.advance(dice.choice([0, 0, 1]))
    books.engine.check()
    for totals in books.engine.totals().values():
        assert totals.debits_posted == totals.credits_posted
        assert totals.debits_pending == totals.credits_pending


def test_abuse_66_an_adjustment_has_a_second_side_or_is_refused(books: Any) -> None:
    wallet = books.wallet(1, 100)
    assert (
        books.post(chart.transfer(FIRST, debit=wallet, credit=wallet, amount=50)) == Refusal.ACCOUNTS_MUST_BE_DIFFERENT
    )
    assert books.post(chart.transfer(SECOND, debit=NO_ID, credit=wallet, amount=50)) == Refusal.DEBIT_ACCOUNT_NOT_FOUND
    assert books.post(chart.transfer(HOLD, debit=wallet, credit=NO_ID, amount=50)) == Refusal.CREDIT_ACCOUNT_NOT_FOUND
    assert books.balance(wallet) == 100
