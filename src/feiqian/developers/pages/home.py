"""A developer's first page: the way to the first payment, endpoints to try, and where the reference is."""

from __future__ import annotations

from litestar import get

from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, ThePortal
from feiqian.merchant_users.pages.who import NEEDS
from feiqian.runtime.paging import FIRST

from .asked import currency_of

_SAMPLE = """\
curl {origin}/v1/orders -H "Authorization: Bearer $FEIQIAN_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{{"merchant_order": "WEB-1001", "amount": 1250, "currency": "{currency}"}}'"""


@get("/developers", opt={NEEDS: Permission.KEYS_READ})
async def home(portal: ThePortal) -> Page:
    services, member = portal.site.services, portal.member
    keys = await services.key_desk.page(member, FIRST)
    endpoints = await services.webhooks.endpoints.all_of(member.merchant.number)
    return portal.page(
        "developers/home.html",
        "developers",
        keys=len(keys.items),
        endpoints=endpoints,
        may_try=member.may(Permission.WEBHOOKS_WRITE),
        sample=_SAMPLE.format(origin=services.settings.public_origin, currency=currency_of(portal).code),
        guide="docs/guide/first-payment.md",
        mode=services.settings.mode,
    )
