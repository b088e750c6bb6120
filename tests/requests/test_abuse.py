"""What people do with requests that they should not. The numbers are those of the abuse cases."""

from __future__ import annotations

import asyncio

import pytest

from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver
from feiqian.checkout.links import LinkRefused
from feiqian.clock import DAY, MICROSECONDS
from feiqian.events import PersonTransferDecided
from feiqian.ids import NO_CUSTOMER
from feiqian.money import CNY, MinorUnits
from feiqian.payees.errors import PayeeInvalid
from feiqian.requests.errors import RequestInvalid, RequestOver, RequestsThrottled
from feiqian.requests.links import ReceiveLinks
from feiqian.requests.model import (
    OPEN_OF_ONE,
    REQUESTS_A_DAY,
    TO_ONE_A_DAY,
    TOLD_A_DAY,
    RequestStatus,
)
from feiqian.requests.paying import Paying
from feiqian.scanning.pages.meaning import meaning_of
from feiqian.transfers.errors import ReportsUsedUp
from feiqian.web.scanned import ScanRefused
from tests.databases import ON_BOTH
from tests.requests.asking import AskingPeople

NOBODY = "+8613899990000"


def test_abuse_09_nobody_asks_themselves(bank: AskingPeople) -> None:
    mei = bank.person("mei", 10_00)
    code = bank.run(bank.services.receive_codes.show(mei.number, MinorUnits(0), CNY.number))
    for person in (mei.mobile, code.id):
        with pytest.raises(RequestInvalid) as refused:
            bank.ask(mei, person)
        assert refused.value.reason == "yourself"


