"""The pages and /v1 of scheduled transfers, as a browser without scripts has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from feiqian.money import CNY, MinorUnits
from feiqian.payees.tables import checks
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import NAME, Friend, text_of

PATH = "/v1/me/scheduled-transfers"


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[tuple[Friend, Friend]]:
    both = Friend(paged, 841), Friend(paged, 842)
    yield both
    for one in both:
        one.close()


@pytest.fixture
def tomorrow(paged: Served) -> date:
    return paged.bank.services.schedules.today() + timedelta(days=1)


def test_one_is_set_up_skipped_and_ended(friends: tuple[Friend, Friend], tomorrow: date) -> None:
    mei, eve = friends
    place = mei.check(eve.mobile).headers["location"].replace("/transfers/to/", "/scheduled/to/")
    assert place in mei.page(place.replace("/scheduled/", "/transfers/"))
    page = mei.page(place)
    wrong = mei.fill(page, place, source="wallet-CNY", amount="0", rhythm="weekly", first="2020-01-01")
    assert all(said in wrong.text for said in ("Please enter an amount", "from tomorrow on")), "all at once"
    begun = mei.fill(
        page, place, source="wallet-CNY", amount="20", rhythm="weekly", first=f"{tomorrow}", message="Rent"
    )
    proving = begun.headers["location"].partition("?")[0]
    asked = text_of(mei.page(proving))
    assert all(part in asked for part in ("¥20.00", NAME, "Every week", "Rent"))
    assert all(part in asked for part in ("Did this person write to you", "You have not sent this payee money before"))
    assert "set aside" not in asked
    eve.page(proving, 404)
    done = mei.fill(mei.page(proving), proving, factor="pin", answer=PIN)
    assert done.headers["location"] == "/scheduled?said=set_up"
    page = mei.page("/scheduled?said=set_up")
    assert all(part in text_of(page) for part in ("It is scheduled", NAME, "Next:", "Skip next", "End"))
    (one,) = mei.get(PATH)["data"]
    skip, end = (f"/scheduled/{one['id']}/{what}" for what in ("skip", "end"))
    assert eve.fill(eve.page("/scheduled"), end).status_code in (404, 303)
    assert mei.get(f"{PATH}/{one['id']}")["state"] == "active"
    assert mei.fill(page, skip, day=one["next_day"]).headers["location"] == "/scheduled"
    assert mei.fill(page, skip, day=one["next_day"]).headers["location"] == "/scheduled?said=changed"
    assert mei.fill(page, end).headers["location"] == "/scheduled"
    assert "Ended" in text_of(mei.page("/scheduled"))


def test_that_it_may_be_held_on_its_day_is_told_before(
    friends: tuple[Friend, Friend], tomorrow: date, paged: Served
) -> None:
    """The bank of the tests holds from 100 yuan on, so that a PIN is enough."""
    mei, eve = friends
    caution = paged.bank.services.person_transfers.caution
    before, caution.rules = caution.rules, replace(caution.rules, hold_from={CNY.number: MinorUnits(100_00)})
    try:
        place = mei.check(eve.mobile).headers["location"].replace("/transfers/to/", "/scheduled/to/")
        fields = {"source": "wallet-CNY", "amount": "150", "rhythm": "once", "first": f"{tomorrow}"}
        proving = mei.fill(mei.page(place), place, **fields).headers["location"].partition("?")[0]
        asked = text_of(mei.page(proving))
        assert "may be set aside for 24 hours on its day" in asked
        assert "The money stays in your account" not in asked, "nothing is held today"
        transactions = paged.bank.services.transactions
        transactions.write_now(
            lambda connection: connection.execute(delete(checks).where(checks.c.sender == mei.number))
        )
        void = mei.browser.get(proving)
        assert (void.status_code, void.headers["location"]) == (303, "/scheduled?said=void")
        assert "It was not scheduled" in text_of(mei.page(void.headers["location"]))
    finally:
        caution.rules = before


def test_all_of_it_under_v1(friends: tuple[Friend, Friend], tomorrow: date) -> None:
    mei, eve = friends
    check = mei.post("/v1/me/payees/check", {"way": "mobile", "payee": eve.mobile, "name": NAME})["id"]
    body = {"number": "S-1", "check": check, "amount": 10_00, "currency": "CNY", "source": "wallet", "note": "Rent"}
    when = {"rhythm": "monthly", "first": f"{tomorrow}", "until": f"{tomorrow + timedelta(days=90)}"}
    wrong = mei.post(f"{PATH}/challenge", body | when | {"first": "2020-01-01"}, 422)
    assert wrong["errors"] == [{"field": "first", "message": "invalid"}]
    told = mei.post(f"{PATH}/warnings", body | when)
    assert (told["signals"], told["fraud"], told["held_hours"]) == (["first_payment"], "relative", 0)
    challenge = mei.post(f"{PATH}/challenge", body | when)
    assert "monthly" in challenge["text"]
    proved = {"challenge": mei.prove("/v1/me/challenges", challenge, ("pin", PIN))["id"]}
    made = mei.post(PATH, proved)
    assert mei.post(PATH, proved) == made == mei.get(f"{PATH}/{made['id']}")
    assert (made["state"], made["next_day"], made["payee"]) == ("active", f"{tomorrow}", NAME)
    eve.post(f"{PATH}/{made['id']}/end", status=404)
    skipped = mei.post(f"{PATH}/{made['id']}/skip", {"day": made["next_day"]})
    assert skipped["next_day"] > made["next_day"]
    mei.post(f"{PATH}/{made['id']}/skip", {"day": made["next_day"]}, 409)
    assert mei.post(f"{PATH}/{made['id']}/end")["state"] == "ended"
