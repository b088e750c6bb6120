"""Changes of what proves a customer: each begins with a challenge, and spends it where the change is made."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, NamedTuple

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import (
    AnswerWrong,
    EnrolmentRefused,
    FactorNotEnrolled,
    FactorNotFound,
    Locked,
)
from feiqian.auth.challenges.factors import LONGEST_LABEL
from feiqian.auth.model import ChallengeView
from feiqian.customers.errors import CustomersError
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.web.symbols import qr

from .challenge import ChallengeFlow, Page, lead
from .keys import letters_of, read_key_form
from .recover import choose, new_page
from .steps import Step, challenge_pages
from .words import FACTORS, refusal

HOME = "/security"
PLACE = "/security/change"
_REMOVE = re.compile(r"remove-(fac_[0-9a-f]+)")


class Act(NamedTuple):
    """What is changed, as a challenge is bound to it; `heading` and `what` are keys of texts, the latter says in a
    sentence what confirming it leads to."""

    purpose: Purpose
    kind: str
    reference: str
    heading: str
    what: str


ACTS = {
    "password": Act(Purpose.CHANGE_PASSWORD, "", "", "customer.change.password", "customer.change.password.what"),
    "pin": Act(Purpose.CHANGE_PIN, "", "", "customer.change.pin", "customer.change.pin.what"),
    "totp": Act(Purpose.ADD_FACTOR, "totp", "", "customer.change.totp", "customer.change.totp.what"),
    "passkey": Act(Purpose.ADD_FACTOR, "passkey", "", "customer.change.passkey", "customer.change.passkey.what"),
    "shield": Act(Purpose.ADD_FACTOR, "shield", "", "customer.change.shield", "customer.change.shield.what"),
    "unfreeze": Act(Purpose.UNFREEZE, "", "", "customer.change.unfreeze", "customer.change.unfreeze.what"),
}


class Changes(Controller):
    """`/security/change`: begin, answer, make the change."""

    path = PLACE

    @post("/", status_code=303)
    async def begin(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        act = form["act"]
        wanted = act_of(act)
        try:
            challenge = await site.services.changing.challenge(
                signed_in.session, wanted.purpose, wanted.kind, wanted.reference
            )
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        except FactorNotFound:
            return Redirect(HOME, status_code=303)  # it was removed elsewhere
        answers = OwnChallenges(site.services.verification, signed_in.subject)
        return await lead(answers, challenge, f"{PLACE}/{act}/{challenge.id}")

    @get("/{act:str}/{challenge:str}/new")
    async def new(self, site: TheSite, signed_in: TheCustomer, act: FromPath[str], challenge: FromPath[str]) -> Page:
        return new_page(site, Form(), _secret(act), f"{PLACE}/{act}/{challenge}/new", HOME)

    @post("/{act:str}/{challenge:str}/new", status_code=303)
    async def set(
        self,
        site: TheSite,
        request: Request[Any, Any, State],
        signed_in: TheCustomer,
        act: FromPath[str],
        challenge: FromPath[str],
    ) -> Page:
        form, what, place = await read_form(request), _secret(act), f"{PLACE}/{act}/{challenge}/new"
        changing, flow = site.services.changing, _flow(site, signed_in, act, challenge)
        change = changing.change_pin if what == "pin" else changing.change_password
        if page := await choose(site, form, what, place, flow, partial(change, signed_in.session, challenge), HOME):
            return page
        return Redirect(f"{HOME}?said={what}", status_code=303)


async def _proving(site: TheSite, signed_in: TheCustomer, act: FromPath[str], challenge: FromPath[str]) -> Step:
    """The challenge of a change; what it is for is in its address, and the challenge is bound to it."""

    async def finish(view: ChallengeView) -> Page:
        return await _made(site, signed_in, act, view.id)

    return Step(_flow(site, signed_in, act, challenge, await _what(site, signed_in, act_of(act))), finish)


PROVE = challenge_pages(f"{PLACE}/{{act:str}}/{{challenge:str}}", _proving, (Role.CUSTOMER,))


class Enrolments(Controller):
    """`/security/enrol`: what a token or key answers, once its challenge has been spent."""

    path = "/security/enrol"

    @post("/totp", status_code=303)
    async def totp(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        try:
            await site.services.changing.finish_totp(signed_in.session, form["enrolment"], form.code("code"))
        except (AnswerWrong, Locked) as error:
            form.wrong("code", refusal(site, error, Factor.TOTP))
            return _totp_page(site, form["enrolment"], form["uri"], form)
        except FactorNotFound:
            return _over(site, "expired")
        return Redirect(f"{HOME}?said=added", status_code=303)

    @post("/key", status_code=303)
    async def key(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_key_form(request)
        label = " ".join(form["label"].split())[:LONGEST_LABEL]
        try:
            await site.services.changing.finish_key(signed_in.session, form["enrolment"], form["answer"], label)
        except (EnrolmentRefused, FactorNotFound):
            return _over(site, "refused")
        return Redirect(f"{HOME}?said=added", status_code=303)


def act_of(act: str) -> Act:
    """Raises NotFoundException for what cannot be changed."""
    if found := _REMOVE.fullmatch(act):
        return Act(Purpose.REMOVE_FACTOR, "", found[1], "customer.change.remove", "customer.change.remove.what")
    if act not in ACTS:
        raise NotFoundException
    return ACTS[act]


async def _made(site: Site, customer: Customer, act: str, challenge: str) -> Page:
    """Makes the change, or leads to where the rest of it is asked for."""
    changing, session, wanted = site.services.changing, customer.session, act_of(act)
    if act in ("password", "pin"):
        return Redirect(f"{PLACE}/{act}/{challenge}/new", status_code=303)
    if wanted.kind == "totp":
        enrolment = await changing.begin_totp(session, challenge)
        return _totp_page(site, enrolment.id, enrolment.uri, Form())
    if wanted.purpose is Purpose.ADD_FACTOR:
        id, options = await changing.begin_key(session, challenge, Factor(wanted.kind))
        return _key_page(site, wanted, id, options)
    try:
        if act == "unfreeze":
            await site.services.security.unfreeze(session, challenge)
            return Redirect(f"{HOME}?said=unfrozen", status_code=303)
        await changing.remove_factor(session, challenge, wanted.reference)
    except (CustomersError, FactorNotFound):
        return Redirect(HOME, status_code=303)  # where it is said how things stand
    return Redirect(f"{HOME}?said=removed", status_code=303)


async def _what(site: Site, customer: Customer, wanted: Act) -> str:
    """What confirming leads to, in a sentence; of a factor that goes, with its name."""
    t, label = site.render.texts, ""
    if wanted.purpose is Purpose.REMOVE_FACTOR:
        own = [f for f in (await site.services.security.overview(customer.session)).factors if f.id == wanted.reference]
        if not own:
            raise NotFoundException
        label = own[0].label or t(FACTORS[own[0].factor])
    return t(wanted.what, name=label)


def _flow(site: Site, customer: Customer, act: str, challenge: str, what: str = "") -> ChallengeFlow:
    return ChallengeFlow(
        OwnChallenges(site.services.verification, customer.subject),
        challenge,
        f"{PLACE}/{act}/{challenge}",
        HOME,
        site.render.texts(act_of(act).heading),
        what,
        leave=HOME,
    )


def _secret(act: str) -> str:
    if act not in ("password", "pin"):
        raise NotFoundException
    return act


def _over(site: Site, state: str) -> Page:
    return site.page("auth/over.html", status=409, state=state, again=HOME, leave=HOME, inside=True)


def _totp_page(site: Site, enrolment: str, uri: str, form: Form) -> Page:
    """The token's secret as a picture and as letters. The page carries it on while a code is typed wrongly."""
    letters = letters_of(uri)
    if not letters:
        return _over(site, "expired")
    return site.page("auth/enrol_totp.html", form=form, enrolment=enrolment, uri=uri, picture=qr(uri), letters=letters)


def _key_page(site: Site, wanted: Act, enrolment: str, options: dict[str, Any]) -> Page:
    return site.page(
        "auth/enrol_key.html",
        ("customer.key.script.",),
        heading=wanted.heading,
        kind=wanted.kind,
        enrolment=enrolment,
        options=msgspec.json.encode(options).decode(),
    )
