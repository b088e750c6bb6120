"""What becomes of a request through its transfer: whatever ends the process, in whatever order it is told."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from feiqian.events import PersonTransferDecided, PersonTransferEnded, PersonTransferStatus
from feiqian.features import outbound
from feiqian.outbox.model import Origin
from feiqian.requests.errors import RequestOver
from feiqian.requests.model import RequestStatus
from feiqian.transfers.errors import PersonTransferInvalid
from tests.databases import ON_BOTH
from tests.requests.asking import AskingPeople
from tests.transfers.sending import Person


@pytest.fixture
def asked(bank: AskingPeople) -> tuple[Person, Person, str]:
    mei, eve = bank.person("mei"), bank.person("eve", 500_00)
    return mei, eve, bank.ask(mei, eve.mobile).id


def pay_and_crash(bank: AskingPeople, payer: Person, id: str, monkeypatch: pytest.MonkeyPatch) -> PersonTransferDecided:
    """The ledger has decided, and nothing else was written."""
    with monkeypatch.context() as patched:
        patched.setattr(bank.services.money_requests, "settle", lambda connection, fact: None)
        return bank.pay(payer, id)


def settle(bank: AskingPeople, fact: PersonTransferDecided | PersonTransferEnded) -> None:
    bank.do(bank.services.money_requests.settle, fact)


def test_the_journal_settles_what_a_crash_has_left(
    bank: AskingPeople, asked: tuple[Person, Person, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve, id = asked
    fact = pay_and_crash(bank, eve, id, monkeypatch)
    assert bank.seen(mei, id).status is RequestStatus.OPEN
    (told,) = (one for one in outbound(bank.services, ("requests",)))
    for _ in range(2):
        bank.do(told.tell, fact, Origin(1, 0), bank.clock.now())
    assert (bank.seen(mei, id).status, bank.seen(mei, id).transfer) == (RequestStatus.PAID, fact.id)
    assert bank.kinds(mei) == ["money_came"]


def test_asked_again_after_a_crash_it_is_not_paid_twice(
    bank: AskingPeople, asked: tuple[Person, Person, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve, id = asked
    fact = pay_and_crash(bank, eve, id, monkeypatch)
    assert bank.pay(eve, id, "chl_of_nobody").id == fact.id
    assert (bank.wallet(mei), bank.seen(eve, id).status) == (100_00, RequestStatus.PAID)


def test_money_that_came_counts_even_if_it_was_withdrawn_meanwhile(
    bank: AskingPeople, asked: tuple[Person, Person, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mei, eve, id = asked
    fact = pay_and_crash(bank, eve, id, monkeypatch)
    bank.run(bank.services.money_requests.withdraw(mei.number, id))
    settle(bank, fact)
    assert bank.seen(mei, id).status is RequestStatus.PAID


def held(bank: AskingPeople, asked: tuple[Person, Person, str]) -> PersonTransferDecided:
    """As a transfer in cooling-off is told; the money is another feature's."""
    mei, eve, id = asked
    fact = PersonTransferDecided(
        id="pst_held",
        transfer=b"t",
        status=PersonTransferStatus.HELD,
        reason=None,
        sender=eve.number,
        receiver=mei.number,
        amount=bank.seen(mei, id).amount,
        currency=bank.seen(mei, id).currency,
        debit=b"",
        credit=b"",
        note="",
        number=bank.seen(mei, id).number,
        created_at=bank.clock.now(),
        about=id,
    )
    settle(bank, fact)
    return fact


def end(bank: AskingPeople, asked: tuple[Person, Person, str], status: PersonTransferStatus) -> None:
    mei, eve, _ = asked
    for _ in range(2):
        settle(bank, PersonTransferEnded("pst_held", status, eve.number, mei.number, bank.clock.now()))


def test_a_held_payment_is_paid_when_it_arrives(bank: AskingPeople, asked: tuple[Person, Person, str]) -> None:
    held(bank, asked)
    assert bank.seen(asked[0], asked[2]).status is RequestStatus.HELD
    end(bank, asked, PersonTransferStatus.SUCCEEDED)
    assert bank.seen(asked[0], asked[2]).status is RequestStatus.PAID


def test_a_held_payment_that_is_cancelled_leaves_the_request_open(
    bank: AskingPeople, asked: tuple[Person, Person, str]
) -> None:
    fact = held(bank, asked)
    end(bank, asked, PersonTransferStatus.CANCELLED)
    settle(bank, fact)  # told again, late
    again = bank.seen(asked[0], asked[2])
    assert (again.status, again.attempt) == (RequestStatus.OPEN, 2)
    assert bank.pay(asked[1], asked[2]).status == "succeeded"


@ON_BOTH
def test_abuse_112_a_held_payment_that_comes_back_to_who_has_blocked_the_asker_is_declined(
    bank: AskingPeople, asked: tuple[Person, Person, str]
) -> None:
    mei, eve, id = asked
    held(bank, asked)
    bank.run(bank.services.request_blocking.block(eve.number, id))
    end(bank, asked, PersonTransferStatus.CANCELLED)
    assert bank.seen(mei, id).status is RequestStatus.DECLINED
    bank.clock.advance(25 * 3600)
    with pytest.raises(RequestOver):
        bank.run(bank.services.money_requests.remind(mei.number, id))
    assert bank.kinds(eve) == ["money_asked"]
    assert bank.kinds(mei) == ["money_refused"]


@pytest.mark.parametrize("ended", [PersonTransferStatus.CANCELLED, PersonTransferStatus.SUCCEEDED])
def test_what_was_withdrawn_as_its_payment_was_held_stays_so_unless_the_money_comes(
    bank: AskingPeople, asked: tuple[Person, Person, str], ended: PersonTransferStatus
) -> None:
    mei, _, id = asked
    bank.run(bank.services.money_requests.withdraw(mei.number, id))
    held(bank, asked)
    assert bank.seen(mei, id).status is RequestStatus.WITHDRAWN
    end(bank, asked, ended)
    wanted = RequestStatus.PAID if ended is PersonTransferStatus.SUCCEEDED else RequestStatus.WITHDRAWN
    assert bank.seen(mei, id).status is wanted


def test_a_transfer_of_somebody_else_settles_nothing(bank: AskingPeople, asked: tuple[Person, Person, str]) -> None:
    mei, eve, id = asked
    ana = bank.person("ana", 500_00)
    for who in (ana, eve):  # whoever it is, a transfer's own number is never that of a request's payment
        with pytest.raises(PersonTransferInvalid):
            bank.send_to(who, mei, 1_00, number=f"{id}.1")
    own = bank.send_to(eve, mei, 1_00, number="T2")
    as_if = replace(own, number=f"{id}.1", about=id)
    for fact in (own, replace(as_if, sender=ana.number), replace(as_if, receiver=ana.number)):
        settle(bank, fact)
    assert bank.seen(mei, id).status is RequestStatus.OPEN
