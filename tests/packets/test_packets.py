"""Red packets are made once, taken once by each, and shown to those whom they concern."""

from __future__ import annotations

import asyncio

import pytest

from feiqian.auth.challenges.errors import BindingDiffers
from feiqian.events import PacketMade, PacketStatus
from feiqian.packets.errors import (
    PacketInvalid,
    PacketNotFound,
    PacketNotTaken,
    PacketNumberUsed,
    ReceiverCannotReceive,
    ReceiverNotConfirmed,
)
from feiqian.packets.kinds import taken_once
from feiqian.packets.model import Asked, Mode
from feiqian.packets.views import State, View
from feiqian.payees.errors import PayeeChanged
from feiqian.payments.recent import Recent
from feiqian.scanning.pages.meaning import meaning_of
from feiqian.transfers.errors import NoteNotReportable
from feiqian.web.scanned import ScanRefused
from tests.databases import ON_BOTH
from tests.packets.giving import Giving, Person

OPEN, DECLINED = PacketStatus.OPEN, PacketStatus.DECLINED


def view(bank: Giving, person: Person, packet: PacketMade, code: str = "") -> View:
    found = bank.run(bank.packets.get(person.number, packet.id, code))
    (seen,) = bank.run(bank.packets.views(person.number, [found], "en", whole=True))
    return seen


@ON_BOTH
def test_a_group_takes_shares_until_all_are_gone(bank: Giving) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve"), bank.person("ana")
    packet = bank.group(mei, 10_00, 3, note="Happy New Year")
    assert (packet.status, packet.shares, bank.wallet(mei), bank.inside()) == (OPEN, (334, 333, 333), 90_00, 10_00)
    assert bank.used_today(mei) == 10_00
    assert bank.take(eve, packet).own == 334
    assert bank.take(ana, packet).own == 333
    assert bank.take(mei, packet).own == 333, "its sender may take one"
    assert [bank.wallet(one) for one in (mei, eve, ana)] == [93_33, 3_34, 3_33]
    seen = view(bank, eve, packet)
    assert (seen.state, seen.taken, seen.other, seen.note) == (State.GONE, 3, "**梅", "Happy New Year")
    assert [(one.who, one.mine, one.amount) for one in seen.takes] == [
        ("", True, 334),
        ("A** M** L**", False, 333),
        ("**梅", False, 333),
    ]
    assert bank.inside() == 0


def test_one_for_one_person_is_theirs_alone(bank: Giving) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve"), bank.person("ana")
    packet = bank.single(mei, eve, 66_66)
    assert (packet.receiver, packet.payee) == (eve.number, "王小雨")
    assert view(bank, eve, packet).amount is None, "a surprise"
    for other in (ana, mei):
        with pytest.raises(PacketNotFound):
            bank.take(other, packet)
    with pytest.raises(PacketNotFound):
        bank.run(bank.packets.get(ana.number, packet.id, bank.packets.links.signature(packet.id)))
    assert bank.run(bank.packets.take(eve.number, packet.id)).own == 66_66
    assert bank.wallet(eve) == 66_66


def test_random_shares_are_those_that_were_decided_and_the_luckiest_is_told_at_the_end(bank: Giving) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve"), bank.person("ana")
    packet = bank.group(mei, 50_00, 2, mode=Mode.RANDOM)
    assert sum(packet.shares) == 50_00
    bank.take(eve, packet)
    assert [one.best for one in view(bank, eve, packet).takes] == [False]
    bank.take(ana, packet)
    assert [bank.wallet(eve), bank.wallet(ana)] == list(packet.shares)
    told = view(bank, ana, packet).takes
    assert [one.best for one in told].count(True) == 1
    assert next(one.amount for one in told if one.best) == max(packet.shares)


