"""The bank's channels as services: a customer's page, and where staff decide on requests."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from feiqian.auth.pages.challenge import Page
from feiqian.backoffice.pages.console import Console, TheConsole, go, not_there
from feiqian.channels.errors import ReasonMissing, ServiceNotFound, ServiceStateDiffers, TooManyRequests
from feiqian.channels.model import OPEN, BankingChannel, Reason
from feiqian.channels.queues import ServiceRequests
from feiqian.channels.service import reason_of
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/services"
_SAID = ("requested", "closed")


class ServicePages(Controller):
    """`/services`."""

    path = HOME

    @get("/")
    async def overview(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        return await _overview(site, signed_in, Form(), said if said in _SAID else "")

    @post("/{channel:str}/request", status_code=303)
    async def request(self, site: TheSite, signed_in: TheCustomer, channel: FromPath[str]) -> Page:
        try:
            await site.services.channels.request(signed_in.number, _channel(channel))
        except ServiceStateDiffers:
            return Redirect(HOME, status_code=303)  # where it is said how things stand
        except TooManyRequests:
            form = Form()
            form.wrong("", site.render.texts("services.too_many"))
            return await _overview(site, signed_in, form)
        return Redirect(f"{HOME}?said=requested", status_code=303)

    @post("/{channel:str}/close", status_code=303)
    async def close(self, site: TheSite, signed_in: TheCustomer, channel: FromPath[str]) -> Page:
        try:
            await site.services.channels.close(signed_in.number, _channel(channel))
        except ServiceNotFound:
            raise NotFoundException from None
        except ServiceStateDiffers:
            return Redirect(HOME, status_code=303)
        return Redirect(f"{HOME}?said=closed", status_code=303)


def _channel(name: str) -> BankingChannel:
    """Raises NotFoundException."""
    try:
        return BankingChannel(name)
    except ValueError:
        raise NotFoundException from None


async def _overview(site: Site, signed_in: Customer, form: Form, said: str = "") -> Page:
    found = await site.services.channels.of(signed_in.number)
    rows = [(channel, found.get(channel)) for channel in BankingChannel]
    return site.page("channels/services.html", status=form.status, form=form, rows=rows, said=said, open_states=OPEN)


class RequestPages(Controller):
    """`/staff/services`."""

    path = "/services"
    exception_handlers = {ServiceNotFound: not_there}  # noqa: RUF012

    @get("/")
    async def queue(self, console: TheConsole) -> Page:
        page = await console.queue(ServiceRequests).waiting(console.me, console.ask)
        return await console.page("channels/requests.html", "services", page=page)

    @get("/{id:str}")
    async def look(self, console: TheConsole, id: FromPath[str]) -> Page:
        return await _request(console, id, Form())

    @post("/{id:str}", status_code=303)
    async def decide(self, console: TheConsole, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        try:
            reason = None if form["outcome"] == "active" else reason_of(form["outcome"])
            await console.queue(ServiceRequests).decide(console.me, id, reason)
        except ReasonMissing:
            form.wrong("outcome", console.text("staff.service.choose"))
        except ServiceStateDiffers:
            form.wrong("", console.text("staff.service.decided_already"))
        else:
            return go("/staff/services", "decided")
        return await _request(console, id, form)


async def _request(console: Console, id: str, form: Form) -> Page:
    found = await console.queue(ServiceRequests).open(console.me, id)
    outcomes = [("active", console.text("staff.service.activate"), "")]
    outcomes += [(one.value, console.text(f"staff.service.refuse.{one}"), "") for one in Reason]
    return await console.page(
        "channels/request.html", "services", form, service=found.service, customer=found.customer, outcomes=outcomes
    )


PAGES: list[ControllerRouterHandler] = [ServicePages]
STAFF_PAGES: list[ControllerRouterHandler] = [RequestPages]
