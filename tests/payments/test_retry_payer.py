"""A retry is the first request again, or shows the same payer: one rule, whatever the process has forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from feiqian.events import PaymentDecided, decode_fact, encode_fact
from feiqian.ids import PAYMENT, new_id
from feiqian.money import CNY
from feiqian.payments import plan
from feiqian.payments.errors import OrderConflict
from feiqian.payments.guesses import FREE
from feiqian.payments.recent import Recent
from feiqian.payments.requests import PaymentRequest

NOBODY = "880" + "0" * 17
AMOUNTS = {"succeeded": 5_00, "needs_verification": 1_500_00, "declined": 200_00}
BALANCES = {"succeeded": 100_00, "needs_verification": 2_000_00, "declined": 100_00}


def in_memory(bank: Any) -> Any:
    return bank


def forgotten(bank: Any) -> Any:
    """The same process, once as many others have paid as it remembers."""
    bank.payments._authorizer._recent = Recent(1)
    return bank


def restarted(bank: Any) -> Any:
    return bank.again()


@pytest.fixture(params=[in_memory, forgotten, restarted], ids=lambda how: how.__name__)
def later(request: Any) -> Iterator[Callable[[Any], Any]]:
    """The bank at a later time, which has forgotten more or less of the first request."""
    opened: list[Any] = []

    def become(bank: Any) -> Any:
        opened.append(request.param(bank))
        return opened[-1]

    yield become
    for bank in opened:
        if request.param is restarted:
            bank.close()


def replaced(request: PaymentRequest, code: str) -> PaymentRequest:
    return msgspec.structs.replace(request, payment_code=code)


def code_of(bank: Any, customer: int, seconds_ago: int = 0) -> str:
    device = bank.codes.device_of(customer)
    digits: str = bank.codes.issue(device, bank.clock.now() // 1_000_000 - seconds_ago).digits
    return digits


@pytest.mark.parametrize("status", AMOUNTS)
def test_abuse_90_a_retry_with_the_first_code_gets_the_first_answer_however_late(
    bank: Any, run: Any, later: Any, status: str
) -> None:
    customer, merchant = bank.customer(BALANCES[status]), bank.merchant()
    request = bank.request(customer, AMOUNTS[status])
    first = run(bank.payments.pay(merchant, request))
    assert first.status == status
    there = later(bank)
    for seconds in (0, 90, 86_400 * 400):  # it holds, has just expired, cannot be decoded any more
        there.clock.advance(seconds)
        assert msgspec.json.encode(run(there.payments.pay(merchant, request))) == msgspec.json.encode(first)


def test_abuse_90_a_retry_with_another_payer_is_refused(bank: Any, run: Any, later: Any) -> None:
    customer, other, merchant = bank.customer(100_00), bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)
    first = run(bank.payments.pay(merchant, request))
    there = later(bank)
    wallets = there.wallet(customer), there.wallet(other)
    for code in (code_of(there, other), code_of(there, other, 120), NOBODY, "889" + "1" * 17, "62" + "0" * 18, "x"):
        with pytest.raises(OrderConflict, match="does not show the same payer"):
            run(there.payments.pay(merchant, replaced(request, code)))
    for code in (request.payment_code, code_of(there, customer, -10), code_of(there, customer, 120)):
        assert run(there.payments.pay(merchant, replaced(request, code))) == first
    assert (there.wallet(customer), there.wallet(other)) == wallets == (95_00, 100_00)


def test_abuse_90_a_declined_order_stays_the_payer_s_who_was_declined(bank: Any, run: Any, later: Any) -> None:
    customer, other, merchant = bank.customer(1_00), bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)
    assert run(bank.payments.pay(merchant, request)).reason == "insufficient_funds"
    there = later(bank)
    with pytest.raises(OrderConflict):
        run(there.payments.pay(merchant, replaced(request, code_of(there, other))))
    assert there.wallet(other) == 100_00


def test_abuse_90_the_first_code_is_known_again_after_its_key_and_its_device_are_gone(
    bank: Any, run: Any, later: Any
) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)
    first = run(bank.payments.pay(merchant, request))
    bank.ring.rotate(bank.clock.now() // 1_000_000)
    bank.ring.rotate(bank.clock.now() // 1_000_000)
    there, now = later(bank), bank.clock.now()
    there.customers.issuing.revoke(there.codes.device_of(customer), now)
    assert run(there.payments.pay(merchant, request)) == first
    there.customers.issuing.add(customer, now)
    assert run(there.payments.pay(merchant, replaced(request, code_of(there, customer)))) == first


def test_abuse_90_wrong_codes_of_retries_are_counted_and_a_pause_reads_none(bank: Any, run: Any, later: Any) -> None:
    customer, other, merchant = bank.customer(100_00), bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)
    first = run(bank.payments.pay(merchant, request))
    there = later(bank)
    for guess in range(FREE + 1):
        with pytest.raises(OrderConflict):
            run(there.payments.pay(merchant, replaced(request, f"880{guess:017d}")))
    for code in (code_of(there, customer, -10), code_of(there, other), NOBODY):
        with pytest.raises(OrderConflict, match="no other code is read here now"):
            run(there.payments.pay(merchant, replaced(request, code)))
    assert run(there.payments.pay(merchant, request)) == first, "the first code needs no reading"
    assert run(there.pay(merchant, other, 1, order="new")).reason == "too_many_wrong_codes"


# --- facts of before -------------------------------------------------------------------------------------------


def paid_before(bank: Any, merchant: Any, customer: int, request: PaymentRequest) -> PaymentDecided:
    """A payment as the versions before wrote it: its fact ends with `expires_at`."""
    transfer, now_us = plan.payment_transfer(merchant.number, request.merchant_order), bank.clock.now()
    intent = bank.payments._by_code.intent(merchant, request, transfer, now_us)
    assert intent.payer == customer
    bank.post(plan.payment(intent, 0))
    parties = merchant.number, customer, request.amount, CNY.number, 0
    texts = request.merchant_order, request.description, request.store, request.terminal
    fact = PaymentDecided(new_id(PAYMENT, now_us), transfer, "succeeded", None, *parties, *texts, now_us)
    *before, code_hash, source, method, proof, limit = msgspec.msgpack.decode(encode_fact(fact))
    assert (code_hash, source, method, proof, limit) == (b"", b"", "code", None, None)
    old = msgspec.msgpack.encode(before)
    assert decode_fact(old) == fact
    bank.ledger.record(old)
    bank.ledger.commit()
    return fact


def test_abuse_90_a_payment_of_an_older_version_is_repeated_only_for_its_payer(bank: Any, run: Any) -> None:
    customer, other, merchant = bank.customer(100_00), bank.customer(100_00), bank.merchant()
    request = bank.request(customer, 5_00)
    fact = paid_before(bank, merchant, customer, request)
    for code in (request.payment_code, code_of(bank, customer, -10)):
        assert run(bank.payments.pay(merchant, replaced(request, code))).id == fact.id
    for code in (code_of(bank, other), NOBODY):
        with pytest.raises(OrderConflict):
            run(bank.payments.pay(merchant, replaced(request, code)))
    bank.clock.advance(86_400)
    with pytest.raises(OrderConflict):
        run(bank.payments.pay(merchant, request))  # nothing shows any more whose code that was
    assert run(bank.payments.pay(merchant, replaced(request, code_of(bank, customer)))).id == fact.id
    assert (bank.wallet(customer), bank.wallet(other)) == (95_00, 100_00)


def test_a_fact_keeps_a_keyed_hash_and_not_the_code(bank: Any, run: Any) -> None:
    customer, merchant = bank.customer(100_00), bank.merchant()
    code = bank.code(customer)
    run(bank.pay(merchant, customer, 900_00, code=code, order="declined"))
    run(bank.pay(merchant, customer, 5_00, code=code, order="paid"))
    run(bank.pay(merchant, customer, 5_00, code=bank.fresh_code(customer), order="next"))
    declined, paid, following = bank.journaled()[1]
    assert declined.code_hash == paid.code_hash != following.code_hash
    assert len(paid.code_hash) == 16
    assert all(code.encode() not in encode_fact(fact) for fact in (declined, paid, following))
