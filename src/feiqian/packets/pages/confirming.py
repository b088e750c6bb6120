"""`/packets/confirm/{challenge}`: the sender proves that it is meant; then it is made, once."""

from __future__ import annotations

from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import OVER, ChallengeFlow, Page
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.errors import LedgerError
from feiqian.money import BY_CODE, Money
from feiqian.packets.errors import PacketInvalid, PacketNotFound, PacketNumberUsed, ReceiverNotConfirmed
from feiqian.payees.errors import CheckNotFound
from feiqian.subjects import Role
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

from .making import HOME, anew

VOID = (CheckNotFound, PacketInvalid, PacketNumberUsed, ReceiverNotConfirmed)


async def _confirming(site: TheSite, signed_in: TheCustomer, challenge: FromPath[str]) -> Step | Redirect:
    """The challenge of a packet that was asked for."""
    services, done = site.services, f"{HOME}/done/{challenge}"
    try:
        asked = await services.packet_drafts.asked(signed_in.number, challenge)
        check = await services.payees.of_check(signed_in.number, asked.check) if asked.check else None
    except (PacketNotFound, CheckNotFound):
        return Redirect(done, status_code=303)

    async def finish(view: ChallengeView) -> Page:
        return Redirect(f"{HOME}/done/{view.id}", status_code=303)

    leave = f"{HOME}/to/{asked.check}" if check else f"{HOME}/new"
    flow = ChallengeFlow(
        OwnChallenges(services.verification, signed_in.subject),
        challenge,
        f"{HOME}/confirm/{challenge}",
        leave,
        site.render.texts("packets.confirm"),
        leave=leave,
        template="packets/confirm.html",
        values={"it": asked, "check": check, "amount": Money(asked.amount, BY_CODE[asked.currency])},
    )
    return Step(flow, finish)


PROVE = challenge_pages(f"{HOME}/confirm/{{challenge:str}}", _confirming, (Role.CUSTOMER,))


async def make(site: Site, signed_in: Customer, challenge: str) -> Page:
    """Makes it, or says what became of it before; to its page."""
    services = site.services
    try:
        asked = await services.packet_drafts.asked(signed_in.number, challenge)
        made = await services.packets.make(signed_in.subject, asked, challenge)
    except LedgerError:
        return site.page("transfers/unknown.html", status=503, again=f"{HOME}/done/{challenge}")
    except PacketNotFound:
        raise NotFoundException from None
    except (*VOID, *OVER):
        return anew(site)
    return Redirect(f"{HOME}/{made.id}", status_code=303)
