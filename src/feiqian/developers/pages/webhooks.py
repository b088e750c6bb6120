"""Endpoints of webhooks: which there are and how they fare, and adding one, whose secret is shown once."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State

from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal, ThePortal
from feiqian.merchant_users.pages.who import NEEDS
from feiqian.texts import LANGUAGES
from feiqian.web.forms import Form, read_form
from feiqian.webhooks.endpoints import Wanted
from feiqian.webhooks.errors import EndpointInvalid, EndpointKnown, EndpointsFull
from feiqian.webhooks.model import Endpoint

from .asked import HOME

PLACE = f"{HOME}/webhooks"
READS, WRITES = {NEEDS: Permission.WEBHOOKS_READ}, {NEEDS: Permission.WEBHOOKS_WRITE}
LONGEST_DESCRIPTION = 100
REFUSED = (EndpointInvalid, EndpointKnown, EndpointsFull)


class WebhookPages(Controller):
    """`/merchants/developers/webhooks`."""

    path = "/developers/webhooks"
    opt = READS

    @get("/")
    async def listing(self, portal: ThePortal) -> Page:
        return await _listing(portal, Form({"event-*": "yes", "email": portal.member.user.email}))

    @post("/", status_code=303, opt=WRITES)
    async def add(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form, member = await read_form(request), portal.member
        endpoints = portal.site.services.webhooks.endpoints
        wanted = wanted_of(portal, form)
        if not form.good:
            return await _listing(portal, form)
        try:
            endpoint, secret = await endpoints.create(member.merchant.number, wanted, member.subject)
        except REFUSED as error:
            say(portal, form, error)
            return await _listing(portal, form)
        return show_secret(portal, endpoint, secret, portal.text("developers.webhooks.added"))


def wanted_of(portal: Portal, form: Form) -> Wanted:
    """What the form asks for, and what is wrong with it."""
    events = tuple(name for name in portal.site.services.webhooks.endpoints.names() if form[f"event-{name}"])
    if not events:
        form.wrong("events", portal.text("developers.webhooks.wrong.events"))
    language = form["language"] if form["language"] in LANGUAGES else portal.site.language
    return Wanted(form["url"], events, form["description"][:LONGEST_DESCRIPTION], form["email"], language)


def say(portal: Portal, form: Form, error: Exception) -> None:
    """What an endpoint is refused for, at its field."""
    if isinstance(error, EndpointInvalid):
        form.wrong(error.field, portal.text(f"developers.webhooks.wrong.{error.field}"))
    elif isinstance(error, EndpointKnown):
        form.wrong("url", portal.text("developers.webhooks.wrong.known"))
    else:
        form.wrong("", portal.text("developers.webhooks.wrong.full"))


def show_secret(portal: Portal, endpoint: Endpoint, secret: str, title: str) -> Page:
    """The page that shows an endpoint's secret, this once."""
    return portal.page(
        "developers/secret.html",
        "webhooks",
        title=title,
        text=portal.text("developers.webhooks.secret.text"),
        label=portal.text("developers.webhooks.secret"),
        secret=secret,
        onwards=f"{PLACE}/{endpoint.id}",
    )


async def _listing(portal: Portal, form: Form) -> Page:
    endpoints, member = portal.site.services.webhooks.endpoints, portal.member
    return portal.page(
        "developers/webhooks.html",
        "webhooks",
        form,
        endpoints=await endpoints.all_of(member.merchant.number),
        names=list(endpoints.names()),
        loopback=endpoints.loopback,
        may_change=member.may(Permission.WEBHOOKS_WRITE),
    )
