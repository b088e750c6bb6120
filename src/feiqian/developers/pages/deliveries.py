"""One delivery: what was sent, each request and its answer; and sending it again."""

from __future__ import annotations

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath

from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal, ThePortal, go
from feiqian.web.forms import Form
from feiqian.webhooks.errors import EndpointBusy, EndpointDisabled
from feiqian.webhooks.model import PROBE
from feiqian.webhooks.sender import USER_AGENT
from feiqian.webhooks.views import told_view

from .asked import NOT_THERE
from .webhooks import PLACE, READS, WRITES

DELIVERIES = f"{PLACE}/deliveries"


class DeliveryPages(Controller):
    """`/merchants/developers/webhooks/deliveries/{id}`."""

    path = "/developers/webhooks/deliveries/{id:str}"
    opt = READS
    exception_handlers = NOT_THERE

    @get("/")
    async def look(self, portal: ThePortal, id: FromPath[str]) -> Page:
        return await _delivery(portal, id, Form())

    @post("/replay", status_code=303, opt=WRITES)
    async def replay(self, portal: ThePortal, id: FromPath[str]) -> Page:
        try:
            again = await portal.site.services.webhooks.log.replay(portal.member.merchant.number, id)
        except EndpointDisabled:
            return await _delivery(portal, id, _wrong(portal, "disabled"))
        except EndpointBusy:
            return await _delivery(portal, id, _wrong(portal, "busy"))
        return go(f"{DELIVERIES}/{again}", "webhook_replayed")


def _wrong(portal: Portal, why: str) -> Form:
    return Form(errors={"": portal.text(f"developers.webhooks.wrong.{why}")})


async def _delivery(portal: Portal, id: str, form: Form) -> Page:
    webhooks, member = portal.site.services.webhooks, portal.member
    told = await webhooks.log.get(member.merchant.number, id)
    there = await webhooks.endpoints.get(member.merchant.number, told.delivery.endpoint)
    return portal.page(
        "developers/delivery.html",
        "webhooks",
        form,
        delivery=told.delivery,
        shown=told_view(told),
        attempts=told.attempts,
        body=msgspec.json.format(told.body, indent=2).decode(),
        endpoint=there,
        head=_head(portal, there.url, told.delivery.event),
        may_change=member.may(Permission.WEBHOOKS_WRITE) and told.delivery.type != PROBE,
    )


def _head(portal: Portal, url: str, event: str) -> str:
    """The request as it was sent; what each attempt has of its own is said in words."""
    time, signature = (portal.text(f"developers.log.headers.{name}") for name in ("time", "signature"))
    headers = {"content-type": "application/json", "user-agent": USER_AGENT, "webhook-id": event}
    headers |= {"webhook-timestamp": time, "webhook-signature": signature}
    return "\n".join([f"POST {url}", *(f"{name}: {value}" for name, value in headers.items())])
