"""The canonical text: the same for the same, in the customer's language, with nothing that others could add to it."""

from __future__ import annotations

import msgspec
import pytest

from feiqian.auth.challenges.canonical import amount_text, canonical_text, challenge_text, summary
from feiqian.auth.challenges.marks import mark_of, read_mark
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.money import BY_NUMBER
from feiqian.policy.factors import Purpose
from feiqian.texts import LANGUAGES, texts_in

PAYMENT = ChallengeBinding(
    purpose=Purpose.PAYMENT, amount=123_450, currency=156, payee="街角面包店", payer="Li Wei", reference="order-1"
)
MARK = mark_of("chl_" + "0" * 32, "payment", "customer:4", 1_800_000_000_000_123)
TEXTS = {
    "en": "Confirm a payment\nAmount: CN¥1,234.50 (CNY)\nTo: 街角面包店\nFrom: Li Wei\nReference: order-1",
    "zh": "确认付款\n金额：¥1,234.50 (CNY)\n收款方：街角面包店\n付款方：Li Wei\n编号：order-1",
    "es": "Confirmar un pago\nImporte: 1.234,50 CNY\nPara: 街角面包店\nDe: Li Wei\nReferencia: order-1",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payment_in_each_language(language: str) -> None:
    assert canonical_text(PAYMENT, texts_in(language)) == TEXTS[language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_has_its_words_in_each_language(purpose: Purpose, language: str) -> None:
    assert canonical_text(ChallengeBinding(purpose=purpose, kind="pin"), texts_in(language)).count("\n") == 1


def test_the_mark_makes_a_text_unique_and_can_be_read() -> None:
    text = challenge_text(PAYMENT, texts_in("en"), MARK)
    assert text == TEXTS["en"] + f"\n[feiqian-1 {MARK.challenge} payment customer:4 2027-01-15T08:00:00.000123Z]"
    assert read_mark(text) == MARK
    assert read_mark(text + "\n") is None
    assert read_mark(text.replace("feiqian-1", "feiqian-2")) is None


@pytest.mark.parametrize(
    ("number", "minor", "written"),
    [
        (156, 0, "CN¥0.00 (CNY)"),
        (392, 1_234_567, "¥1,234,567 (JPY)"),
        (48, 1_000, "BHD 1.000"),
        (368, 1_234, "IQD 1.234"),
        (978, 2**64 - 1, "€184,467,440,737,095,516.15 (EUR)"),
    ],
)
def test_amounts_have_the_currencys_own_decimals(number: int, minor: int, written: str) -> None:
    assert amount_text(minor, number, "en") == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_currency_is_named_by_its_letters(language: str) -> None:
    for number, currency in BY_NUMBER.items():
        assert currency.code in amount_text(1, number, language)


def test_a_name_cannot_add_lines_or_turn_the_writing() -> None:
    tricky = "Shop\nTo: Bank\r\u2028x\u2029\u202egnp\u2066\u200b\x00\u0085 \u3000 end"
    text = canonical_text(msgspec.structs.replace(PAYMENT, payee=tricky), texts_in("en"))
    assert text.splitlines()[2] == "To: Shop To: Bank x gnp end"
    assert len(text.splitlines()) == 5
    assert "{x}" in canonical_text(msgspec.structs.replace(PAYMENT, payee="{x}"), texts_in("en"))


def test_the_summary_has_amount_and_payee_in_one_line() -> None:
    assert summary(PAYMENT, texts_in("zh")) == "确认付款：向街角面包店支付¥1,234.50 (CNY)"
    assert summary(ChallengeBinding(purpose=Purpose.SIGN_IN), texts_in("es")) == "Iniciar sesión"


def test_every_difference_makes_another_digest() -> None:
    changed = [
        {"purpose": Purpose.CHANGE_PIN},
        {"kind": "x"},
        {"amount": 1},
        {"currency": 978},
        {"payee": "街角面包店 "},
        {"payer": ""},
        {"reference": "Order-1"},
        {"ids": "acc_1"},
    ]
    assert {name for change in changed for name in change} == set(ChallengeBinding.__struct_fields__)
    digests = {msgspec.structs.replace(PAYMENT, **change).digest() for change in changed}
    assert len(digests | {PAYMENT.digest()}) == len(changed) + 1
    assert msgspec.structs.replace(PAYMENT).digest() == PAYMENT.digest()


def test_what_is_bound_and_not_shown_changes_the_digest_and_without_it_that_is_as_ever() -> None:
    shown = ChallengeBinding(
        purpose=Purpose.PAYMENT, kind="code", amount=1234, currency=156, payee="Café", payer="Li", reference="pay_1"
    )
    assert shown.digest().hex() == "858b8fbe12c955ea91a847198a2b04f79ca4f03a04e8963885b4c8fcc70ffe02"
    bound = msgspec.structs.replace(shown, ids="acc_1 acc_2")
    assert bound.digest() != shown.digest()
    assert canonical_text(bound, texts_in("en")) == canonical_text(shown, texts_in("en"))
