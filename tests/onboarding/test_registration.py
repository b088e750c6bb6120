"""Registration: a number that is shown to be theirs, a person, two strong secrets; and what strangers cannot learn."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from people import EVE, EVE_DETAILS, MEI, MEI_DETAILS, PASSWORD, UNKNOWN, People, chinese_number, picture, shape
from sqlalchemy import Connection, event, select

from feiqian.auth.challenges import tables
from feiqian.auth.challenges.errors import AnswerWrong, NotPassed, TooWeak
from feiqian.auth.claims import checked_name
from feiqian.auth.errors import DetailsInvalid, NotConfirmed
from feiqian.auth.model import Details
from feiqian.customers.errors import ApplicationOver
from feiqian.kyc.errors import MrzInvalid, NumberInvalid
from feiqian.notify.errors import SendingCapped
from feiqian.onboarding.errors import ChecksUsedUp, DocumentRefused
from feiqian.policy.factors import Factor
from feiqian.subjects import Role, customer


def test_a_newcomer_becomes_a_customer_who_is_signed_in_and_cannot_pay_yet(bank: People) -> None:
    opened = bank.register()
    assert opened.session.subject == customer(1)
    assert bank.run(bank.services.sessions.find(opened.token)) is not None
    profile = bank.customers.profile(1)
    assert profile is not None
    assert (profile.name, profile.mobile, profile.email, profile.level) == ("李梅", MEI, "mei@example.com", 0)
    assert bank.customers.standing(1) == 0
    assert bank.services.accounts.wallets(1) == []
    assert bank.do(bank.customers.by_mobile, MEI) == bank.do(bank.customers.by_number, 1)
    assert bank.audit_log(1) == ["registered"]
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


def test_abuse_43_a_resend_beyond_the_caps_keeps_as_much_of_a_known_number_as_of_an_unknown_one(bank: People) -> None:
    bank.register()
    bank.clock.advance(90_000)
    begun = [bank.run(bank.registration.start(mobile, "en")).challenge.id for mobile in (MEI, EVE)]
    for n in range(bank.services.policy.sending.per_prefix_hour - len(begun)):
        bank.run(bank.registration.start(f"{MEI[:-4]}{n:04d}", "en"))
    bank.clock.advance(30)
    before = bank.do(sent_codes)
    for challenge in begun:
        with pytest.raises(SendingCapped):
            bank.run(bank.registration.send(challenge, Factor.SMS))
    assert bank.do(sent_codes) == before


def sent_codes(connection: Connection) -> list[tuple[object, ...]]:
    """What is kept of codes that were sent: of challenges, and of whom they are."""
    return [tuple(row) for table in (tables.codes, tables.sends) for row in connection.execute(select(table))]


def test_abuse_73_registrations_with_invented_numbers_leave_customers_their_codes(bank: People) -> None:
    bank.register()
    bank.clock.advance(90_000)
    for n in range(bank.services.policy.sending.per_prefix_hour):
        bank.run(bank.registration.start(f"{MEI[:-4]}{n:04d}", "en"))
    with pytest.raises(SendingCapped):
        bank.run(bank.registration.start(EVE, "en"))
    for _ in range(3):  # nor does it help to name the customer's own number
        with pytest.raises(SendingCapped):
            bank.run(bank.registration.start(MEI, "en"))
    while bank.run(bank.services.outbox.deliver_due()):
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


def test_marks_pasted_around_a_name_are_no_part_of_it() -> None:
    for pasted in ("\u200fمحمد علی\u200f", " \u200e محمد  علی\u061c ", "محمد\u00a0علی \u200f"):
        assert checked_name(pasted) == "محمد علی"
    assert checked_name("דינה\u200f (Dina)") == "דינה\u200f (Dina)"
    with pytest.raises(DetailsInvalid):
        checked_name(" \u200f \u200e ")


# --- the document, where it is typed ---------------------------------------------------------------------------------


def confirmed(bank: People, mobile: str = EVE) -> str:
    """The application of somebody whose number is confirmed."""
    started = bank.run(bank.registration.start(mobile, "en"))
    bank.run(bank.registration.answer(started.challenge.id, Factor.SMS, bank.code()))
    bank.run(bank.registration.confirm(started.application, started.challenge.id))
    return started.application


def answer(bank: People, application: str, details: Details, method: str = "check") -> str | tuple[str, ...]:
    """What is said of a document: reasons, an error's name, or "taken"."""
    try:
        bank.run(getattr(bank.registration, method)(application, details))
    except DocumentRefused as refused:
        return refused.reasons
    except (ApplicationOver, ChecksUsedUp, DetailsInvalid, NotConfirmed) as error:
        return type(error).__name__
    return "taken"


