"""The security centre: stopping everything in one tap, taking it back with proof, and changing what proves one."""

from __future__ import annotations

import asyncio
import re

import pyotp
import pytest
from authenticator import Authenticator
from people import (
    CHROME,
    EMAIL,
    EVE,
    EVE_DETAILS,
    MEI,
    NEW_PASSWORD,
    NEW_PIN,
    PASSWORD,
    PIN,
    UNKNOWN,
    People,
)

from feiqian.auth.challenges.errors import (
    AnswerWrong,
    BindingDiffers,
    ChallengeNotFound,
    ChallengeOver,
    FactorNotFound,
    NotPassed,
    TooWeak,
    VerificationError,
)
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import DetailsInvalid, FrozenByBank, NotFrozen, SecretUnchanged, SignInRefused
from feiqian.auth.model import Opened
from feiqian.customers.errors import ApplicationOver, CustomerNotFound
from feiqian.errors import CommitOverdue
from feiqian.notify.model import Channel
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import customer, staff
from feiqian.texts import LANGUAGES, texts_in

ADA = staff(1)


@pytest.fixture
def mei(bank: People) -> Opened:
    """Signed in, verified, with money."""
    opened = bank.checked()
    bank.fund(1)
    return opened


def test_the_overview_shows_what_there_is(bank: People, mei: Opened) -> None:
    overview = bank.run(bank.security.overview(mei.session))
    assert (overview.level, overview.frozen, overview.cooling) == ("remote", False, False)
    assert [device.here for device in overview.devices] == [True]
    assert {factor.factor for factor in overview.factors} == {Factor.PASSWORD, Factor.PIN}
    assert [session.id for session in overview.sessions] == [mei.session.id]
    assert [one.outcome for one in overview.sign_ins] == ["ok"]


# --- stopping --------------------------------------------------------------------------------------------------------


def test_freezing_stops_money_at_once_and_tells(bank: People, mei: Opened) -> None:
    assert bank.paid(1)
    bank.run(bank.security.freeze(mei.session))
    assert not bank.paid(1)
    assert bank.run(bank.security.overview(mei.session)).frozen
    assert sorted(bank.told(1)[-2:]) == [("frozen", "email"), ("frozen", "sms")]
    bank.run(bank.security.freeze(mei.session))
    assert bank.told(1).count(("frozen", "sms")) == 1
    assert bank.audit_log(1).count("frozen") == 1


def test_a_freeze_holds_after_a_crash(bank: People, mei: Opened) -> None:
    bank.run(bank.security.freeze(mei.session))
    again = bank.again()
    assert not again.paid(1)
    assert again.run(again.intents.sweep()) == 0
    again.close()


def test_unfreezing_takes_proof(bank: People, mei: Opened) -> None:
    bank.run(bank.security.freeze(mei.session))
    challenge = bank.run(bank.changing.challenge(mei.session, Purpose.UNFREEZE)).id
    with pytest.raises(NotPassed):
        bank.run(bank.security.unfreeze(mei.session, challenge))
    other = bank.passed(mei.session, Purpose.CHANGE_PIN)
    with pytest.raises(BindingDiffers):
        bank.run(bank.security.unfreeze(mei.session, other))
    assert not bank.paid(1)
    bank.run(bank.security.unfreeze(mei.session, bank.passed(mei.session, Purpose.UNFREEZE)))
    assert bank.paid(1)
    assert ("unfrozen", "sms") in bank.told(1)
    with pytest.raises(NotFrozen):
        bank.run(bank.security.unfreeze(mei.session, bank.passed(mei.session, Purpose.UNFREEZE)))


def test_what_the_bank_froze_only_the_bank_unfreezes(bank: People, mei: Opened) -> None:
    bank.run(bank.security.freeze(mei.session))
    bank.run(bank.freezing.freeze(1, ADA))
    bank.run(bank.security.freeze(mei.session))
    assert bank.run(bank.security.overview(mei.session)).frozen_by_bank
    challenge = bank.passed(mei.session, Purpose.UNFREEZE)
    with pytest.raises(FrozenByBank):
        bank.run(bank.security.unfreeze(mei.session, challenge))
    assert not bank.paid(1)
    bank.run(bank.freezing.unfreeze(1, ADA))
    assert bank.paid(1)
    with pytest.raises(NotFrozen):
        bank.run(bank.freezing.unfreeze(1, ADA))
    with pytest.raises(CustomerNotFound):
        bank.run(bank.freezing.freeze(9, ADA))