@ON_BOTH
def test_abuse_11_a_request_that_is_paid_in_eight_places_at_once_is_paid_once(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    made = bank.ask(mei, eve.mobile, 100_00)
    challenges = [bank.begin_paying(eve, made.id) for _ in range(8)]

    async def all_at_once() -> list[object]:
        pay, subject = bank.services.paying_requests.pay, eve.session.subject
        tries = (pay(subject, Paying(made.id, "wallet"), one) for one in challenges)
        return await asyncio.gather(*tries, return_exceptions=True)

    found = bank.run(all_at_once())
    paid = {one.id for one in found if isinstance(one, PersonTransferDecided)}
    assert len(paid) == 1, found
    others = [one for one in found if not isinstance(one, PersonTransferDecided)]
    assert all(isinstance(one, ChallengeOver | RequestOver) for one in others), found  # too many are void
    assert (bank.wallet(mei), bank.wallet(eve)) == (100_00, 400_00)
    assert bank.kinds(mei) == ["money_came"]


def test_abuse_18_limits_and_balance_count_when_it_is_confirmed(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 100_00)
    first, second = bank.ask(mei, eve.mobile, 60_00), bank.ask(mei, eve.mobile, 60_00, number="R2")
    confirmed = [(one.id, bank.begin_paying(eve, one.id)) for one in (first, second)]
    assert [bank.pay(eve, id, challenge).status for id, challenge in confirmed] == ["succeeded", "declined"]
    assert (bank.wallet(eve), bank.used_today(eve)) == (40_00, 60_00)


def test_abuse_38_what_was_confirmed_pays_nothing_else(bank: AskingPeople) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve", 500_00), bank.person("ana")
    first, other = bank.ask(mei, eve.mobile, 1_00), bank.ask(ana, eve.mobile, 1_00)
    more = bank.ask(mei, eve.mobile, 1_00, number="R2")
    for id in (other.id, more.id):
        with pytest.raises(BindingDiffers):
            bank.pay(eve, id, bank.begin_paying(eve, first.id))
    with pytest.raises(BindingDiffers):
        bank.pay(eve, first.id, bank.begin_paying(eve, first.id), source="")
    assert bank.wallet(eve) == 500_00


def test_abuse_43_who_asks_by_an_alias_learns_nothing_and_neither_which_number_it_belongs_to(
    bank: AskingPeople,
) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana")
    alias = bank.run(bank.services.receiving_aliases.choose(eve.number, "eve from harbin".replace(" ", "")))
    known, unknown = bank.ask(mei, alias, number="A1"), bank.ask(mei, "nobodyatall", number="B1")
    assert [one.label for one in (known, unknown)] == [alias, "nobodyatall"]
    assert [one.asked for one in (known, unknown)] == [eve.number, NO_CUSTOMER]
    assert len({(one.status, one.amount, one.transfer, one.ended_at) for one in (known, unknown)}) == 1
    for person in (alias, "nobodyatall"):
        for number in range(TO_ONE_A_DAY - 1):
            bank.ask(mei, person, number=f"{person}-{number}")
        with pytest.raises(RequestsThrottled):
            bank.ask(mei, person.replace("o", "0"), number=f"{person}-more")  # which looks like it
    more = [bank.ask(mei, one.mobile, number=one.mobile).label[:3] for one in (eve, ana)]
    assert more == ["+86"] * 2, "her number is taken as anybody's"
    assert len(bank.kinds(eve)) == TO_ONE_A_DAY, "but she is asked no more by it"


@pytest.mark.parametrize("typed", ["abc", "mei from harbin!", "feiqian客服", "tel", "x" * 21])
def test_what_is_no_alias_names_nobody(bank: AskingPeople, typed: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        bank.ask(bank.person("mei"), typed)
    assert refused.value.field == "person"


def test_an_alias_that_holds_a_number_is_not_read_as_that_number(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    assert bank.ask(mei, f"tel{eve.mobile[3:]}").asked == NO_CUSTOMER
    alias = bank.run(bank.services.receiving_aliases.choose(eve.number, "evefromharbin"))
    made = bank.ask(mei, f" {alias.upper()} ", number="R2")
    assert bank.pay(eve, made.id).receiver == mei.number
    split = bank.split(mei, 60_00, [(alias, 1)])
    assert [part.request.asked for part in split.parts if part.request] == [eve.number]


def test_abuse_43_who_asks_learns_nothing_of_whom_they_ask(bank: AskingPeople) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana")
    bank.run(bank.services.request_blocking.block(eve.number, bank.ask(mei, eve.mobile, number="R0").id))
    bank.clock.advance(DAY // MICROSECONDS)
    found = [
        bank.ask(mei, person, number=f"R{place}") for place, person in enumerate((NOBODY, eve.mobile, ana.mobile), 1)
    ]
    shown = {(one.status, one.amount, one.transfer, one.ended_at, one.label[:3]) for one in found}
    assert len(shown) == 1
    throttled = []
    for person in (NOBODY, eve.mobile, ana.mobile):
        for number in range(TO_ONE_A_DAY - 1):
            bank.ask(mei, person, number=f"{person}-{number}")
        with pytest.raises(RequestsThrottled) as refused:
            bank.ask(mei, person, number=f"{person}-more")
        throttled.append(refused.value.until > 0)
    assert throttled == [True] * 3
    bank.clock.advance(DAY // MICROSECONDS)
    for one in found:
        bank.run(bank.services.money_requests.remind(mei.number, one.id))
    assert bank.kinds(eve) == ["money_asked"]


def test_abuse_49_only_codes_of_this_bank_that_it_has_signed_are_receive_codes(bank: AskingPeople) -> None:
    services, mei = bank.services, bank.person("mei")
    code = bank.run(services.receive_codes.show(mei.number, MinorUnits(0), CNY.number))
    links = ReceiveLinks("https://pay.bank.example", services.cipher)
    text = links.of(code.id)
    assert links.id_in(text) == code.id
    signature = text.partition("?code=")[2]
    for wrong, reason in (
        (text.replace("https", "http"), "foreign"),
        (text.replace("bank.example", "bank.example.evil"), "foreign"),
        (f"https://evil.example/?{text}", "foreign"),
        (text.replace("/receive/to/", "/pay/"), "other"),
        (text.replace(code.id, f"{code.id[:-1]}{'0' if code.id[-1] != '0' else '1'}"), "changed"),
        (text[:-1] + ("A" if text[-1] != "A" else "B"), "changed"),
        (f"{text}&amount=1", "changed"),
        (f"{text}#x", "changed"),
    ):
        with pytest.raises(LinkRefused) as refused:
            links.id_in(wrong)
        assert refused.value.reason == reason, wrong
    own = ReceiveLinks(services.settings.public_origin, services.cipher).of(code.id)
    assert meaning_of(services, own).path == f"/receive/to/{code.id}?{own.partition('?')[2]}"
    with pytest.raises(ScanRefused) as changed:
        meaning_of(services, own[:-1] + ("A" if own[-1] != "A" else "B"))
    assert changed.value.reason == "changed"
    elsewhere = ReceiveLinks("https://pay.other.example", services.cipher)
    assert not elsewhere.is_signed(code.id, signature)


def test_abuse_49_no_link_in_a_request_leads_anywhere(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    made = bank.ask(mei, eve.mobile, note="pay at https://evil.example/x or www.evil.example")
    note = bank.seen(eve, made.id).note
    assert not any(part in note for part in ("://", "www.", ".example", "/x"))
    assert all("http" not in text for text in bank.sms(eve))


def test_abuse_106_nobody_names_a_payee_by_a_request_to_pay_another_amount(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    made = bank.ask(mei, eve.mobile, 100_00)
    with pytest.raises(PayeeInvalid):
        bank.look_up(eve, made.id, "", way="request")


def test_abuse_112_requests_are_capped_by_day_by_person_and_by_those_that_wait(
    bank: AskingPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    for number in range(TO_ONE_A_DAY):
        bank.ask(mei, eve.mobile, number=f"R{number}")
    with pytest.raises(RequestsThrottled):
        bank.ask(mei, eve.mobile, number="one more")
    for number in range(REQUESTS_A_DAY - TO_ONE_A_DAY):
        bank.ask(mei, f"+861389999{number:04}", number=f"N{number}")
    with pytest.raises(RequestsThrottled) as refused:
        bank.ask(mei, NOBODY, number="one more")
    assert refused.value.until > bank.clock.now()
    bank.clock.advance(DAY // MICROSECONDS)
    assert bank.ask(mei, eve.mobile, number="the next day").status is RequestStatus.OPEN
    assert OPEN_OF_ONE > REQUESTS_A_DAY
    monkeypatch.setattr("feiqian.requests.service.OPEN_OF_ONE", REQUESTS_A_DAY + 1)
    with pytest.raises(RequestsThrottled) as refused:
        bank.ask(mei, NOBODY, number="too many wait")
    assert refused.value.until == 0


def test_abuse_112_many_askers_fill_no_phone_with_messages(bank: AskingPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    mei, eve, ana = bank.person("mei"), bank.person("eve"), bank.person("ana")
    monkeypatch.setattr("feiqian.requests.service.TO_ONE_A_DAY", TOLD_A_DAY)
    for number in range(TOLD_A_DAY // 2 + 2):
        bank.ask(mei, eve.mobile, number=f"R{number}")
        bank.ask(ana, eve.mobile, number=f"R{number}")
    kept = [one for one in bank.notices(eve) if one.kind == "money_asked"]
    assert len(kept) == TOLD_A_DAY + 4
    assert len(bank.sms(eve)) <= TOLD_A_DAY


@ON_BOTH
def test_abuse_112_who_is_blocked_reaches_nobody_and_is_not_told(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    first, second = bank.ask(mei, eve.mobile), bank.ask(mei, eve.mobile, number="R2")
    blocking = bank.services.request_blocking
    for _ in range(2):
        bank.run(blocking.block(eve.number, first.id))
    assert {bank.seen(mei, one.id).status for one in (first, second)} == {RequestStatus.DECLINED}
    third = bank.ask(mei, eve.mobile, number="R3")
    assert (third.status, bank.kinds(eve)) == (RequestStatus.OPEN, ["money_asked", "money_asked"])
    assert [one.name for one in bank.run(blocking.blocked(eve.number))] == ["**梅"]
    bank.run(blocking.unblock(eve.number, first.id))
    bank.ask(mei, eve.mobile, number="R4")
    assert len(bank.kinds(eve)) == 3


def test_abuse_112_what_offends_is_reported_once_and_reports_are_capped(
    bank: AskingPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    blocking, made = bank.services.request_blocking, bank.ask(mei, eve.mobile, note="Words that offend")
    first = bank.run(blocking.report(eve.number, made.id))
    assert bank.run(blocking.report(eve.number, made.id)).id == first.id
    assert "Words that offend" in first.timeline[0].text
    assert made.id in first.timeline[0].text
    monkeypatch.setattr("feiqian.transfers.reporting.REPORTS_A_DAY", 1)
    with pytest.raises(ReportsUsedUp):
        bank.run(blocking.report(eve.number, bank.ask(mei, eve.mobile, number="R2").id))


def test_abuse_117_a_payee_who_has_changed_since_is_confirmed_again(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    made = bank.ask(mei, eve.mobile, 100_00)
    challenge = bank.begin_paying(eve, made.id)
    bank.rename(mei.number, "王梅")  # who is shown to payers as before
    with pytest.raises(BindingDiffers):
        bank.pay(eve, made.id, challenge)
    assert bank.wallet(eve) == 500_00


def test_abuse_62_numbers_and_notes_are_sealed_where_they_are_kept(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei"), bank.person("eve")
    bank.ask(mei, eve.mobile, note="a canary sings")
    with bank.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM money_requests").all()
    stored = repr(rows)
    assert "canary" not in stored
    assert eve.mobile[-8:] not in stored