def test_whoever_has_the_link_sees_whom_it_is_from_and_not_how_much(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    packet = bank.group(mei, 10_00, 2, note="x")
    code = bank.packets.links.signature(packet.id)
    seen = view(bank, eve, packet, code)
    assert (seen.other, seen.amount, seen.given, seen.takes, seen.number) == ("**梅", None, None, [], None)
    for wrong in ("", code[:-1], code + "x", bank.packets.links.signature("rpk_other")):
        with pytest.raises(PacketNotFound):
            view(bank, eve, packet, wrong)
        with pytest.raises(PacketNotFound):
            bank.run(bank.packets.take(eve.number, packet.id, wrong))


def test_abuse_49_a_scanned_link_leads_to_its_packet_and_a_forged_one_nowhere(bank: Giving) -> None:
    mei = bank.person("mei", 100_00)
    packet, other = bank.group(mei, 10_00, 2), bank.group(mei, 10_00, 2, number="P2")
    link = bank.packets.links.of(packet.id)
    meaning = meaning_of(bank.services, link)
    assert (meaning.kind, meaning.id) == ("packet", packet.id)
    assert link.endswith(meaning.path)
    assert meaning.path.startswith(f"/packets/{packet.id}?code=")
    for forged in (link[:-1], link + "&a=1", link.replace(packet.id, other.id), link.partition("?")[0]):
        with pytest.raises(ScanRefused) as refused:
            meaning_of(bank.services, forged)
        assert refused.value.reason == "changed"
    with pytest.raises(ScanRefused) as refused:
        meaning_of(bank.services, link.replace("://", "://x."))
    assert refused.value.reason == "foreign"


def test_abuse_25_a_retry_gets_the_first_answer(bank: Giving) -> None:
    mei = bank.person("mei", 50_00)
    good, bad = bank.wanted(30_00, 3), bank.wanted(30_00, 3, "P2")
    challenges = [bank.prove_packet(mei, asked) for asked in (good, bad)]
    told = [bank.make(mei, asked, one) for asked, one in zip((good, bad), challenges, strict=True)]
    assert [fact.status for fact in told] == [OPEN, DECLINED]
    assert (told[1].reason, bank.wallet(mei), bank.inside()) == ("insufficient_funds", 20_00, 30_00)
    bank.fund(mei.number, 100_00)
    for forget in (False, True):
        if forget:
            bank.packets.filler.recent = Recent(1)
        assert [bank.make(mei, asked, one) for asked, one in zip((good, bad), challenges, strict=True)] == told
    assert bank.inside() == 30_00
    with pytest.raises(PacketNotFound):
        bank.take(mei, told[1])


@pytest.mark.parametrize(
    "other", [{"amount": 31_00}, {"note": "x"}, {"shares": 2}, {"mode": Mode.RANDOM}, {"source": "wallet"}]
)
def test_abuse_22_a_number_is_not_used_for_another_packet(bank: Giving, other: dict[str, object]) -> None:
    mei = bank.person("mei", 100_00)
    account = bank.account(mei.number, 50_00)
    asked = bank.wanted(30_00, 3, source=account.id)
    bank.make(mei, asked)
    with pytest.raises(PacketNumberUsed):
        bank.make(mei, asked._replace(**other), "chl_1")
    assert bank.inside() == 30_00


@pytest.mark.parametrize("other", [{"amount": 31_00}, {"note": "x"}, {"shares": 2}, {"mode": Mode.RANDOM}])
def test_abuse_38_what_was_confirmed_is_what_is_made(bank: Giving, other: dict[str, object]) -> None:
    mei = bank.person("mei", 100_00)
    asked = bank.wanted(30_00, 3)
    challenge = bank.prove_packet(mei, asked)
    with pytest.raises(BindingDiffers):
        bank.make(mei, asked._replace(**other), challenge)
    assert bank.inside() == 0


def test_abuse_117_a_receiver_who_has_changed_voids_what_was_confirmed(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    asked = bank.wanted(10_00, check=bank.look_up(mei, eve.mobile, eve.name).id)
    challenge = bank.prove_packet(mei, asked)
    bank.rename(eve.number, "王小雪")
    with pytest.raises((BindingDiffers, ReceiverNotConfirmed)):
        bank.make(mei, asked, challenge)
    with pytest.raises(PayeeChanged):
        bank.prove_packet(mei, asked)
    assert bank.inside() == 0


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 2}, "amount"),
        ({"amount": 600_01}, "amount"),  # 200 yuan for each share
        ({"amount": 5000_01, "shares": 100}, "amount"),
        ({"shares": 0}, "shares"),
        ({"shares": 101, "amount": 500_00}, "shares"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "CHF"}, "currency"),
        ({"number": ""}, "number"),
        ({"note": "x" * 141}, "note"),
        ({"note": "\u202e"}, "note"),
        ({"source": "acc_" + "0" * 32}, "source"),
    ],
)
def test_abuse_111_what_the_bank_does_not_allow_is_refused(bank: Giving, other: dict[str, object], field: str) -> None:
    mei = bank.person("mei", 10_000_00)
    asked: Asked = bank.wanted(30_00, 3)._replace(**other)
    with pytest.raises(PacketInvalid, match=field):
        bank.prove_packet(mei, asked)


