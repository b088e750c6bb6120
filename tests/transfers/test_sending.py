"""Money goes from one customer to another at once, once for each number, and both sides see it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from feiqian.accounts.kinds import day_amount_id, deposit_id, wallet_id
from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver, NotPassed
from feiqian.auth.challenges.model import Passed
from feiqian.deposits.numbers import new_number
from feiqian.events import PersonTransferDecided, PersonTransferStatus
from feiqian.ledger import chart
from feiqian.ledger.engine import Period
from feiqian.limits.model import LimitQuestion
from feiqian.money import CNY, EUR, MinorUnits
from feiqian.payees.errors import CheckNotFound, PayeeChanged, PayeeIsSender
from feiqian.payees.model import Way
from feiqian.payments.recent import Recent
from feiqian.policy.factors import Factor, Purpose
from feiqian.transfers.errors import PersonTransferInvalid, PersonTransferNotFound, PersonTransferNumberUsed
from feiqian.transfers.model import Wanted
from tests.databases import ON_BOTH
from tests.transfers.sending import Sending

SUCCEEDED, DECLINED = PersonTransferStatus.SUCCEEDED, PersonTransferStatus.DECLINED


@ON_BOTH
def test_money_goes_to_a_mobile_number_at_once_and_both_sides_see_it(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    sent = bank.send_to(mei, eve, 30_00, note="Dinner")
    assert (sent.status, bank.wallet(mei), bank.wallet(eve)) == (SUCCEEDED, 70_00, 30_00)
    assert sent.id.startswith("pst_")
    (here,) = bank.run(bank.sending.views(mei.number, [bank.run(bank.sending.get(mei.number, sent.id))], "en"))
    (there,) = bank.run(bank.sending.views(eve.number, [bank.run(bank.sending.get(eve.number, sent.id))], "en"))
    assert (here.side, here.other, here.number, here.note) == ("sent", "王小雨", "T1", "Dinner")
    assert (there.side, there.other, there.number, there.note) == ("received", "**梅", None, "Dinner")
    assert bank.used_today(mei) == 30_00


def test_money_goes_onto_the_account_that_is_named(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    account = bank.account(eve.number)
    number = bank.do(bank.services.deposits.number, account.id)
    check = bank.look_up(mei, number, eve.name, "account")
    assert (check.check, check.shown, check.currency) == ("match", f"•••• {number[-4:]}", CNY.number)
    assert bank.send(mei, bank.asked(check, 30_00)).status is SUCCEEDED
    assert bank.held(deposit_id(CNY.number, eve.number, 1)) == 30_00
    with pytest.raises(PersonTransferInvalid, match="currency"):
        bank.confirm(mei, bank.asked(check, 1_00, "T2", currency="EUR"))


def test_the_sender_chooses_the_account_that_it_leaves(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    account, foreign = bank.account(mei.number, 50_00), bank.account(eve.number, 50_00)
    euros = bank.account(mei.number, 50_00, EUR)
    assert bank.send_to(mei, eve, 20_00, source=account.id).debit == account.ledger_id
    assert (bank.wallet(mei), bank.held(account.ledger_id)) == (100_00, 30_00)
    for other in (foreign, euros):
        with pytest.raises(PersonTransferInvalid, match="source"):
            bank.send_to(mei, eve, 20_00, "T2", source=other.id)


def test_abuse_25_a_retry_gets_the_first_answer(bank: Sending) -> None:
    mei, eve = bank.person("mei", 50_00), bank.person("eve")
    check = bank.look_up(mei, eve.mobile, eve.name)
    good, bad = bank.asked(check, 30_00), bank.asked(check, 30_00, "T2")
    challenges = [bank.confirm(mei, asked) for asked in (good, bad)]
    told = [bank.send(mei, asked, challenge) for asked, challenge in zip((good, bad), challenges, strict=True)]
    assert [fact.status for fact in told] == [SUCCEEDED, DECLINED]
    bank.fund(mei.number, 100_00)
    for forget in (False, True):
        if forget:
            bank.sending.decider.recent = Recent(1)
        again = [bank.send(mei, asked, challenge) for asked, challenge in zip((good, bad), challenges, strict=True)]
        assert again == told
    assert bank.wallet(eve) == 30_00


@pytest.mark.parametrize("other", [{"amount": 31_00}, {"note": "x"}, {"currency": "EUR"}, {"source": "wallet"}])
def test_abuse_22_a_number_is_not_used_for_another_transfer(bank: Sending, other: dict[str, object]) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    account = bank.account(mei.number, 50_00)
    check = bank.look_up(mei, eve.mobile, eve.name)
    asked = bank.asked(check, 30_00, source=account.id)
    bank.send(mei, asked)
    with pytest.raises(PersonTransferNumberUsed):
        bank.send(mei, asked._replace(**other), "chl_1")
    assert bank.wallet(eve) == 30_00


def test_abuse_9_nobody_pays_themselves(bank: Sending) -> None:
    mei = bank.person("mei", 100_00)
    with pytest.raises(PayeeIsSender):
        bank.look_up(mei, mei.mobile, mei.name)
    account = bank.account(mei.number)
    with pytest.raises(PayeeIsSender):
        bank.look_up(mei, bank.do(bank.services.deposits.number, account.id), mei.name, "account")


def test_an_account_that_nobody_has_is_told_so_after_it_was_confirmed(bank: Sending) -> None:
    mei = bank.person("mei", 100_00)
    check = bank.look_up(mei, new_number(bank.services.settings.account_prefix), "Peter Schmidt", "account")
    told = bank.send(mei, bank.asked(check, 30_00))
    assert (told.status, told.reason, told.receiver) == (DECLINED, "payee_not_found", 0)
    assert (bank.wallet(mei), bank.used_today(mei)) == (100_00, 0)


def test_abuse_18_two_transfers_that_were_both_confirmed_are_counted_when_each_is_made(bank: Sending) -> None:
    mei, eve = bank.person("mei", 40_00), bank.person("eve")
    check = bank.look_up(mei, eve.mobile, eve.name)
    asked = [bank.asked(check, 30_00, number) for number in ("T1", "T2")]
    challenges = [bank.confirm(mei, one) for one in asked]
    told = [bank.send(mei, one, challenge) for one, challenge in zip(asked, challenges, strict=True)]
    assert [(fact.status, fact.reason) for fact in told] == [(SUCCEEDED, None), (DECLINED, "insufficient_funds")]
    assert (bank.wallet(mei), bank.wallet(eve), bank.used_today(mei)) == (10_00, 30_00, 30_00)


def test_abuse_18_the_limit_of_the_day_counts_when_each_is_made(bank: Sending) -> None:
    """With two factors 5,000 yuan a day may be paid."""
    mei, eve = bank.person("mei", 9_000_00), bank.person("eve")
    check = bank.look_up(mei, eve.mobile, eve.name)
    asked = [bank.asked(check, 1_900_00, number) for number in ("T1", "T2", "T3")]
    challenges = [bank.confirm(mei, one) for one in asked]
    told = [bank.send(mei, one, challenge) for one, challenge in zip(asked, challenges, strict=True)]
    assert [fact.reason for fact in told] == [None, None, "proof_too_low"]
    assert told[2].limit is not None
    assert bank.wallet(eve) == 3_800_00


@pytest.mark.parametrize(
    "other", [{"amount": 31_00}, {"note": "x"}, {"number": "T9"}, {"source": "wallet"}, {"check": "eve"}]
)
def test_abuse_38_whatever_changes_after_the_confirmation_voids_it(bank: Sending, other: dict[str, object]) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve"), bank.person("ana")
    if "check" in other:
        other = {"check": bank.look_up(mei, ana.mobile, ana.name).id}
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 30_00)
    challenge = bank.confirm(mei, asked)
    with pytest.raises(BindingDiffers):
        bank.send(mei, asked._replace(**other), challenge)
    with pytest.raises((ChallengeOver, BindingDiffers)):
        bank.send(mei, asked, challenge)
    assert (bank.wallet(mei), bank.wallet(eve), bank.wallet(ana)) == (100_00, 0, 0)


def test_nothing_moves_without_what_the_policy_asks_for(bank: Sending) -> None:
    mei, eve = bank.person("mei", 2_000_00), bank.person("eve")
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 1_500_00)
    view = bank.run(bank.sending.begin(mei.session.subject, asked, "en", None))
    assert [list(one) for one in view.combinations] == [["pin", "sms"]]
    assert all(part in view.text for part in ("1,500.00", "王小雨", "+86 ••• 2222"))
    with pytest.raises(NotPassed):
        bank.send(mei, asked, view.id)
    assert bank.wallet(eve) == 0


def test_a_session_of_somebody_else_sends_nothing_with_a_check_or_challenge_of_hers(bank: Sending) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve", 100_00), bank.person("ana")
    asked = bank.asked(bank.look_up(mei, ana.mobile, ana.name), 30_00)
    challenge = bank.confirm(mei, asked)
    with pytest.raises(CheckNotFound):
        bank.send(eve, asked, challenge)
    told = bank.send(mei, asked, challenge)
    with pytest.raises(PersonTransferNotFound):
        bank.run(bank.sending.get(eve.number, told.id))
    assert (bank.wallet(eve), bank.wallet(ana)) == (100_00, 30_00)


def test_a_declined_transfer_is_the_senders_matter_alone(bank: Sending) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    told = bank.send_to(mei, eve, 30_00)
    assert told.reason == "insufficient_funds"
    with pytest.raises(PersonTransferNotFound):
        bank.run(bank.sending.get(eve.number, told.id))
    lists = [bank.run(bank.sending.reads.newest(one.number, "", 10))[0] for one in (mei, eve)]
    assert [len(found) for found in lists] == [1, 0]


def test_after_a_crash_between_challenge_and_ledger_the_number_is_free(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 30_00)
    challenge = bank.confirm(mei, asked)

    async def crash(*_: object) -> PersonTransferDecided:
        raise RuntimeError

    bank.sending._made = crash  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        bank.send(mei, asked, challenge)
    del bank.sending._made
    with pytest.raises(ChallengeOver):
        bank.send(mei, asked, challenge)
    assert bank.send(mei, asked).status is SUCCEEDED
    assert bank.wallet(eve) == 30_00


@pytest.mark.parametrize("change", ["name", "holder", "namesake"])
def test_abuse_117_a_payee_that_changed_between_check_and_transfer_voids_it(bank: Sending, change: str) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve"), bank.person("ana")
    check = bank.look_up(mei, eve.mobile, eve.name)
    asked = bank.asked(check, 30_00)
    challenge = bank.confirm(mei, asked)
    if change == "name":
        bank.rename(eve.number, "王大雨")
    else:  # the number is Ana's by now, who may even be called the same
        profiles = bank.services.customers.profiles
        bank.do(profiles.remove_mobile, eve.number, eve.session.subject)
        bank.do(profiles.put_mobile, ana.number, eve.mobile, bank.clock.now())
    if change == "namesake":
        bank.rename(ana.number, eve.name)
    with pytest.raises(BindingDiffers):
        bank.send(mei, asked, challenge)
    with pytest.raises(PayeeChanged):
        bank.confirm(mei, asked)
    assert (bank.wallet(mei), bank.wallet(eve), bank.wallet(ana)) == (100_00, 0, 0)


def test_abuse_11_of_64_transfers_of_a_whole_balance_at_once_exactly_one_succeeds(bank: Sending) -> None:
    mei, eve = bank.person("mei", 30_00), bank.person("eve")
    payee = bank.do(bank.services.payees.named, Way.MOBILE, eve.mobile, eve.name)
    passed = Passed("chl_1", (Factor.PIN,), "", bank.clock.now(), mei.session.subject, Purpose.TRANSFER)
    source = wallet_id(CNY.number, mei.number)
    wanted = [Wanted(f"T{n}", payee, MinorUnits(30_00), CNY.number, source) for n in range(64)]

    async def all_at_once() -> list[PersonTransferDecided]:
        return await asyncio.gather(*(bank.sending.make(mei.number, one, passed) for one in wanted))

    told = bank.run(all_at_once())
    assert Counter(fact.reason for fact in told) == {None: 1, "insufficient_funds": 63}
    assert (bank.wallet(mei), bank.wallet(eve), bank.used_today(mei)) == (0, 30_00, 30_00)


@ON_BOTH
def test_abuse_11_the_same_number_64_times_at_once_is_one_transfer(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), 10_00)
    challenge = bank.confirm(mei, asked)

    async def all_at_once() -> list[object]:
        sent = (bank.sending.send(mei.session.subject, asked, challenge) for _ in range(64))
        return await asyncio.gather(*sent, return_exceptions=True)

    told = bank.run(all_at_once())
    made = {fact.id for fact in told if isinstance(fact, PersonTransferDecided)}
    assert len(made) == 1
    assert {type(one) for one in told} <= {PersonTransferDecided, ChallengeOver}
    assert (bank.wallet(mei), bank.wallet(eve)) == (90_00, 10_00)


@pytest.mark.parametrize("amount", [10_00, 60_00, 200_00])
def test_abuse_11_the_same_number_confirmed_twice_and_sent_at_once_is_one_transfer(bank: Sending, amount: int) -> None:
    """Also where the balance, or the day's limit, is for one of them only, or for none."""
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    bank.ledger.post(chart.allowance(day_amount_id(CNY.number, mei.number), 100_00, Period.DAY))
    asked = bank.asked(bank.look_up(mei, eve.mobile, eve.name), amount)
    challenges = [bank.confirm(mei, asked) for _ in range(2)]

    async def at_once() -> list[PersonTransferDecided]:
        return await asyncio.gather(*(bank.sending.send(mei.session.subject, asked, one) for one in challenges))

    here, there = bank.run(at_once())
    assert here == there
    moved = amount if here.status is SUCCEEDED else 0
    assert moved == (amount if amount < 100_00 else 0)
    assert (bank.wallet(mei), bank.wallet(eve), bank.used_today(mei)) == (100_00 - moved, moved, moved)
    assert sum(isinstance(fact, PersonTransferDecided) for fact in bank.facts()) == 1


