"""Answers as keyboards of all scripts type them; what cannot be an answer takes no try."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from proving import NOBODY, OWNER, PASSWORD, PIN, SIGN_IN, SMALL, Bank

from feiqian.auth.challenges import credentials
from feiqian.auth.challenges.errors import AnswerMalformed, AnswerWrong, TooWeak
from feiqian.auth.challenges.hashing import SecretHasher
from feiqian.policy.factors import Factor

OWN = ["Li Wei", "+8613812345678", "19900307"]
BY_PIN, BY_SMS = (frozenset({Factor.PIN}),), (frozenset({Factor.SMS}),)
LIKE_IT = "\u200e{}\u00a0", "{}\ufe0d", "\u202a{}\u202c", "\ufeff{}\n"
MALFORMED = ["", " ", "\u200b", "12345", "1234567", "12345O", "l23456", "12345٫6", "六位密码在此", "1" * 500]


def full_width(digits: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in digits)


def arabic(digits: str) -> str:
    return "".join(chr(ord(digit) - 0x30 + 0x660) for digit in digits)


def left(bank: Bank) -> int:
    return bank.begin(SMALL, needs=BY_PIN).tries_left


@pytest.mark.parametrize("typed", [*LIKE_IT, "{0[0]}{0[1]}{0[2]} - {0[3]}{0[4]}{0[5]}"])
@pytest.mark.parametrize("write", [str, full_width, arabic])
def test_a_pin_and_a_code_are_right_however_they_are_typed(bank: Bank, write: object, typed: str) -> None:
    def answer(digits: str) -> str:
        return typed.format(write(digits))  # type: ignore[operator]

    assert bank.answer(bank.begin(SMALL, needs=BY_PIN).id, Factor.PIN, answer(PIN)).state == "passed"
    id = bank.begin(SMALL, needs=BY_SMS).id
    assert bank.answer(id, Factor.SMS, answer(bank.send(id))).state == "passed"
    token = bank.token()
    id = bank.begin(SMALL, needs=(frozenset({Factor.TOTP}),)).id
    assert bank.answer(id, Factor.TOTP, answer(bank.code_of(token))).state == "passed"


@pytest.mark.parametrize("typed", MALFORMED)
@pytest.mark.parametrize("factor", [Factor.PIN, Factor.SMS, Factor.TOTP])
def test_a_code_of_a_wrong_form_takes_no_try(bank: Bank, factor: Factor, typed: str) -> None:
    bank.token()
    id, before = bank.begin(SMALL, needs=(frozenset({factor}),)).id, left(bank)
    if factor is Factor.SMS:
        bank.send(id)
    for _ in range(20):
        with pytest.raises(AnswerMalformed):
            bank.answer(id, factor, typed)
    assert left(bank) == before
    with pytest.raises(AnswerWrong):
        bank.answer(id, factor, "000000")
    assert left(bank) == before - 1


def test_a_code_of_sixteen_digits_where_six_were_sent_takes_no_try(bank: Bank) -> None:
    id, before = bank.begin(SMALL, needs=BY_SMS).id, left(bank)
    bank.send(id)
    with pytest.raises(AnswerMalformed):
        bank.answer(id, Factor.SMS, "0" * 16)
    assert left(bank) == before


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\u2060", "\u3164", "\u3000", "x" * 129])
def test_a_password_that_is_nothing_takes_no_try_and_no_hash(bank: Bank, typed: str) -> None:
    before = left(bank)
    for subject in (OWNER, NOBODY):
        with pytest.raises(AnswerMalformed):
            bank.answer(bank.begin(SIGN_IN, subject).id, Factor.PASSWORD, typed, subject)
    assert (left(bank), bank.hasher.compared) == (before, [])


# --- one form: judged, hashed, compared ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "ｐａｓｓｗｏｒｄ１２３",
        "pass\u200bword123",
        "p\xadassword123",
        "𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝𝟏𝟐𝟑",
        "ⓟⓐⓢⓢⓦⓞⓡⓓ①②③",
        "\u2060" * 90 + "password12",
        "ab" + "\u200b" * 30,
        "\u3000" * 12,
    ],
)
def test_abuse_92_a_password_is_judged_in_the_form_that_is_compared(bank: Bank, password: str) -> None:
    with pytest.raises(TooWeak):
        bank.run(bank.factors.set_password(OWNER, password, OWN))


@pytest.mark.parametrize("pin", ["１２３４５６", "١٢٣٤٥٦", "\u200e123456", "111 111"])
def test_abuse_92_a_pin_is_judged_in_the_form_that_is_compared(bank: Bank, pin: str) -> None:
    with pytest.raises(TooWeak) as weak:
        bank.run(bank.set_pin(OWNER, pin, OWN))
    assert weak.value.warning_key != "weak.not_six_digits"


def test_a_password_and_a_pin_that_were_set_in_another_form_are_right_in_every_form(bank: Bank) -> None:
    bank.run(bank.factors.set_password(OWNER, "ｗandering\u200b teapot\u00a0umbrella", OWN))
    bank.run(bank.set_pin(OWNER, full_width("402957"), OWN))
    for typed in ("wandering teapot umbrella", "wandering teapot umbrella\ufeff"):
        assert bank.is_password(typed)
    assert bank.answer(bank.begin(SMALL, needs=BY_PIN).id, Factor.PIN, "402957").state == "passed"


def test_a_hash_of_a_version_before_is_right_once_more_and_made_anew(bank: Bank) -> None:
    typed, plain = "wandering\u200b teapot umbrella", "wandering teapot umbrella"
    before = bank.hasher._argon2.hash(bank.cipher.blind_index(typed, "secret").hex())
    with bank.db.write() as connection:
        bank.factors.put_secret(connection, OWNER, Factor.PASSWORD, before, bank.clock.now())
    assert not bank.is_password(plain)
    bank.answer(bank.begin(SIGN_IN).id, Factor.PASSWORD, typed)
    with bank.db.read() as connection:
        after = (credentials.secret_of(connection, OWNER, Factor.PASSWORD) or b"").decode()
    assert after != before
    assert not bank.hasher.outdated(after, typed)
    assert bank.is_password(plain)
    assert bank.is_password(typed)


@pytest.mark.parametrize(("typed", "hashes"), [("not the password", 1), ("not\u200b the password", 2)])
def test_abuse_43_how_many_hashes_are_computed_depends_on_the_text_alone(bank: Bank, typed: str, hashes: int) -> None:
    verified: list[str] = []

    class Spy(PasswordHasher):
        def verify(self, hash: str, password: str) -> bool:  # type: ignore[override]
            verified.append(hash)
            return super().verify(hash, password)

    hasher, counts = SecretHasher(bank.cipher, Spy(time_cost=1, memory_cost=8, parallelism=1)), []
    for hash in (None, hasher.hash(PASSWORD), hasher.hash(typed)):
        hasher.matches(hash, typed)
        counts.append(len(verified))
        verified.clear()
    assert counts == [hashes] * 3
