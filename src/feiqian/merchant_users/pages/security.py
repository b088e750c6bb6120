"""What one signs in with, and where one is signed in."""

from __future__ import annotations

from litestar import Controller, get, post

from feiqian.auth.pages.words import FACTORS
from feiqian.web.site import TheSite

from .portal import Page, TheMember, ThePortal, go
from .who import FOR_ALL, HOME

PLACE = f"{HOME}/security"


class SecurityPages(Controller):
    """`/merchants/security`."""

    path = "/security"
    opt = FOR_ALL

    @get("/")
    async def look(self, site: TheSite, portal: ThePortal, member: TheMember) -> Page:
        service = site.services.merchant_users
        return portal.page(
            "merchant_users/security.html",
            "security",
            factors=await service.own_factors(member),
            sessions=await service.own_sessions(member),
            factor_names=FACTORS,
        )

    @post("/everywhere", status_code=303)
    async def everywhere(self, site: TheSite, member: TheMember) -> Page:
        await site.services.merchant_users.sign_out_everywhere(member)
        return go(PLACE, "everywhere")
