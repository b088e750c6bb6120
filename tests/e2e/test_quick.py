"""Quick payment of somebody who never used internet banking: opened and closed by a page, and in the wallet."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

import pytest
from browsing import DESK, PHONE, Watched
from playwright.sync_api import Browser, Page, expect

from feiqian.ids import CustomerNumber
from feiqian.money import CNY
from feiqian.quick.model import Quick
from feiqian.subjects import customer, staff
from feiqian.testing.people import PIN, Person, picture
from feiqian.testing.served import Served
from feiqian.testing.sessions import open_session
from feiqian.web.cookies import Cookies

Keep = Callable[[Page, str], None]
NAME = "Wang Xiaoming"
PLACES = count(10)  # of persons, each with a number and a document of their own


class Owner(NamedTuple):
    """Somebody with an account, who may have forgotten that they ever signed in."""

    bank: Served
    person: Person
    number: str

    def quick(self) -> Quick:
        (found,) = self.bank.wait_for(self.bank.bank.services.quick.all_of(CustomerNumber(self.person.number)))
        return found

    def messages(self) -> list[str]:
        """All that their phone received."""
        found = self.bank.wait_for(self.bank.bank.services.notify.inbox(200))
        return [message.text for message in found if message.address == self.person.mobile]


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("quick"), pages=True)
    yield bank
    bank.stop()


@pytest.fixture
def owner(paged: Served) -> Owner:
    person = Person(paged, next(PLACES))
    person.register(NAME)
    person.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    deposits, transactions = paged.bank.services.deposits, paged.bank.services.transactions
    id = paged.wait_for(deposits.open(CustomerNumber(person.number), CNY.number, "current", staff(0)))
    return Owner(paged, person, paged.wait_for(transactions.read(deposits.number, id)))


@pytest.fixture
def watching(browser: Browser, paged: Served) -> Iterator[Watched]:
    watched = Watched(browser, paged.url)
    yield watched
    watched.close()
    assert watched.complaints == []


def fill(page: Page, owner: Owner, document: str = "") -> None:
    number = owner.number
    page.locator("#f-account").fill(f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:16]} {number[16:]}")
    page.locator("#f-name").fill(NAME)
    page.locator("#f-number").fill(document or owner.person.document)
    page.locator("form.form .button").click()


def enter(page: Page, code: str) -> None:
    page.locator("#f-answer").fill(code)
    page.keyboard.press("Enter")


LOOKS = [(PHONE, "zh-CN", "light", "¥1,000.00"), (DESK, "es", "dark", "1.000,00 ¥"), (PHONE, "en", "dark", "¥1,000.00")]


@pytest.mark.parametrize(("viewport", "language", "scheme", "amount"), LOOKS)
def test_it_is_opened_and_closed_without_a_session(
    owner: Owner, watching: Watched, keep: Keep, viewport: dict[str, int], language: str, scheme: str, amount: str
) -> None:
    page = watching.open(owner.bank.url + "/quick", viewport, scheme, locale=language)
    expect(page.locator("#allows + .rows")).to_contain_text(re.compile(re.escape(amount).replace(r"\ ", r"\s")))
    keep(page, f"quick-{language}")
    fill(page, owner)
    expect(page.locator("#f-answer")).to_be_focused()
    enter(page, owner.person.code())
    expect(page).to_have_url(re.compile("/quick/done$"))
    expect(page.locator(".notice-good")).to_be_visible()
    keep(page, f"quick-done-{language}")
    assert owner.quick().state == "open"
    page.locator("a[href='/quick?act=close']").click()
    fill(page, owner)
    enter(page, owner.person.code())
    expect(page).to_have_url(re.compile("/quick/done$"))
    assert owner.quick().state == "closed"
    for said in owner.messages():
        assert owner.number not in said
        assert owner.number[-6:] not in said
        assert "http" not in said


def test_wrong_details_lead_on_as_right_ones_and_nothing_arrives(owner: Owner, watching: Watched) -> None:
    pages = []
    for document in ("", "11010519491231002X"):
        page = watching.open(owner.bank.url + "/quick", java_script_enabled=False)  # which would count seconds
        fill(page, owner, document)
        expect(page.locator("#f-answer")).to_be_visible()
        pages.append(re.sub("[0-9]", "", page.locator("main").inner_text()))  # what differs in time only
    assert pages[0] == pages[1]
    assert owner.person.code()
    codes = [text for text in owner.messages() if "Open quick payment" in text]
    assert len(codes) == 1


def test_what_is_typed_wrongly_is_said_at_its_field_before_anything_is_asked(owner: Owner, watching: Watched) -> None:
    page = watching.open(owner.bank.url + "/quick")
    page.locator("#f-account").fill(owner.number[:-1] + str((int(owner.number[-1]) + 1) % 10))
    page.locator("form.form .button").click()
    for field in ("account", "name", "number"):
        expect(page.locator(f"#e-{field}")).to_be_visible()
    assert owner.number[:-1] not in page.url
    watching.complaints.clear()  # of the page that asks again (422)


def test_in_the_wallet_it_is_opened_paused_resumed_and_closed(owner: Owner, watching: Watched, keep: Keep) -> None:
    services, who = owner.bank.bank.services, customer(CustomerNumber(owner.person.number))
    opened = owner.bank.wait_for(
        services.transactions.write(lambda c: open_session(services.sessions, c, who, services.clock.now()))
    )
    page = watching.open(owner.bank.url + "/quick")
    cookie = {"name": Cookies(services.settings.public_origin).session, "value": opened.token, "url": owner.bank.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(owner.bank.url + "/quick/accounts")
    card = page.locator("[data-quick]")
    expect(card).to_have_attribute("data-quick", "closed")
    for state in ("open", "paused", "open", "closed"):
        act = {"open": "open", "paused": "pause", "closed": "close"}[state]
        page.locator(f"button[name='act'][value='{act}']").click()
        if act == "open":
            enter(page, PIN)
            expect(page.locator("[autocomplete='one-time-code']")).to_be_visible()
            enter(page, owner.person.code())
        expect(card).to_have_attribute("data-quick", state)
        expect(page.locator(".notice-good")).to_be_visible()
        keep(page, f"quick-own-{state}")
    assert owner.number[-6:] not in page.content()
