"""Whoever pays a request is told what is unusual, and that the money is held, before they confirm it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.auth.challenges.errors import BindingDiffers
from feiqian.events import PersonTransferStatus
from feiqian.requests.model import RequestStatus
from feiqian.requests.paying import Paying
from feiqian.transfers.caution import Care
from feiqian.transfers.errors import UnusualTooHigh
from tests.requests.asking import AskingPeople
from tests.transfers.sending import Person

LARGE = 2_500_00  # from 2,000 yuan on


@pytest.fixture
def two(bank: AskingPeople) -> tuple[Person, Person]:
    """Mei asks, Eve pays."""
    return bank.person("mei"), bank.person("eve", 4_000_00)


def care(bank: AskingPeople, payer: Person, id: str) -> Care:
    return bank.run(bank.services.paying_requests.care(payer.number, Paying(id, "wallet")))


def test_a_first_payment_is_warned_of_and_held_as_was_told(bank: AskingPeople, two: tuple[Person, Person]) -> None:
    mei, eve = two
    id = bank.ask(mei, eve.mobile, LARGE).id
    told = care(bank, eve, id)
    assert (told.signals, told.fraud, told.held, told.waits) == (("first_payment",), "purchase", 24, 0)
    assert bank.pay(eve, id).status is PersonTransferStatus.HELD
    assert (bank.seen(mei, id).status, bank.wallet(mei)) == (RequestStatus.HELD, 0)


def test_a_part_of_a_split_is_warned_of_as_well(bank: AskingPeople, two: tuple[Person, Person]) -> None:
    mei, eve = two
    split = bank.split(mei, 2 * LARGE, [(eve.mobile, 1)])
    (id,) = (part.request.id for part in split.parts if part.request is not None)
    assert care(bank, eve, id).held == 24
    assert bank.pay(eve, id).status is PersonTransferStatus.HELD


def test_nothing_is_held_of_who_was_told_nothing(bank: AskingPeople, two: tuple[Person, Person]) -> None:
    """It becomes unusual after Eve has confirmed: nothing moves, and she is asked again, with the warning."""
    mei, eve = two
    id = bank.ask(mei, eve.mobile, 100_00, "R1").id
    assert bank.pay(eve, id).status is PersonTransferStatus.SUCCEEDED
    id = bank.ask(mei, eve.mobile, LARGE, "R2").id
    caution = bank.services.person_transfers.caution
    caution.rules = replace(caution.rules, larger_times=100)
    assert care(bank, eve, id).held == 0
    challenge = bank.begin_paying(eve, id)
    caution.rules = replace(caution.rules, larger_times=1)
    with pytest.raises(BindingDiffers):
        bank.pay(eve, id, challenge)
    assert (bank.wallet(mei), bank.seen(mei, id).status) == (100_00, RequestStatus.OPEN)
    assert care(bank, eve, id).held == 24
    assert bank.pay(eve, id).status is PersonTransferStatus.HELD


def test_what_becomes_unusual_while_it_is_made_is_as_was_told(
    bank: AskingPeople, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told and bound is what is done: it is not judged once more after the challenge is spent."""
    mei, eve = two
    id = bank.ask(mei, eve.mobile, LARGE).id
    paying, told = bank.services.paying_requests, care(bank, eve, id)
    challenge = bank.begin_paying(eve, id)
    judged = []

    async def judge(*of: object) -> Care:
        judged.append(of)
        return told if len(judged) == 1 else told._replace(held=0)

    monkeypatch.setattr(paying.transfers.caution, "of", judge)
    assert bank.pay(eve, id, challenge).status is PersonTransferStatus.HELD


def test_more_than_may_be_is_refused_before_it_is_confirmed(bank: AskingPeople, two: tuple[Person, Person]) -> None:
    mei, eve = two
    id = bank.ask(mei, eve.mobile, 10_000_01).id
    with pytest.raises(UnusualTooHigh):
        bank.begin_paying(eve, id)
