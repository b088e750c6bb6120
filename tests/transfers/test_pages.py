"""The pages of sending money, as a browser without scripts has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feiqian.ids import CustomerNumber
from feiqian.testing.served import Served
from tests.transfers.friends import NAME, Friend, text_of

UNKNOWN = "+8613899990000"


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[tuple[Friend, Friend]]:
    both = Friend(paged, 811), Friend(paged, 812)
    yield both
    for one in both:
        one.close()


def test_money_is_sent_to_a_number_once_however_often_the_answer_is_asked_for(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    begun = mei.begin(eve.mobile, "25", message="Dinner")
    place = begun.headers["location"].partition("?")[0]
    asked = text_of(mei.page(place))
    assert all(part in asked for part in ("¥25.00", f"to {NAME}", "Dinner", eve.mobile[-4:]))
    done = mei.confirm(begun)
    again = mei.browser.get(place.replace("/confirm/", "/done/"))
    assert done.headers["location"] == again.headers["location"]
    sent, came = text_of(mei.page(done.headers["location"])), text_of(eve.page(done.headers["location"]))
    assert all(part in sent for part in ("Sent", "¥25.00", f"to {NAME}", "Dinner"))
    assert all(part in came for part in ("Received", "¥25.00", "from W** X**", "Dinner"))
    assert NAME not in came.replace("from W** X**", "")
    place = "/accounts/wallet-CNY"
    sent, came = text_of(mei.page(place)), text_of(eve.page(place))
    assert all(part in sent for part in (f"{NAME}", "· Sent", "· Dinner"))
    assert all(part in came for part in ("W** X**", "· Received", "· Dinner"))


def test_money_is_sent_onto_an_account(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    number = str(eve.get(f"/v1/me/accounts/{eve.account}")["number"])
    place = mei.check(number, way="account").headers["location"]
    page = mei.page(place)
    assert number[:-4] not in page.replace(" ", "")
    begun = mei.fill(page, place, source="wallet-CNY", amount="10")
    came = text_of(eve.page(mei.confirm(begun).headers["location"]))
    assert f"•••• {number[-4:]}" in came.replace("\xa0", " ").replace("&#160;", " ")


def test_a_close_name_is_shown_and_another_is_not(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    close = mei.page(mei.check(eve.mobile, "Wang Xiaomin").headers["location"])
    assert f"The payee is called {NAME}" in close
    assert 'name="amount"' in close
    pages = [
        text_of(mei.page(mei.check(mobile, "Peter Schmidt").headers["location"])) for mobile in (eve.mobile, UNKNOWN)
    ]
    known, unknown = (page.replace(eve.mobile[-4:], "").replace(UNKNOWN[-4:], "") for page in pages)
    assert known == unknown, "abuse case 43"
    assert "could not be confirmed" in known
    assert NAME not in known


def test_who_cannot_be_sent_money_is_said_before_anything_is_asked(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    eve.put_level("remote")
    page = mei.page(mei.check(eve.mobile).headers["location"])
    eve.put_level("full")
    assert "cannot be sent money from others at present" in page
    assert 'name="amount"' not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"payee": "12"}, "Please enter a mobile number"),
        ({"name": ""}, "full name"),
        ({"name": "12"}, "full name"),
    ],
)
def test_what_names_nobody_is_asked_for_again(
    friends: tuple[Friend, Friend], fields: dict[str, str], said: str
) -> None:
    mei, eve = friends
    form = mei.page("/transfers/new")
    answer = mei.fill(form, "/transfers/new", **({"payee": eve.mobile, "name": NAME} | fields))
    assert answer.status_code == 422
    assert said in answer.text
    yourself = mei.check(mei.mobile)
    assert "This is you" in yourself.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": ""}, "Please enter an amount"),
        ({"amount": "0"}, "Please enter an amount"),
        ({"source": "acc_x"}, "choose one of your accounts"),
        ({"message": "x" * 141}, "at most 140 characters"),
    ],
)
def test_what_makes_no_sense_is_asked_for_again(
    friends: tuple[Friend, Friend], fields: dict[str, str], said: str
) -> None:
    mei, eve = friends
    place = mei.check(eve.mobile).headers["location"]
    given = {"source": "wallet-CNY", "amount": "1", "message": ""} | fields
    answer = mei.fill(mei.page(place), place, **given)
    assert answer.status_code == 422
    assert said in answer.text


def test_more_than_there_is_is_not_sent_and_the_other_side_hears_nothing(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    place = eve.send(mei.mobile, "999", source=eve.account)
    told = text_of(eve.page(place))
    assert "Not sent" in told
    assert "There is not enough money on the account" in told
    mei.page(place, 404)


def test_another_persons_check_and_challenge_are_as_if_they_were_not(friends: tuple[Friend, Friend]) -> None:
    mei, eve = friends
    place = mei.check(eve.mobile).headers["location"]
    assert "Begin again" in eve.page(place, 409)
    begun = mei.begin(eve.mobile, "1").headers["location"].partition("?")[0]
    assert eve.browser.get(begun).status_code == 303
    eve.page(begun.replace("/confirm/", "/done/"), 404)
    unanswered = mei.page(begun.replace("/confirm/", "/done/"), 409)
    assert "Nothing was sent" in unanswered


def test_a_note_is_reported_once_and_a_case_says_what_is_known(friends: tuple[Friend, Friend], paged: Served) -> None:
    mei, eve = friends
    place = mei.send(eve.mobile, "1", message="You will regret this")
    assert "Report the message" not in mei.page(place)
    form = eve.page(place)
    for _ in range(2):
        told = eve.fill(form, f"{place}/report")
        assert told.headers["location"] == f"{place}?said=reported"
    assert "We look into it" in eve.page(f"{place}?said=reported")
    services = paged.bank.services
    cases = services.transactions.read_now(services.cases.of, CustomerNumber(eve.number))
    (case,) = [one for one in cases if one.kind == "abuse"]
    known = case.timeline[0].text
    assert "You will regret this" in known
    assert str(mei.get("/v1/me")["id"]) in known
    assert mei.fill(form, f"{place}/report").status_code in (403, 404, 409)
