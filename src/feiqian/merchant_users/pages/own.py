"""Changes of what one signs in with: each is confirmed with fresh factors, and then made."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from feiqian.auth.challenges.errors import (
    AnswerWrong,
    EnrolmentRefused,
    FactorNotEnrolled,
    FactorNotFound,
    Locked,
    TooWeak,
    VerificationError,
)
from feiqian.auth.challenges.factors import LONGEST_LABEL
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.errors import SecretUnchanged
from feiqian.auth.pages.details import password_of
from feiqian.auth.pages.keys import letters_of, read_key_form
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.auth.pages.words import refusal, weakness
from feiqian.merchant_users.errors import FactorNeeded
from feiqian.merchant_users.own import ADDED, PASSWORD, REMOVE, Change
from feiqian.policy.factors import Factor
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.site import TheSite
from feiqian.web.symbols import qr

from .confirming import flow_of
from .portal import Page, Portal, ThePortal, go
from .security import PLACE, security_page
from .who import FOR_ALL

CONFIRM, NEW = f"{PLACE}/confirm", f"{PLACE}/password"
KIND = "merchant-own"
_REMOVE = re.compile(r"remove-(fac_[0-9a-f]{32})", re.ASCII)


class OwnPages(Controller):
    """Below `/merchants/security`."""

    path = "/security"
    opt = FOR_ALL

    @post("/change", status_code=303)
    async def begin(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        change, own = _change(form["act"]), portal.site.services.own_access
        try:
            view = await own.confirm(portal.member, change, portal.site.language)
        except FactorNotFound:
            raise NotFoundException from None
        except (FactorNeeded, FactorNotEnrolled) as error:
            key = "portal.security.needed" if isinstance(error, FactorNeeded) else "portal.no_factor"
            form.wrong("", portal.text(key))
            return await security_page(portal, form)
        return Redirect(CONFIRM, status_code=303, cookies=[keep(portal.site, KIND, view.id, *change)])

    @get("/password")
    async def ask(self, portal: ThePortal) -> Page:
        return _password_page(portal, Form())

    @post("/password", status_code=303)
    async def set(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form, parts = await read_form(request), kept(portal.site, request, KIND, 3)
        if parts is None:
            return go(PLACE)
        password = password_of(portal.site, form)
        if not form.good:
            return _password_page(portal, form)
        try:
            await portal.site.services.own_access.change_password(portal.member, parts[0], password)
        except TooWeak as error:
            form.wrong("password", weakness(portal.site, error))
        except SecretUnchanged:
            form.wrong("password", portal.text("customer.secret.unchanged"))
        except VerificationError:
            return go(PLACE, "over")
        return _password_page(portal, form) if not form.good else _done(portal, "password")

    @post("/totp", status_code=303)
    async def totp(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form, own = await read_form(request), portal.site.services.own_access
        try:
            await own.finish_totp(portal.member, form["enrolment"], form.code("code"))
        except (AnswerWrong, Locked) as error:
            form.wrong("code", refusal(portal.site, error, Factor.TOTP))
            return _totp_page(portal, form["enrolment"], form["uri"], form)
        except FactorNotFound:
            return go(PLACE, "over")
        return _done(portal, "added")

    @post("/key", status_code=303)
    async def key(self, portal: ThePortal, request: Request[Any, Any, State]) -> Page:
        form, own = await read_key_form(request), portal.site.services.own_access
        label = " ".join(form["label"].split())[:LONGEST_LABEL]
        try:
            await own.finish_key(portal.member, form["enrolment"], form["answer"], label)
        except (EnrolmentRefused, FactorNotFound):
            return go(PLACE, "over")
        return _done(portal, "added")


async def _confirming(site: TheSite, portal: ThePortal, request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of the change that this browser has begun."""
    parts = kept(site, request, KIND, 3)
    if parts is None:
        return Redirect(PLACE, status_code=303)
    change = Change(parts[1], parts[2])

    async def finish(view: ChallengeView) -> Page:
        return await _made(portal, change, view.id)

    return Step(flow_of(portal, parts[0], CONFIRM, PLACE), finish)


CONFIRMING_OWN = challenge_pages("/security/confirm", _confirming, (Role.USER,), FOR_ALL)


async def _made(portal: Portal, change: Change, challenge: str) -> Page:
    """Makes the change, or leads to where the rest of it is asked for."""
    own, member = portal.site.services.own_access, portal.member
    if change.what == PASSWORD:
        return Redirect(NEW, status_code=303)
    if change.what == Factor.TOTP:
        enrolment = await own.begin_totp(member, change, challenge)
        return _totp_page(portal, enrolment.id, enrolment.uri, Form())
    if change.what in ADDED:
        id, options = await own.begin_key(member, change, challenge)
        return _key_page(portal, change.what, id, options)
    try:
        await own.remove(member, change, challenge)
    except (FactorNotFound, FactorNeeded):
        return go(PLACE, "over")
    return _done(portal, "removed_factor")


def _change(act: str) -> Change:
    """Raises NotFoundException for what cannot be changed."""
    if found := _REMOVE.fullmatch(act):
        return Change(REMOVE, found[1])
    if act != PASSWORD and act not in ADDED:
        raise NotFoundException
    return Change(act)


def _done(portal: Portal, said: str) -> Page:
    there = go(PLACE, said)
    there.cookies.append(forget(portal.site))
    return there


def _totp_page(portal: Portal, enrolment: str, uri: str, form: Form) -> Page:
    """The token's secret as a picture and as letters. The page carries it on while a code is typed wrongly."""
    letters = letters_of(uri)
    if not letters:
        return go(PLACE, "over")
    shown: dict[str, Any] = {"enrolment": enrolment, "uri": uri, "picture": qr(uri), "letters": letters}
    return portal.page("merchant_users/add_totp.html", "security", form, **shown)


def _key_page(portal: Portal, kind: str, enrolment: str, options: dict[str, Any]) -> Page:
    told = msgspec.json.encode(options).decode()
    scripts = ("customer.key.script.",)
    return portal.page(
        "merchant_users/add_key.html", "security", None, scripts, kind=kind, enrolment=enrolment, options=told
    )


def _password_page(portal: Portal, form: Form) -> Page:
    return portal.page("merchant_users/new_password.html", "security", form)
