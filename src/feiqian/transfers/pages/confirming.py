"""`/transfers/confirm/{challenge}`: the sender proves that it is meant, and what became of it is told, once."""

from __future__ import annotations

from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import OVER, ChallengeFlow, Page
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.deposits.model import WALLET, DepositAccount
from feiqian.errors import LedgerError
from feiqian.money import BY_CODE, Money
from feiqian.payees.errors import CheckNotFound, PayeeChanged
from feiqian.subjects import Role
from feiqian.transfers.errors import (
    PersonTransferInvalid,
    PersonTransferNotFound,
    PersonTransferNumberUsed,
    WaitingUsedUp,
)
from feiqian.transfers.model import Asked
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .payee import HOME, NEW

VOID = (CheckNotFound, PersonTransferInvalid, PersonTransferNumberUsed, PersonTransferNotFound)


async def _confirming(site: TheSite, signed_in: TheCustomer, challenge: FromPath[str]) -> Step | Redirect:
    """The challenge of a transfer that was asked for."""
    try:
        asked = await site.services.transfer_drafts.asked(signed_in.number, challenge)
        check = await site.services.payees.of_check(signed_in.number, asked.check)
        care = await site.services.person_transfers.care(signed_in.number, asked)
    except (PersonTransferNotFound, PersonTransferInvalid, PayeeChanged, CheckNotFound):
        return Redirect(f"{HOME}/done/{challenge}", status_code=303)
    source = await _source(site, signed_in, asked)

    async def finish(view: ChallengeView) -> Page:
        return Redirect(f"{HOME}/done/{view.id}", status_code=303)

    flow = ChallengeFlow(
        OwnChallenges(site.services.verification, signed_in.subject),
        challenge,
        f"{HOME}/confirm/{challenge}",
        f"{HOME}/to/{asked.check}",
        site.render.texts("transfers.confirm"),
        leave=f"{HOME}/to/{asked.check}",
        template="transfers/confirm.html",
        values={
            "it": asked,
            "check": check,
            "amount": Money(asked.amount, BY_CODE[asked.currency]),
            "source": source,
            "care": care,
        },
    )
    return Step(flow, finish)


PROVE = challenge_pages(f"{HOME}/confirm/{{challenge:str}}", _confirming, (Role.CUSTOMER,))


async def send(site: Site, signed_in: Customer, challenge: str) -> Page:
    """Sends it, or says what became of it before; to its page."""
    services = site.services
    try:
        asked = await services.transfer_drafts.asked(signed_in.number, challenge)
        made = await services.person_transfers.send(signed_in.subject, asked, challenge)
    except LedgerError:
        return site.page("transfers/unknown.html", status=503, again=f"{HOME}/done/{challenge}")
    except PersonTransferNotFound:
        raise NotFoundException from None
    except WaitingUsedUp:
        return site.page("transfers/many_waiting.html", status=409)
    except (*VOID, *OVER):
        return site.page("transfers/anew.html", status=409, again=NEW)
    return Redirect(f"{HOME}/{made.id}", status_code=303)


async def _source(site: Site, signed_in: Customer, asked: Asked) -> DepositAccount | None:
    if asked.source == WALLET:
        return None
    own = await site.services.deposits.all_of(signed_in.number)
    return next((one for one in own if one.id == asked.source), None)
