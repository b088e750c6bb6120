"""The security centre: devices, sign-ins, ways to confirm; freezing in one tap, a stolen phone, signing out."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.challenges.credentials import ENROLLED, KEYS
from feiqian.auth.model import Overview
from feiqian.auth.sessions.user_agents import HANDHELD
from feiqian.clock import MICROSECONDS
from feiqian.web.forms import Form, read_form
from feiqian.web.lengths import LONGEST_NOTE
from feiqian.web.session import TheCustomer
from feiqian.web.site import Site, TheSite

from .challenge import Page
from .mobiles import shown_number
from .words import FACTORS

SAID = {
    "password": "customer.security.said.password",
    "pin": "customer.security.said.pin",
    "added": "customer.security.said.added",
    "removed": "customer.security.said.removed",
    "mobile": "customer.security.said.mobile",
    "email": "customer.security.said.email",
    "frozen": "customer.security.said.frozen",
    "unfrozen": "customer.security.said.unfrozen",
    "forgotten": "customer.security.said.forgotten",
    "everywhere": "customer.security.said.everywhere",
}
OUTCOMES = {
    "ok": "customer.security.sign_ins.ok",
    "wrong": "customer.security.sign_ins.wrong",
    "locked": "customer.security.sign_ins.locked",
}
LATELY = 7 * 24 * 3600 * MICROSECONDS
LINES = {"opened": "customer.case.opened", "note": "customer.case.note", "closed": "customer.case.closed"}
CASES = {
    "stolen_phone": "customer.case.stolen_phone",
    "recovery_help": "customer.case.recovery_help",
    "identity": "customer.case.identity",
}


class SecurityPages(Controller):
    """`/security`."""

    path = "/security"

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        security = site.services.security
        overview = await security.overview(signed_in.session)
        return site.page(
            "auth/security.html",
            it=overview,
            mobile=shown_number(overview.profile.mobile),
            cases=await security.cases(signed_in.session),
            waiting=await site.services.payments.confirmations.shown(signed_in.number),  # the way back to them
            said=SAID.get(said, ""),
            factors=FACTORS,
            outcomes=OUTCOMES,
            kinds=CASES,
            removable=ENROLLED,
            handheld=HANDHELD,
            **_standing(site, overview),
            has_key=any(own.factor in KEYS for own in overview.factors),
        )

    @post("/freeze", status_code=303)
    async def freeze(self, site: TheSite, signed_in: TheCustomer) -> Redirect:
        await site.services.security.freeze(signed_in.session)
        return Redirect("/security?said=frozen", status_code=303)

    @get("/stolen")
    async def stolen(self, site: TheSite, signed_in: TheCustomer) -> Page:
        return site.page("auth/stolen.html", form=Form())

    @post("/stolen", status_code=303)
    async def report(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if len(form["note"]) > LONGEST_NOTE:
            form.wrong("note", site.render.texts("customer.stolen.note.too_long", most=LONGEST_NOTE))
            return site.page("auth/stolen.html", form=form)
        case = await site.services.security.report_stolen(signed_in.session, form["note"])
        return Redirect(f"/security/cases/{case.id}", status_code=303)

    @get("/cases/{id:str}")
    async def case(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        for case in await site.services.security.cases(signed_in.session):
            if case.id == id:
                overview = await site.services.security.overview(signed_in.session)
                return site.page(
                    "auth/case.html", case=case, lines=LINES, kinds=CASES, frozen=overview.frozen, me=signed_in.subject
                )
        raise NotFoundException

    @post("/everywhere", status_code=303)
    async def everywhere(self, site: TheSite, signed_in: TheCustomer) -> Redirect:
        await site.services.security.sign_out_everywhere(signed_in.session)
        return Redirect("/security?said=everywhere", status_code=303)

    @post("/devices/{id:str}/forget", status_code=303)
    async def forget(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Redirect:
        """Forgetting the device that asks signs it out, too."""
        if not await site.services.security.forget_device(signed_in.session, id):
            raise NotFoundException
        return Redirect("/security?said=forgotten", status_code=303)


def _standing(site: Site, overview: Overview) -> dict[str, Any]:
    """What leads the page: the gravest that is so. `tried` is the newest sign-in of late that was refused, if any."""
    since = site.services.clock.now() - LATELY
    tried = next((seen for seen in overview.sign_ins if seen.outcome != "ok" and seen.at > since), None)
    standing = "frozen" if overview.frozen else "cooling" if overview.cooling else "tried" if tried else "good"
    return {"standing": standing, "tried": tried}
