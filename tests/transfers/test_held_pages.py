"""The pages and /v1 of what is unusual, held or waits, as a browser without scripts has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from feiqian.ids import CustomerNumber
from feiqian.money import CNY, MinorUnits
from feiqian.payees.model import Found
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import NAME, Friend, text_of

NOBODYS = "+8613899991234"
PATH = "/v1/me/person-transfers"


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[tuple[Friend, Friend]]:
    """The bank of the tests holds from 100 yuan on, so that a PIN is enough."""
    both = Friend(paged, 831), Friend(paged, 832)
    caution = paged.bank.services.person_transfers.caution
    before, caution.rules = caution.rules, replace(caution.rules, hold_from={CNY.number: MinorUnits(100_00)})
    yield both
    caution.rules = before
    for one in both:
        one.close()


def test_a_first_payment_is_warned_of_held_and_cancelled(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    begun = mei.begin(eve.mobile, "150")
    proving = begun.headers["location"].partition("?")[0]
    asked = text_of(mei.page(proving))
    assert " autofocus" not in mei.page(proving), "a browser would scroll to the field, past what warns"
    assert " autofocus" in mei.fill(mei.page(proving), proving, factor="pin", answer="000000").text
    for part in ("Did this person write to you", "You have not sent this payee money before", "for 24 hours"):
        assert part in asked
    place = mei.confirm(begun).headers["location"]
    page = mei.page(place)
    assert all(part in text_of(page) for part in ("Not sent yet", "still in your account", "Cancel it"))
    assert "¥150.00 of your balance is held" in text_of(mei.page("/wallet/pay"))
    locks = text_of(mei.page("/locks"))
    assert all(part in locks for part in ("¥850.00 free", "¥150.00 held for what is under way"))
    eve.page(place, 404)
    assert eve.fill(eve.page("/transfers/new"), f"{place}/cancel").status_code == 404
    assert mei.fill(page, f"{place}/cancel").headers["location"] == place
    page = mei.page(place)
    assert "The money is yours again" in text_of(page)
    assert "Cancel it" not in page


def test_what_has_gone_is_said_to_be_gone(friends: tuple[Friend, Friend], paged: Served) -> None:
    mei, eve = friends
    place = mei.send(eve.mobile, "120")
    page = mei.page(place)
    transfers = paged.bank.services.person_transfers

    async def bring() -> None:
        number = CustomerNumber(mei.number)
        fact = (await transfers.get(number, place.rpartition("/")[2])).fact
        endings = transfers.endings
        assert endings.bring(fact, Found(fact.receiver, fact.credit, fact.currency))
        await endings.ledger.durable(endings.ledger.position)

    paged.wait_for(bring())
    over = mei.fill(page, f"{place}/cancel")
    assert over.headers["location"] == f"{place}?said=over"
    assert "Nothing is left to cancel" in mei.page(over.headers["location"])
    assert "Received" in eve.page(place)


def test_money_waits_for_a_number_without_a_wallet(friends: tuple[Friend, Friend]) -> None:
    mei, _ = friends
    place = mei.check(NOBODYS, "Ana Lopez").headers["location"]
    page = mei.page(place)
    assert "if they have no wallet yet" in page
    begun = mei.fill(page, place, source="wallet-CNY", amount="20")
    asked = text_of(mei.page(begun.headers["location"].partition("?")[0]))
    assert "If nobody here has this number, the money waits for 24 hours" in asked
    shown = mei.page(mei.confirm(begun).headers["location"])
    assert "Waiting for the payee" in text_of(shown)
    assert "Cancel it" in shown


def test_warnings_and_cancelling_under_v1(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    check = eve.post("/v1/me/payees/check", {"way": "mobile", "payee": mei.mobile, "name": NAME})["id"]
    body: dict[str, object] = {"number": "H-1", "check": check, "amount": 200_00, "currency": "CNY", "source": "wallet"}
    told = eve.post(f"{PATH}/warnings", body)
    assert (told["signals"], told["fraud"], told["held_hours"]) == (["first_payment"], "relative", 24)
    challenge = eve.post(f"{PATH}/challenge", body)
    body["challenge"] = eve.prove("/v1/me/challenges", challenge, ("pin", PIN))["id"]
    sent = eve.post(PATH, body)
    assert sent["status"] == "held"
    assert sent["held_until"]
    mei.post(f"{PATH}/{sent['id']}/cancel", status=404)
    for _ in range(2):
        assert eve.post(f"{PATH}/{sent['id']}/cancel")["status"] == "cancelled"
    more = {name: value for name, value in body.items() if name != "challenge"} | {"amount": 10_000_01}
    assert eve.post(f"{PATH}/challenge", more, 422)["errors"][0]["field"] == "amount"
