"""The shops' bills, as they come by post: each with the number by which it is paid, and who could pay it."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Controller, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from sqlalchemy import Connection

from feiqian.auth.pages.mobiles import shown_number
from feiqian.customers.registry import Customer
from feiqian.demo.quick import PAYERS
from feiqian.demo.seeding import mobile_of
from feiqian.money import BY_NUMBER, Money
from feiqian.quick.model import QuickState
from feiqian.services import Services
from feiqian.web.site import TheSite

from .given import TheDemo


class Payer(NamedTuple):
    """What somebody gives to pay by quick payment."""

    name: str
    mobile: str
    six: str


class BillPages(Controller):
    """`/bills`."""

    path = "/bills"

    @get("/")
    async def all(self, site: TheSite, demo: TheDemo, payers: FromQuery[bool] = False) -> Response[str]:
        bills, quick = demo.bills.today(), site.services.quick_payments
        paid = {one.bill.reference for one in bills if quick.is_paid(one.bill)}
        await site.services.ledger.durable(site.services.ledger.position)
        amounts = {one.bill.reference: Money(one.amount, BY_NUMBER[one.bill.currency]) for one in bills}
        people = await demo.people.first(PAYERS)
        known = await site.services.transactions.read(_payers, site.services, people)
        return site.page("demo/bills.html", bills=bills, amounts=amounts, paid=paid, payers=known, opened=payers)

    @get("/{number:str}")
    async def printed(self, site: TheSite, demo: TheDemo, number: FromPath[str]) -> Response[str]:
        sample = demo.bills.sample(number)
        if sample is None:
            raise NotFoundException
        amount = Money(sample.amount, BY_NUMBER[sample.bill.currency])
        return site.page("demo/printed_bill.html", sample=sample, amount=amount)


def _payers(connection: Connection, services: Services, people: list[Customer]) -> list[Payer]:
    """Those of these people who have an account; in a bank nobody is told this."""
    found = []
    for person in people:
        accounts = services.deposits.of(connection, person.number)
        usable = [one for one in accounts if services.quick.of(connection, one).state is QuickState.OPEN]
        if usable:
            six = services.deposits.number(connection, usable[0].id)[-6:]
            found.append(Payer(person.name, shown_number(mobile_of(person.number)), six))
    return found
