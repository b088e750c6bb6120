"""The merchant's people: who is there; and for owners, inviting, other roles, removing, each with fresh factors."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.merchant_users.errors import LastOwner, UserInvalid
from feiqian.merchant_users.model import MerchantRole, Permission
from feiqian.merchant_users.people import Act, Doing
from feiqian.merchant_users.users import INVITATION_HOURS
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.site import TheSite

from .confirming import flow_of
from .portal import Page, Portal, ThePortal, go
from .who import HOME, NEEDS

PLACE = f"{HOME}/people"
CONFIRM = f"{PLACE}/confirm"
KIND = "merchant-people"
SAID = {Doing.INVITE: "invited", Doing.RENEW: "invited", Doing.ROLE: "role", Doing.REMOVE: "removed"}
REFUSED = (UserInvalid, LastOwner, FactorNotEnrolled)
READS = {NEEDS: Permission.PEOPLE_READ}
WRITES = {NEEDS: Permission.PEOPLE_WRITE}


class PeoplePages(Controller):
    """`/merchants/people`."""

    path = "/people"
    opt = READS

    @get("/")
    async def listing(self, portal: ThePortal) -> Page:
        return await _listing(portal, Form({"role": MerchantRole.VIEWER.value}))

    @post("/", status_code=303, opt=WRITES)
    async def invite(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if form["role"] not in set(MerchantRole):
            form.wrong("role", portal.text("portal.people.wrong.role"))
            return await _listing(portal, form)
        return await _begin(portal, Act(Doing.INVITE, form["email"], form["role"]), form)

    @get("/{id:str}", opt=WRITES)
    async def look(self, portal: ThePortal, id: FromPath[str]) -> Page:
        return await _person(portal, id, Form())

    @post("/{id:str}", status_code=303, opt=WRITES)
    async def change(self, portal: ThePortal, id: FromPath[str], request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        if form["act"] not in (Doing.ROLE, Doing.RENEW, Doing.REMOVE):
            raise NotFoundException
        doing = Doing(form["act"])
        if doing is Doing.ROLE and form["role"] not in set(MerchantRole):
            form.wrong("role", portal.text("portal.people.wrong.role"))
            return await _person(portal, id, form)
        return await _begin(portal, Act(doing, id, form["role"] if doing is Doing.ROLE else ""), form)


async def _confirming(site: TheSite, portal: ThePortal, request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of the act that this browser has begun."""
    parts = kept(site, request, KIND, 4)
    if parts is None or parts[1] not in set(Doing):
        return Redirect(PLACE, status_code=303)
    act = Act(Doing(parts[1]), parts[2], parts[3])

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.people.carry_out(portal.member, act, view.id)
        except REFUSED as error:
            return await _refused(portal, act, Form(_values(act)), error)
        there = go(PLACE, SAID[act.doing])
        there.cookies.append(forget(site))
        return there

    return Step(flow_of(portal, parts[0], CONFIRM, PLACE), finish)


CONFIRMING = challenge_pages("/people/confirm", _confirming, (Role.USER,), WRITES)


async def _begin(portal: Portal, act: Act, form: Form) -> Page:
    """To the challenge."""
    people, language = portal.site.services.people, portal.site.language
    try:
        view = await people.confirm(portal.member, act, language)
    except REFUSED as error:
        return await _refused(portal, act, form, error)
    cookie = keep(portal.site, KIND, view.id, *act)
    return Redirect(CONFIRM, status_code=303, cookies=[cookie])


async def _refused(portal: Portal, act: Act, form: Form, error: Exception) -> Page:
    """The page of what was asked, which says why nothing was done."""
    if isinstance(error, UserInvalid):
        field = "email" if error.reason in ("email", "there") else ""
        form.wrong(field, portal.text(f"portal.people.wrong.{error.reason}"))
    else:
        form.wrong("", portal.text("portal.people.wrong.last" if isinstance(error, LastOwner) else "portal.no_factor"))
    return await (_listing(portal, form) if act.doing is Doing.INVITE else _person(portal, act.whom, form))


def _values(act: Act) -> dict[str, str]:
    return {"email": act.whom, "role": act.role} if act.doing is Doing.INVITE else {"role": act.role}


async def _listing(portal: Portal, form: Form) -> Page:
    return portal.page(
        "merchant_users/people.html",
        "people",
        form,
        people=await portal.site.services.people.all(portal.member),
        may_change=portal.member.may(Permission.PEOPLE_WRITE),
        roles=_roles(portal),
        hours=INVITATION_HOURS,
    )


async def _person(portal: Portal, id: str, form: Form) -> Page:
    user = await portal.site.services.people.one(portal.member, id)
    return portal.page("merchant_users/person.html", "people", form, user=user, roles=_roles(portal))


def _roles(portal: Portal) -> list[tuple[str, str]]:
    return [(role.value, portal.text(f"portal.role.{role}")) for role in MerchantRole]
