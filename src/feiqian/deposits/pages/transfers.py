"""Moving money between own accounts: a form, and what became of it. Its hidden number makes a form one transfer."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.accounts.kinds import wallet_id
from feiqian.auth.pages.challenge import Page
from feiqian.deposits.errors import AccountNotFound, TransferInvalid, TransferNotFound, TransferNumberUsed
from feiqian.deposits.model import DepositAccount
from feiqian.deposits.transfers import Wanted
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_NUMBER, Currency, MinorUnits, Money, MoneyInvalid, parse_typed
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .places import Place, name_of, place_of

_NUMBER_LETTERS = 32


class TransferPages(Controller):
    """`/accounts/transfer`."""

    path = "/accounts/transfer"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, source: FromQuery[str] = "") -> Page:
        return await _form(site, signed_in, Form({"source": source}))

    @post("/", status_code=303)
    async def move(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        source, target = (place_of(site.services, form[name]) for name in ("source", "target"))
        currency = await _currency(site, signed_in, source)
        amount = _amount(site, form, currency)
        if amount is None:
            return await _form(site, signed_in, form, form["number"])
        wanted = Wanted(form["number"][:_NUMBER_LETTERS], source.id, target.id, amount, currency.code)
        try:
            made = await site.services.own_transfers.make(signed_in.number, wanted)
        except AccountNotFound:
            raise NotFoundException from None
        except TransferInvalid as error:
            form.wrong("target", site.render.texts(f"accounts.move.wrong.{error.field}"))
            return await _form(site, signed_in, form, form["number"])
        except TransferNumberUsed:
            form.wrong("", site.render.texts("accounts.move.wrong.number"))
            return await _form(site, signed_in, form)
        return Redirect(f"/accounts/transfer/{made.id}", status_code=303)

    @get("/{id:str}")
    async def outcome(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        services, customer = site.services, signed_in.number
        try:
            made = await services.own_transfers.get(customer, id)
        except TransferNotFound:
            raise NotFoundException from None
        accounts = {account.ledger_id: account for account in await services.deposits.all_of(customer)}
        wallet = wallet_id(made.currency, customer)

        def side(ledger_id: bytes) -> DepositAccount | None:
            return None if ledger_id == wallet else accounts[ledger_id]

        return site.page(
            "deposits/moved.html",
            it=made,
            amount=Money(made.amount, BY_NUMBER[made.currency]),
            source=side(made.debit),
            target=side(made.credit),
        )


async def _form(site: Site, signed_in: Customer, form: Form, number: str = "") -> Page:
    """The form, with a new number unless it goes on with one that is not used yet."""
    holdings = await site.services.statements.holdings(signed_in.number)
    number = number or secrets.token_hex(_NUMBER_LETTERS // 2)
    named = [(name_of(one.id, one.currency), one) for one in holdings]
    return site.page("deposits/move.html", form=form, holdings=named, number=number)


async def _currency(site: Site, signed_in: Customer, source: Place) -> Currency:
    """What the money that is moved is in. Raises NotFoundException."""
    try:
        holding = await site.services.statements.holding(signed_in.number, source.id, source.currency.number)
    except AccountNotFound:
        raise NotFoundException from None
    return holding.currency


def _amount(site: Site, form: Form, currency: Currency) -> MinorUnits | None:
    """What was typed; None where that is no amount, which the form says then."""
    try:
        entered = parse_typed(form["amount"], currency)
    except MoneyInvalid:
        entered = None
    if entered is None or not 0 < entered.minor <= MAX_AMOUNT:
        form.wrong("amount", site.render.texts("accounts.move.wrong.amount"))
        return None
    return entered.minor