def test_unfreezing_that_was_cut_in_two_is_completed_at_the_start(
    bank: People, mei: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.run(bank.security.freeze(mei.session))
    challenge = bank.passed(mei.session, Purpose.UNFREEZE)

    async def crash(_: int) -> None:
        raise KeyError("the power went")

    monkeypatch.setattr(bank.services.accounts, "unfreeze", crash)
    with pytest.raises(KeyError):
        bank.run(bank.security.unfreeze(mei.session, challenge))
    assert not bank.paid(1)
    again = bank.again()
    assert again.run(again.intents.sweep()) == 1
    assert again.paid(1)
    assert again.run(again.intents.sweep()) == 0
    again.close()


def test_freezing_wins_over_an_unfreezing_under_way(bank: People, mei: Opened) -> None:
    bank.run(bank.security.freeze(mei.session))
    challenge = bank.passed(mei.session, Purpose.UNFREEZE)

    async def both() -> None:
        unfreezing = asyncio.create_task(bank.security.unfreeze(mei.session, challenge))
        await asyncio.sleep(0)
        await asyncio.gather(unfreezing, bank.security.freeze(mei.session))

    bank.run(both())
    assert not bank.paid(1)
    profile = bank.customers.profile(1)
    assert profile is not None
    assert profile.frozen


def test_freezing_takes_back_an_unfreezing_that_could_not_be_finished(
    bank: People, mei: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.run(bank.security.freeze(mei.session))
    challenge = bank.passed(mei.session, Purpose.UNFREEZE)

    async def stopped(_: int) -> None:
        raise CommitOverdue("the journal does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(bank.services.accounts, "unfreeze", stopped)
        with pytest.raises(CommitOverdue):
            bank.run(bank.security.unfreeze(mei.session, challenge))
    bank.run(bank.security.freeze(mei.session))
    assert bank.run(bank.intents.sweep()) == 0
    assert not bank.paid(1)
    assert bank.audit_log(1).count("frozen") == 2
    assert "unfrozen" not in bank.audit_log(1)


def test_a_stolen_phone_freezes_signs_out_the_others_and_opens_a_case(bank: People, mei: Opened) -> None:
    thief = bank.enter()
    case = bank.run(bank.security.report_stolen(mei.session, "on the metro, at eight"))
    assert not bank.paid(1)
    assert bank.run(bank.services.sessions.find(thief.token)) is None
    assert bank.run(bank.services.sessions.find(mei.token)) is not None
    assert [d.id for d in bank.run(bank.security.overview(mei.session)).devices] == [mei.session.device]
    assert (case.customer, case.kind, case.timeline[0].text) == (
        1,
        "stolen_phone",
        "on the metro, at eight",
    )
    assert len(case.timeline) == 3
    assert bank.run(bank.security.cases(mei.session)) == [case]
    assert {"phone_stolen", "frozen", "case_opened"} <= set(bank.audit_log(1))
    assert ("case_opened", "sms") in bank.told(1)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (0, "No other sign-in was open. No other device was known."),
        (1, "One other sign-in was ended. One other device was forgotten."),
        (2, "2 other sign-ins were ended. 2 other devices were forgotten."),
    ],
)
def test_a_case_says_in_plain_sentences_what_was_ended(bank: People, mei: Opened, others: int, said: str) -> None:
    for _ in range(others):
        bank.enter()
    assert bank.run(bank.security.report_stolen(mei.session)).timeline[-1].text == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_was_ended_is_said_without_a_number(language: str) -> None:
    texts = texts_in(language)
    for what in ("sign_ins", "devices"):
        none, one, many = (texts(f"customers.case.{what}.{few}", count=7) for few in ("none", "one", "many"))
        assert not re.search(r"[0-9(]", none)
        assert "7" not in one
        assert "7" in many


def test_signing_out_here_and_everywhere(bank: People, mei: Opened) -> None:
    other = bank.enter(device=mei.device_token)
    bank.run(bank.security.sign_out_everywhere(mei.session))
    assert bank.run(bank.services.sessions.find(other.token)) is None
    assert bank.run(bank.services.sessions.find(mei.token)) is not None
    bank.run(bank.security.sign_out(mei.session))
    assert bank.run(bank.services.sessions.find(mei.token)) is None


def test_a_forgotten_device_is_signed_out_and_new_again(bank: People, mei: Opened) -> None:
    other = bank.enter()
    assert other.session.device is not None
    assert bank.run(bank.security.forget_device(mei.session, other.session.device))
    assert bank.run(bank.services.sessions.find(other.token)) is None
    assert bank.enter(device=other.device_token).new_device
    assert not bank.run(bank.security.forget_device(mei.session, "dev_unknown"))


def test_abuse_28_what_is_anothers_is_not_found(bank: People, mei: Opened) -> None:
    eve = bank.register(EVE, EVE_DETAILS)
    assert mei.session.device is not None
    assert not bank.run(bank.security.forget_device(eve.session, mei.session.device))
    assert bank.run(bank.services.sessions.find(mei.token)) is not None
    bank.enrol(mei.session, Authenticator())
    key = next(f for f in bank.run(bank.security.overview(mei.session)).factors if f.factor is Factor.PASSKEY)
    with pytest.raises(FactorNotFound):
        bank.run(bank.changing.challenge(eve.session, Purpose.REMOVE_FACTOR, reference=key.id))
    theirs = bank.passed(eve.session, Purpose.CHANGE_PIN)
    with pytest.raises(FactorNotFound):
        bank.run(bank.changing.remove_factor(eve.session, theirs, key.id))
    challenge = bank.passed(mei.session, Purpose.CHANGE_PIN)
    with pytest.raises(ChallengeNotFound):
        bank.run(bank.changing.change_pin(eve.session, challenge, NEW_PIN))
    proof = bank.passed(mei.session, Purpose.CHANGE_CONTACT, "email", "new@example.com")
    started = bank.run(bank.new_contacts.start(mei.session, proof, "email", "new@example.com"))
    with pytest.raises(ApplicationOver):
        bank.run(bank.new_contacts.finish(eve.session, started.application))
    with pytest.raises(ApplicationOver):
        bank.run(bank.new_contacts.answer_code(eve.session, started.application, Factor.EMAIL, "123456"))
    assert bank.run(bank.security.cases(eve.session)) == []


# --- changing --------------------------------------------------------------------------------------------------------


def test_abuse_29_only_what_is_the_customers_own_can_be_changed(bank: People, mei: Opened) -> None:
    for purpose, kind, reference in (
        (Purpose.CHANGE_CONTACT, "level", "full"),
        (Purpose.CHANGE_CONTACT, "balance", "100"),
        (Purpose.CHANGE_CONTACT, "frozen", ""),
        (Purpose.ADD_FACTOR, "password", ""),
        (Purpose.ADD_FACTOR, "sms", ""),
        (Purpose.PAYMENT, "", ""),
        (Purpose.STAFF_ACT, "set_level", "full"),
        (Purpose.SIGN_IN, "", ""),
        (Purpose.UNFREEZE, "", "2"),
    ):
        with pytest.raises(DetailsInvalid):
            bank.run(bank.changing.challenge(mei.session, purpose, kind, reference))
    with pytest.raises(DetailsInvalid):
        bank.run(bank.changing.change_language(mei.session, "tlh"))


def test_a_new_password_takes_proof_and_ends_the_other_sessions(bank: People, mei: Opened) -> None:
    other = bank.enter(device=mei.device_token)
    challenge = bank.passed(mei.session, Purpose.CHANGE_PASSWORD)
    for weak in ("password", "limei19900307"):
        with pytest.raises(TooWeak):
            bank.run(bank.changing.change_password(mei.session, challenge, weak))
    with pytest.raises(SecretUnchanged):
        bank.run(bank.changing.change_password(mei.session, challenge, PASSWORD))
    bank.run(bank.changing.change_password(mei.session, challenge, NEW_PASSWORD))
    with pytest.raises(ChallengeOver):
        bank.run(bank.changing.change_password(mei.session, challenge, "another good lantern"))
    assert bank.run(bank.services.sessions.find(other.token)) is None
    assert bank.run(bank.services.sessions.find(mei.token)) is not None
    with pytest.raises(SignInRefused):
        bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    assert ("changed", "email") in bank.told(1)


@pytest.mark.parametrize("state", ["unknown", "open", "spent", "void", "of_another_purpose"])
def test_abuse_80_a_new_secret_tells_nothing_of_the_old_one_before_the_proof(
    bank: People, mei: Opened, state: str
) -> None:
    """Who has only a session could try every PIN as a new one, uncounted: "it has to be another than before"."""
    for change, purpose, old, other, weak in (
        (bank.changing.change_pin, Purpose.CHANGE_PIN, PIN, "629471", "190307"),
        (bank.changing.change_password, Purpose.CHANGE_PASSWORD, PASSWORD, NEW_PASSWORD, "limei19900307"),
    ):
        challenge = unusable(bank, mei, purpose, state)
        for tried in (old, other, weak):
            with pytest.raises((BindingDiffers, ChallengeNotFound, ChallengeOver, NotPassed)):
                bank.run(change(mei.session, challenge, tried))


def unusable(bank: People, mei: Opened, purpose: Purpose, state: str) -> str:
    """A challenge that allows no change."""
    if state == "unknown":
        return "chl_unknown"
    if state == "open":
        return bank.run(bank.changing.challenge(mei.session, purpose)).id
    if state == "of_another_purpose":
        return bank.passed(mei.session, Purpose.UNFREEZE)
    challenge = bank.passed(mei.session, purpose)
    if state == "void":
        with pytest.raises(BindingDiffers):
            bank.run(
                bank.verification.consume(challenge, mei.session.subject, ChallengeBinding(purpose=Purpose.UNFREEZE))
            )
    else:
        bank.run(bank.verification.consume(challenge, mei.session.subject, ChallengeBinding(purpose=purpose)))
    return challenge


def test_a_new_pin_takes_proof(bank: People, mei: Opened) -> None:
    with pytest.raises(SecretUnchanged):
        bank.run(bank.changing.change_pin(mei.session, bank.passed(mei.session, Purpose.CHANGE_PIN), PIN))
    bank.run(bank.changing.change_pin(mei.session, bank.passed(mei.session, Purpose.CHANGE_PIN), NEW_PIN))
    challenge = bank.run(bank.changing.challenge(mei.session, Purpose.UNFREEZE))
    with pytest.raises(AnswerWrong):
        bank.run(bank.verification.answer(challenge.id, mei.session.subject, Factor.PIN, PIN))


def contact(bank: People, opened: Opened, kind: str, address: str, channel: Channel) -> str:
    proof = bank.passed(opened.session, Purpose.CHANGE_CONTACT, kind, address)
    started = bank.run(bank.new_contacts.start(opened.session, proof, kind, address))
    factor = Factor.SMS if kind == "mobile" else Factor.EMAIL
    bank.run(bank.new_contacts.answer_code(opened.session, started.application, factor, bank.code(channel)))
    return started.application


def test_abuse_39_a_new_number_is_shown_to_be_theirs_and_brings_low_limits(bank: People, mei: Opened) -> None:
    application = contact(bank, mei, "mobile", UNKNOWN, Channel.SMS)
    assert bank.do(bank.customers.by_mobile, UNKNOWN) is None
    bank.run(bank.new_contacts.finish(mei.session, application))
    assert bank.do(bank.customers.by_mobile, UNKNOWN) == bank.do(bank.customers.by_number, 1)
    assert bank.do(bank.customers.by_mobile, MEI) is None
    assert bank.cooling(1)
    changed = {(m.channel.value, m.address) for m in bank.arrived(customer(1)) if m.kind == "changed"}
    assert changed == {("sms", MEI), ("email", EMAIL), ("sms", UNKNOWN)}
    with pytest.raises(ApplicationOver):
        bank.run(bank.new_contacts.finish(mei.session, application))
    assert bank.enter(UNKNOWN).session.subject == customer(1)


def test_a_new_mail_address_is_shown_to_be_theirs(bank: People, mei: Opened) -> None:
    application = contact(bank, mei, "email", "mei.li@example.com", Channel.EMAIL)
    bank.run(bank.new_contacts.finish(mei.session, application))
    profile = bank.customers.profile(1)
    assert profile is not None
    assert profile.email == "mei.li@example.com"
    changed = {(m.channel.value, m.address) for m in bank.arrived(customer(1)) if m.kind == "changed"}
    assert changed == {("sms", MEI), ("email", EMAIL), ("email", "mei.li@example.com")}


def test_a_proof_for_one_address_changes_no_other(bank: People, mei: Opened) -> None:
    proof = bank.passed(mei.session, Purpose.CHANGE_CONTACT, "mobile", UNKNOWN)
    with pytest.raises(BindingDiffers):
        bank.run(bank.new_contacts.start(mei.session, proof, "mobile", "+8613900007777"))


def test_abuse_43_a_number_that_is_anothers_is_answered_as_any_other(bank: People, mei: Opened) -> None:
    bank.register(EVE, EVE_DETAILS)
    before = len(bank.arrived())
    proof = bank.passed(mei.session, Purpose.CHANGE_CONTACT, "mobile", EVE)
    started = bank.run(bank.new_contacts.start(mei.session, proof, "mobile", EVE))
    assert [(m.kind, m.address) for m in bank.arrived()[before:]][-1] == ("number_known", EVE)
    with pytest.raises(AnswerWrong):
        bank.run(bank.new_contacts.answer_code(mei.session, started.application, Factor.SMS, "123456"))
    with pytest.raises(NotPassed):
        bank.run(bank.new_contacts.finish(mei.session, started.application))


def test_an_address_can_be_taken_away(bank: People, mei: Opened) -> None:
    bank.run(bank.changing.remove_email(mei.session, bank.passed(mei.session, Purpose.CHANGE_CONTACT, "email", "")))
    profile = bank.customers.profile(1)
    assert profile is not None
    assert profile.email == ""
    assert bank.arrived(customer(1))[-1].kind == "changed"


def test_a_language_is_of_messages_and_of_this_sessions_pages(bank: People, mei: Opened) -> None:
    bank.run(bank.changing.change_language(mei.session, "es"))
    session = bank.run(bank.services.sessions.find(mei.token))
    assert session is not None
    assert session.language == "es"
    bank.run(bank.security.freeze(mei.session))
    assert bank.arrived(customer(1))[-1].language == "es"


def test_what_is_signed_to_remove_a_key_names_it_and_holds_for_no_other(bank: People, mei: Opened) -> None:
    bank.enrol(mei.session, Authenticator())
    bank.enrol(mei.session, Authenticator())
    one, other = (f for f in bank.run(bank.security.overview(mei.session)).factors if f.factor is Factor.PASSKEY)
    proof = bank.passed(mei.session, Purpose.REMOVE_FACTOR, reference=one.id)
    text = bank.run(bank.services.verification.view(proof, mei.session.subject)).text
    assert text.splitlines()[:3] == ["Remove a way to confirm", "Name: my key", "Kind: passkey"]
    assert "fac_" not in text
    with pytest.raises(BindingDiffers):
        bank.run(bank.changing.remove_factor(mei.session, proof, other.id))
    proof = bank.passed(mei.session, Purpose.REMOVE_FACTOR, reference=one.id)
    bank.run(bank.changing.remove_factor(mei.session, proof, one.id))


def test_a_token_is_enrolled_with_proof_and_removed_with_proof(bank: People, mei: Opened) -> None:
    with pytest.raises(VerificationError):
        bank.run(bank.changing.begin_totp(mei.session, bank.passed(mei.session, Purpose.ADD_FACTOR, "passkey")))
    enrolment = bank.run(bank.changing.begin_totp(mei.session, bank.passed(mei.session, Purpose.ADD_FACTOR, "totp")))
    token = pyotp.parse_uri(enrolment.uri)
    assert isinstance(token, pyotp.TOTP)
    added = bank.run(bank.changing.finish_totp(mei.session, enrolment.id, token.at(bank.clock.now() // 1_000_000)))
    assert added.factor is Factor.TOTP
    proof = bank.passed(mei.session, Purpose.REMOVE_FACTOR, reference=added.id)
    assert "code app" in bank.run(bank.services.verification.view(proof, mei.session.subject)).text
    bank.run(bank.changing.remove_factor(mei.session, proof, added.id))
    held = {factor.factor for factor in bank.run(bank.security.overview(mei.session)).factors}
    assert Factor.TOTP not in held
    assert {"factor_added", "factor_removed"} <= set(bank.audit_log(1))


@pytest.mark.parametrize("factor", [Factor.PASSKEY, Factor.SHIELD])
def test_a_key_is_enrolled_with_proof(bank: People, mei: Opened, factor: Factor) -> None:
    with pytest.raises(DetailsInvalid):
        bank.run(bank.changing.begin_key(mei.session, "chl_", Factor.SMS))
    bank.enrol(mei.session, Authenticator(), factor)
    assert factor in {one.factor for one in bank.run(bank.security.overview(mei.session)).factors}
    assert "factor_added" in bank.audit_log(1)
