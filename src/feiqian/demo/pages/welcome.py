"""The demo's start page: four doors, the choice of customer and merchant, the shoppers; and keyless entries."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery, JSONBody
from litestar.response import Redirect

from feiqian.auth.errors import SignInRefused
from feiqian.demo.seeding import mobile_of
from feiqian.demo.shop import ShopNotRunning
from feiqian.demo.traffic import Level
from feiqian.web.forms import read_form
from feiqian.web.session import customer_of
from feiqian.web.site import TheSite
from feiqian.web.whose import FOR_ANYBODY

from .given import TheDemo

CHOICES = 24
WITH_NUMBERS = 8  # whose mobile numbers are told, for signing in the long way
PreAuthFlow = Literal["till", "bank"]


class TrafficChange(msgspec.Struct, forbid_unknown_fields=True):
    """What the switch is set to."""

    level: Level


class Welcome(Controller):
    """`/` and what its buttons lead to: doors, to whom the form names, whoever is signed in."""

    opt = FOR_ANYBODY

    @get("/")
    async def start(self, site: TheSite, demo: TheDemo) -> Response[str]:
        people, shops = await demo.people.first(CHOICES), demo.shops.all()
        return site.page(
            "demo/welcome.html",
            people=people,
            shops=shops,
            customers=site.render.formats.number(site.services.customers.count),
            merchants=len(shops),
            level=demo.traffic.level,
            doors=demo.doors,
            has_shop=demo.example_shop.possible,
            staff=demo.staff.names,
            merchant_user=demo.merchant.name,
            numbers=[(person.name, mobile_of(person.number)) for person in people[:WITH_NUMBERS]],
        )

    @get("/open")
    async def open(
        self, demo: TheDemo, door: FromQuery[PreAuthFlow], customer: FromQuery[str] = "", merchant: FromQuery[str] = ""
    ) -> Redirect:
        """The doors that ask nobody who they are; only to ids that exist: nothing foreign gets into an address."""
        if door == "bank":
            return Redirect("/bank")
        person, shop = await demo.person(customer), demo.shop(merchant)
        return Redirect(f"/till/{shop.id}?beside={person.id}")

    @get("/shop")
    async def shop(self, site: TheSite, demo: TheDemo) -> Response[Any]:
        """The example shop, which is started when somebody opens it first; without examples there is no such page."""
        if not demo.example_shop.possible:
            raise NotFoundException
        try:
            return Redirect(await demo.example_shop.open(), status_code=303)
        except ShopNotRunning:
            return site.page("demo/no_shop.html", status=503, log=str(demo.example_shop.log))

    @post("/demo/phone", status_code=303)
    async def phone(self, site: TheSite, demo: TheDemo, request: Request[Any, Any, State]) -> Redirect:
        """Signs in as the chosen customer, with one tap, and goes where the button says."""
        form = await read_form(request)
        person = await demo.person(form["customer"])
        device = request.cookies.get(site.cookies.device)
        opened = await demo.doors.open_phone(
            person.number, request.headers.get("user-agent", ""), device, site.language
        )
        place = "/wallet"
        if form["door"] == "together":
            place = f"/together?customer={person.id}&merchant={demo.shop(form['merchant']).id}"
        return Redirect(place, status_code=303, cookies=site.cookies.opened(opened))

    @post("/demo/staff", status_code=303)
    async def staff(self, site: TheSite, demo: TheDemo, request: Request[Any, Any, State]) -> Redirect:
        """Signs in as one of the demo's staff."""
        form = await read_form(request)
        try:
            opened = await demo.staff.sign_in(form["login"], request.headers.get("user-agent", ""), site.language)
        except (KeyError, SignInRefused):
            raise NotFoundException from None
        return Redirect("/staff", status_code=303, cookies=site.cookies.opened(opened))

    @post("/demo/merchant", status_code=303)
    async def merchant(self, site: TheSite, demo: TheDemo, request: Request[Any, Any, State]) -> Redirect:
        """Signs in as the owner of the first shop."""
        try:
            opened = await demo.merchant.sign_in(request.headers.get("user-agent", ""), site.language)
        except (KeyError, SignInRefused):
            raise NotFoundException from None
        return Redirect("/merchants", status_code=303, cookies=site.cookies.opened(opened))

    @get("/together")
    async def together(
        self,
        site: TheSite,
        demo: TheDemo,
        request: Request[Any, Any, State],
        customer: FromQuery[str] = "",
        merchant: FromQuery[str] = "",
    ) -> Response[Any]:
        """The phone is that of whoever is signed in, and so is the one that the till scans beside it.

        An address without both is answered with the start page, where they are chosen.
        """
        if not (customer and merchant):
            return Redirect("/", status_code=303)
        person, shop = await demo.person(customer), demo.shop(merchant)
        visitor = await customer_of(request)
        here = await demo.people.by_number(visitor.number) if visitor is not None else person
        if here is not None and here.id != person.id:
            return Redirect(f"/together?customer={here.id}&merchant={shop.id}", status_code=303)
        return site.page("demo/together.html", customer=person.id, merchant=shop.id)

    @post("/demo/traffic", status_code=200)
    async def change(self, demo: TheDemo, data: JSONBody[TrafficChange]) -> TrafficChange:
        await demo.traffic.change(data.level)
        return TrafficChange(demo.traffic.level)
