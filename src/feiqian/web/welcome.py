"""The start page: three doors, the choice of customer and merchant, the shoppers' switch."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody
from litestar.response import Redirect

from .site import Level, TheSite

CHOICES = 24
Door = Literal["phone", "till", "bank", "together"]


class TrafficChange(msgspec.Struct, forbid_unknown_fields=True):
    """What the switch is set to."""

    level: Level


class Welcome(Controller):
    """`/` and what its buttons lead to."""

    @get("/")
    async def start(self, site: TheSite) -> Response[str]:
        customers, merchants = await site.bank.counts()
        return site.page(
            "welcome.html",
            people=await site.bank.people(CHOICES),
            shops=await site.bank.shops(),
            customers=site.render.formats.number(customers),
            merchants=merchants,
            level=site.traffic.level,
        )

    @get("/open")
    async def open(
        self,
        site: TheSite,
        door: FromQuery[Door],
        customer: FromQuery[str] = "",
        merchant: FromQuery[str] = "",
    ) -> Redirect:
        """Leads on; only to ids that exist, so that nothing foreign gets into an address."""
        if door == "bank":
            return Redirect("/bank")
        person = await site.person(customer)
        if door == "phone":
            return Redirect(f"/phone/{person.id}")
        shop = await site.shop(merchant)
        if door == "till":
            return Redirect(f"/till/{shop.id}?beside={person.id}")
        return Redirect(f"/together?customer={person.id}&merchant={shop.id}")

    @get("/together")
    async def together(self, site: TheSite, customer: FromQuery[str], merchant: FromQuery[str]) -> Response[str]:
        person, shop = await site.person(customer), await site.shop(merchant)
        return site.page("together.html", customer=person.id, merchant=shop.id)

    @post("/demo/traffic", status_code=200)
    async def change(self, site: TheSite, data: JSONBody[TrafficChange]) -> TrafficChange:
        await site.traffic.change(data.level)
        return TrafficChange(site.traffic.level)
