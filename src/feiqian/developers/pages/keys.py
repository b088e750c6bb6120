"""API keys: which there are, making one, which is shown once, and revoking; each act with fresh factors."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.clock import DAY
from feiqian.developers.errors import KeyNameUsed
from feiqian.merchant_users.model import Permission
from feiqian.merchant_users.pages.portal import Page, Portal, ThePortal, go
from feiqian.merchant_users.pages.who import NEEDS
from feiqian.merchants.api_keys import KeyInfo, NewKey
from feiqian.merchants.errors import KeyInvalid, KeyNotFound, KeysFull
from feiqian.merchants.keys import LONGEST_NAME
from feiqian.merchants.scopes import Scope
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.site import TheSite

from .asked import HOME, NOT_THERE

PLACE = f"{HOME}/keys"
CONFIRM = f"{PLACE}/confirm"
KIND, MAKE, REVOKE = "merchant-key", "make", "revoke"
DAYS = ("30", "90", "365", "0")  # for which a key is honoured; 0: until it is revoked
READS, WRITES = {NEEDS: Permission.KEYS_READ}, {NEEDS: Permission.KEYS_WRITE}
REFUSED = (KeyInvalid, KeysFull, FactorNotEnrolled)


class KeyPages(Controller):
    """`/merchants/developers/keys`."""

    path = "/developers/keys"
    opt = READS
    exception_handlers = NOT_THERE

    @get("/")
    async def listing(self, portal: ThePortal) -> Page:
        return await _listing(portal, Form({"days": "365"}))

    @get("/over")
    async def over(self, portal: ThePortal) -> Page:
        """Those that were revoked, or have come to their end."""
        keys = await portal.site.services.key_desk.page(portal.member, portal.ask, over=True)
        return portal.page("developers/keys_over.html", "keys", keys=keys, now=portal.site.services.clock.now())

    @post("/", status_code=303, opt=WRITES)
    async def make(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        wanted = _wanted(portal, form)
        if not form.good:
            return await _listing(portal, form)
        desk, language = portal.site.services.key_desk, portal.site.language
        try:
            view = await desk.confirm_making(portal.member, wanted, language)
        except REFUSED as error:
            return await _refused(portal, form, error)
        scopes = " ".join(wanted.scopes)
        cookie = keep(portal.site, KIND, view.id, MAKE, wanted.name, scopes, str(wanted.expires_at))
        return Redirect(CONFIRM, status_code=303, cookies=[cookie])

    @get("/{id:str}")
    async def look(self, portal: ThePortal, id: FromPath[str]) -> Page:
        return await _key(portal, id, Form())

    @post("/{id:str}/revoke", status_code=303, opt=WRITES)
    async def revoke(self, portal: ThePortal, id: FromPath[str]) -> Page:
        try:
            view = await portal.site.services.key_desk.confirm_revoking(portal.member, id, portal.site.language)
        except FactorNotEnrolled:
            return await _key(portal, id, Form(errors={"": portal.text("portal.no_factor")}))
        return Redirect(CONFIRM, status_code=303, cookies=[keep(portal.site, KIND, view.id, REVOKE, id, "", "")])


async def _confirming(site: TheSite, portal: ThePortal, request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of the act that this browser has begun."""
    parts = kept(site, request, KIND, 5)
    if parts is None or parts[1] not in (MAKE, REVOKE):
        return Redirect(PLACE, status_code=303)
    flow = ChallengeFlow(
        OwnChallenges(site.services.verification, portal.member.subject),
        parts[0],
        CONFIRM,
        PLACE,
        portal.text("portal.confirm"),
        portal.text(f"developers.keys.confirm.{parts[1]}"),
        leave=PLACE,
        template="merchant_users/confirm.html",
        over="merchant_users/over.html",
    )

    async def finish(view: ChallengeView) -> Page:
        done = await (_make(portal, view.id, *parts[2:]) if parts[1] == MAKE else _revoke(portal, view.id, parts[2]))
        done.cookies.append(forget(site))
        return done

    return Step(flow, finish)


