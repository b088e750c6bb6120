"""What is enrolled: passwords and PINs as hashes, tokens that are never replayed, keys with a verified holder."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from authenticator import UP, UV, Authenticator
from proving import NOBODY, ORIGIN, OTHER, OWNER, PASSWORD, PIN, SIGN_IN, SMALL, Bank
from sqlalchemy import select

from feiqian.auth.challenges.errors import (
    AnswerWrong,
    ChallengeOver,
    EnrolmentRefused,
    FactorNotEnrolled,
    FactorNotFound,
    TooWeak,
)
from feiqian.auth.challenges.hashing import LONGEST, SecretHasher, hasher_of
from feiqian.auth.challenges.passkeys import RelyingParty
from feiqian.auth.challenges.tables import secrets
from feiqian.policy.factors import Factor, Purpose
from feiqian.settings import Settings
from feiqian.subjects import staff

TOKEN = (frozenset({Factor.TOTP}),)
NEW_PASSWORD = "seven lanterns over the quay"


def stored(bank: Bank, factor: Factor) -> bytes:
    with bank.db.read() as connection:
        rows = connection.execute(select(secrets.c.secret).where(secrets.c.factor == factor, secrets.c.number == 1))
        return bytes(rows.scalar_one())


def test_a_new_password_replaces_the_old(bank: Bank) -> None:
    bank.run(bank.factors.set_password(OWNER, NEW_PASSWORD, ["Li Wei"]))
    assert bank.is_password(NEW_PASSWORD)
    assert not bank.is_password(PASSWORD)
    with pytest.raises(TooWeak):
        bank.run(bank.factors.set_password(OWNER, "password", []))
    assert bank.is_password(NEW_PASSWORD)


def test_a_new_pin_replaces_the_old(bank: Bank) -> None:
    bank.run(bank.set_pin(OWNER, "730582", []))
    with pytest.raises(AnswerWrong):
        bank.passed()
    assert bank.answer(bank.begin(SMALL).id, Factor.PIN, "730582").state == "passed"


def test_a_password_is_the_same_however_its_letters_are_composed(bank: Bank) -> None:
    bank.run(bank.factors.set_password(OWNER, "cinco peque\u00f1os tambores", []))
    assert bank.is_password("cinco pequen\u0303os tambores")


def test_a_hash_needs_the_banks_key(bank: Bank) -> None:
    from feiqian.field_cipher import FieldCipher

    hash = stored(bank, Factor.PIN).decode()
    assert hash.startswith("$argon2id$")
    assert SecretHasher(bank.cipher).matches(hash, PIN)
    assert not SecretHasher(FieldCipher(bytes(32))).matches(hash, PIN)


def test_hashes_are_strong_unless_the_settings_say_otherwise(bank: Bank) -> None:
    strong, light = hasher_of(bank.cipher, Settings().hashing), hasher_of(bank.cipher, "light")
    assert "$m=65536,t=3,p=4$" in strong.hash(PIN)
    assert "$m=8,t=1,p=1$" in light.hash(PIN)
    assert strong.matches(light.hash(PIN), PIN)
    assert strong.outdated(light.hash(PIN))  # so it is made anew when it is matched


def test_where_there_is_nothing_to_match_a_whole_hash_of_the_same_cost_is_computed(bank: Bank) -> None:
    verified: list[str] = []

    class Spy(PasswordHasher):
        def verify(self, hash: str, password: str) -> bool:  # type: ignore[override]
            verified.append(hash)
            return super().verify(hash, password)

    hasher = SecretHasher(bank.cipher, Spy(time_cost=1, memory_cost=8, parallelism=1))
    assert not hasher.matches(None, PASSWORD)
    (dummy,) = verified
    assert dummy.startswith("$argon2id$")
    assert not hasher.outdated(dummy)
    assert extract_parameters(dummy) == extract_parameters(hasher.hash(PASSWORD))
    with pytest.raises(VerifyMismatchError):  # it was computed to the end, not refused as no hash at all
        PasswordHasher().verify(dummy, PASSWORD)


def test_what_is_longer_than_what_is_hashed_never_matches(bank: Bank) -> None:
    longest = "x" * LONGEST
    hash = bank.hasher.hash(longest)
    assert bank.hasher.matches(hash, longest)
    assert not bank.hasher.matches(hash, longest + "x")
    with pytest.raises(ValueError, match="too long"):
        bank.hasher.hash(longest + "x")


def test_an_outdated_hash_is_made_anew_when_it_is_matched(bank: Bank) -> None:
    old = stored(bank, Factor.PIN)
    bank.hasher._argon2 = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    bank.passed()
    assert stored(bank, Factor.PIN) != old
    assert not bank.hasher.outdated(stored(bank, Factor.PIN).decode())
    bank.passed()


def test_a_token_counts_once_it_was_confirmed(bank: Bank) -> None:
    import pyotp

    enrolment = bank.run(bank.factors.begin_totp(OWNER, "li.wei"))
    assert enrolment.uri.startswith("otpauth://totp/Feiqian:li.wei?secret=")
    token = pyotp.parse_uri(enrolment.uri)
    assert isinstance(token, pyotp.TOTP)
    with pytest.raises(AnswerWrong):
        bank.run(bank.factors.confirm_totp(OWNER, enrolment.id, "000000"))
    with pytest.raises(FactorNotEnrolled):
        bank.begin(SMALL, needs=TOKEN)
    with pytest.raises(FactorNotFound):
        bank.run(bank.factors.confirm_totp(OTHER, enrolment.id, bank.code_of(token)))
    assert bank.run(bank.factors.confirm_totp(OWNER, enrolment.id, bank.code_of(token))).factor is Factor.TOTP
    with pytest.raises(FactorNotFound):
        bank.run(bank.factors.confirm_totp(OWNER, enrolment.id, bank.code_of(token)))
    id = bank.begin(SMALL, needs=TOKEN).id
    with pytest.raises(AnswerWrong):  # the code that confirmed it is used up
        bank.answer(id, Factor.TOTP, bank.code_of(token))
    bank.clock.advance(30)
    assert bank.answer(id, Factor.TOTP, bank.code_of(token)).state == "passed"


def test_a_token_may_be_a_step_early_or_late_and_no_more(bank: Bank) -> None:
    token = bank.token()
    for drift, right in ((-60, False), (60, False), (-30, True), (30, True)):
        id = bank.begin(SMALL, needs=TOKEN).id
        if right:
            assert bank.answer(id, Factor.TOTP, bank.code_of(token, drift)).state == "passed"
        else:
            with pytest.raises(AnswerWrong):
                bank.answer(id, Factor.TOTP, bank.code_of(token, drift))


def test_abuse_37_a_tokens_code_is_accepted_once_even_in_parallel(bank: Bank) -> None:
    token = bank.token()
    ids = [bank.begin(SMALL, needs=TOKEN).id for _ in range(3)]
    code = bank.code_of(token)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(
            *(bank.verification.answer(id, OWNER, Factor.TOTP, code) for id in ids), return_exceptions=True
        )

    answers = bank.run(all_at_once())
    assert sum(isinstance(answer, AnswerWrong) for answer in answers) == 2
    id = bank.begin(SMALL, needs=TOKEN).id
    for stale in (code, bank.code_of(token, -30)):
        with pytest.raises(AnswerWrong):
            bank.answer(id, Factor.TOTP, stale)


def test_tokens_secrets_are_sealed(bank: Bank) -> None:
    import pyotp

    uri = bank.run(bank.factors.begin_totp(OWNER, "li.wei")).uri
    token = bank.token()
    assert isinstance(pyotp.parse_uri(uri), pyotp.TOTP)
    assert token.secret.encode() not in stored(bank, Factor.TOTP)


def test_an_enrolment_takes_ten_minutes_at_most(bank: Bank) -> None:
    key = Authenticator()
    id, options = bank.run(bank.factors.begin_key(OWNER, "li.wei", "Li Wei", Factor.PASSKEY))
    bank.clock.advance(601)
    with pytest.raises(FactorNotFound):
        bank.run(bank.factors.finish_key(OWNER, id, key.create(options), ""))


def test_what_a_browser_is_asked_for(bank: Bank) -> None:
    bank.enrol(first := Authenticator(), Factor.PASSKEY)
    _, passkey = bank.run(bank.factors.begin_key(OWNER, "li.wei", "Li Wei", Factor.PASSKEY))
    _, shield = bank.run(bank.factors.begin_key(OWNER, "li.wei", "Li Wei", Factor.SHIELD))
    for options in (passkey, shield):
        assert options["rp"]["id"] == "localhost"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"
    assert shield["authenticatorSelection"]["authenticatorAttachment"] == "cross-platform"
    assert "authenticatorAttachment" not in passkey["authenticatorSelection"]
    assert len(passkey["excludeCredentials"]) == 1
    assert shield["excludeCredentials"] == []
    assert passkey["user"]["id"] != shield["user"]["id"]
    assert first.id is not None


@pytest.mark.parametrize("change", [{"flags": UP}, {"flags": UV}, {"origin": "https://evil.example"}])
def test_a_key_that_does_not_verify_its_holder_or_is_of_another_site_is_not_enrolled(
    bank: Bank, change: dict[str, Any]
) -> None:
    with pytest.raises(EnrolmentRefused):
        bank.enrol(Authenticator(**change))


APP = "android:apk-key-hash:" + "A" * 43


@pytest.mark.parametrize("origin", [APP, "https://localhost", ORIGIN])
def test_keys_of_the_banks_own_apps_are_taken(bank: Bank, origin: str) -> None:
    bank.factors.party = RelyingParty(ORIGIN, (APP, "https://localhost"))
    key = Authenticator(origin=origin)
    bank.enrol(key)
    assert bank.sign(bank.begin(SMALL).id, key).state == "passed"
    for other in ("android:apk-key-hash:" + "B" * 43, APP.upper(), "https://localhost:1", "http://localhost", ""):
        key.origin = other
        with pytest.raises(AnswerWrong):
            bank.sign(bank.begin(SMALL).id, key)


def test_an_app_that_is_not_named_is_no_app_of_ours(bank: Bank) -> None:
    with pytest.raises(EnrolmentRefused):
        bank.enrol(Authenticator(origin=APP))


@pytest.mark.parametrize("response", ["", "{}", "[]", "null", '{"id": 1}', "[" * 9000, "x" * 20_000])
def test_nonsense_enrols_nothing_and_answers_nothing(bank: Bank, response: str) -> None:
    bank.enrol(Authenticator())
    id, _ = bank.run(bank.factors.begin_key(OWNER, "li.wei", "Li Wei", Factor.SHIELD))
    with pytest.raises(EnrolmentRefused):
        bank.run(bank.factors.finish_key(OWNER, id, response, ""))
    with pytest.raises(AnswerWrong):
        bank.answer(bank.begin(SMALL).id, Factor.SHIELD, response)


def test_a_key_belongs_to_one(bank: Bank) -> None:
    key = Authenticator()
    bank.enrol(key)
    with pytest.raises(EnrolmentRefused):
        bank.enrol(key, Factor.SHIELD, OTHER)
    bank.enrol(Authenticator(), Factor.SHIELD, OTHER)
    with pytest.raises(AnswerWrong):
        bank.sign(bank.begin(SMALL, OTHER).id, key, Factor.SHIELD, OTHER)


@pytest.mark.parametrize(
    "change", [{"flags": UP}, {"flags": UV}, {"origin": "https://evil.example"}, {"id": b"x" * 32}]
)
def test_a_signature_that_is_not_the_holders_is_refused(bank: Bank, change: dict[str, Any]) -> None:
    key = Authenticator()
    bank.enrol(key)
    for name, value in change.items():
        setattr(key, name, value)
    with pytest.raises(AnswerWrong):
        bank.sign(bank.begin(SMALL).id, key)


def test_abuse_37_a_signature_counts_for_its_challenge_only(bank: Bank) -> None:
    key = Authenticator()
    bank.enrol(key)
    first, second = bank.begin(SMALL).id, bank.begin(SMALL).id
    answer = key.get(bank.run(bank.verification.options(first, OWNER, Factor.SHIELD)))
    with pytest.raises(AnswerWrong):
        bank.answer(second, Factor.SHIELD, answer)
    assert bank.answer(first, Factor.SHIELD, answer).state == "passed"


def test_a_key_whose_count_goes_back_is_refused_and_logged(bank: Bank) -> None:
    key = Authenticator(count=5)
    bank.enrol(key)
    assert bank.sign(bank.begin(SMALL).id, key).state == "passed"
    copy = key.count
    with structlog.testing.capture_logs() as logged:
        for count in (copy - 1, copy - 3, -1):
            key.count = count
            with pytest.raises(AnswerWrong):
                bank.sign(bank.begin(SMALL).id, key)
    assert [entry["event"] for entry in logged] == ["key_count_went_back"] * 3
    key.count = copy
    assert bank.sign(bank.begin(SMALL).id, key).state == "passed"


def test_a_key_that_does_not_count_is_taken(bank: Bank) -> None:
    key = Authenticator(step=0)
    bank.enrol(key)
    for _ in range(2):
        assert bank.sign(bank.begin(SMALL).id, key).state == "passed"


def test_one_signs_in_by_passkey_without_a_name(bank: Bank) -> None:
    key = Authenticator()
    bank.enrol(key, Factor.PASSKEY)
    token, options = bank.verification.begin_passkey_sign_in("zh")
    assert options["allowCredentials"] == []
    answer = key.get(options)
    subject, view = bank.run(bank.verification.answer_passkey_sign_in(token, answer))
    assert (subject, view.state, view.passed) == (OWNER, "passed", (Factor.PASSKEY,))
    assert view.text.startswith("登录\n")
    with pytest.raises(ChallengeOver):
        bank.run(bank.verification.answer_passkey_sign_in(token, key.get(options)))
    assert bank.run(bank.verification.consume(view.id, OWNER, SIGN_IN)).factors == (Factor.PASSKEY,)
    with pytest.raises(ChallengeOver):
        bank.run(bank.verification.answer_passkey_sign_in(token, key.get(options)))


def test_a_passkey_opens_its_own_door_only(bank: Bank) -> None:
    customers, staffs = Authenticator(), Authenticator()
    bank.enrol(customers, Factor.PASSKEY)
    bank.enrol(staffs, Factor.PASSKEY, staff(1))
    for purpose, wrong, right in (
        (Purpose.SIGN_IN, staffs, customers),
        (Purpose.STAFF_SIGN_IN, customers, staffs),
    ):
        id, options = bank.verification.begin_passkey_sign_in("en", purpose)
        for key in (wrong, Authenticator()):
            with pytest.raises(AnswerWrong):
                bank.run(bank.verification.answer_passkey_sign_in(id, key.get(options)))
        assert bank.run(bank.verification.answer_passkey_sign_in(id, right.get(options)))[1].state == "passed"


def test_factors_are_listed_and_removed_by_their_owner(bank: Bank) -> None:
    bank.clock.advance(1)
    bank.token()
    shield = bank.enrol(Authenticator())
    views = bank.run(bank.factors.list(OWNER))
    assert [view.factor for view in views] == [Factor.PASSWORD, Factor.PIN, Factor.TOTP, Factor.SHIELD] or [
        view.factor for view in views
    ] == [Factor.PIN, Factor.PASSWORD, Factor.TOTP, Factor.SHIELD]
    assert (views[-1].id, views[-1].label, views[-1].used_at) == (shield, "my key", 0)
    for subject, id in ((OTHER, shield), (OWNER, views[0].id), (OWNER, "fac_none")):
        with pytest.raises(FactorNotFound):
            bank.run(bank.factors.remove(subject, id))
    bank.run(bank.factors.remove(OWNER, shield))
    bank.run(bank.factors.remove(OWNER, views[2].id))
    assert len(bank.run(bank.factors.list(OWNER))) == 2


def test_what_they_have_is_what_they_can_use(bank: Bank) -> None:
    with bank.db.read() as connection:
        has = {
            subject: {factor for factor in Factor if bank.factors.has(connection, subject, factor)}
            for subject in (OWNER, OTHER, NOBODY)
        }
    assert has[OTHER] == has[NOBODY] == {Factor.PASSWORD, Factor.PIN, Factor.SMS}
    assert has[OWNER] == has[OTHER] | {Factor.EMAIL}


def test_transports_are_kept_as_far_as_they_are_known(bank: Bank) -> None:
    key = Authenticator()
    id, options = bank.run(bank.factors.begin_key(OWNER, "li.wei", "Li Wei", Factor.SHIELD))
    response = json.loads(key.create(options))
    response["response"]["transports"] = ["usb", "telepathy", "nfc"]
    bank.run(bank.factors.finish_key(OWNER, id, json.dumps(response), "x" * 100))
    (allowed,) = bank.run(bank.verification.options(bank.begin(SMALL).id, OWNER, Factor.SHIELD))["allowCredentials"]
    assert allowed["transports"] == ["nfc", "usb"]
