"""`/pay/{order}/wallet`: paid by who is signed in, from an account of theirs, confirmed with what the policy asks.

The challenge is named in the address; it is of the one who is signed in, and bound to this order.
"""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled, NotPassed
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import OVER, ChallengeFlow, Page, lead
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.checkout.links import PLACE
from feiqian.errors import LedgerError
from feiqian.orders.errors import ChallengeNotKept, OrderStateForbids, SourceInvalid
from feiqian.orders.model import Method, OrderStatus
from feiqian.payments.views import PaymentView
from feiqian.quick.pages.pay import Asked
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .shown import found, links, unpaid, values
from .sources import chosen, preselected, source_of, sources


class WalletPages(Controller):
    """What is paid and from which account, and what became of it."""

    path = "/{number:str}/wallet"

    @get("/")
    async def look(
        self,
        site: TheSite,
        signed_in: TheCustomer,
        request: Asked,
        number: FromPath[str],
        code: FromQuery[str | None] = None,
    ) -> Page:
        """`code`: the signature, of whoever has scanned the order's code."""
        if code is not None and not links(site).is_signed(number, code):
            return site.page("checkout/forged.html", status=403)
        return await _page(site, signed_in, request, number, Form())

    @post("/", status_code=303)
    async def begin(self, site: TheSite, signed_in: TheCustomer, request: Asked, number: FromPath[str]) -> Page:
        form = await read_form(request)
        order, _ = await found(site, number)
        if (source := source_of(await sources(site, signed_in, order), form["source"])) is None:
            form.wrong("source", site.render.texts("checkout.source.missing"))
            return await _page(site, signed_in, request, number, form)
        try:
            device = signed_in.session.device
            challenge = await site.services.wallet_orders.begin(signed_in.subject, number, site.language, device)
        except OrderStateForbids:
            return _to_order(number)
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        answers = OwnChallenges(site.services.verification, signed_in.subject)
        place = f"{PLACE}/{number}/wallet/{source.id}/{challenge.id}"
        return await lead(answers, challenge, place, chosen(site, source))

    @get("/{source:str}/{challenge:str}/done")
    async def done(
        self,
        site: TheSite,
        signed_in: TheCustomer,
        number: FromPath[str],
        source: FromPath[str],
        challenge: FromPath[str],
    ) -> Page:
        """What became of it; asked again, it is answered as at first, and nothing is paid twice."""
        place = f"{PLACE}/{number}/wallet/{source}/{challenge}"
        try:
            view = await _pay(site, signed_in, number, source, challenge)
        except LedgerError:
            return await unpaid(site, number, "proved", again=f"{place}/done")
        except OrderStateForbids:
            return _to_order(number)
        except NotPassed:
            return Redirect(place, status_code=303)
        except (*OVER, ChallengeNotKept, SourceInvalid):
            return Redirect(f"{PLACE}/{number}/wallet", status_code=303)
        return await unpaid(site, number, view.status, reason=view.reason)


async def _confirming(
    site: TheSite, signed_in: TheCustomer, number: FromPath[str], source: FromPath[str], challenge: FromPath[str]
) -> Step | Redirect:
    """The challenge of this order's payment, while that can be paid."""
    order, merchant = await found(site, number)
    if order.status is not OrderStatus.OPEN:
        return _to_order(number)
    place = f"{PLACE}/{number}/wallet/{source}/{challenge}"

    async def finish(view: ChallengeView) -> Page:
        try:
            await _pay(site, signed_in, number, source, view.id)
        except (LedgerError, OrderStateForbids, NotPassed, ChallengeNotKept, SourceInvalid, *OVER):
            pass  # the page that follows says so
        return Redirect(f"{place}/done", status_code=303)

    paid_from = source_of(await sources(site, signed_in, order), source)
    flow = ChallengeFlow(
        OwnChallenges(site.services.verification, signed_in.subject),
        challenge,
        place,
        f"{PLACE}/{number}/wallet",
        site.render.texts("customer.confirm"),
        leave=f"{PLACE}/{number}",
        template="checkout/confirm.html",
        values=values(site, order, merchant) | {"source": paid_from},
    )
    return Step(flow, finish)


PROVE = challenge_pages("/{number:str}/wallet/{source:str}/{challenge:str}", _confirming, (Role.CUSTOMER,))


async def _pay(site: Site, customer: Customer, id: str, source: str, challenge: str) -> PaymentView:
    order, _ = await found(site, id)
    paid_from = source_of(await sources(site, customer, order), source)
    if paid_from is None:
        raise SourceInvalid
    return await site.services.wallet_orders.pay(customer.subject, id, challenge, paid_from.ledger_id)


async def _page(site: Site, customer: Customer, request: Asked, id: str, form: Form) -> Page:
    payable = await site.services.wallet_orders.look(customer.number, (await found(site, id))[0].id)
    order, merchant = payable.order, payable.merchant
    if order.status is not OrderStatus.OPEN or Method.WALLET not in order.methods or not merchant.accepting:
        return _to_order(id)
    found_sources = await sources(site, customer, order)
    first = preselected(site, request, found_sources, order)
    return site.page(
        "checkout/wallet.html",
        ("checkout.script.",),
        form=form,
        sources=found_sources,
        chosen=form["source"] or (first.id if first else ""),
        paid_before=payable.paid_before,
        **values(site, order, merchant),
    )


def _to_order(id: str) -> Redirect:
    return Redirect(f"{PLACE}/{id}", status_code=303)
