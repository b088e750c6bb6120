"""A request is paid: from which account, what is confirmed, and what became of it."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import OVER, ChallengeFlow, Page, lead
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.errors import LedgerError
from feiqian.requests.errors import RequestNotFound, RequestOver
from feiqian.requests.paying import Paying
from feiqian.subjects import Role
from feiqian.transfers.errors import PersonTransferInvalid, PersonTransferNumberUsed, UnusualTooHigh
from feiqian.transfers.pages.payee import too_unusual
from feiqian.web.forms import read_form
from feiqian.web.session import TheCustomer
from feiqian.web.site import TheSite

from .requests import request_page
from .shown import HOME, seen, sources

_VOID = (*OVER, PersonTransferInvalid, PersonTransferNumberUsed)


class PayPages(Controller):
    """The account stands in the address, and in what is confirmed."""

    path = f"{HOME}/{{id:str}}"

    @post("/pay", status_code=303)
    async def begin(
        self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State], id: FromPath[str]
    ) -> Page:
        form = await read_form(request)
        services, subject, source = site.services, signed_in.subject, form["source"]
        try:
            if not source:
                raise PersonTransferInvalid("source")
            device = signed_in.session.device
            challenge = await services.paying_requests.begin(subject, Paying(id, source), site.language, device)
        except RequestNotFound:
            raise NotFoundException from None
        except RequestOver:
            return Redirect(f"{HOME}/{id}?said=over", status_code=303)
        except UnusualTooHigh as error:
            form.wrong("", too_unusual(site, error))
            return await request_page(site, signed_in, id, form)
        except PersonTransferInvalid:
            form.wrong("source", site.render.texts("requests.wrong.source"))
            return await request_page(site, signed_in, id, form)
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        place = f"{HOME}/{id}/from/{source}/{challenge.id}"
        return await lead(OwnChallenges(services.verification, subject), challenge, place)

    @get("/paid/{source:str}/{challenge:str}")
    async def done(
        self,
        site: TheSite,
        signed_in: TheCustomer,
        id: FromPath[str],
        source: FromPath[str],
        challenge: FromPath[str],
    ) -> Page:
        """Asked again, it is answered as at first, and nothing is sent twice."""
        try:
            fact = await site.services.paying_requests.pay(signed_in.subject, Paying(id, source), challenge)
        except RequestNotFound:
            raise NotFoundException from None
        except RequestOver:
            return Redirect(f"{HOME}/{id}?said=over", status_code=303)
        except LedgerError:
            again = f"{HOME}/{id}/paid/{source}/{challenge}"
            return site.page("transfers/unknown.html", status=503, again=again)
        except _VOID:
            return site.page("transfers/anew.html", status=409, again=f"{HOME}/{id}")
        return Redirect(f"/transfers/{fact.id}", status_code=303)


async def _confirming(
    site: TheSite, signed_in: TheCustomer, id: FromPath[str], source: FromPath[str], challenge: FromPath[str]
) -> Step | Redirect:
    """The challenge of a request that somebody wants to pay."""
    services, done = site.services, f"{HOME}/{id}/paid/{source}/{challenge}"
    try:
        found = await services.money_requests.get(signed_in.number, id)
        care = await services.paying_requests.care(signed_in.number, Paying(id, source))
    except RequestNotFound:
        raise NotFoundException from None
    except (RequestOver, PersonTransferInvalid):
        return Redirect(done, status_code=303)
    it = seen(found, signed_in.number)
    offered = await sources(site, signed_in, it.amount.currency)

    async def finish(view: ChallengeView) -> Page:
        return Redirect(done, status_code=303)

    flow = ChallengeFlow(
        OwnChallenges(services.verification, signed_in.subject),
        challenge,
        f"{HOME}/{id}/from/{source}/{challenge}",
        f"{HOME}/{id}",
        site.render.texts("requests.confirm"),
        leave=f"{HOME}/{id}",
        template="requests/confirm.html",
        values={"it": it, "source": next((one for one in offered if one.id == source), None), "care": care},
    )
    return Step(flow, finish)


PROVE = challenge_pages(f"{HOME}/{{id:str}}/from/{{source:str}}/{{challenge:str}}", _confirming, (Role.CUSTOMER,))
