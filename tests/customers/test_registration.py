"""Registration: a number that is shown to be theirs, a person, two strong secrets; and what strangers cannot learn."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from people import EVE, EVE_DETAILS, MEI, MEI_DETAILS, PASSWORD, People, shape

from feiqian.customers.claims import checked_name
from feiqian.customers.errors import ApplicationOver, DetailsInvalid, NotConfirmed
from feiqian.identity.errors import MrzInvalid, NumberInvalid
from feiqian.notify.errors import SendingCapped
from feiqian.policy.factors import Factor
from feiqian.subjects import Role, customer
from feiqian.verification.errors import AnswerWrong, NotPassed, TooWeak


def test_a_newcomer_becomes_a_customer_who_is_signed_in_and_cannot_pay_yet(bank: People) -> None:
    opened = bank.register()
    assert opened.session.subject == customer(1)
    assert bank.run(bank.parts.sessions.find(opened.token)) is not None
    profile = bank.customers.profile(1)
    assert profile is not None
    assert (profile.name, profile.mobile, profile.email, profile.level) == ("李梅", MEI, "mei@example.com", 0)
    assert bank.customers.standing(1) == 0
    assert bank.parts.accounts.wallets(1) == []
    assert bank.customers.by_mobile(MEI) == bank.customers.by_number(1)
    assert bank.trail(1) == ["registered"]
    assert not bank.cooling(1)
    assert bank.enter(device=opened.device_token).session.subject == customer(1)


def test_what_is_personal_is_sealed_at_rest(bank: People) -> None:
    bank.register()
    bank.db.close()
    stored = b"".join(path.read_bytes() for path in bank.folder.glob("bank.db*"))
    for secret in (MEI, MEI_DETAILS.email, MEI_DETAILS.number, PASSWORD):
        assert secret.encode() not in stored
    assert "13900001111" not in repr(bank.customers.profile(1))


def test_the_code_comes_before_the_details(bank: People) -> None:
    started = bank.run(bank.registration.start(MEI, "en"))
    with pytest.raises(NotPassed):
        bank.run(bank.registration.confirm(started.application, started.challenge.id))
    with pytest.raises(NotConfirmed):
        bank.run(bank.registration.finish(started.application, MEI_DETAILS))
    with pytest.raises(AnswerWrong):
        bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, "000000"))


@pytest.mark.parametrize("mobile", ["", "12345", "+8610 6552 9988", "+86 139 0000 11111"])
def test_what_is_no_mobile_number_is_refused(bank: People, mobile: str) -> None:
    with pytest.raises(NumberInvalid):
        bank.run(bank.registration.start(mobile, "en"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, DetailsInvalid),
        ({"name": "x" * 101}, DetailsInvalid),
        ({"name": "a\nb\x00"}, DetailsInvalid),
        ({"number": "110105199003070020"}, NumberInvalid),
        ({"kind": "library_card"}, DetailsInvalid),
        ({"kind": "passport", "mrz": "P<UTO"}, MrzInvalid),
        ({"email": "nobody"}, DetailsInvalid),
        ({"email": "a@b.c\r\nBcc: x@example.com"}, DetailsInvalid),
        ({"password": "password"}, TooWeak),
        ({"password": "13900001111"}, TooWeak),
        ({"password": "limei19900307"}, TooWeak),
        ({"pin": "123456"}, TooWeak),
        ({"pin": "900307"}, TooWeak),
        ({"pin": "12345"}, TooWeak),
    ],
)
def test_details_that_cannot_be_are_refused_and_may_be_corrected(
    bank: People, changes: dict[str, str], error: type[Exception]
) -> None:
    started = bank.run(bank.registration.start(MEI, "en"))
    bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
    bank.run(bank.registration.confirm(started.application, started.challenge.id))
    with pytest.raises(error):
        bank.run(bank.registration.finish(started.application, replace(MEI_DETAILS, **changes)))
    assert bank.customers.count == 0
    assert bank.run(bank.registration.finish(started.application, MEI_DETAILS)).session.subject == customer(1)


def test_an_application_ends_after_half_an_hour(bank: People) -> None:
    started = bank.run(bank.registration.start(MEI, "en"))
    bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
    bank.run(bank.registration.confirm(started.application, started.challenge.id))
    bank.clock.advance(1_801)
    with pytest.raises(ApplicationOver):
        bank.run(bank.registration.finish(started.application, MEI_DETAILS))


def test_finishing_twice_at_once_makes_one_customer(bank: People) -> None:
    started = bank.run(bank.registration.start(MEI, "en"))
    bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
    bank.run(bank.registration.confirm(started.application, started.challenge.id))

    async def twice() -> list[object]:
        finish = [bank.registration.finish(started.application, MEI_DETAILS) for _ in range(4)]
        return await asyncio.gather(*finish, return_exceptions=True)

    came = bank.run(twice())
    assert sorted(type(one).__name__ for one in came) == ["ApplicationOver"] * 3 + ["Opened"]
    assert bank.customers.count == 1


def test_two_applications_of_one_number_make_one_customer(bank: People) -> None:
    confirmed = []
    for _ in range(2):
        started = bank.run(bank.registration.start(MEI, "en"))
        bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
        bank.run(bank.registration.confirm(started.application, started.challenge.id))
        confirmed.append(started.application)
        bank.clock.advance(60)
    bank.run(bank.registration.finish(confirmed[0], MEI_DETAILS))
    with pytest.raises(ApplicationOver):
        bank.run(bank.registration.finish(confirmed[1], EVE_DETAILS))
    assert bank.customers.count == 1


def test_a_challenge_of_another_application_confirms_nothing(bank: People) -> None:
    mine, theirs = (bank.run(bank.registration.start(mobile, "en")) for mobile in (EVE, MEI))
    bank.run(bank.registration.answer(theirs.challenge.id, Factor.SMS, bank.code()))
    with pytest.raises(ApplicationOver):
        bank.run(bank.registration.confirm(mine.application, theirs.challenge.id))


def test_abuse_43_a_known_number_registers_like_an_unknown_one(bank: People) -> None:
    bank.register()
    bank.clock.advance(3_600)
    bank.hasher.calls.clear()
    before = len(bank.arrived())
    known, unknown = (bank.run(bank.registration.start(mobile, "en")) for mobile in (MEI, EVE))
    assert shape(known.challenge) == shape(unknown.challenge)
    assert len(known.application) == len(unknown.application)
    kinds = [(message.kind, message.address) for message in bank.arrived()[before:]]
    assert kinds == [("number_known", MEI), ("code", EVE)]
    errors = []
    for started in (known, unknown):
        for _ in range(5):
            with pytest.raises(Exception) as wrong:  # noqa: PT011  # the two are compared below
                bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, "000000"))
            errors.append((type(wrong.value), str(wrong.value), getattr(wrong.value, "tries_left", None)))
        assert shape(bank.run(bank.registration.view(started.challenge.id))).state == "locked"
    assert errors[:5] == errors[5:]


def test_abuse_43_the_caps_of_messages_do_not_tell_a_known_number(bank: People) -> None:
    bank.register()
    bank.clock.advance(90_000)

    def until_refused(mobile: str) -> list[str]:
        said = []
        for _ in range(7):
            try:
                bank.run(bank.registration.start(mobile, "en"))
                said.append("sent")
            except Exception as error:  # whatever it is, it has to be the same
                said.append(type(error).__name__)
        return said

    known, unknown = until_refused(MEI), until_refused(EVE)
    assert known == unknown
    assert SendingCapped.__name__ in known or "CodeThrottled" in known


def test_abuse_73_registrations_with_invented_numbers_leave_customers_their_codes(bank: People) -> None:
    bank.register()
    bank.clock.advance(90_000)
    for n in range(bank.parts.policy.sending.per_prefix_hour):
        bank.run(bank.registration.start(f"{MEI[:-4]}{n:04d}", "en"))
    with pytest.raises(SendingCapped):
        bank.run(bank.registration.start(EVE, "en"))
    for _ in range(3):  # nor does it help to name the customer's own number
        with pytest.raises(SendingCapped):
            bank.run(bank.registration.start(MEI, "en"))
    while bank.run(bank.notify.deliver_due()):
        bank.clock.advance(1)
    view = bank.run(bank.sign_in.password(MEI, PASSWORD, "en"))
    bank.run(bank.sign_in.send(view.id, Factor.SMS))
    assert bank.run(bank.sign_in.answer(view.id, Factor.SMS, bank.code())).state == "passed"


def test_abuse_43_whoever_has_a_number_already_never_passes(bank: People) -> None:
    bank.register()
    started = bank.run(bank.registration.start(MEI, "en"))
    with pytest.raises(AnswerWrong):
        bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, "123456"))
    with pytest.raises(NotPassed):
        bank.run(bank.registration.confirm(started.application, started.challenge.id))
    assert [message.to.role for message in bank.arrived() if message.kind == "number_known"] == [Role.CUSTOMER]


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\x07", "\x9b", "\ufffe"], ids=lambda one: f"U+{ord(one):04X}"
)
def test_a_name_has_no_character_that_cannot_be_seen_and_may_have_joiners(character: str) -> None:
    with pytest.raises(DetailsInvalid):
        checked_name(f"Mei {character}Li")
    assert checked_name("می\u200cنا کریمی") == "می\u200cنا کریمی"
