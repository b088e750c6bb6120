"""Signing in: two factors or a passkey, the same answers for strangers, and caution with devices that are new."""

from __future__ import annotations

import re

import pytest
from authenticator import Authenticator
from people import CHROME, MEI, PASSWORD, PIN, UNKNOWN, People, shape

from feiqian.auth.challenges.errors import AnswerWrong, ChallengeOver, NotPassed
from feiqian.auth.errors import PreAuthFlowOver, SignInLocked, SignInRefused
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import customer, staff


def wrong(bank: People, mobile: str) -> tuple[str, str]:
    with pytest.raises((SignInRefused, SignInLocked)) as refused:
        bank.run(bank.sign_in.password(mobile, "not the password", "en", CHROME))
    return type(refused.value).__name__, str(refused.value)


def test_a_password_alone_opens_nothing(bank: People) -> None:
    bank.register()
    view = bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    assert view.passed == (Factor.PASSWORD,)
    with pytest.raises(NotPassed):
        bank.run(bank.sign_in.finish(view.id))
    with pytest.raises(AnswerWrong):
        bank.run(bank.sign_in.answer(view.id, Factor.SMS, "000000"))
    with pytest.raises(NotPassed):
        bank.run(bank.sign_in.finish(view.id))


def test_a_sign_in_is_used_once_and_only_at_its_own_door(bank: People) -> None:
    bank.register()
    view = bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    bank.run(bank.sign_in.send(view.id, Factor.SMS))
    bank.run(bank.sign_in.answer(view.id, Factor.SMS, bank.code()))
    for door in (bank.recovery, bank.registration):
        with pytest.raises(PreAuthFlowOver):
            bank.run(door.view(view.id))
    bank.run(bank.sign_in.finish(view.id))
    with pytest.raises(ChallengeOver):
        bank.run(bank.sign_in.finish(view.id))
    with pytest.raises(PreAuthFlowOver):
        bank.run(bank.sign_in.finish("chl_unknown"))


def test_every_sign_in_has_a_new_token_and_the_old_session_lives_on(bank: People) -> None:
    first = bank.register()
    second = bank.enter(device=first.device_token)
    assert first.token != second.token
    assert not second.new_device
    assert second.session.device == first.session.device
    assert second.session.factors == (Factor.PASSWORD, Factor.SMS)
    assert len(bank.run(bank.security.overview(second.session)).sessions) == 2


def test_abuse_39_a_new_device_is_told_on_every_channel_and_has_low_limits(bank: People) -> None:
    first = bank.register()
    before = len(bank.told(1))
    bank.enter(device=first.device_token)
    assert (bank.told(1)[before:], bank.cooling(1)) == ([], False)
    bank.enter()
    assert sorted(bank.told(1)[before:]) == [("signed_in", "email"), ("signed_in", "sms")]
    assert "Chrome · Android" in bank.arrived(customer(1))[-1].text
    assert bank.cooling(1)
    bank.clock.advance(bank.services.policy.cooling.hours * 3_600 + 1)
    assert not bank.cooling(1)


def test_messages_follow_the_language_of_the_last_sign_in_but_its_own_warning(bank: People) -> None:
    bank.register()
    view = bank.run(bank.sign_in.password(MEI, PASSWORD, "es", CHROME))
    bank.run(bank.sign_in.send(view.id, Factor.SMS))
    (code,) = re.findall(r"\b\d{6}\b", [m for m in bank.arrived() if m.kind == "code"][-1].text)
    bank.run(bank.sign_in.answer(view.id, Factor.SMS, code))
    opened = bank.run(bank.sign_in.finish(view.id, CHROME))
    assert {m.language for m in bank.arrived(customer(1)) if m.kind == "signed_in"} == {"en"}
    bank.run(bank.security.freeze(opened.session))
    assert bank.arrived(customer(1))[-1].language == "es"


def test_a_language_that_was_chosen_outlives_sign_ins_in_another(bank: People) -> None:
    first = bank.register()
    for chosen in ("es", "zh", "es"):
        bank.run(bank.changing.change_language(first.session, chosen))
    opened = bank.enter(device=first.device_token)
    assert opened.session.language == "en"  # the pages of this browser
    bank.run(bank.security.freeze(opened.session))
    assert bank.arrived(customer(1))[-1].language == "es"


def test_low_limits_outlive_a_restart(bank: People) -> None:
    bank.register()
    bank.enter()
    again = bank.again()
    assert again.cooling(1)
    again.close()