def test_who_cannot_receive_is_told_in_neutral_words_before_confirming(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve", level="remote")
    with pytest.raises(ReceiverCannotReceive):
        bank.single(mei, eve, 10_00)
    check = bank.look_up(mei, eve.mobile, "张三")
    with pytest.raises(ReceiverNotConfirmed):
        bank.make(mei, bank.wanted(10_00, check=check.id))
    packet = bank.group(mei, 10_00, 2)
    with pytest.raises(PacketNotTaken, match="not_possible"):
        bank.take(eve, packet)
    assert (bank.wallet(eve), bank.inside()) == (0, 10_00)
    assert view(bank, eve, packet, bank.packets.links.signature(packet.id)).cannot == "not_possible"


def test_who_became_unable_to_receive_since_it_was_confirmed_gets_nothing(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    asked = bank.wanted(10_00, check=bank.look_up(mei, eve.mobile, eve.name).id)
    challenge = bank.prove_packet(mei, asked)
    bank.put_level(eve.number, "remote")
    made = bank.make(mei, asked, challenge)
    assert (made.status, made.reason, bank.wallet(mei)) == (DECLINED, "receiver_not_receiving", 100_00)


def test_limits_of_transfers_count_a_packet_when_it_is_made(bank: Giving) -> None:
    mei, eve = bank.person("mei", 30_000_00), bank.person("eve")
    for number in range(2):
        assert bank.group(mei, 2_000_00, 50, f"P{number}").status is OPEN
    assert bank.send_to(mei, eve, 900_00).status == "succeeded"
    challenge = bank.prove_packet(mei, asked := bank.wanted(90_00, 2, "P8"))
    assert bank.group(mei, 50_00, 2, "P7").status is OPEN
    declined = bank.make(mei, asked, challenge)
    assert (declined.status, declined.reason) == (DECLINED, "proof_too_low")
    assert declined.limit is not None
    assert bank.inside() == 4_050_00


def test_abuse_111_a_robot_makes_and_takes_only_so_many_in_a_day(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    rules = bank.packets.rules
    few = type(rules)(made_day=3, taken_day=2, limits=rules.limits)
    bank.packets.rules = bank.packets.filler.rules = bank.packets.taker.rules = few
    made = [bank.group(mei, 1_00, 2, f"P{number}") for number in range(4)]
    assert [(fact.status, fact.reason) for fact in made[2:]] == [(OPEN, None), (DECLINED, "too_many_packets")]
    for packet in made[:2]:
        bank.take(eve, packet)
    with pytest.raises(PacketNotTaken, match="too_many"):
        bank.take(eve, made[2])
    assert bank.wallet(eve) == 1_00
    bank.clock.advance(24 * 3600)
    assert bank.group(mei, 1_00, 2, "P8").status is OPEN


def test_abuse_111_the_sender_takes_nothing_where_the_policy_says_so(bank: Giving) -> None:
    mei = bank.person("mei", 100_00)
    rules = bank.packets.rules
    bank.packets.taker.rules = type(rules)(sender_takes=0, limits=rules.limits)
    packet = bank.group(mei, 10_00, 2)
    with pytest.raises(PacketNotTaken, match="own"):
        bank.take(mei, packet)
    assert bank.inside() == 10_00


@ON_BOTH
def test_abuse_111_a_packet_is_taken_once_by_each_whatever_races(bank: Giving) -> None:
    people = [bank.person("eve"), bank.person("ana")]
    mei = bank.person("mei", 100_00)
    packet = bank.group(mei, 10_00, 5)
    code = bank.packets.links.signature(packet.id)

    async def all_at_once() -> list[object]:
        asked = [bank.packets.take(one.number, packet.id, code) for one in people * 12]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    answers = bank.run(all_at_once())
    assert not [one for one in answers if isinstance(one, Exception)]
    assert [bank.wallet(one) for one in people] == [2_00, 2_00]
    assert bank.inside() == 6_00
    assert bank.seen(mei, packet).taken == 2
    claimed = [bank.ledger.engine.claimed(taken_once(packet.id, one.number)) for one in (*people, mei)]
    assert claimed == [True, True, False], "the claim refuses a second share, whatever names its transfer"


def test_abuse_111_of_one_share_that_many_want_one_gets_it(bank: Giving) -> None:
    people = [bank.person(name, 0 if name != "mei" else 100_00) for name in ("mei", "eve", "ana")]
    packet = bank.group(people[0], 5_00, 1)
    code = bank.packets.links.signature(packet.id)

    async def all_at_once() -> list[object]:
        asked = [bank.packets.take(one.number, packet.id, code) for one in people[::-1] * 5]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    answers = bank.run(all_at_once())
    assert sum(bank.wallet(one) for one in people) == 100_00
    assert len([one for one in answers if isinstance(one, PacketNotTaken)]) == 10
    assert bank.inside() == 0


def test_abuse_51_a_frozen_wallet_gives_nothing_and_takes_nothing(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve", 100_00)
    packet, asked = bank.group(mei, 10_00, 2), bank.wanted(10_00, 2)
    challenge = bank.prove_packet(eve, asked)
    bank.run(bank.services.accounts.freeze(eve.number))
    with pytest.raises(PacketNotTaken, match="not_possible"):
        bank.take(eve, packet)
    assert bank.make(eve, asked, challenge).reason == "source_stopped"
    assert bank.wallet(eve) == 100_00


def test_of_two_that_are_confirmed_under_the_same_number_one_is_made(bank: Giving) -> None:
    mei = bank.person("mei", 100_00)
    asked = bank.wanted(10_00, 2)
    challenges = [bank.prove_packet(mei, asked) for _ in range(2)]

    async def both() -> list[PacketMade]:
        made = [bank.packets.make(mei.session.subject, asked, challenge) for challenge in challenges]
        return list(await asyncio.gather(*made))

    first, second = bank.run(both())
    assert first == second
    assert bank.inside() == 10_00


def test_several_report_the_note_of_a_shared_packet_and_each_has_a_case_of_their_own(bank: Giving) -> None:
    mei, eve, ana = bank.person("mei", 100_00), bank.person("eve"), bank.person("ana")
    packet = bank.group(mei, 10_00, 3, note="Words that offend")
    reports, code = bank.services.packet_reports, bank.packets.links.signature(packet.id)
    cases = [bank.run(reports.report(one.number, packet.id, code)) for one in (eve, ana, eve)]
    assert [case.customer for case in cases] == [eve.number, ana.number, eve.number]
    assert cases[0].id == cases[2].id != cases[1].id
    with pytest.raises(NoteNotReportable):
        bank.run(reports.report(mei.number, packet.id, code))
    with pytest.raises(PacketNotFound):
        bank.run(reports.report(ana.number, bank.single(mei, eve, 1_00, "P2", note="Hers").id, code))
