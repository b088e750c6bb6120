"""An order is paid by who is signed in, from the account that they choose; and a page that waits learns of it."""

from __future__ import annotations

import asyncio
import re

import pytest

from feiqian.deposits.model import DepositAccount
from feiqian.subjects import customer
from feiqian.testing.sessions import open_session
from feiqian.web.cookies import Cookies
from tests.checkout.conftest import ordered, stands
from tests.customers.people import PIN
from tests.quick.paying_bank import SMALL, PayingBank
from tests.quick.test_pay_pages import Browser


@pytest.fixture
def inside(bank: PayingBank, mei: DepositAccount, browser: Browser) -> Browser:
    """Mei's browser, signed in."""
    s = bank.services
    opened = bank.do(lambda c: open_session(s.sessions, c, customer(mei.customer), bank.clock.now()))
    browser.client.cookies.set(Cookies(s.settings.public_origin).session, opened.token)
    return browser


def confirmed(bank: PayingBank, browser: Browser) -> Browser:
    """The challenge's page is answered with whatever it asks for."""
    place = browser.place
    for _ in range(3):
        factor = re.search(r'name="factor" value="(\w+)"', browser.html)
        way = re.search(r'name="way" value="(\d+)"', browser.html)
        assert factor
        assert way
        answer = PIN if factor[1] == "pin" else bank.code()
        browser.send(place, do="answer", way=way[1], factor=factor[1], answer=answer)
        if browser.place != place:
            break
    return browser


