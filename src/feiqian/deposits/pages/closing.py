"""Closing an account: what it holds, why not, and where its money goes; then the challenge that closes it."""

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
from feiqian.auth.pages.challenge import ChallengeFlow, Page, lead
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.deposits.errors import AccountNotFound, NotClosable
from feiqian.deposits.model import WALLET, AccountState
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite


class ClosingPages(Controller):
    """`/accounts/{id}/close`."""

    path = "/accounts/{id:str}/close"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        return await _page(site, signed_in, id)

    @post("/", status_code=303)
    async def begin(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, State]
    ) -> Page:
        form = await read_form(request)
        try:
            challenge = await site.services.closing.challenge(signed_in.session, id, form["target"])
        except NotClosable as error:
            return await _page(site, signed_in, id, error.reason)
        except AccountNotFound:
            raise NotFoundException from None
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        answers = OwnChallenges(site.services.verification, signed_in.subject)
        return await lead(answers, challenge, f"/accounts/{id}/close/{form['target']}/{challenge.id}")


async def _proving(
    site: TheSite, signed_in: TheCustomer, id: FromPath[str], target: FromPath[str], challenge: FromPath[str]
) -> Step:
    """The challenge of a closing; what it is for is in its address, and the challenge is bound to it."""

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.closing.close(signed_in.session, view.id, id, target)
        except NotClosable as error:
            return await _page(site, signed_in, id, error.reason)
        except AccountNotFound:
            raise NotFoundException from None
        return Redirect("/accounts?said=closed", status_code=303)

    place, texts = f"/accounts/{id}/close", site.render.texts
    flow = ChallengeFlow(
        OwnChallenges(site.services.verification, signed_in.subject),
        challenge,
        f"{place}/{target}/{challenge}",
        place,
        texts("accounts.close"),
        texts("accounts.close.what"),
        leave=f"/accounts/{id}",
    )
    return Step(flow, finish)


CLOSE = challenge_pages("/accounts/{id:str}/close/{target:str}/{challenge:str}", _proving, (Role.CUSTOMER,))


async def _page(site: Site, customer: Customer, id: str, why: str = "") -> Page:
    """Raises NotFoundException."""
    services, number = site.services, customer.number
    try:
        holding = await services.statements.holding(number, id, services.policy.currency)
    except AccountNotFound:
        raise NotFoundException from None
    account = holding.account
    if account is None:
        raise NotFoundException  # the wallet is not closed
    others = [one for one in await services.deposits.all_of(number) if one.currency == account.currency]
    targets = [(one.id, one) for one in others if one.id != id and one.state is not AccountState.CLOSED]
    if not why:
        try:
            await services.closing.check(number, id, WALLET)
        except NotClosable as error:
            why = error.reason
    status = 409 if why else 200
    return site.page(
        "deposits/close.html", status=status, form=Form(), holding=holding, targets=[(WALLET, None), *targets], why=why
    )
