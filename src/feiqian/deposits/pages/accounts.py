"""What a customer has at the bank, and the statement of each account, page by page."""

from __future__ import annotations

from litestar import Controller, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from feiqian.auth.pages.challenge import Page
from feiqian.deposits.errors import AccountNotFound
from feiqian.deposits.model import AccountState
from feiqian.deposits.statements import Holding
from feiqian.projections.errors import CursorInvalid
from feiqian.web.session import TheCustomer
from feiqian.web.site import TheSite

from .places import name_of, place_of

SHOWN = 30


class AccountPages(Controller):
    """`/accounts`."""

    path = "/accounts"

    @get("/")
    async def overview(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        found = await site.services.statements.holdings(signed_in.number, closed=True)
        past = [one.account for one in found if one.account and one.account.state is AccountState.CLOSED]
        holdings = [one for one in found if one.account not in past]
        named = [(name_of(one.id, one.currency), one) for one in holdings]
        can = can_move(holdings)
        return site.page("deposits/accounts.html", holdings=named, can_move=can, past=past, said=said)

    @get("/{name:str}")
    async def statement(
        self, site: TheSite, signed_in: TheCustomer, name: FromPath[str], older: FromQuery[str] = ""
    ) -> Page:
        services, customer = site.services, signed_in.number
        place = place_of(services, name)
        try:
            page = await services.statements.page(customer, place.id, place.currency.number, older or None, SHOWN)
        except (AccountNotFound, CursorInvalid):
            raise NotFoundException from None
        account = page.holding.account
        number = await services.transactions.read(services.deposits.number, account.id) if account else ""
        return site.page("deposits/account.html", name=name, page=page, number=number, first=not older)


def can_move(holdings: list[Holding]) -> bool:
    """Whether two of them are in one currency."""
    codes = [holding.currency.code for holding in holdings]
    return len(set(codes)) < len(codes)
