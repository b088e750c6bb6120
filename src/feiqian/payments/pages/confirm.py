"""Payments that wait for their customer: what, to whom, how long; confirmed with what the policy asks, or refused.

A challenge is begun by looking, and named in the page's address: it is of the one who is signed in and of nobody else.
"""

from __future__ import annotations

import contextlib
from typing import Any

from litestar import Controller, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.credentials import ENROLLED
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow, Page, way_text
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.events import PaymentStatus
from feiqian.ids import QUICK_PAYMENT
from feiqian.money import BY_NUMBER, Money
from feiqian.payments.errors import NotWaiting, PaymentNotFound
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.policy.factors import Factor
from feiqian.policy.model import Combination
from feiqian.subjects import Role
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ASKED_BY_A_PAGE

from .why import why


class Confirm(Controller):
    """`/confirm/{payment}`."""

    path = "/confirm/{payment:str}"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, payment: FromPath[str]) -> Page:
        """Leads to a new challenge while the payment waits; afterwards says what became of it."""
        try:
            binding = await _binding(site, signed_in, payment)
        except NotWaiting as error:
            return await _outcome(site, signed_in, payment, error.status)
        needs = site.services.payments.confirmations.needs(signed_in.number, binding)
        try:
            challenge = await site.services.verification.begin(
                signed_in.subject, binding, site.language, needs, device=signed_in.session.device
            )
        except FactorNotEnrolled:
            return _missing(site, payment, binding, needs)
        return Redirect(f"/confirm/{payment}/{challenge.id}", status_code=303)

    @get("/state", opt={ASKED_BY_A_PAGE: True})
    async def state(self, site: TheSite, signed_in: TheCustomer, payment: FromPath[str]) -> dict[str, str]:
        """For the page's script: whether the payment still waits, or what became of it."""
        try:
            await _binding(site, signed_in, payment)
        except NotWaiting as error:
            return {"status": error.status}
        return {"status": PaymentStatus.WAITING}

    @post("/refuse", status_code=303)
    async def refuse(self, site: TheSite, signed_in: TheCustomer, payment: FromPath[str]) -> Page:
        try:
            await site.services.payments.confirmations.refuse(signed_in.number, payment)
        except PaymentNotFound:
            raise NotFoundException from None
        except NotWaiting:
            pass  # as above
        return Redirect(f"/confirm/{payment}", status_code=303)


async def _confirming(
    site: TheSite, signed_in: TheCustomer, payment: FromPath[str], challenge: FromPath[str]
) -> Step | Redirect:
    """The challenge of a payment, while that waits."""
    try:
        binding = await _binding(site, signed_in, payment)
    except NotWaiting:
        return Redirect(f"/confirm/{payment}", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        with contextlib.suppress(NotWaiting):  # the page it leads to says what became of it meanwhile
            await site.services.payments.confirmations.confirm(signed_in.number, payment, view.id)
        return Redirect(f"/confirm/{payment}", status_code=303)

    row = await site.services.reads.payment_by_id(payment)
    again = row is not None and await site.services.payments.confirmations.paid_before(row) is not None
    more = {"source": await _source(site, row), "again": again}
    return Step(_flow(site, signed_in, payment, challenge, binding, more), finish)


CONFIRM = challenge_pages("/confirm/{payment:str}/{challenge:str}", _confirming, (Role.CUSTOMER,))


def _missing(site: Site, payment: str, binding: ChallengeBinding, needs: tuple[Combination, ...]) -> Page:
    """The payment needs a factor that its customer has not: what would do, how to add it, and how to refuse."""
    ways = [tuple(factor for factor in Factor if factor in combination) for combination in needs]
    asked = {factor for way in ways for factor in way}
    return site.page(
        "auth/missing.html",
        status=409,
        payment=payment,
        binding=binding,
        amount=Money(binding.amount, BY_NUMBER[binding.currency]),
        ways=[way_text(site, way) for way in ways],
        addable=[factor for factor in ENROLLED if factor in asked],
    )


async def _binding(site: Site, customer: Customer, payment: str) -> ChallengeBinding:
    """What is to be confirmed. Raises NotWaiting, and NotFoundException for another's payment."""
    try:
        return await site.services.payments.confirmations.bound_of(customer.number, payment)
    except PaymentNotFound:
        raise NotFoundException from None


def _flow(
    site: Site, customer: Customer, payment: str, challenge: str, binding: ChallengeBinding, more: dict[str, Any]
) -> ChallengeFlow:
    place, amount = f"/confirm/{payment}", Money(binding.amount, BY_NUMBER[binding.currency])
    return ChallengeFlow(
        OwnChallenges(site.services.verification, customer.subject),
        challenge,
        f"{place}/{challenge}",
        place,
        site.render.texts("customer.confirm"),
        leave="/wallet",
        template="payments/confirm.html",
        values={"payment": payment, "binding": binding, "amount": amount} | more,
    )


async def _outcome(site: Site, customer: Customer, payment: str, status: str) -> Page:
    reads = site.services.reads
    await reads.wait(site.services.ledger.durable_position, who=("customer", customer.number))
    row: PaymentRow | None = await reads.payment_by_id(payment)
    if row is None or row.customer != customer.number:
        raise NotFoundException
    return site.page(
        "payments/confirm_outcome.html",
        status=200,
        outcome=status,
        reason=row.reason or "",
        why=await why(site.services, row),
        shop=site.services.merchants.name(row.merchant),
        amount=Money(row.amount, BY_NUMBER[row.currency]),
        refunded=Money(row.refunded, BY_NUMBER[row.currency]),
        at=row.closed_at or row.created_at,
        source=await _source(site, row),
        order=row.merchant_order.partition(f"/{QUICK_PAYMENT}")[0],  # the bill's number, without the id beside it
        row=row,
    )


async def _source(site: Site, row: PaymentRow | None) -> str:
    """The account that the payment is taken from, with its number masked; "" for the wallet."""
    if row is None or not row.fact.source:
        return ""
    name = (await site.services.payments.source_names(row.customer)).get(row.fact.source)
    return name.shown if name is not None else ""
