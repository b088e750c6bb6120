"""The pages of asking for money, as a browser without scripts has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from feiqian.money import CNY, MinorUnits
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import NAME, Friend, text_of

MASKED = "W** X**"


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[tuple[Friend, Friend]]:
    both = Friend(paged, 831), Friend(paged, 832)
    yield both
    for one in both:
        one.close()


def ask(asker: Friend, person: str, amount: str, **more: str) -> str:
    """The path of the request's page."""
    made = asker.fill(asker.page("/requests/new"), "/requests/new", person=person, amount=amount, **more)
    assert made.status_code == 303, text_of(made.text)
    return made.headers["location"].partition("?")[0]


def prove(payer: Friend, place: str) -> str:
    answered = payer.fill(payer.page(place), place, factor="pin", answer=PIN)
    assert answered.status_code == 303, answered.text
    return str(answered.headers["location"])


def test_who_is_asked_sees_it_pays_it_once_and_both_are_told(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    place = ask(mei, eve.mobile, "25", message="Dinner, see www.example.com")
    home = text_of(eve.page("/wallet"))
    assert "Somebody asks you for money" in home
    page = eve.page(place)
    assert all(part in text_of(page) for part in ("¥25.00", f"{MASKED} asks you", "Dinner, see www example com"))
    assert NAME not in text_of(page)
    begun = eve.fill(page, f"{place}/pay", source="wallet")
    assert begun.status_code == 303, text_of(begun.text)
    proving = begun.headers["location"].partition("?")[0]
    asked = text_of(eve.page(proving))
    for part in (f"to {MASKED}", "You have not sent this payee money before", "somebody you know only online"):
        assert part in asked
    done = prove(eve, proving)
    first, again = eve.browser.get(done), eve.browser.get(done)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert "Sent" in text_of(eve.page(first.headers["location"]))
    assert "Paid" in text_of(mei.page("/requests?side=made"))
    assert "Your request was paid" in text_of(mei.page("/inbox"))
    assert "This request is not open any more." in text_of(eve.page(f"{place}?said=over"))
    assert f"{place}/pay" not in eve.page(place)


def test_a_request_is_declined_withdrawn_reminded_of_and_its_asker_blocked(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    for by, what, said in ((eve, "decline", "You have declined"), (mei, "withdraw", "You have withdrawn")):
        place = ask(mei, eve.mobile, "7")
        done = by.fill(by.page(place), f"{place}/{what}")
        assert said in text_of(by.page(done.headers["location"]))
    other = ask(eve, mei.mobile, "9", message="Words that offend")
    assert "once a day" in text_of(eve.page(other))
    mei.fill(mei.page(other), f"{other}/report")
    blocked = mei.fill(mei.page(other), f"{other}/block")
    assert "can ask you for nothing more" in text_of(mei.page(blocked.headers["location"]))
    assert "Declined" in text_of(eve.page(other))
    assert MASKED in text_of(mei.page("/requests/blocked"))
    unseen = ask(eve, mei.mobile, "10")
    assert "Open" in text_of(eve.page(unseen))
    assert mei.browser.get(unseen).status_code == 404
    mei.fill(mei.page("/requests/blocked"), f"{other}/unblock")
    assert "Nobody is blocked" in text_of(mei.page("/requests/blocked"))


def test_what_is_wrong_with_a_request_is_said_at_its_field(friends: tuple[Friend, Friend]) -> None:
    mei, _ = friends
    page = mei.page("/requests/new")
    for fields, said in (
        ({"person": "abc", "amount": "5"}, "Please enter a mobile number"),
        ({"person": mei.mobile, "amount": "5"}, "This is you"),
        ({"person": "+8613899990000", "amount": "0"}, "Please enter an amount"),
        ({"person": "+8613899990000", "amount": "-3"}, "Please enter an amount"),
    ):
        answer = mei.fill(page, "/requests/new", **fields)
        assert (answer.status_code, said in text_of(answer.text)) == (422, True), text_of(answer.text)
    nothing = mei.fill(page, "/requests/new").text, mei.fill(mei.page("/splits/new"), "/splits/new").text
    for told, ids in zip(nothing, (("person", "amount"), ("total", "person-1")), strict=True):
        assert all(f'id="e-{id}"' in told for id in ids), "all at once"


def test_a_receive_code_is_shown_and_whoever_scans_it_pays_its_amount(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    page = mei.page("/receive?amount=12.50")
    assert "Takings of a business must not be received by this code" in text_of(page)
    assert "¥12.50" in text_of(page)
    found = re.search(r'data-code="(rcv_[0-9a-f]{32})"', page)
    assert found is not None
    place = f"/receive/to/{found[1]}"
    assert "This is you" in text_of(mei.page(place))
    scanned = eve.page(place)
    assert f"to {MASKED}" in text_of(scanned)
    begun = eve.fill(scanned, place, source="wallet", amount="1")
    assert begun.status_code == 303, text_of(begun.text)
    proving = begun.headers["location"].partition("?")[0]
    confirmed = text_of(eve.page(proving))
    assert "¥12.50" in confirmed
    assert NAME not in confirmed
    done = eve.browser.get(prove(eve, proving))
    assert "¥12.50" in text_of(eve.page(done.headers["location"]))
    assert eve.browser.get(f"{place}?code=forged").status_code == 403
    asking = eve.page(f"/requests/new?person={found[1]}")
    assert f"Ask {MASKED} for money" in text_of(asking)


def test_a_bill_is_split_and_shows_who_has_paid(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    page = mei.page("/splits/new")
    more = mei.fill(page, "/splits/new", more="yes", rows="3", **{"person-1": eve.mobile})
    assert more.text.count('name="person-') == 6
    fields = {"total": "100", "mine": "yes", "how": "equal", "remainder": "1", "message": "Hot pot"}
    fields |= {"person-1": eve.mobile, "person-2": "+8613899990001"}
    made = mei.fill(page, "/splits/new", **fields)
    assert made.status_code == 303, text_of(made.text)
    shown = text_of(mei.page(made.headers["location"]))
    assert all(part in shown for part in ("Everybody was asked", "Hot pot", "¥33.34", "¥33.33", "¥33.33 paid"))
    again = mei.fill(page, "/splits/new", **fields)
    assert again.headers["location"] == made.headers["location"]
    wrong = mei.fill(
        page, "/splits/new", **(fields | {"how": "exact", "share-0": "50", "share-1": "30", "share-2": "1"})
    )
    assert "do not sum" in text_of(wrong.text)


def test_whoever_pays_is_told_that_it_is_held_or_too_high(friends: tuple[Friend, Friend], paged: Served) -> None:
    """Mei has paid Eve nothing yet; the bank of the tests holds from 100 yuan on, so that a PIN is enough."""
    mei, eve = friends
    caution = paged.bank.services.person_transfers.caution
    before, caution.rules = caution.rules, replace(caution.rules, hold_from={CNY.number: MinorUnits(100_00)})
    try:
        place = ask(eve, mei.mobile, "150")
        proving = mei.fill(mei.page(place), f"{place}/pay", source="wallet").headers["location"].partition("?")[0]
        assert "The money stays in your account, set aside, for 24 hours" in text_of(mei.page(proving))
        done = mei.browser.get(prove(mei, proving)).headers["location"]
        assert "Not sent yet" in text_of(mei.page(done))
        assert "Cancel it" in mei.page(done)
        high = ask(eve, mei.mobile, "10001")
        refused = mei.fill(mei.page(high), f"{high}/pay", source="wallet")
        assert (refused.status_code, "can be at most ¥10,000.00" in text_of(refused.text)) == (422, True)
        found = re.search(r'data-code="(rcv_[0-9a-f]{32})"', eve.page("/receive?amount=10001"))
        assert found is not None
        scanned = mei.fill(mei.page(f"/receive/to/{found[1]}"), f"/receive/to/{found[1]}", source="wallet")
        assert (scanned.status_code, "can be at most ¥10,000.00" in text_of(scanned.text)) == (422, True)
    finally:
        caution.rules = before
