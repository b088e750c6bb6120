"""`/receive/to/{code}`: somebody's receive code was scanned: what is sent, and from which account."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.pages.challenge import Page, lead
from feiqian.money import BY_NUMBER, Money
from feiqian.payees.errors import (
    CheckNotFound,
    ChecksThrottled,
    PayeeChanged,
    PayeeInvalid,
    PayeeIsSender,
    SenderNotVerified,
)
from feiqian.payees.model import Found, Way
from feiqian.requests.codes import ReceiveCode
from feiqian.requests.errors import ReceiveCodeInvalid
from feiqian.requests.links import ReceiveLinks
from feiqian.transfers.errors import PersonTransferInvalid, UnusualTooHigh
from feiqian.transfers.model import LONGEST_NOTE, Asked
from feiqian.transfers.pages.payee import too_unusual
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .shown import new_number, preselected, sources, typed

_VOID = (CheckNotFound, PayeeChanged, PayeeInvalid)


class ScannedPages(Controller):
    """What is confirmed and made after this are the steps of every transfer."""

    path = "/receive/to/{id:str}"

    @get("/")
    async def look(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], code: FromQuery[str | None] = None
    ) -> Page:
        """`code`: the signature, of whoever has opened the code's own address."""
        links = ReceiveLinks(site.services.settings.public_origin, site.services.cipher)
        if code is not None and not links.is_signed(id, code):
            return _over(site, 403)
        return await _page(site, signed_in, id, Form())

    @post("/", status_code=303)
    async def begin(
        self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State], id: FromPath[str]
    ) -> Page:
        form = await read_form(request)
        try:
            found = await site.services.receive_codes.scanned(id)
        except ReceiveCodeInvalid:
            return _over(site, 409)
        return await _begin(site, signed_in, found, form)


async def _begin(site: Site, signed_in: Customer, code: ReceiveCode, form: Form) -> Page:
    services, subject, currency = site.services, signed_in.subject, BY_NUMBER[code.currency]
    amount = code.amount or typed(site, form, "amount", currency)
    note = form["message"]
    if len(note) > LONGEST_NOTE:
        form.wrong("message", site.render.texts("requests.wrong.note", most=LONGEST_NOTE))
    if form["source"] not in {one.id for one in await sources(site, signed_in, currency)}:
        form.wrong("source", site.render.texts("requests.wrong.source"))
    if form.errors:
        return await _page(site, signed_in, code.id, form)
    try:
        check = await services.payees.check(signed_in.number, Way.CODE, code.id, "")
        asked = Asked(new_number(form), check.id, amount, currency.code, form["source"], note)
        challenge = await services.transfer_drafts.begin(subject, asked, site.language, signed_in.session.device)
    except _VOID:
        return _over(site, 409)
    except ChecksThrottled as error:
        form.wrong("", site.render.texts("requests.wrong.today", when=site.render.formats.when_inside(error.until)))
        return await _page(site, signed_in, code.id, form)
    except UnusualTooHigh as error:
        form.wrong("" if code.amount else "amount", too_unusual(site, error))
        return await _page(site, signed_in, code.id, form)
    except (PersonTransferInvalid, PayeeIsSender):
        return await _page(site, signed_in, code.id, form)
    except SenderNotVerified:
        return Redirect("/transfers/new", status_code=303)  # which says what is missing
    except FactorNotEnrolled:
        return site.page("onboarding/cannot.html", status=409)
    return await lead(OwnChallenges(services.verification, subject), challenge, f"/transfers/confirm/{challenge.id}")


async def _page(site: Site, signed_in: Customer, id: str, form: Form) -> Page:
    services = site.services
    try:
        code = await services.receive_codes.scanned(id)
    except ReceiveCodeInvalid:
        return _over(site, 409)
    currency = BY_NUMBER[code.currency]
    found = await sources(site, signed_in, currency)
    return site.page(
        "requests/scanned.html",
        status=NOT_TAKEN if form.errors else None,
        form=form,
        code=code,
        amount=Money(code.amount, currency) if code.amount else None,
        yourself=code.customer == signed_in.number,
        receives=services.payees.receives(Found(code.customer), code.currency, code.amount),
        sources=found,
        chosen=preselected(found, form),
        number=new_number(form),
    )


def _over(site: Site, status: int) -> Page:
    return site.page("requests/over.html", status=status)
