"""Requests: made, paid once, declined, withdrawn, reminded of and ended."""

from __future__ import annotations

from feiqian.requests.model import RequestStatus
from tests.requests.asking import AskingPeople


def test_a_request_is_paid_and_both_see_it(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    made = bank.ask(mei, eve.mobile, 120_00, note="Dinner")
    got = bank.seen(eve, made.id)
    assert (got.status, got.amount, got.note, got.asker_name) == (RequestStatus.OPEN, 120_00, "Dinner", "**梅")
    assert bank.kinds(eve) == ["money_asked"]
    fact = bank.pay(eve, made.id)
    assert (fact.status, fact.about, fact.note, fact.payee) == ("succeeded", made.id, "Dinner", "**梅")
    assert (bank.wallet(mei), bank.wallet(eve)) == (120_00, 380_00)
    paid = bank.seen(mei, made.id)
    assert (paid.status, paid.transfer) == (RequestStatus.PAID, fact.id)
    assert bank.kinds(mei) == ["money_came"]