CONFIRM_KEY = challenge_pages("/developers/keys/confirm", _confirming, (Role.USER,), WRITES)


async def _make(portal: Portal, challenge: str, name: str, scopes: str, expires_at: str) -> Page:
    """The page that shows it, this once."""
    wanted = NewKey(name, tuple(map(Scope, scopes.split())), int(expires_at))
    try:
        key, secret = await portal.site.services.key_desk.make(portal.member, wanted, challenge)
    except REFUSED as error:
        return await _refused(portal, Form({"name": name, "days": "365"} | _ticked(wanted.scopes)), error)
    return portal.page(
        "developers/secret.html",
        "keys",
        title=portal.text("developers.keys.made", name=key.name),
        text=portal.text("developers.keys.made.text"),
        label=portal.text("developers.keys.key"),
        secret=secret,
        onwards=PLACE,
    )


async def _revoke(portal: Portal, challenge: str, id: str) -> Page:
    try:
        await portal.site.services.key_desk.revoke(portal.member, id, challenge)
    except KeyNotFound:
        return go(PLACE)
    return go(PLACE, "key_revoked")


def _wanted(portal: Portal, form: Form) -> NewKey:
    """What the form asks for, and what is wrong with it."""
    name, days = form["name"], form["days"]
    scopes = tuple(scope for scope in Scope if form[f"scope-{scope}"])
    if not 0 < len(name) <= LONGEST_NAME:
        form.wrong("name", portal.text("developers.keys.wrong.name"))
    if not scopes:
        form.wrong("scopes", portal.text("developers.keys.wrong.scopes"))
    if days not in DAYS:
        form.wrong("days", portal.text("developers.keys.wrong.days"))
        days = "0"
    now = portal.site.services.clock.now()
    return NewKey(name, scopes, now + int(days) * DAY if days != "0" else 0)


async def _refused(portal: Portal, form: Form, error: Exception) -> Page:
    if isinstance(error, KeyNameUsed):
        form.wrong("name", portal.text("developers.keys.wrong.used"))
    elif isinstance(error, KeysFull):
        form.wrong("", portal.text("developers.keys.wrong.full"))
    else:
        form.wrong("", portal.text("portal.no_factor" if isinstance(error, FactorNotEnrolled) else "form.errors"))
    return await _listing(portal, form)


async def _listing(portal: Portal, form: Form) -> Page:
    member, services = portal.member, portal.site.services
    return portal.page(
        "developers/keys.html",
        "keys",
        form,
        keys=await services.key_desk.page(member, portal.ask),
        may_change=member.may(Permission.KEYS_WRITE),
        scopes=list(Scope),
        days=[(one, portal.text(f"developers.keys.days.{one}")) for one in DAYS],
        mode=services.settings.mode,
    )


async def _key(portal: Portal, id: str, form: Form) -> Page:
    services, member = portal.site.services, portal.member
    key = await services.key_desk.one(member, id)
    return portal.page(
        "developers/key.html",
        "keys",
        form,
        key=key,
        state=key.state(services.clock.now()),
        who=await _who(portal, key),
        may_change=member.may(Permission.KEYS_WRITE),
    )


async def _who(portal: Portal, key: KeyInfo) -> dict[str, str]:
    """Who made it and who revoked it: the names of the merchant's people, else the bank."""
    found = {act: by for act, by in (("made", key.made_by), ("revoked", key.revoked_by)) if by is not None}
    names = await portal.site.services.key_desk.names(list(found.values()))
    return {act: names.get(by, portal.text("developers.the_bank")) for act, by in found.items()}


def _ticked(scopes: tuple[Scope, ...]) -> dict[str, str]:
    return {f"scope-{scope}": "yes" for scope in scopes}
