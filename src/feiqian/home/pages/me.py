"""All that is somebody's own: identity, security, languages, what each feature has for them, and signing out."""

from __future__ import annotations

from litestar import Controller, Response, get

from feiqian.auth.pages.mobiles import shown_number
from feiqian.payments.pages.standing import name_of, standing
from feiqian.web.session import TheCustomer, customers_only
from feiqian.web.site import TheSite
from feiqian.web.wallet_parts import shortcuts


class Me(Controller):
    """`/me`."""

    path = "/me"
    guards = (customers_only,)

    @get("/")
    async def me(self, site: TheSite, signed_in: TheCustomer) -> Response[str]:
        services, number = site.services, signed_in.number
        profile = await services.work.db(services.customers.profile, number)
        return site.page(
            "home/me.html",
            name=await name_of(services, number, profile),
            mobile=shown_number(profile.mobile) if profile else "",
            standing=standing(services, number, profile),
            unread=await services.inbox.unread(number),
            shortcuts=shortcuts(),
        )
