"""A challenge: what it asks for, how it is passed, and that it is spent once, for what it was bound to."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from authenticator import Authenticator
from proving import NOBODY, OTHER, OWNER, PASSWORD, PAYMENT, PIN, SIGN_IN, SMALL, Bank

from feiqian.auth.challenges import codes
from feiqian.auth.challenges.errors import (
    AnswerWrong,
    BindingDiffers,
    ChallengeNotFound,
    ChallengeOver,
    FactorNotEnrolled,
    NotPassed,
)
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.auth.challenges.service import Verification
from feiqian.field_cipher import SealBroken
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.sweeping import Sweeper


def test_a_payment_is_confirmed_by_pin_and_a_code(bank: Bank) -> None:
    view = bank.begin()
    assert (view.state, view.passed) == ("open", ())
    assert view.combinations == ((Factor.PIN, Factor.SMS),)  # no token and no key is enrolled
    assert view.sent_to == {Factor.SMS: "•••0001"}
    assert bank.answer(view.id, Factor.PIN, PIN).state == "open"
    view = bank.answer(view.id, Factor.SMS, bank.send(view.id))
    assert (view.state, view.passed) == ("passed", (Factor.PIN, Factor.SMS))
    passed = bank.run(bank.verification.consume(view.id, OWNER, PAYMENT))
    assert passed == Passed(view.id, (Factor.PIN, Factor.SMS), "", bank.clock.now(), OWNER, Purpose.PAYMENT)


def test_what_was_proved_is_kept_for_one_use_and_read_back_for_no_other(bank: Bank) -> None:
    view = bank.begin(SMALL)
    bank.answer(view.id, Factor.PIN, PIN)
    passed = bank.run(bank.verification.consume(view.id, OWNER, SMALL))
    sealed = bank.verification.keep(passed, "schedule 1")
    assert bank.verification.kept(sealed, "schedule 1") == passed
    for other, use in (
        (sealed, "schedule 2"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "schedule 1"),
        (b"", "schedule 1"),
    ):
        with pytest.raises(SealBroken):
            bank.verification.kept(other, use)


def test_the_message_says_what_is_confirmed(bank: Bank) -> None:
    bank.send(bank.begin().id)
    message = bank.sent.messages[-1]
    assert (message.kind, message.secret, message.address) == ("code", True, "+8613800000001")
    assert message.values["text"] == "Confirm a payment: CN¥6,000.00 (CNY) to Corner Bakery"
    assert message.values["minutes"] == "5"
    assert message.values["code"].isdecimal()
    assert len(message.values["code"]) == 6


def test_what_is_asked_for_follows_the_policy_and_what_is_enrolled(bank: Bank) -> None:
    assert bank.begin(SMALL).combinations == ((Factor.PIN,),)
    bank.token()
    assert bank.begin().combinations == ((Factor.PIN, Factor.SMS), (Factor.PIN, Factor.TOTP))
    assert bank.begin(needs=(frozenset({Factor.EMAIL}),)).combinations == ((Factor.EMAIL,),)


def test_a_challenge_that_could_not_be_passed_is_not_begun(bank: Bank) -> None:
    with pytest.raises(FactorNotEnrolled):
        bank.begin(msgspec.structs.replace(PAYMENT, amount=100_000_00))


def test_what_is_not_asked_for_is_not_taken(bank: Bank) -> None:
    view = bank.begin()
    for factor in (Factor.PASSWORD, Factor.EMAIL, Factor.SHIELD):
        with pytest.raises(FactorNotEnrolled):
            bank.answer(view.id, factor, PASSWORD)
    bank.answer(view.id, Factor.PIN, PIN)
    with pytest.raises(FactorNotEnrolled):
        bank.answer(view.id, Factor.PIN, PIN)


def test_half_a_combination_cannot_be_spent(bank: Bank) -> None:
    view = bank.begin()
    bank.answer(view.id, Factor.PIN, PIN)
    with pytest.raises(NotPassed):
        bank.run(bank.verification.consume(view.id, OWNER, PAYMENT))


def test_a_code_counts_for_the_challenge_it_was_sent_for_and_the_newest_only(bank: Bank) -> None:
    first, second = bank.begin().id, bank.begin().id
    one = bank.send(first)
    bank.clock.advance(30)
    two = bank.send(first)
    for id, code in ((second, two), (first, one)):
        with pytest.raises(AnswerWrong):
            bank.answer(id, Factor.SMS, code if one != two else "no code")
    assert bank.answer(first, Factor.SMS, f" {two[:3]} {two[3:]} ").passed == (Factor.SMS,)
    assert bank.sent.entered == ["+8613800000001"]


def test_a_challenge_ends_after_its_time(bank: Bank) -> None:
    view, passed = bank.begin(), bank.passed()
    assert view.expires_at - bank.clock.now() <= 300_000_000
    bank.clock.advance(bank.policy.challenge_seconds)
    assert bank.run(bank.verification.view(view.id, OWNER)).state == "expired"
    for work in (
        lambda: bank.answer(view.id, Factor.PIN, PIN),
        lambda: bank.send(view.id),
        lambda: bank.run(bank.verification.consume(passed, OWNER, SMALL)),
    ):
        with pytest.raises(ChallengeOver) as over:
            work()
        assert over.value.state == "expired"


def test_abuse_28_anothers_challenge_is_not_there(bank: Bank) -> None:
    id = bank.passed()
    for work in (
        lambda: bank.run(bank.verification.view(id, OTHER)),
        lambda: bank.answer(id, Factor.PIN, PIN, OTHER),
        lambda: bank.send(id, Factor.SMS, OTHER),
        lambda: bank.run(bank.verification.consume(id, OTHER, SMALL)),
        lambda: bank.run(bank.verification.view("chl_" + "0" * 32, OWNER)),
    ):
        with pytest.raises(ChallengeNotFound):
            work()
    assert bank.run(bank.verification.consume(id, OWNER, SMALL)).challenge == id


def test_abuse_37_a_code_is_used_once(bank: Bank) -> None:
    view = bank.begin(SMALL, needs=(frozenset({Factor.SMS}),))
    code = bank.send(view.id)

    async def both() -> list[Any]:
        answers = [bank.verification.answer(view.id, OWNER, Factor.SMS, code) for _ in range(8)]
        return await asyncio.gather(*answers, return_exceptions=True)

    answers = bank.run(both())
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    again = bank.begin(SMALL, needs=(frozenset({Factor.SMS}),))
    with pytest.raises(AnswerWrong):
        bank.answer(again.id, Factor.SMS, code)


def test_abuse_37_a_passed_challenge_is_spent_once_however_many_spend_it(bank: Bank) -> None:
    id = bank.passed()

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(
            *(bank.verification.consume(id, OWNER, SMALL) for _ in range(16)), return_exceptions=True
        )

    spent = bank.run(all_at_once())
    assert sum(isinstance(one, Passed) for one in spent) == 1
    assert sum(isinstance(one, ChallengeOver) and one.state == "spent" for one in spent) == 15


CHANGES: list[dict[str, Any]] = [
    {"amount": SMALL.amount + 1},
    {"amount": SMALL.amount - 1},
    {"currency": 978},
    {"payee": "Corner Bakery Ltd"},
    {"payer": "Li Wen"},
    {"reference": "order-2"},
    {"kind": "other"},
    {"purpose": Purpose.CHANGE_PIN},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_abuse_38_whatever_changes_after_the_code_was_sent_voids_it(bank: Bank, change: dict[str, Any]) -> None:
    id = bank.passed()
    with pytest.raises(BindingDiffers):
        bank.run(bank.verification.consume(id, OWNER, msgspec.structs.replace(SMALL, **change)))
    with pytest.raises(ChallengeOver) as over:
        bank.run(bank.verification.consume(id, OWNER, SMALL))
    assert over.value.state == "void"


def test_abuse_38_a_change_voids_it_for_a_server_that_is_started_again_too(bank: Bank) -> None:
    id = bank.passed()
    with pytest.raises(BindingDiffers):
        bank.run(bank.verification.consume(id, OWNER, msgspec.structs.replace(SMALL, amount=1)))
    again = Verification(bank.db, bank.cipher, bank.policy, bank.clock, bank.work, bank.factors)
    with pytest.raises(ChallengeOver):
        bank.run(again.consume(id, OWNER, SMALL))


def test_abuse_38_a_change_voids_it_even_if_the_callers_transaction_is_taken_back(bank: Bank) -> None:
    id, other = bank.passed(), msgspec.structs.replace(SMALL, payee="Mallory")

    def consume(binding: ChallengeBinding) -> Passed:
        with bank.db.write() as connection:
            return bank.verification.consume_within(connection, id, OWNER, binding, bank.clock.now())

    with pytest.raises(BindingDiffers):
        consume(other)
    with pytest.raises(ChallengeOver):
        consume(SMALL)
    assert bank.run(bank.verification.view(id, OWNER)).state == "void"


def test_spending_is_taken_back_with_the_transaction_that_it_is_in(bank: Bank) -> None:
    id = bank.passed()

    def fail() -> None:
        with bank.db.write() as connection:
            bank.verification.consume_within(connection, id, OWNER, SMALL, bank.clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert bank.run(bank.verification.consume(id, OWNER, SMALL)).challenge == id


def test_nothing_is_told_of_what_a_stranger_tries(bank: Bank) -> None:
    bank.token()
    bank.enrol(Authenticator())
    known, unknown = bank.begin(SIGN_IN), bank.begin(SIGN_IN, NOBODY)
    assert known.text.replace(known.id, "") == unknown.text.replace(unknown.id, "")
    assert known._replace(id="", text="") == unknown._replace(id="", text="")
    assert known.sent_to == {}
    assert bank.run(bank.verification.options(known.id, OWNER, Factor.SHIELD))["allowCredentials"] == []
    seen = bank.answer(known.id, Factor.PASSWORD, PASSWORD)
    assert seen.combinations == ((Factor.PASSWORD, Factor.SMS), (Factor.PASSWORD, Factor.TOTP), (Factor.SHIELD,))
    assert seen.sent_to == {Factor.SMS: "•••0001"}


def test_what_ended_long_ago_is_removed(bank: Bank) -> None:
    view = bank.begin()
    bank.clock.advance(25 * 3600)
    swept = Sweeper(bank.db, bank.clock, bank.work, bank.verification.sweeps.all)
    assert bank.run(swept.sweep()) == 1
    with pytest.raises(ChallengeNotFound):
        bank.run(bank.verification.view(view.id, OWNER))


def test_the_same_code_is_kept_differently_for_each_challenge_and_channel(bank: Bank) -> None:
    places = [("chl_1", Factor.SMS), ("chl_2", Factor.SMS), ("chl_1", Factor.EMAIL)]
    assert len({codes.hash_of(bank.cipher, challenge, factor, "271828") for challenge, factor in places}) == 3