def test_transfers_both_ways_at_once_lose_nothing(bank: Sending) -> None:
    mei, eve = bank.person("mei", 50_00), bank.person("eve", 50_00)
    ways = []
    for sender, receiver in ((mei, eve), (eve, mei)):
        payee = bank.do(bank.services.payees.named, Way.MOBILE, receiver.mobile, receiver.name)
        passed = Passed("chl_1", (Factor.PIN,), "", bank.clock.now(), sender.session.subject, Purpose.TRANSFER)
        ways.append((sender, payee, passed))
    wanted = [(n, *ways[n % 2]) for n in range(60)]

    async def all_at_once() -> None:
        await asyncio.gather(
            *(
                bank.sending.make(
                    sender.number,
                    Wanted(f"T{n}", payee, MinorUnits(1_00 * n + 1), CNY.number, wallet_id(CNY.number, sender.number)),
                    passed,
                )
                for n, sender, payee, passed in wanted
            )
        )

    bank.run(all_at_once())
    assert bank.wallet(mei) + bank.wallet(eve) == 100_00
    assert min(bank.wallet(mei), bank.wallet(eve)) >= 0


def test_abuse_39_after_a_change_of_the_number_little_can_be_sent(bank: Sending) -> None:
    mei, eve = bank.person("mei", 2_000_00), bank.person("eve")
    bank.do(bank.services.customers.profiles.cool, mei.number, bank.clock.now() + 86_400 * 1_000_000)
    bank.services.customers.take_up(mei.number)
    assert bank.send_to(mei, eve, 500_01).reason == "limit_after_change"
    assert bank.send_to(mei, eve, 500_00, "T2").status is SUCCEEDED
    assert bank.send_to(mei, eve, 1, "T3").reason is not None


def test_abuse_51_a_transfer_and_a_payment_count_towards_one_limit(bank: Sending) -> None:
    """What may be paid in a day with one factor, 1,000 yuan, is for both together."""
    mei, eve = bank.person("mei", 5_000_00), bank.person("eve")
    assert bank.send_to(mei, eve, 900_00).status is SUCCEEDED
    limits, now = bank.services.limits, bank.clock.now() // 1_000_000
    online = limits.at_confirmation(
        LimitQuestion(mei.number, CNY.number, MinorUnits(200_00), now, "online"), (Factor.PIN,)
    )
    assert online == "proof_too_low"
    assert bank.used_today(mei) == 900_00
