"""What became of a transfer, for each of its sides; the receiver of a note may report it."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.deposits.model import DepositAccount
from feiqian.errors import LedgerError
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.transfers.errors import NoteNotReportable, PersonTransferNotFound, ReportsUsedUp, TransferOver
from feiqian.transfers.views import Side
from feiqian.web.session import TheCustomer
from feiqian.web.site import Site, TheSite

from .confirming import send
from .payee import HOME

_SAID = ("reported", "too_many", "over")


class TransferPages(Controller):
    """`/transfers/{id}`."""

    path = HOME

    @get("/done/{challenge:str}")
    async def done(self, site: TheSite, signed_in: TheCustomer, challenge: FromPath[str]) -> Page:
        """Asked again, it is answered as at first, and nothing is sent twice."""
        return await send(site, signed_in, challenge)

    @get("/{id:str}")
    async def look(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], said: FromQuery[str] = "") -> Page:
        services, customer = site.services, signed_in.number
        try:
            found = await services.person_transfers.get(customer, id)
        except PersonTransferNotFound:
            raise NotFoundException from None
        (view,) = await services.person_transfers.views(customer, [found], site.language)
        mine = view.debit if view.side is Side.SENT else view.credit
        return site.page(
            "transfers/outcome.html",
            it=view,
            amount=Money(view.amount, BY_NUMBER[view.currency]),
            account=await _called(site, customer, mine),
            said=said if said in _SAID else "",
        )

    @post("/{id:str}/cancel", status_code=303)
    async def cancel(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        try:
            await site.services.person_transfers.cancel(signed_in.subject, id)
        except PersonTransferNotFound:
            raise NotFoundException from None
        except TransferOver:
            return Redirect(f"{HOME}/{id}?said=over", status_code=303)
        except LedgerError:
            return site.page("transfers/unknown.html", status=503, again=f"{HOME}/{id}")
        return Redirect(f"{HOME}/{id}", status_code=303)

    @post("/{id:str}/report", status_code=303)
    async def report(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        try:
            await site.services.note_reports.report(signed_in.number, id)
        except (PersonTransferNotFound, NoteNotReportable):
            raise NotFoundException from None
        except ReportsUsedUp:
            return Redirect(f"{HOME}/{id}?said=too_many", status_code=303)
        return Redirect(f"{HOME}/{id}?said=reported", status_code=303)


async def _called(site: Site, customer: CustomerNumber, ledger_id: bytes) -> DepositAccount | None:
    own = await site.services.deposits.all_of(customer)
    return next((one for one in own if one.ledger_id == ledger_id), None)
