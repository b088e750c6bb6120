"""Codes and notices as they reach people, by notify as it is; and what reaches nobody leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proving import NOBODY, OTHER, OWNER, SIGN_IN, SMALL, Bank
from sqlalchemy import func, select

from feiqian.auth.challenges.contact_resolver import mask
from feiqian.auth.challenges.errors import AnswerWrong, Locked
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.challenges.tables import codes as kept_codes
from feiqian.notify.errors import SendingCapped
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Channel, Contacts
from feiqian.notify.service import Notify
from feiqian.notify.tables import codes
from feiqian.outbox.service import Outbox
from feiqian.outbox.tables import deliveries
from feiqian.policy.factors import Factor, Purpose
from feiqian.texts import LANGUAGES

BY_SMS = (frozenset({Factor.SMS}),)
RECOVERY = ChallengeBinding(purpose=Purpose.RECOVERY)


class Telling:
    """A bank whose messages go through notify into its inbox."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        inbox = Inbox(bank.db, bank.cipher, bank.clock, bank.work)
        adapters = {Channel.SMS: inbox, Channel.EMAIL: inbox}
        self.outbox = Outbox(bank.db, bank.cipher, bank.clock, bank.work)
        self.notify = Notify(self.outbox, bank.db, bank.cipher, bank.policy, bank.clock, bank.work, adapters)
        bank.factors.resolver._notify = self.notify

    def delivered(self) -> list[tuple[Any, Channel, str]]:
        self.bank.run(self.outbox.deliver_due())
        return [(one.to, one.channel, one.text) for one in self.bank.run(self.notify.inbox(50))]

    def rows(self) -> tuple[int, int]:
        with self.bank.db.read() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (deliveries, codes)
            ]
        return counts[0], counts[1]


def code_in(text: str) -> str:
    return re.findall(r"(?<!\d)\d{6}(?!\d)", text)[0]


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    bank = Bank(tmp_path)
    yield Telling(bank)
    bank.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_that_arrives_is_the_one_that_passes(telling: Telling, language: str) -> None:
    bank = telling.bank
    view = bank.begin(SMALL, language=language, needs=BY_SMS)
    bank.run(bank.verification.send(view.id, OWNER, Factor.SMS))
    ((to, channel, text),) = telling.delivered()
    assert (to, channel) == (OWNER, Channel.SMS)
    assert "120" in text
    assert "Corner Bakery" in text
    assert bank.answer(view.id, Factor.SMS, code_in(text)).state == "passed"


@pytest.mark.parametrize("subject", [OTHER, NOBODY], ids=str)
def test_a_code_that_reaches_nobody_leaves_no_trace_and_is_never_right(
    telling: Telling, subject: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feiqian.auth.challenges import codes as made

    monkeypatch.setattr(made, "new_code", lambda long: "271828")
    bank = telling.bank
    id = bank.begin(RECOVERY, subject).id
    bank.run(bank.verification.send(id, subject, Factor.EMAIL))
    assert telling.rows() == (0, 0)
    with pytest.raises(AnswerWrong):
        bank.answer(id, Factor.EMAIL, "271828", subject)


def test_caps_tell_a_stranger_nothing_and_somebody_who_is_known_everything(telling: Telling) -> None:
    bank, view = telling.bank, telling.bank.begin(RECOVERY)

    def capped(*_: object) -> str:
        raise SendingCapped("prefix_hour")

    telling.notify.queue = capped  # type: ignore[method-assign]
    assert bank.run(bank.verification.send(view.id, OWNER, Factor.SMS)) == view
    payment = bank.begin(SMALL, needs=BY_SMS).id
    with pytest.raises(SendingCapped):
        bank.run(bank.verification.send(payment, OWNER, Factor.SMS))
    with bank.db.read() as connection:  # what was not sent does not count as sent
        mine = connection.execute(select(kept_codes.c.challenge)).scalars().all()
    assert mine == [view.id]


def test_the_owner_hears_of_a_lock_on_every_channel(telling: Telling) -> None:
    bank = telling.bank
    for _ in range(5):
        id = bank.begin(SIGN_IN).id
        with pytest.raises((AnswerWrong, Locked)):
            bank.answer(id, Factor.PASSWORD, "wrong password")
    told = telling.delivered()
    assert {channel for _, channel, _ in told} == {Channel.SMS, Channel.EMAIL}
    assert all(f" {bank.policy.tries.lock_minutes[0]} min" in text for _, _, text in told)


def test_an_address_that_changed_takes_its_codes_with_it(telling: Telling) -> None:
    bank = telling.bank
    view = bank.begin(RECOVERY)
    bank.run(bank.verification.send(view.id, OWNER, Factor.EMAIL))
    code = code_in(telling.delivered()[0][2])
    bank.people.email = {}
    with pytest.raises(AnswerWrong):
        bank.answer(view.id, Factor.EMAIL, code)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("+8613812345678", "•••5678"), ("li.wei@example.com", "l•••@example.com"), ("", "•••")],
)
def test_an_address_is_shown_as_far_as_its_owner_needs(address: str, shown: str) -> None:
    assert mask(address) == shown


def test_contacts_of_nobody_are_never_asked_for(telling: Telling) -> None:
    asked: list[Any] = []

    def contacts(_: object, subject: Any) -> Contacts | None:
        asked.append(subject)
        return None

    bank = telling.bank
    bank.people.contacts = contacts  # type: ignore[method-assign]
    bank.begin(RECOVERY, NOBODY)
    assert asked == []
