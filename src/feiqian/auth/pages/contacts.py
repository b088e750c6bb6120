"""Another mobile number or e-mail address: proved by who one is first, then by a code that goes to the new address.

The address is kept by the browser between the steps: the challenge is bound to it, so that it cannot be exchanged.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import (
    AnswerMalformed,
    AnswerWrong,
    ChallengeOver,
    CodeThrottled,
    FactorNotEnrolled,
    Locked,
)
from feiqian.auth.errors import DetailsInvalid, NotConfirmed
from feiqian.auth.model import ChallengeView
from feiqian.customers.errors import ApplicationOver
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import HOME as HOME_COUNTRY
from feiqian.notify.errors import SendingCapped
from feiqian.notify.mail_addresses import shown
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, UNDER_WAY

from .challenge import OVER, ChallengeFlow, Page, lead, over
from .details import email_of
from .mobiles import countries, mobile_of, shown_number
from .steps import Step, challenge_pages
from .words import details_wrong, number_wrong, refusal

PROVING, ENTERING = "contact", "contact-code"
MOBILE, MAIL = "mobile", "email"
HEADINGS = {MOBILE: "customer.change.mobile", MAIL: "customer.change.email"}
ENDING = 4  # digits by which people tell a mobile number
REMOVE = "remove"  # what the form's button says to have no e-mail address any more


class Contacts(Controller):
    """`/security/contact/{kind}`."""

    path = "/security/contact/{kind:str}"

    @get("/")
    async def ask(self, site: TheSite, signed_in: TheCustomer, kind: FromPath[str]) -> Page:
        return await _address_page(site, signed_in, _known(kind), Form({"country": HOME_COUNTRY}))

    @post("/", status_code=303)
    async def begin(
        self, site: TheSite, request: Request[Any, Any, State], signed_in: TheCustomer, kind: FromPath[str]
    ) -> Page:
        form, changing = await read_form(request), site.services.changing
        address = _address(site, form, _known(kind))
        if not form.good:
            return await _address_page(site, signed_in, kind, form)
        try:
            challenge = await changing.challenge(signed_in.session, Purpose.CHANGE_CONTACT, kind, address)
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        except (DetailsInvalid, NumberInvalid) as error:
            return await _refused(site, signed_in, kind, form, error)
        answers = OwnChallenges(site.services.verification, signed_in.subject)
        place = f"/security/contact/{kind}/{challenge.id}"
        return await lead(answers, challenge, place, keep(site, PROVING, kind, address))

    @get("/code")
    async def code(
        self, site: TheSite, request: Request[Any, Any, State], signed_in: TheCustomer, kind: FromPath[str]
    ) -> Page:
        parts = kept(site, request, ENTERING, 2)
        if parts is None:
            return Redirect(f"/security/contact/{_known(kind)}", status_code=303)
        return _code_page(site, Form(), _known(kind), parts[1])

    @post("/code", status_code=303, opt={ACTS_FOR: (Role.CUSTOMER, UNDER_WAY)})
    async def enter(
        self, site: TheSite, request: Request[Any, Any, State], signed_in: TheCustomer, kind: FromPath[str]
    ) -> Page:
        parts, form = kept(site, request, ENTERING, 2), await read_form(request)
        if parts is None:
            return Redirect(f"/security/contact/{_known(kind)}", status_code=303)
        return await _enter(site, signed_in, _known(kind), form, parts)


async def _proving(
    site: TheSite,
    request: Request[Any, Any, State],
    signed_in: TheCustomer,
    kind: FromPath[str],
    challenge: FromPath[str],
) -> Step | Redirect:
    """The challenge of the change that this browser has begun."""
    parts = kept(site, request, PROVING, 2)
    if parts is None or parts[0] != _known(kind):
        return Redirect(f"/security/contact/{_known(kind)}", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        return await _proved(site, signed_in, kind, view.id, parts[1])

    return Step(_flow(site, signed_in, kind, challenge, _what(site, kind, parts[1])), finish)


PROVE = challenge_pages("/security/contact/{kind:str}/{challenge:str}", _proving, (Role.CUSTOMER, UNDER_WAY))


async def _proved(site: Site, customer: Customer, kind: str, challenge: str, address: str) -> Page:
    services, session = site.services, customer.session
    if kind == MAIL and not address:
        await services.changing.remove_email(session, challenge)
        return Redirect("/security?said=email", status_code=303, cookies=[forget(site)])
    try:
        started = await services.new_contacts.start(session, challenge, kind, address)
    except (SendingCapped, DetailsInvalid, NumberInvalid) as error:
        return await _refused(site, customer, kind, Form({"country": HOME_COUNTRY}), error)
    cookie = keep(site, ENTERING, started.application, address)
    return Redirect(f"/security/contact/{kind}/code", status_code=303, cookies=[cookie])


async def _enter(site: Site, customer: Customer, kind: str, form: Form, parts: list[str]) -> Page:
    contacts, session, (application, address) = site.services.new_contacts, customer.session, parts
    factor = Factor.EMAIL if kind == MAIL else Factor.SMS
    try:
        await contacts.answer_code(session, application, factor, form.code("code"))
        await contacts.finish(session, application)
    except (AnswerMalformed, AnswerWrong, Locked, CodeThrottled, FactorNotEnrolled) as error:
        form.wrong("code", refusal(site, error, factor))
        return _code_page(site, form, kind, address)
    except (ApplicationOver, ChallengeOver, NotConfirmed, *OVER) as error:
        return over(site, _flow(site, customer, kind, ""), error)
    return Redirect(f"/security?said={kind}", status_code=303, cookies=[forget(site)])


async def _refused(site: Site, customer: Customer, kind: str, form: Form, error: Exception) -> Page:
    """Back to where the address is typed, with what is wrong with it, or why no code is sent to it."""
    if isinstance(error, NumberInvalid):
        form.wrong(kind, number_wrong(site, error))
    elif isinstance(error, DetailsInvalid):
        form.wrong(kind if error.field == kind else "", details_wrong(site, error))
    else:
        form.wrong("", site.render.texts("customer.code.no_more"))
    return await _address_page(site, customer, kind, form)


def _known(kind: str) -> str:
    if kind not in HEADINGS:
        raise NotFoundException
    return kind


def _address(site: Site, form: Form, kind: str) -> str:
    if kind == MOBILE:
        return mobile_of(site, form)
    if form["do"] == REMOVE:
        return ""
    address = email_of(site, form)
    if not address:
        form.wrong("email", site.render.texts("customer.details.email.wrong"))
    return address


def _what(site: Site, kind: str, address: str) -> str:
    """What confirming leads to, in a sentence."""
    t = site.render.texts
    if kind == MOBILE:
        return t("customer.change.mobile.what", ending=address[-ENDING:])
    return t("customer.change.email.what", address=shown(address)) if address else t("customer.change.email.none")


def _flow(site: Site, customer: Customer, kind: str, challenge: str, what: str = "") -> ChallengeFlow:
    place = f"/security/contact/{kind}"
    return ChallengeFlow(
        OwnChallenges(site.services.verification, customer.subject),
        challenge,
        f"{place}/{challenge}",
        place,
        site.render.texts(HEADINGS[kind]),
        what,
        leave="/security",
    )


async def _address_page(site: Site, customer: Customer, kind: str, form: Form) -> Page:
    overview = await site.services.security.overview(customer.session)
    return site.page(
        "auth/contact.html",
        form=form,
        kind=kind,
        heading=HEADINGS[kind],
        now=shown_number(overview.profile.mobile) if kind == MOBILE else shown(overview.profile.email),
        countries=countries(site.language),
    )


def _code_page(site: Site, form: Form, kind: str, address: str) -> Page:
    heading = HEADINGS[kind]
    address = shown(address) if kind == MAIL else address
    return site.page("auth/contact_code.html", form=form, kind=kind, heading=heading, address=address)
