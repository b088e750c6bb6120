"""Receive codes: each new, good for minutes, signed; what is sent by one is a transfer like any other."""

from __future__ import annotations

import pytest

from feiqian.money import CNY, MinorUnits
from feiqian.payees.errors import PayeeInvalid
from feiqian.requests.codes import CHANGES, GOOD, USABLE, ReceiveCode
from feiqian.requests.errors import CannotReceive, ReceiveCodeInvalid, RequestInvalid
from feiqian.transfers.errors import PersonTransferInvalid
from tests.databases import ON_BOTH
from tests.requests.asking import AskingPeople
from tests.transfers.sending import Person

SECOND = 1_000_000


def show(bank: AskingPeople, who: Person, amount: int = 0) -> ReceiveCode:
    return bank.run(bank.services.receive_codes.show(who.number, MinorUnits(amount), CNY.number))


def test_a_code_changes_and_each_has_an_end(bank: AskingPeople) -> None:
    mei = bank.person("mei")
    first = show(bank, mei)
    assert show(bank, mei) == first
    assert show(bank, mei, 5_00).id != first.id
    bank.clock.advance(CHANGES // SECOND)
    assert show(bank, mei).id != first.id
    assert bank.run(bank.services.receive_codes.scanned(first.id)).name == "**梅"
    bank.clock.advance((GOOD - CHANGES) // SECOND)
    with pytest.raises(ReceiveCodeInvalid):
        bank.run(bank.services.receive_codes.scanned(first.id))


def test_money_is_sent_by_a_code_to_who_has_shown_it(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    code = show(bank, mei)
    check = bank.look_up(eve, code.id, "", way="code")
    assert (check.check, check.name) == ("match", "**梅")
    sent = bank.send(eve, bank.asked(check, 40_00))
    assert (sent.status, sent.payee, sent.way) == ("succeeded", "**梅", "code")
    assert bank.wallet(mei) == 40_00


def test_the_amount_of_a_code_is_sent_and_no_other(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    check = bank.look_up(eve, show(bank, mei, 50_00).id, "", way="code")
    with pytest.raises(PersonTransferInvalid) as refused:
        bank.send(eve, bank.asked(check, 1_00))
    assert refused.value.field == "amount"
    assert bank.send(eve, bank.asked(check, 50_00)).status == "succeeded"


def test_what_was_begun_with_a_code_can_be_ended_and_nothing_new_begun(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    code = show(bank, mei)
    bank.clock.advance(GOOD // SECOND - 1)
    check = bank.look_up(eve, code.id, "", way="code")
    asked = bank.asked(check, 40_00)
    challenge = bank.confirm(eve, asked)
    bank.clock.advance(60)
    assert bank.send(eve, asked, challenge).status == "succeeded"
    with pytest.raises(PayeeInvalid):
        bank.look_up(eve, code.id, "", way="code")


@ON_BOTH
def test_codes_are_removed_when_they_are_good_for_nothing(bank: AskingPeople) -> None:
    mei = bank.person("mei")
    show(bank, mei)
    sweep = bank.services.receive_codes.sweep
    assert bank.do(sweep, bank.clock.now(), 10) == 0
    bank.clock.advance(USABLE // SECOND)
    assert bank.do(sweep, bank.clock.now(), 10) == 1


def test_who_cannot_receive_has_no_code_and_an_amount_has_bounds(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", level="remote")
    with pytest.raises(CannotReceive):
        show(bank, eve)
    with pytest.raises(RequestInvalid):
        show(bank, mei, -1)
