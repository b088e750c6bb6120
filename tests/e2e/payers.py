"""Somebody who pays by quick payment in a browser, and the steps that they take there."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from browsing import Watched
from playwright.sync_api import Page, expect

from feiqian.accounts.kinds import AccountKind
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.money import CNY
from feiqian.quick.model import Way
from feiqian.subjects import customer, staff
from feiqian.testing.people import Person, picture
from feiqian.testing.served import Served
from feiqian.testing.sessions import open_session
from feiqian.web.cookies import Cookies


class Payer(NamedTuple):
    """Somebody with an account of 1,500 yuan, checked and not signed in here."""

    person: Person
    account: DepositAccount
    six: str


def payer_at(bank: Served, place: int) -> Payer:
    """The person of this place (`testing.people`), with an account that is open to quick payment."""
    person = Person(bank, place)
    person.register()
    person.api.post("/v1/me/identity", json={"images": [base64.b64encode(picture()).decode()]}).raise_for_status()
    s = bank.bank.services

    async def opened() -> tuple[DepositAccount, str]:
        id = await s.deposits.open(CustomerNumber(person.number), CNY.number, "current", staff(0))
        account = await s.transactions.read(s.deposits.get, id)
        cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
        brought = chart.derived_id(b"test", id.encode())
        s.ledger.post(chart.transfer(brought, debit=cash, credit=account.ledger_id, amount=1_500_00))
        await s.ledger.durable(s.ledger.position)
        await s.transactions.write(s.quick.open_within, account, staff(0), Way.STAFF)
        return account, (await s.transactions.read(s.deposits.number, id))[-6:]

    return Payer(person, *bank.wait_for(opened()))


def page_of(bank: Served, person: Person, watching: Watched, address: str, **options: Any) -> Page:
    """A page of somebody who is signed in behind the scenes, in a browser of their own."""
    s = bank.bank.services

    async def opened() -> str:
        whose = customer(CustomerNumber(person.number))
        return (await s.transactions.write(lambda c: open_session(s.sessions, c, whose, s.clock.now()))).token

    page = watching.open(address, **options)
    name = Cookies(s.settings.public_origin).session
    page.context.add_cookies([{"name": name, "value": bank.wait_for(opened()), "url": bank.url}])
    page.goto(address)
    return page


def identify(page: Page, payer: Payer, six: str = "") -> None:
    page.locator("#f-mobile").fill(payer.person.mobile.removeprefix("+86"))
    page.locator("#f-account").fill(six or payer.six)
    page.locator("form.form .button").click()


def enter(page: Page, code: str) -> None:
    """Six digits send the form by themselves where there are scripts."""
    page.locator("#f-answer").fill(code)
    if page.locator("#f-answer").count() and "/confirm" in page.url:
        page.keyboard.press("Enter")


def outcome(page: Page) -> str:
    expect(page.locator("[data-outcome]")).to_be_visible()
    return page.locator("[data-outcome]").get_attribute("data-outcome") or ""
