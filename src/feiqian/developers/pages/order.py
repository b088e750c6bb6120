"""One order: its time line, and what may be done with it: refund with fresh factors, capture, void, close."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.developers.order_desk import Refund
from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal, ThePortal, go
from feiqian.merchant_users.pages.who import NEEDS
from feiqian.money import BY_CODE, MinorUnits
from feiqian.orders.errors import OrderError
from feiqian.payments.errors import PaymentError
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.site import TheSite

from .asked import NOT_THERE, ORDERS, amount_of, once_of
from .order_shown import draw

CONFIRM = f"{ORDERS}/confirm"
KIND = "merchant-refund"
LONGEST_WHY = 200
READS = {NEEDS: Permission.ORDERS_READ}
REFUNDS, TAKES = {NEEDS: Permission.ORDERS_REFUND}, {NEEDS: Permission.ORDERS_TAKE}
REFUSED = (OrderError, PaymentError, FactorNotEnrolled)


class OrderPages(Controller):
    """`/merchants/orders/{id}`."""

    path = "/orders/{id:str}"
    opt = READS
    exception_handlers = NOT_THERE

    @get("/")
    async def look(self, portal: ThePortal, id: FromPath[str]) -> Page:
        return await draw(portal, id, Form())

    @post("/refund", status_code=303, opt=REFUNDS)
    async def refund(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, services, member = await read_form(request), portal.site.services, portal.member
        order = await services.orders.get(member.merchant, id)
        amount = amount_of(form, "amount", BY_CODE[order.currency])
        if amount is None:
            form.wrong("amount", portal.text("developers.order.wrong.amount"))
        if not 0 < len(form["why"]) <= LONGEST_WHY:
            form.wrong("why", portal.text("developers.order.wrong.why"))
        if amount is None or not form.good:
            return await draw(portal, id, form)
        refund = Refund(id, amount.minor, form["why"], once_of(form))
        try:
            view = await services.order_desk.confirm_refund(member, refund, portal.site.language)
        except REFUSED as error:
            return await _refused(portal, id, form, error)
        parts = view.id, id, str(refund.amount), refund.why, refund.number
        return Redirect(CONFIRM, status_code=303, cookies=[keep(portal.site, KIND, *parts)])

    @post("/capture", status_code=303, opt=TAKES)
    async def capture(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, services, member = await read_form(request), portal.site.services, portal.member
        order = await services.orders.get(member.merchant, id)
        amount = amount_of(form, "taken", BY_CODE[order.currency])
        if amount is None:
            form.wrong("taken", portal.text("developers.order.wrong.amount"))
            return await draw(portal, id, form)
        try:
            await services.order_desk.capture(member, id, amount.minor, once_of(form), final=form["final"] == "yes")
        except REFUSED as error:
            return await _refused(portal, id, form, error)
        return go(f"{ORDERS}/{id}", "order_captured")

    @post("/{act:str}", status_code=303, opt=REFUNDS)
    async def end(self, portal: ThePortal, id: FromPath[str], act: FromPath[str]) -> Page:
        desk = portal.site.services.order_desk
        acts = {"void": desk.void, "close": desk.close}
        if act not in acts:
            raise NotFoundException
        try:
            await acts[act](portal.member, id)
        except REFUSED as error:
            return await _refused(portal, id, Form(), error)
        return go(f"{ORDERS}/{id}", f"order_{act}")


async def _confirming(site: TheSite, portal: ThePortal, request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of the refund that this browser has begun."""
    parts = kept(site, request, KIND, 5)
    if parts is None or not parts[2].isdecimal():
        return Redirect(ORDERS, status_code=303)
    challenge, order, amount, why, number = parts
    refund, there = Refund(order, MinorUnits(int(amount)), why, number), f"{ORDERS}/{order}"
    flow = ChallengeFlow(
        OwnChallenges(site.services.verification, portal.member.subject),
        challenge,
        CONFIRM,
        there,
        portal.text("developers.order.refund.confirm"),
        portal.text("developers.order.refund.confirm.text"),
        leave=there,
        template="merchant_users/confirm.html",
        over="developers/over.html",
    )

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.order_desk.refund(portal.member, refund, view.id)
        except REFUSED as error:
            return await _refused(portal, order, Form({"amount": "", "why": why}), error)
        done = go(there, "order_refunded")
        done.cookies.append(forget(site))
        return done

    return Step(flow, finish)


CONFIRM_REFUND = challenge_pages("/orders/confirm", _confirming, (Role.USER,), REFUNDS)


async def _refused(portal: Portal, id: str, form: Form, error: Exception) -> Page:
    """The order as it is now, which says why nothing was done."""
    form.wrong("", portal.text("portal.no_factor") if isinstance(error, FactorNotEnrolled) else _why(portal, error))
    return await draw(portal, id, form)


def _why(portal: Portal, error: Exception) -> str:
    """In the reader's language by the kind of error, which the texts know."""
    key = f"developers.order.refused.{type(error).__name__}"
    return portal.text(key if key in portal.site.render.texts.catalogue else "developers.order.refused")