def test_who_is_not_signed_in_is_led_to_the_order_after_signing_in(bank: PayingBank, browser: Browser) -> None:
    order = ordered(bank)
    answer = browser.client.get(f"/pay/{order.id}/wallet", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.headers["location"] == f"/sign-in?next=/pay/{order.id}/wallet"


def test_an_order_is_paid_from_the_account_that_was_chosen(
    bank: PayingBank, mei: DepositAccount, inside: Browser
) -> None:
    order = ordered(bank)
    assert f"/pay/{order.id}/wallet" in inside.get(f"/pay/{order.id}").html
    shown = inside.get(f"/pay/{order.id}/wallet").html
    assert f'value="{mei.id}" id="f-source" checked' in shown or f'value="{mei.id}" checked' in shown
    inside.send(f"/pay/{order.id}/wallet", source=mei.id)
    assert mei.last_four in inside.html
    paid = confirmed(bank, inside)
    assert (paid.place, paid.outcome) == (f"/pay/{order.id}", "paid")
    assert bank.held(mei) == 2_000_00 - SMALL
    assert stands(bank, order).attempts[0].method == "online"


def test_the_answer_stays_the_same_however_often_it_is_asked_for(
    bank: PayingBank, mei: DepositAccount, inside: Browser
) -> None:
    order = ordered(bank)
    poor = bank.account(mei.customer, 1_00)
    inside.get(f"/pay/{order.id}/wallet")
    inside.send(f"/pay/{order.id}/wallet", source=poor.id)
    declined = confirmed(bank, inside)
    assert (declined.outcome, declined.place.endswith("/done")) == ("declined", True)
    done = declined.place
    for _ in range(2):
        assert inside.get(done).outcome == "declined"
    assert len(stands(bank, order).attempts) == 1
    assert (bank.held(poor), stands(bank, order).status) == (1_00, "open")


def test_only_an_account_of_ones_own_is_taken(bank: PayingBank, mei: DepositAccount, inside: Browser) -> None:
    order = ordered(bank)
    for source in ("", "acc_01a3185c501074db8822ac36925fa9a3", "wallet/../x"):
        inside.get(f"/pay/{order.id}/wallet")
        assert inside.send(f"/pay/{order.id}/wallet", source=source).status == 422
        assert "Choose an account" in inside.html


def test_a_challenge_pays_from_no_account_of_anothers(bank: PayingBank, mei: DepositAccount, inside: Browser) -> None:
    order = ordered(bank)
    inside.get(f"/pay/{order.id}/wallet")
    inside.send(f"/pay/{order.id}/wallet", source=mei.id)
    challenge = inside.place.rpartition("/")[2]
    inside.get(f"/pay/{order.id}/wallet/acc_01a3185c501074db8822ac36925fa9a3/{challenge}")
    assert confirmed(bank, inside).place == f"/pay/{order.id}/wallet"
    assert (bank.held(mei), stands(bank, order).status) == (2_000_00, "open")


def test_who_has_just_paid_the_same_is_warned(bank: PayingBank, mei: DepositAccount, inside: Browser) -> None:
    first, second = ordered(bank), ordered(bank, "A-1002")
    assert "just paid" not in inside.get(f"/pay/{first.id}/wallet").html
    inside.send(f"/pay/{first.id}/wallet", source=mei.id)
    assert confirmed(bank, inside).outcome == "paid"
    assert "just paid" in inside.get(f"/pay/{second.id}/wallet").html


def test_a_page_that_waits_learns_that_the_order_has_ended(bank: PayingBank, browser: Browser) -> None:
    order = ordered(bank)

    async def waits_and_closes() -> str:
        orders = bank.services.orders
        waiting = asyncio.create_task(orders.watch(order.id, order.version, 20))
        await asyncio.sleep(0)
        await orders.close(bank.shop, order.id)
        return (await waiting).status

    assert bank.run(waits_and_closes()) == "closed"
    told = browser.client.get(f"/pay/{order.id}/state?version={order.version}").json()
    assert told == {"version": order.version + 1, "status": "closed", "processing": False}


def test_without_scripts_the_code_is_on_a_page_that_asks_again(bank: PayingBank, browser: Browser) -> None:
    order = ordered(bank)
    shown = browser.get(f"/pay/{order.id}/scan").html
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown
    assert 'id="scan"' in shown
    bank.run(bank.services.orders.close(bank.shop, order.id))
    assert browser.get(f"/pay/{order.id}/scan").outcome == "closed"


def test_one_click_pays_from_the_account_that_was_chosen_last(
    bank: PayingBank, mei: DepositAccount, inside: Browser
) -> None:
    """The factor of the policy is asked for all the same."""
    savings = bank.account(mei.customer)
    order = ordered(bank)
    assert offered(inside, order.id) == mei.id
    inside.send(f"/pay/{order.id}/wallet", source=savings.id)
    assert confirmed(bank, inside).outcome == "paid"
    bank.clock.advance(31)
    again = ordered(bank, "A-1002", SMALL + 1)
    assert offered(inside, again.id) == savings.id
    inside.send(f"/pay/{again.id}/wallet", source=offered(inside, again.id))
    assert 'name="answer"' in inside.html
    assert bank.held(savings) == 2_000_00 - SMALL, "a click alone pays nothing"
    assert confirmed(bank, inside).outcome == "paid"
    assert (bank.held(savings), bank.held(mei)) == (2_000_00 - 2 * SMALL - 1, 2_000_00)


def offered(browser: Browser, order: str) -> str:
    """The account that the order's page pays from with one click; "" if it offers none."""
    found = re.search(r'name="source" value="([^"]+)"', browser.get(f"/pay/{order}").html)
    return found[1] if found else ""


def test_one_click_is_not_offered_where_there_is_more_to_say(
    bank: PayingBank, mei: DepositAccount, inside: Browser
) -> None:
    too_much = ordered(bank, amount=9_999_00)
    assert offered(inside, too_much.id) == "", "no account holds so much"
    first, again = ordered(bank, "A-1002"), ordered(bank, "A-1003")
    inside.get(f"/pay/{first.id}")
    inside.send(f"/pay/{first.id}/wallet", source=mei.id)
    assert confirmed(bank, inside).outcome == "paid"
    assert offered(inside, again.id) == "", "the same was paid only just now: the next page says so first"
    inside.client.cookies.set("feiqian-source", "acc_01a21ac8d8a073fb8e8d69f236941c11")
    another = ordered(bank, "A-1004", SMALL + 1)
    assert offered(inside, another.id) == mei.id, "an account of nobody here is not chosen"
