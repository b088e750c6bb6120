"""A customer chooses a name to be paid by: it is theirs alone, and nobody's after them."""

from __future__ import annotations

import pytest

from feiqian.deposits.errors import AccountInvalid
from feiqian.payees.errors import PayeeInvalid, ReceivingAliasTaken, ReceivingAliasTriesUsedUp
from tests.databases import ON_BOTH
from tests.transfers.sending import Person, Sending


def choose(bank: Sending, person: Person, alias: str) -> str:
    return bank.run(bank.services.receiving_aliases.choose(person.number, alias))


def test_money_goes_to_whoever_has_the_alias(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    assert choose(bank, eve, "  rainyeve ") == "rainyeve"
    check = bank.look_up(mei, "RainyEve", eve.name, "alias")
    assert (check.check, check.shown) == ("match", "RainyEve")
    assert bank.send(mei, bank.asked(check, 10_00)).status == "succeeded"
    assert bank.wallet(eve) == 10_00
    assert bank.look_up(mei, "nobodyhere", eve.name, "alias").check == "no_match"
    with pytest.raises(PayeeInvalid):
        bank.look_up(mei, "x", eve.name, "alias")


def test_abuse_96_one_that_looks_alike_is_refused_also_after_it_was_given_up(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    choose(bank, eve, "rainyeve")
    for alike in ("rainyeve", "RA1NYEVE", "rаinyeve".replace("а", "a")):
        with pytest.raises(ReceivingAliasTaken):
            choose(bank, mei, alike)
    choose(bank, eve, "")
    assert bank.run(bank.services.receiving_aliases.of(eve.number)) == ""
    assert bank.look_up(mei, "rainyeve", eve.name, "alias").check == "no_match"
    with pytest.raises(ReceivingAliasTaken):
        choose(bank, mei, "rainyeve")
    assert choose(bank, eve, "rainyeve") == "rainyeve", "hers still"
    assert bank.run(bank.services.receiving_aliases.of(mei.number)) == ""


@ON_BOTH
def test_one_at_a_time_and_not_for_ever_others(bank: Sending) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    names = ["rainyone", "rainytwo", "rainythree", "rainyfour", "rainyfive"]
    for name in names:
        choose(bank, eve, name)
    found = [bank.look_up(mei, name, eve.name, "alias").check for name in names]
    assert found == ["no_match"] * 4 + ["match"]
    with pytest.raises(ReceivingAliasTriesUsedUp):
        choose(bank, eve, "rainysix")
    assert choose(bank, eve, "rainyone") == "rainyone"
    assert "receiving_alias_chosen" in bank.audit_log(eve.number)


def test_abuse_96_tries_are_counted_whatever_comes_of_them(bank: Sending) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    choose(bank, eve, "rainyeve")
    for _ in range(10):
        with pytest.raises(ReceivingAliasTaken):
            choose(bank, mei, "rainyeve")
    with pytest.raises(ReceivingAliasTriesUsedUp):
        choose(bank, mei, "sunnymei")
    bank.clock.advance(86_401)
    assert choose(bank, mei, "sunnymei") == "sunnymei"


@pytest.mark.parametrize("alias", ["abc", "12345678", "feiqian1", "梅mei1", "a b c d"])
def test_what_may_be_no_alias_is_refused(bank: Sending, alias: str) -> None:
    with pytest.raises(AccountInvalid):
        choose(bank, bank.person("mei"), alias)