def test_a_passkey_signs_in_alone_on_a_new_device_without_low_limits(bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    id, options = bank.run(bank.sign_in.passkey_options("en"))
    signed_in = bank.run(bank.sign_in.passkey(id, key.get(options), CHROME))
    assert signed_in.session.subject == customer(1)
    assert signed_in.session.factors == (Factor.PASSKEY,)
    assert ("signed_in", "sms") in bank.told(1)
    assert not bank.cooling(1)
    with pytest.raises(ChallengeOver):  # it was accepted once
        bank.run(bank.sign_in.passkey(id, key.get(options), CHROME))


def test_a_passkey_of_nobody_is_refused(bank: People) -> None:
    bank.register()
    id, options = bank.run(bank.sign_in.passkey_options("en"))
    with pytest.raises(AnswerWrong):
        bank.run(bank.sign_in.passkey(id, Authenticator().get(options), CHROME))
    with pytest.raises(AnswerWrong):
        bank.run(bank.sign_in.passkey(id, "{}", CHROME))


def test_abuse_33_a_passkey_of_staff_opens_no_customers_session(bank: People) -> None:
    key = Authenticator()
    id, options = bank.run(bank.factors.begin_key(staff(1), "Ada", "Ada", Factor.PASSKEY))
    bank.run(bank.factors.finish_key(staff(1), id, key.create(options), ""))
    id, options = bank.run(bank.sign_in.passkey_options("en"))
    with pytest.raises((SignInRefused, AnswerWrong)):
        bank.run(bank.sign_in.passkey(id, key.get(options), CHROME))


def test_abuse_43_unknown_numbers_and_wrong_passwords_are_one_to_a_stranger(bank: People) -> None:
    bank.register()
    bank.hasher.calls.clear()
    said, calls = {}, {}
    for mobile in (MEI, UNKNOWN):
        bank.hasher.calls.clear()
        said[mobile] = [wrong(bank, mobile) for _ in range(7)]
        calls[mobile] = list(bank.hasher.calls)
    assert said[MEI] == said[UNKNOWN]
    assert {name for name, _ in said[MEI]} == {"SignInRefused", "SignInLocked"}
    assert calls[MEI] == calls[UNKNOWN] == ["matches"] * 5  # each was compared; nothing is while a lock holds


def test_abuse_43_both_locks_are_as_long(bank: People) -> None:
    bank.register()
    until = {}
    for mobile in (MEI, UNKNOWN):
        start = bank.clock.now()
        while True:
            try:
                bank.run(bank.sign_in.password(mobile, "not the password", "en", CHROME))
            except SignInLocked as locked:
                until[mobile] = round((locked.until - start) / 60_000_000)
                break
            except SignInRefused:
                continue
    assert until[MEI] == until[UNKNOWN] == bank.services.policy.tries.lock_minutes[0]


def test_abuse_44_who_is_locked_out_by_a_stranger_comes_in_with_a_passkey(bank: People) -> None:
    opened, key = bank.register(), Authenticator()
    bank.enrol(opened.session, key)
    for _ in range(6):
        wrong(bank, MEI)
    with pytest.raises(SignInLocked):
        bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    assert bank.run(bank.services.sessions.find(opened.token)) is not None  # who is in, stays in
    id, options = bank.run(bank.sign_in.passkey_options("en"))
    bank.run(bank.sign_in.passkey(id, key.get(options), CHROME))
    assert bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME)).passed == (Factor.PASSWORD,)


def test_abuse_75_a_strangers_wrong_passwords_do_not_lock_the_owner_out_on_a_known_device(bank: People) -> None:
    mine = bank.register()
    for _ in range(6):
        wrong(bank, MEI)
    with pytest.raises(SignInLocked):
        bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME))
    challenge = bank.run(bank.changing.challenge(mine.session, Purpose.UNFREEZE))
    assert bank.run(bank.verification.answer(challenge.id, mine.session.subject, Factor.PIN, PIN)).state == "open"
    view = bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME, mine.device_token))
    assert view.passed == (Factor.PASSWORD,)
    with pytest.raises(SignInLocked):
        bank.run(bank.sign_in.password(MEI, PASSWORD, "en", CHROME, "A" * len(mine.device_token)))


def test_sign_ins_that_were_tried_are_shown_to_their_owner(bank: People) -> None:
    opened = bank.register()
    for _ in range(6):
        wrong(bank, MEI)
    seen = bank.run(bank.security.overview(opened.session)).sign_ins
    outcomes = [one.outcome for one in seen]
    assert outcomes[-1] == "ok"
    assert set(outcomes[:-1]) == {"wrong", "locked"}
    assert len(outcomes) == 7
    assert seen[0].user_agent == "Chrome · Android"


def test_a_view_of_a_strangers_sign_in_says_nothing_of_what_is_enrolled(bank: People) -> None:
    bank.register()
    views = []
    for mobile in (MEI, UNKNOWN):
        id = bank.do(bank.customers.by_mobile, mobile)
        subject = customer(id.number) if id else bank.do(bank.sign_in.records.owner, mobile)  # whoever it is
        views.append(shape(bank.run(bank.verification.begin(subject, _binding(), "en"))))
    assert views[0] == views[1]


def _binding() -> object:
    from feiqian.auth.sign_in import SignIn

    return SignIn.binding
