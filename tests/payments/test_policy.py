"""Every refusal of the engine has a reason to tell, and every reason a sentence to read out."""

from __future__ import annotations

import pytest

from feiqian.ledger.engine import Refusal
from feiqian.payments.methods.code import CODE
from feiqian.payments.plan import CONFIRMATION_STEPS, PAYMENT_STEPS, REFUND_STEPS
from feiqian.payments.policy import Decline, Step, decline_of
from feiqian.payments.reasons import sentence

REMEMBERED = [refusal for refusal in Refusal if refusal.remembered]


@pytest.mark.parametrize("refusal", REMEMBERED, ids=lambda refusal: refusal.name)
@pytest.mark.parametrize("step", Step, ids=lambda step: step.name)
def test_no_refusal_is_left_without_a_reason(refusal: Refusal, step: Step) -> None:
    assert isinstance(decline_of(refusal, step), Decline)


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if not refusal.remembered])
def test_what_is_no_decision_has_no_reason(refusal: Refusal) -> None:
    with pytest.raises(KeyError):
        decline_of(refusal, Step.PAYMENT)


@pytest.mark.parametrize(
    ("refusal", "step", "reason"),
    [
        (Refusal.ALLOWANCE_EXCEEDED, Step.DAY_AMOUNT, "daily_limit"),
        (Refusal.ALLOWANCE_EXCEEDED, Step.REFUNDABLE, "refund_above_captured"),
        (Refusal.DEBIT_ACCOUNT_FROZEN, Step.PAYMENT, "wallet_cannot_pay"),
        (Refusal.DEBIT_ACCOUNT_FROZEN, Step.FEE, "merchant_not_accepting"),
        (Refusal.DEBIT_ACCOUNT_FROZEN, Step.REFUND, "merchant_not_accepting"),
        (Refusal.CREDIT_ACCOUNT_FROZEN, Step.PAYMENT, "merchant_not_accepting"),
        (Refusal.CREDIT_ACCOUNT_FROZEN, Step.REFUND, "not_possible"),
        (Refusal.INSUFFICIENT_FUNDS, Step.PAYMENT, "insufficient_funds"),
        (Refusal.INSUFFICIENT_FUNDS, Step.FEE, "merchant_not_accepting"),
        (Refusal.INSUFFICIENT_FUNDS, Step.REFUND, "merchant_balance_insufficient"),
        (Refusal.OVERFLOW, Step.PAYMENT, "amount_too_high"),
    ],
)
def test_the_same_refusal_means_something_else_in_another_step(refusal: Refusal, step: Step, reason: str) -> None:
    assert decline_of(refusal, step) == reason


def test_a_method_says_what_the_refusal_of_its_claim_means() -> None:
    assert CODE.declines == {Refusal.CLAIMED: "code_used", Refusal.CLAIM_ALREADY_PAST: "code_expired"}


def test_every_reason_has_a_sentence_of_its_own() -> None:
    sentences = {sentence(reason) for reason in Decline}
    assert len(sentences) == len(Decline)
    assert all(text.endswith(".") and len(text) <= 100 for text in sentences)
    assert sentence("of_a_later_version") == sentence(Decline.NOT_POSSIBLE)


def test_steps_are_as_many_as_the_chains_have() -> None:
    assert (len(PAYMENT_STEPS), len(CONFIRMATION_STEPS), len(REFUND_STEPS)) == (4, 4, 3)
