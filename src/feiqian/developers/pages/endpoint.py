"""One endpoint: its events, its secret, a test, what was sent to it, and sending again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal, ThePortal, go
from feiqian.web.forms import Form, read_form
from feiqian.webhooks.endpoints import LONGEST_OVERLAP_HOURS
from feiqian.webhooks.errors import EndpointBusy, EndpointDisabled, TooManyTests
from feiqian.webhooks.model import PROBE, TEST, Endpoint
from feiqian.webhooks.views import STATUSES, view

from .asked import NOT_THERE, end_of, start_of
from .webhooks import PLACE, READS, REFUSED, WRITES, say, show_secret, wanted_of

HOURS = ("24", "1", "168", "0")  # for which the secret before signs, too
ON_A_PAGE = 25
PARTS = 20  # of what one replay sends, each of `log.AT_ONCE` events
ENABLE, DISABLE, DELETE = "enable", "disable", "delete"


class EndpointPages(Controller):
    """`/merchants/developers/webhooks/{id}`."""

    path = "/developers/webhooks/{id:str}"
    opt = READS
    exception_handlers = NOT_THERE

    @get("/")
    async def look(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        return await _endpoint(portal, id, Form(), request.query_params)

    @post("/", status_code=303, opt=WRITES)
    async def change(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, member = await read_form(request), portal.member
        endpoints = portal.site.services.webhooks.endpoints
        await endpoints.get(member.merchant.number, id)
        wanted = wanted_of(portal, form)
        if form.good:
            try:
                await endpoints.change(member.merchant.number, id, wanted, member.subject)
            except REFUSED as error:
                say(portal, form, error)
            else:
                return go(f"{PLACE}/{id}", "webhook_changed")
        return await _endpoint(portal, id, form, {})

    @post("/state", status_code=303, opt=WRITES)
    async def state(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, member = await read_form(request), portal.member
        endpoints = portal.site.services.webhooks.endpoints
        number, by = member.merchant.number, member.subject
        if form["act"] == DELETE and form["sure"] != "yes":
            await endpoints.get(number, id)
            form.wrong("sure", portal.text("developers.webhooks.wrong.sure"))
            return await _endpoint(portal, id, form, {})
        if form["act"] == DELETE:
            await endpoints.delete(number, id, by)
            return go(PLACE, "webhook_deleted")
        if form["act"] not in (ENABLE, DISABLE):
            raise NotFoundException
        await (endpoints.enable if form["act"] == ENABLE else endpoints.disable)(number, id, by)
        return go(f"{PLACE}/{id}", f"webhook_{form['act']}d")

    @post("/rotate", status_code=303, opt=WRITES)
    async def rotate(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, member = await read_form(request), portal.member
        endpoints, hours = portal.site.services.webhooks.endpoints, form["hours"]
        there = await endpoints.get(member.merchant.number, id)
        if hours not in HOURS or form["until"] != str(there.old_secret_until):  # another click came first
            form.wrong("hours", portal.text("developers.webhooks.wrong.hours"))
            return await _endpoint(portal, id, form, {})
        secret = await endpoints.rotate(member.merchant.number, id, int(hours), member.subject)
        return show_secret(portal, there, secret, portal.text("developers.webhooks.rotated"))

    @post("/test", status_code=303, opt=WRITES)
    async def test(self, portal: ThePortal, id: FromPath[str]) -> Page:
        try:
            delivery = await portal.site.services.webhooks.health.test(portal.member.merchant.number, id)
        except (EndpointDisabled, TooManyTests) as error:
            return await _endpoint(portal, id, Form(errors={"": _why(portal, error)}), {})
        return go(f"{PLACE}/deliveries/{delivery}", "webhook_tested")

    @post("/replay", status_code=303, opt=WRITES)
    async def replay(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form, site = await read_form(request), portal.site
        since, until = start_of(form["since"], site), end_of(form["until"], site)
        if since is None or until is None or until <= since:
            form.wrong("since", portal.text("developers.webhooks.wrong.range"))
            return await _endpoint(portal, id, form, {})
        return await _replayed(portal, id, form, since, until)


async def _replayed(portal: Portal, id: str, form: Form, since: int, until: int) -> Page:
    """Sends again what happened in this time, part by part."""
    log, number, queued = portal.site.services.webhooks.log, portal.member.merchant.number, 0
    try:
        for _ in range(PARTS):
            sent, rest = await log.replay_range(number, id, since, until, undelivered=form["all"] != "yes")
            queued += len(sent)
            if rest <= since:  # that was all, or more happened in one moment than a part holds
                break
            since = rest
    except (EndpointDisabled, EndpointBusy) as error:
        form.wrong("", _why(portal, error))
        return await _endpoint(portal, id, form, {}, queued=queued)
    return await _endpoint(portal, id, Form(), {}, queued=queued)


def _why(portal: Portal, error: Exception) -> str:
    names: dict[type[Exception], str] = {EndpointDisabled: "disabled", TooManyTests: "tests", EndpointBusy: "busy"}
    return portal.text(f"developers.webhooks.wrong.{names[type(error)]}")


async def _endpoint(portal: Portal, id: str, form: Form, asked: Mapping[str, str], queued: int | None = None) -> Page:
    webhooks, member = portal.site.services.webhooks, portal.member
    number = member.merchant.number
    there = await webhooks.endpoints.get(number, id)
    status, names = asked.get("status", ""), [*sorted(webhooks.endpoints.types), TEST, PROBE]
    type = asked.get("type", "") if asked.get("type", "") in names else ""
    page = await webhooks.log.page(number, id, portal.ask, ON_A_PAGE, STATUSES.get(status), type)
    return portal.page(
        "developers/endpoint.html",
        "webhooks",
        Form(_values(there) | dict(form.values), form.errors) if "url" not in form.values else form,
        endpoint=there,
        checks=view(there).checks_signatures,
        names=list(webhooks.endpoints.names()),
        loopback=webhooks.endpoints.loopback,
        types=names,
        hours=[(one, portal.text(f"developers.webhooks.hours.{one}")) for one in HOURS],
        most_hours=LONGEST_OVERLAP_HOURS,
        deliveries=page,
        asked={"status": status if status in STATUSES else "", "type": type},
        statuses=list(STATUSES),
        query=urlencode({"status": status, "type": type}),
        queued=queued,
        now=portal.site.services.clock.now(),
        may_change=member.may(Permission.WEBHOOKS_WRITE),
    )


def _values(endpoint: Endpoint) -> dict[str, str]:
    """The form as the endpoint is."""
    ticked = {f"event-{name}": "yes" for name in endpoint.events}
    shown = {"url": endpoint.url, "description": endpoint.description, "email": endpoint.email}
    return shown | ticked | {"language": endpoint.language, "hours": HOURS[0]}
