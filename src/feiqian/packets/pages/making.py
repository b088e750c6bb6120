"""For whom, how much and in how many shares: what is asked before a red packet is confirmed."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.pages.challenge import Page, lead
from feiqian.deposits.model import WALLET, AccountState
from feiqian.deposits.pages.places import name_of, place_of
from feiqian.deposits.statements import Holding
from feiqian.money import BY_NUMBER, NOTHING, Currency, MinorUnits, Money, MoneyInvalid, parse_typed
from feiqian.packets.errors import PacketInvalid, ReceiverCannotReceive, ReceiverNotConfirmed
from feiqian.packets.model import Asked, Mode
from feiqian.payees.errors import (
    CheckNotFound,
    ChecksThrottled,
    PayeeChanged,
    PayeeInvalid,
    PayeeIsSender,
    SenderNotVerified,
)
from feiqian.payees.model import NameCheck, PayeeCheck, Way
from feiqian.transfers.model import LONGEST_NOTE
from feiqian.transfers.pages.payee import is_named
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/packets"
LONGEST = {"message": LONGEST_NOTE, "payee": 64, "shares": 3}
_NUMBER_BYTES = 16
Asking = Request[Any, Any, State]


class GroupPages(Controller):
    """`/packets/new`: for whoever has its link."""

    path = f"{HOME}/new"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer) -> Page:
        return await _ask(site, signed_in, Form(), None)

    @post("/", status_code=303)
    async def begin(self, site: TheSite, signed_in: TheCustomer, request: Asking) -> Page:
        return await _begin(site, signed_in, await read_form(request), None)


class OnePages(Controller):
    """`/packets/one`: for one person, who is named and checked first."""

    path = f"{HOME}/one"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer) -> Page:
        return _one(site, signed_in, Form())

    @post("/", status_code=303)
    async def check(self, site: TheSite, signed_in: TheCustomer, request: Asking) -> Page:
        form, texts = await read_form(request), site.render.texts
        if not is_named(site, form, Way.MOBILE):
            return _one(site, signed_in, form)
        try:
            found = await site.services.payees.check(signed_in.number, Way.MOBILE, form["payee"], form["name"])
        except PayeeInvalid as error:
            words = "payee.mobile" if error.field == "payee" else "name"
            form.wrong(error.field, texts(f"transfers.wrong.{words}"))
        except SenderNotVerified:
            return Redirect(f"{HOME}/one", status_code=303)  # which says so
        except PayeeIsSender:
            form.wrong("payee", texts("transfers.wrong.yourself"))
        except ChecksThrottled as error:
            when = site.render.formats.when_inside(error.until)
            form.wrong("", texts("transfers.wrong.too_many", when=when))
        else:
            return Redirect(f"{HOME}/to/{found.id}", status_code=303)
        return _one(site, signed_in, form)


class ToPages(Controller):
    """`/packets/to/{check}`: how much for the one person."""

    path = f"{HOME}/to/{{check:str}}"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, check: FromPath[str]) -> Page:
        return await _ask_of(site, signed_in, Form(), check)

    @post("/", status_code=303)
    async def begin(self, site: TheSite, signed_in: TheCustomer, check: FromPath[str], request: Asking) -> Page:
        return await _begin(site, signed_in, await read_form(request), check)


def _one(site: Site, signed_in: Customer, form: Form) -> Page:
    may_send = site.services.payees.may_send(signed_in.number)
    return site.page("packets/one.html", status=NOT_TAKEN if form.errors else 200, form=form, may_send=may_send)


async def _ask_of(site: Site, signed_in: Customer, form: Form, id: str) -> Page:
    try:
        check = await site.services.payees.of_check(signed_in.number, id)
    except CheckNotFound:
        return anew(site)
    return await _ask(site, signed_in, form, check)


async def _ask(site: Site, signed_in: Customer, form: Form, check: PayeeCheck | None) -> Page:
    """The form; without it where the one who was named cannot be sent anything."""
    rules, currency = site.services.packets.rules, BY_NUMBER[site.services.policy.currency]
    holdings = await _holdings(site, signed_in)
    names = [name for name, _ in holdings]
    usual = next((name for name, one in holdings if one.id == WALLET), names[0] if names else "")
    limits = rules.limits.get(currency.number)
    return site.page(
        "packets/new.html",
        status=NOT_TAKEN if form.errors else 200,
        form=form,
        may_send=site.services.payees.may_send(signed_in.number),
        check=check,
        can_send=check is None or (check.receives and check.check is not NameCheck.NO_MATCH),
        holdings=holdings,
        chosen=form["source"] if form["source"] in names else usual,
        most_share=Money(limits.share, currency) if limits else None,
        modes=list(Mode),
        number=form["number"] or secrets.token_hex(_NUMBER_BYTES),
    )


async def _begin(site: Site, signed_in: Customer, form: Form, check: str | None) -> Page:
    asked = await _asked(site, signed_in, form, check)
    services, subject = site.services, signed_in.subject
    if asked is not None:
        try:
            challenge = await services.packet_drafts.begin(subject, asked, site.language, signed_in.session.device)
        except (CheckNotFound, PayeeChanged):
            return anew(site)
        except (ReceiverNotConfirmed, ReceiverCannotReceive):
            return Redirect(f"{HOME}/to/{check}", status_code=303)  # which says so
        except PacketInvalid as error:
            _say(site, form, error, asked)
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        else:
            own = OwnChallenges(services.verification, subject)
            return await lead(own, challenge, f"{HOME}/confirm/{challenge.id}")
    return await (_ask(site, signed_in, form, None) if check is None else _ask_of(site, signed_in, form, check))


async def _asked(site: Site, signed_in: Customer, form: Form, check: str | None) -> Asked | None:
    """What the form asks for; None where something of it is wrong, which the form says then."""
    texts, rules = site.render.texts, site.services.packets.rules
    currency = await _currency(site, signed_in, form["source"])
    if currency is None:
        form.wrong("source", texts("transfers.wrong.source"))
        return None
    typed = form["shares"].strip()
    shares = 1 if check is not None else int(typed) if typed.isascii() and typed.isdigit() else 0
    if not 0 < shares <= rules.shares:
        form.wrong("shares", texts("packets.wrong.shares", most=rules.shares))
    try:
        amount = parse_typed(form["amount"], currency).minor
    except MoneyInvalid:
        amount = NOTHING
    if amount < max(shares, 1):
        form.wrong("amount", texts("packets.wrong.amount"))
    mode = Mode.FIXED if check is not None else form["mode"]
    if mode not in list(Mode):
        form.wrong("mode", texts("packets.wrong.mode"))
    if len(form["message"]) > LONGEST_NOTE:
        form.wrong("message", texts("transfers.wrong.note", most=LONGEST_NOTE))
    if form.errors:
        return None
    number, source = form["number"] or secrets.token_hex(_NUMBER_BYTES), place_of(site.services, form["source"]).id
    return Asked(number, amount, currency.code, shares, Mode(mode), check or "", source, form["message"].strip())


def _say(site: Site, form: Form, error: PacketInvalid, asked: Asked) -> None:
    texts = site.render.texts
    if error.field == "amount" and error.most:
        currency = BY_NUMBER[place_of(site.services, form["source"]).currency.number]
        most = site.render.formats.amount(Money(MinorUnits(error.most), currency))
        form.wrong("amount", texts("packets.wrong.amount.most", most=most))
    elif error.field == "shares":
        form.wrong("shares", texts("packets.wrong.shares", most=error.most))
    elif error.field == "source":
        form.wrong("source", texts("transfers.wrong.source"))
    else:
        form.wrong("source" if error.field == "currency" else "amount", texts(f"packets.wrong.{_known(error.field)}"))


def _known(field: str) -> str:
    return "currency" if field == "currency" else "amount"


async def _holdings(site: Site, signed_in: Customer) -> list[tuple[str, Holding]]:
    """What it can be taken from: open accounts in currencies that packets are made in."""
    found = await site.services.statements.holdings(signed_in.number)
    limits = site.services.packets.rules.limits
    return [
        (name_of(one.id, one.currency), one)
        for one in found
        if (one.account is None or one.account.state is AccountState.OPEN) and one.currency.number in limits
    ]


async def _currency(site: Site, signed_in: Customer, source: str) -> Currency | None:
    return next((one.currency for name, one in await _holdings(site, signed_in) if name == source), None)


def anew(site: Site) -> Page:
    """Something is too old, or is not true any more."""
    return site.page("packets/anew.html", status=409)
