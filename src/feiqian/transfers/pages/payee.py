"""Whom, and how much: the payee is named and checked, then amount, source and note are asked for."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.pages.challenge import Page, lead
from feiqian.deposits.model import WALLET, AccountState
from feiqian.deposits.pages.places import name_of, place_of
from feiqian.deposits.statements import Holding
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_NUMBER, NOTHING, Currency, MoneyInvalid, parse_typed
from feiqian.payees.errors import (
    CheckNotFound,
    ChecksThrottled,
    PayeeChanged,
    PayeeInvalid,
    PayeeIsSender,
    SenderNotVerified,
)
from feiqian.payees.model import NameCheck, PayeeCheck, Way
from feiqian.sources.standing import SMALLEST
from feiqian.transfers.errors import PersonTransferInvalid, UnusualTooHigh
from feiqian.transfers.model import LONGEST_NOTE, Asked
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/transfers"
NEW = f"{HOME}/new"
WAYS = (Way.MOBILE, Way.ALIAS, Way.ACCOUNT)  # that are typed
LONGEST = {"payee": 64, "message": LONGEST_NOTE}
_NUMBER_BYTES = 16


class PayeePages(Controller):
    """`/transfers/new`."""

    path = NEW

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, way: FromQuery[str] = Way.MOBILE.value) -> Page:
        return await _ask(site, signed_in, Form(), way if way in WAYS else Way.MOBILE)

    @post("/", status_code=303)
    async def check(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        way = form["way"]
        if way not in WAYS:
            raise NotFoundException
        texts, formats = site.render.texts, site.render.formats
        if not is_named(site, form, way):
            return await _ask(site, signed_in, form, way)
        try:
            found = await site.services.payees.check(signed_in.number, way, form["payee"], form["name"])
        except PayeeInvalid as error:
            words = f"payee.{way}" if error.field == "payee" else "name"
            form.wrong(error.field, texts(f"transfers.wrong.{words}"))
        except SenderNotVerified:
            return Redirect(NEW, status_code=303)
        except PayeeIsSender:
            form.wrong("payee", texts("transfers.wrong.yourself"))
        except ChecksThrottled as error:
            form.wrong("", texts("transfers.wrong.too_many", when=formats.when_inside(error.until)))
        else:
            return Redirect(f"{HOME}/to/{found.id}", status_code=303)
        return await _ask(site, signed_in, form, way)


class AmountPages(Controller):
    """`/transfers/to/{check}`."""

    path = f"{HOME}/to/{{check:str}}"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, check: FromPath[str]) -> Page:
        return await _amount(site, signed_in, check, Form())

    @post("/", status_code=303)
    async def begin(
        self, site: TheSite, signed_in: TheCustomer, check: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form = await read_form(request)
        asked = await amount_asked(site, signed_in, check, form)
        if asked is None:
            return await _amount(site, signed_in, check, form)
        services, subject = site.services, signed_in.subject
        try:
            device = signed_in.session.device
            challenge = await services.transfer_drafts.begin(subject, asked, site.language, device)
        except (CheckNotFound, PayeeChanged):
            return _anew(site)
        except UnusualTooHigh as error:
            form.wrong("amount", too_unusual(site, error))
            return await _amount(site, signed_in, check, form)
        except PersonTransferInvalid as error:
            form.wrong(error.field, site.render.texts(f"transfers.wrong.{error.field}"))
            return await _amount(site, signed_in, check, form)
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        return await lead(OwnChallenges(services.verification, subject), challenge, f"{HOME}/confirm/{challenge.id}")


def is_named(site: Site, form: Form, way: str) -> bool:
    """Whether anything is given to find somebody by; the form says what is not."""
    if not form["payee"]:
        form.wrong("payee", site.render.texts(f"transfers.wrong.payee.{way}"))
    if not form["name"]:
        form.wrong("name", site.render.texts("transfers.wrong.name"))
    return form.good


def too_unusual(site: Site, error: UnusualTooHigh) -> str:
    """What is said of an amount that is too high for what is unusual."""
    return site.render.texts("transfers.wrong.unusual", most=site.render.formats.amount(error.at_most))


async def _ask(site: Site, signed_in: Customer, form: Form, way: str) -> Page:
    status = NOT_TAKEN if form.errors else 200
    may = site.services.payees.may_send(signed_in.number)
    return site.page("transfers/payee.html", status=status, form=form, way=way, ways=WAYS, may_send=may)


async def _amount(site: Site, signed_in: Customer, id: str, form: Form) -> Page:
    """What is known of the payee, and the form if they can be sent money."""
    try:
        check = await site.services.payees.of_check(signed_in.number, id)
    except CheckNotFound:
        return _anew(site)
    holdings = await holdings_for(site, signed_in, check)
    return site.page(
        "transfers/amount.html",
        status=NOT_TAKEN if form.errors else 200,
        form=form,
        check=check,
        holdings=holdings,
        chosen=form["source"] or first_source(site, signed_in, holdings),
        can_send=check.receives and (check.check is not NameCheck.NO_MATCH or check.way is Way.MOBILE),
        waiting_hours=site.services.policy.transfers.waiting_hours,
        number=form["number"] or secrets.token_hex(_NUMBER_BYTES),
    )


async def holdings_for(site: Site, signed_in: Customer, check: PayeeCheck) -> list[tuple[str, Holding]]:
    """What it can be sent from: open accounts, of the payee's currency if that has only one."""
    found = await site.services.statements.holdings(signed_in.number)
    return [
        (name_of(one.id, one.currency), one)
        for one in found
        if (one.account is None or one.account.state is AccountState.OPEN)
        and check.currency in (0, one.currency.number)
    ]


def first_source(site: Site, signed_in: Customer, holdings: list[tuple[str, Holding]]) -> str:
    """The account that payments are taken from, if it is among them."""
    currency = BY_NUMBER[site.services.policy.currency]
    next_one = site.services.sources.choose(currency.number, signed_in.number, SMALLEST)
    for name, one in holdings:
        if one.account is not None and one.account.ledger_id == next_one:
            return name
    return next((name for name, one in holdings if one.id == WALLET), holdings[0][0] if holdings else "")


async def amount_asked(site: Site, signed_in: Customer, check: str, form: Form) -> Asked | None:
    """What the form asks for; None where something of it is wrong, which the form says then."""
    texts = site.render.texts
    place = place_of(site.services, form["source"])
    currency = await _currency(site, signed_in, form["source"])
    if currency is None:
        form.wrong("source", texts("transfers.wrong.source"))
        return None
    try:
        amount = parse_typed(form["amount"], currency).minor
    except MoneyInvalid:
        amount = NOTHING
    if not 0 < amount <= MAX_AMOUNT:
        form.wrong("amount", texts("transfers.wrong.amount"))
    note = form["message"]
    if len(note) > LONGEST_NOTE:  # what is not seen in it was refused before
        form.wrong("message", texts("transfers.wrong.note", most=LONGEST_NOTE))
    if form.errors:
        return None
    number = form["number"] or secrets.token_hex(_NUMBER_BYTES)
    return Asked(number, check, amount, currency.code, place.id, note)


async def _currency(site: Site, signed_in: Customer, source: str) -> Currency | None:
    for one in await site.services.statements.holdings(signed_in.number):
        if name_of(one.id, one.currency) == source:
            return one.currency
    return None


def _anew(site: Site) -> Page:
    """The check is too old, or is not true any more."""
    return site.page("transfers/anew.html", status=409, again=NEW)