CHILD = replace(EVE_DETAILS, number=chinese_number("11010520150307002"))
NOBODYS = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
EXPIRED = replace(EVE_DETAILS, name="Anna Maria Eriksson", kind="passport", number="", mrz=NOBODYS)


@pytest.mark.parametrize("method", ["check", "finish"])
@pytest.mark.parametrize(
    ("details", "reasons"),
    [
        (CHILD, ("too_young",)),
        (EXPIRED, ("expired",)),
        (replace(EXPIRED, name="Lars Svensson"), ("name_differs", "expired")),
        (replace(EVE_DETAILS, birth=date(1988, 5, 13)), ("birth_differs",)),
    ],
)
def test_what_the_rules_refuse_is_refused_before_there_are_secrets_and_an_account(
    bank: People, details: Details, reasons: tuple[str, ...], method: str
) -> None:
    application, hashes = confirmed(bank), len(bank.hasher.calls)
    assert answer(bank, application, details, method) == reasons
    assert bank.do(bank.customers.by_mobile, EVE) is None
    assert len(bank.hasher.calls) == hashes
    assert answer(bank, application, EVE_DETAILS) == "taken"  # another document may be typed


def test_a_check_comes_after_the_code_and_keeps_nothing(bank: People) -> None:
    started = bank.run(bank.registration.start(EVE, "en"))
    assert answer(bank, started.application, EVE_DETAILS) == "NotConfirmed"
    assert answer(bank, confirmed(bank, UNKNOWN), EVE_DETAILS) == "taken"
    assert bank.do(bank.customers.by_mobile, UNKNOWN) is None


@pytest.mark.parametrize("method", ["check", "finish"])
def test_who_types_number_and_name_of_a_customer_hears_that_the_document_is_in_use(bank: People, method: str) -> None:
    bank.checked()
    application = confirmed(bank)
    assert answer(bank, application, replace(MEI_DETAILS, name="Li Mei"), method) == ("document_of_another",)
    assert [kind for kind, _ in bank.told(1)].count("document_known") == 2  # by message and by mail
    assert answer(bank, application, EVE_DETAILS, method) == "ApplicationOver"  # another question costs another number
    assert bank.do(bank.customers.by_mobile, EVE) is None


def test_abuse_43_a_customers_document_under_another_name_is_answered_as_an_unknown_one(bank: People) -> None:
    bank.checked()
    known, unknown = replace(EVE_DETAILS, number=MEI_DETAILS.number), EVE_DETAILS
    assert [answer(bank, confirmed(bank), details) for details in (known, unknown)] == ["taken", "taken"]
    assert "document_known" not in [kind for kind, _ in bank.told(1)]


def test_abuse_43_a_known_document_under_another_name_is_asked_about_as_often_as_an_unknown_one(bank: People) -> None:
    bank.checked()
    asked: list[int] = []
    for details in (replace(EVE_DETAILS, number=MEI_DETAILS.number), EVE_DETAILS):
        application, statements = confirmed(bank), []
        event.listen(bank.db.engine, "before_cursor_execute", lambda *call, to=statements: to.append(call[2]))
        assert answer(bank, application, details) == "taken"
        asked.append(len(statements))
    assert asked[0] == asked[1] > 0


def test_abuse_43_a_document_that_somebody_only_claims_is_nobodys(bank: People) -> None:
    bank.register()  # and no picture was sent
    assert answer(bank, confirmed(bank), MEI_DETAILS) == "taken"


def test_abuse_43_few_documents_are_answered_for_a_mobile_number_and_day(bank: People) -> None:
    bank.checked()
    application = confirmed(bank)
    others = [replace(EVE_DETAILS, number=chinese_number(f"1101051988051210{n}")) for n in range(6)]
    said = [answer(bank, application, details) for details in others for _ in range(2)]
    assert said == ["taken"] * 10 + ["ChecksUsedUp"] * 2  # each counts once, however often it is typed
    assert answer(bank, application, MEI_DETAILS) == "ChecksUsedUp"
    assert answer(bank, confirmed(bank), MEI_DETAILS) == "ChecksUsedUp"  # of the same number
    bank.clock.advance(86_401)
    assert answer(bank, confirmed(bank), EVE_DETAILS) == "taken"


def test_two_who_are_verified_with_one_document_at_once_are_told_at_the_check(bank: People) -> None:
    bank.register()
    bank.register(EVE, MEI_DETAILS)
    assert bank.run(bank.real_name.check_identity(1, [picture()])).outcome == "verified"
    assert bank.run(bank.real_name.check_identity(2, [picture()])).reasons == ("document_of_another",)
