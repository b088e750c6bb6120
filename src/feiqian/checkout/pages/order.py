"""`/pay/{order}`: what is to be paid and how, what became of it, and the way back to the shop.

Whoever knows an order's id may see this much of it: nothing of its payer, and nothing of what the shop keeps with it.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.auth.pages.mobiles import countries
from feiqian.checkout.links import PLACE
from feiqian.checkout.returning import return_address, return_secret
from feiqian.orders.errors import OrderNotFound
from feiqian.orders.model import Method, Order, OrderStatus
from feiqian.payments.pages.why import why
from feiqian.payments.policy import Decline
from feiqian.quick.pages.pay import Asked
from feiqian.quick.pages.remembered import remembered_here
from feiqian.quick.paying_model import Bill, QuickPayment
from feiqian.sources.standing import Source
from feiqian.web.forms import Form
from feiqian.web.session import Customer, customer_of
from feiqian.web.site import Site, TheSite
from feiqian.web.symbols import qr

from .shown import found, links, unpaid, values
from .sources import preselected, sources

HELD_SECONDS = 20  # that a question waits for the order to change


class Orders:
    """All merchants' orders, as what quick payment pays (`quick.pages.pay.Issuer`)."""

    place = PLACE

    async def bill(self, site: Site, number: str) -> Bill:
        try:
            return await site.services.quick_payments.bill_of(number)
        except OrderNotFound:
            raise NotFoundException from None

    async def page(self, site: Site, request: Asked, number: str, form: Form) -> Page:
        """The ways to pay while it is open; afterwards, what became of it."""
        order, merchant = await found(site, number)
        told = values(site, order, merchant)
        if order.status is not OrderStatus.OPEN:
            return site.page("checkout/ended.html", status=200, **told)
        customer = await customer_of(request)
        return site.page(
            "checkout/order.html",
            ("checkout.script.",),
            form=form,
            countries=countries(site.language),
            methods=order.methods if merchant.accepting else (),
            remembered=await remembered_here(site, request),
            signed_in_here=customer is not None,
            source=await _one_click(site, request, order, customer),
            code=_code(site, number) if Method.WALLET in order.methods else None,
            **told,
        )

    async def outcome(self, site: Site, number: str, outcome: str, payment: QuickPayment | None) -> Page:
        if outcome == "order_over":
            return await unpaid(site, number, "declined", reason=Decline.ORDER_NOT_OPEN)
        row = payment.row if payment else None
        more: dict[str, Any] = {"reason": row.reason, "why": await why(site.services, row)} if row else {}
        return await unpaid(site, number, outcome, **more)


class OrderPages(Controller):
    """What else there is of an order, for whoever has its address."""

    path = "/{number:str}"

    @get("/scan")
    async def scan(self, site: TheSite, number: FromPath[str]) -> Page:
        """The code for the wallet alone, for who has no scripts: it asks again by itself."""
        order, merchant = await found(site, number)
        if order.status is not OrderStatus.OPEN or Method.WALLET not in order.methods:
            return Redirect(f"{PLACE}/{number}", status_code=303)
        told = values(site, order, merchant)
        return site.page("checkout/scan.html", ("checkout.script.",), code=_code(site, number), **told)

    @get("/state")
    async def state(self, site: TheSite, number: FromPath[str], version: FromQuery[int] = 0) -> dict[str, Any]:
        """For the page's script: the order's state, once it is another version than this, or after a while."""
        await found(site, number)
        order = await site.services.orders.watch(number, version, HELD_SECONDS)
        return {"version": order.version, "status": order.status, "processing": order.processing}

    @get("/return")
    async def go_back(self, site: TheSite, number: FromPath[str]) -> Page:
        """To the shop, with the order's state of now, signed."""
        order, merchant = await found(site, number)
        address = return_address(order, return_secret(site.services.cipher, merchant.number))
        return Redirect(address or f"{PLACE}/{number}", status_code=303)


def _code(site: Site, id: str) -> Any:
    """What a wallet scans: the address at which it pays this order, of this bank and nobody else."""
    return qr(links(site).of(id))


async def _one_click(site: Site, request: Asked, order: Order, customer: Customer | None) -> Source | None:
    """The account that who is signed in pays from with one click; None if there is more to be said first."""
    if customer is None or Method.WALLET not in order.methods:
        return None
    payable = await site.services.wallet_orders.look(customer.number, order.id)
    if payable.paid_before:
        return None
    return preselected(site, request, await sources(site, customer, order), order)
