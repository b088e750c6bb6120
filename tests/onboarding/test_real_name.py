"""From newcomer to customer who pays: checked, decided by staff, raised and lowered, and whole after any crash."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from people import EVE, EVE_DETAILS, MEI_DETAILS, People, picture
from sqlalchemy import Connection

from feiqian.accounts.kinds import AllowanceKind
from feiqian.customers.errors import CustomerNotFound
from feiqian.kyc.errors import ClaimMissing, ImageRefused
from feiqian.kyc.model import Outcome, Review
from feiqian.ledger.chart import allowance_id
from feiqian.money import CNY
from feiqian.onboarding.errors import AlreadyChecked, ChecksUsedUp, LevelUnknown
from feiqian.subjects import staff

ADA = staff(1)


def day_limit(bank: People, number: int) -> int:
    used = bank.ledger.engine.used(allowance_id(AllowanceKind.DAY_AMOUNT, CNY.number, number))
    assert used is not None
    return used[1]


def test_who_is_verified_has_a_wallet_with_the_levels_limits_and_is_told(bank: People) -> None:
    bank.checked()
    level = bank.services.policy.level("remote")
    assert bank.customers.standing(1) == level.number
    assert bank.services.accounts.wallets(1) == [CNY.number]
    assert day_limit(bank, 1) == level.limits[CNY.number].day
    assert sorted(bank.told(1)) == [("verified", "email"), ("verified", "sms")]
    assert "level_set" in bank.audit_log(1)
    bank.fund(1)
    assert bank.paid(1)


def test_what_contradicts_itself_is_refused_and_may_be_corrected(bank: People) -> None:
    number = bank.register().session.subject.number
    wrong = replace(MEI_DETAILS, birth=date(1991, 3, 7))
    review = bank.run(bank.real_name.check_identity(number, [picture()], wrong))
    assert (review.outcome, review.reasons) == ("refused", ("birth_differs",))
    assert bank.customers.standing(number) == 0
    assert bank.services.accounts.wallets(number) == []
    assert bank.run(bank.real_name.check_identity(number, [picture()], MEI_DETAILS)).outcome == "verified"
    assert bank.customers.standing(number) == 1


def test_a_bad_picture_is_refused_and_nothing_is_kept(bank: People) -> None:
    bank.register()
    with pytest.raises(ImageRefused):
        bank.run(bank.real_name.check_identity(1, [b"%PDF-1.7"]))
    assert bank.do(bank.services.identity.of, 1) == []


def test_documents_cannot_be_tried_out_one_after_the_other(bank: People) -> None:
    number = bank.register().session.subject.number
    wrong = replace(MEI_DETAILS, birth=date(1991, 3, 7))
    for _ in range(5):
        assert bank.run(bank.real_name.check_identity(number, [picture()], wrong)).outcome == "refused"
    with pytest.raises(ChecksUsedUp):
        bank.run(bank.real_name.check_identity(number, [picture()], MEI_DETAILS))
    bank.clock.advance(86_401)
    assert bank.run(bank.real_name.check_identity(number, [picture()], MEI_DETAILS)).outcome == "verified"


def test_documents_cannot_be_tried_out_at_once(bank: People) -> None:
    number = bank.register().session.subject.number
    wrong, images = replace(MEI_DETAILS, birth=date(1991, 3, 7)), [picture()]
    for _ in range(4):
        bank.run(bank.real_name.check_identity(number, images, wrong))

    async def at_once() -> list[object]:
        checks = [bank.real_name.check_identity(number, images, wrong) for _ in range(2)]
        return await asyncio.gather(*checks, return_exceptions=True)

    assert {type(one) for one in bank.run(at_once())} == {Review, ChecksUsedUp}
    assert len(bank.do(bank.services.identity.of, number)) == 5


def test_who_was_checked_is_not_checked_again(bank: People) -> None:
    bank.checked()
    with pytest.raises(AlreadyChecked):
        bank.run(bank.real_name.check_identity(1, [picture()]))


def test_who_waits_for_staff_is_not_checked_again(bank: People) -> None:
    assert waiting(bank) == 1
    with pytest.raises(AlreadyChecked):
        bank.run(bank.real_name.check_identity(1, [picture()]))


def test_whoever_never_said_who_they_are_cannot_be_checked(bank: People) -> None:
    bank.customers.add(["Nobody in particular"], bank.clock.now())
    with pytest.raises(ClaimMissing):
        bank.run(bank.real_name.check_identity(1, [picture()]))


def test_a_document_is_of_one_customer_and_under_another_name_that_is_told_at_the_check_alone(bank: People) -> None:
    bank.checked()
    bank.register(EVE, replace(MEI_DETAILS, name="王小雨", email=""))
    review = bank.run(bank.real_name.check_identity(2, [picture()]))
    assert review.outcome == "refused"
    assert bank.customers.standing(2) == 0


def decide(connection: Connection, bank: People, review: str, outcome: Outcome) -> None:
    decided = bank.services.identity.decide(connection, review, outcome, ADA, "seen")
    bank.real_name.apply_decision(connection, decided, ADA)


def waiting(bank: People) -> int:
    """A customer whose name is like one of the sanctions list that is shipped: the verifier does not say."""
    bank.register(details=replace(MEI_DETAILS, name="Ottoline Quillfeather"))
    review = bank.run(bank.real_name.check_identity(1, [picture()]))
    assert review.outcome == "unknown"
    return len(bank.do(bank.services.identity.waiting).items)


@pytest.mark.parametrize(
    ("outcome", "level", "told"), [("verified", 1, "verified"), ("refused", 0, "identity_refused")]
)
def test_staff_decide_what_the_verifier_could_not(bank: People, outcome: str, level: int, told: str) -> None:
    waiting(bank)
    (review,) = bank.do(bank.services.identity.waiting).items
    bank.do(decide, bank, review.id, outcome)
    bank.run(bank.real_name.finish(1))
    assert bank.customers.standing(1) == level
    assert {kind for kind, _ in bank.told(1)} == {told}
    assert bool(bank.services.accounts.wallets(1)) == bool(level)


def test_staff_raise_and_lower_a_level_with_its_limits(bank: People) -> None:
    bank.checked()
    for name in ("full", "remote"):
        bank.run(bank.real_name.raise_level(1, name, ADA))
        level = bank.services.policy.level(name)
        assert (bank.customers.standing(1), day_limit(bank, 1)) == (level.number, level.limits[CNY.number].day)
    bank.run(bank.real_name.raise_level(1, "unverified", ADA))
    assert (bank.customers.standing(1), day_limit(bank, 1)) == (0, 0)
    assert ("changed", "sms") in bank.told(1)


def test_levels_that_there_are_not_and_customers_that_there_are_not(bank: People) -> None:
    bank.register()
    with pytest.raises(LevelUnknown):
        bank.run(bank.real_name.raise_level(1, "emperor", ADA))
    with pytest.raises(CustomerNotFound):
        bank.run(bank.real_name.raise_level(2, "full", ADA))


def test_a_crash_before_the_ledger_was_told_is_made_good_at_the_start(
    bank: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.register()

    async def crash(*_: object, **__: object) -> None:
        raise KeyError("the power went")

    monkeypatch.setattr(bank.services.accounts, "open", crash)
    with pytest.raises(KeyError):
        bank.run(bank.real_name.check_identity(1, [picture()]))
    assert bank.customers.standing(1) == 0
    again = bank.again()
    assert again.run(again.intents.sweep()) == 1
    assert (again.customers.standing(1), again.services.accounts.wallets(1)) == (1, [CNY.number])
    assert again.run(again.intents.sweep()) == 0
    again.close()


def test_a_crash_before_the_database_was_told_is_made_good_at_the_start(
    bank: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.register()

    def crash(*_: object) -> None:
        raise KeyError("the power went")

    monkeypatch.setattr(bank.intents, "_complete", crash)
    with pytest.raises(KeyError):
        bank.run(bank.real_name.check_identity(1, [picture()]))
    assert bank.services.accounts.wallets(1) == [CNY.number]
    assert bank.customers.standing(1) == 0
    again = bank.again()
    again.run(again.intents.sweep())
    assert again.customers.standing(1) == 1
    again.close()


def test_a_check_whose_level_was_lost_in_a_crash_is_made_good_at_the_start(
    bank: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.register()

    async def crash(*_: object) -> None:
        raise KeyError("the power went")

    monkeypatch.setattr(bank.intents, "finish", crash)
    with pytest.raises(KeyError):
        bank.run(bank.real_name.check_identity(1, [picture()]))
    again = bank.again()
    assert again.run(again.intents.sweep()) == 1
    assert again.customers.standing(1) == 1
    again.close()


def test_a_newcomer_who_froze_gets_a_wallet_that_is_frozen(bank: People) -> None:
    opened = bank.register()
    bank.run(bank.security.freeze(opened.session))
    bank.run(bank.real_name.check_identity(1, [picture()]))
    bank.fund(1)
    assert bank.services.accounts.frozen(1)
    assert not bank.paid(1)


def test_freezing_while_the_wallet_is_opened_leaves_it_frozen(bank: People) -> None:
    opened = bank.register()

    async def both() -> None:
        checking = asyncio.create_task(bank.real_name.check_identity(1, [picture()]))
        await asyncio.sleep(0)
        await asyncio.gather(checking, bank.security.freeze(opened.session))

    bank.run(both())
    bank.fund(1)
    assert not bank.paid(1)


def test_two_checks_at_once_open_one_wallet(bank: People) -> None:
    bank.register()
    bank.register(EVE, EVE_DETAILS)

    async def both() -> list[object]:
        checks = [bank.real_name.check_identity(1, [picture()]) for _ in range(2)]
        return await asyncio.gather(*checks, return_exceptions=True)

    outcomes = bank.run(both())
    assert all(getattr(one, "outcome", "verified") == "verified" for one in outcomes)
    assert bank.customers.standing(1) == 1
    assert bank.customers.standing(2) == 0
    assert bank.told(1).count(("verified", "sms")) == 1


def test_a_decision_of_staff_that_was_lost_in_a_crash_is_made_good_at_the_start(bank: People) -> None:
    waiting(bank)
    again = bank.again()
    assert again.run(again.intents.sweep()) == 0  # still being looked at
    (review,) = again.do(again.services.identity.waiting).items
    again.do(decide, again, review.id, "verified")
    assert again.run(again.intents.sweep()) == 1
    assert again.customers.standing(1) == 1
    again.close()


def test_who_was_lowered_by_staff_stays_so_after_a_restart(bank: People) -> None:
    bank.checked()
    bank.run(bank.real_name.raise_level(1, "unverified", ADA))
    again = bank.again()
    assert again.run(again.intents.sweep()) == 0
    assert again.customers.standing(1) == 0
    again.close()
