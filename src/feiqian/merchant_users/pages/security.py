"""What one signs in with, and where one is signed in."""

from __future__ import annotations

from litestar import Controller, get, post

from feiqian.auth.pages.words import FACTORS
from feiqian.merchant_users.own import ADDED
from feiqian.policy.factors import Factor
from feiqian.web.forms import Form

from .portal import Page, Portal, ThePortal, go
from .who import FOR_ALL, HOME

PLACE = f"{HOME}/security"


class SecurityPages(Controller):
    """`/merchants/security`."""

    path = "/security"
    opt = FOR_ALL

    @get("/")
    async def look(self, portal: ThePortal) -> Page:
        return await security_page(portal, Form())

    @post("/everywhere", status_code=303)
    async def everywhere(self, portal: ThePortal) -> Page:
        await portal.site.services.own_access.sign_out_everywhere(portal.member)
        return go(PLACE, "everywhere")


async def security_page(portal: Portal, form: Form) -> Page:
    """With what is wrong with a change that was asked for."""
    own = portal.site.services.own_access
    factors = await own.all(portal.member)
    return portal.page(
        "merchant_users/security.html",
        "security",
        form,
        has_password=any(one.factor is Factor.PASSWORD for one in factors),
        factors=[one for one in factors if one.factor in ADDED],
        sessions=await own.signed_in(portal.member),
        factor_names=FACTORS,
    )
