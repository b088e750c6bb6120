"""The pages of scheduled transfers: what there is, setting one up, skipping and ending."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State as AppState
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow, Page, lead
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.money import BY_NUMBER, Money
from feiqian.payees.errors import CheckNotFound, PayeeChanged
from feiqian.payees.model import NameCheck
from feiqian.scheduled.days import check_days
from feiqian.scheduled.errors import ScheduleInvalid, ScheduleNotFound, ScheduleOver, SchedulesUsedUp
from feiqian.scheduled.model import RUN_HOUR, Planned, Rhythm, Schedule, State
from feiqian.subjects import Role
from feiqian.transfers.errors import PersonTransferInvalid, UnusualTooHigh
from feiqian.transfers.model import Asked
from feiqian.transfers.pages.payee import amount_asked, first_source, holdings_for, too_unusual
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/scheduled"
_SAID = ("set_up", "changed", "used_up", "void")


class SchedulePages(Controller):
    """`/scheduled`."""

    path = HOME

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        found = await site.services.schedules.all_of(signed_in.number)
        return site.page(
            "scheduled/schedules.html",
            going=[_shown(one) for one in found if one.state is State.ACTIVE],
            over=[_shown(one) for one in found if one.state is not State.ACTIVE],
            hour=RUN_HOUR,
            said=said if said in _SAID else "",
        )

    @get("/to/{check:str}")
    async def ask(self, site: TheSite, signed_in: TheCustomer, check: FromPath[str]) -> Page:
        return await _form(site, signed_in, check, Form())

    @post("/to/{check:str}", status_code=303)
    async def begin(
        self, site: TheSite, signed_in: TheCustomer, check: FromPath[str], request: Request[Any, Any, AppState]
    ) -> Page:
        form = await read_form(request)
        asked = await amount_asked(site, signed_in, check, form)
        planned = _planned(site, asked, form)
        if planned is None:
            return await _form(site, signed_in, check, form)
        services, subject = site.services, signed_in.subject
        try:
            challenge = await services.schedules.begin(subject, planned, site.language, signed_in.session.device)
        except (CheckNotFound, PayeeChanged):
            return _anew(site)
        except ScheduleInvalid as error:
            if error.field == "check":
                return _anew(site)
            form.wrong(error.field, site.render.texts(f"scheduled.wrong.{error.field}"))
            return await _form(site, signed_in, check, form)
        except UnusualTooHigh as error:
            form.wrong("amount", too_unusual(site, error))
            return await _form(site, signed_in, check, form)
        except PersonTransferInvalid as error:
            form.wrong(error.field, site.render.texts(f"transfers.wrong.{error.field}"))
            return await _form(site, signed_in, check, form)
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        return await lead(OwnChallenges(services.verification, subject), challenge, f"{HOME}/confirm/{challenge.id}")

    @post("/{id:str}/skip", status_code=303)
    async def skip(
        self, site: TheSite, signed_in: TheCustomer, id: FromPath[str], request: Request[Any, Any, AppState]
    ) -> Redirect:
        day = _day((await read_form(request))["day"])
        try:
            await site.services.schedules.skip(signed_in.subject, id, day or date.min)
        except ScheduleNotFound:
            raise NotFoundException from None
        except ScheduleOver:
            return Redirect(f"{HOME}?said=changed", status_code=303)
        return Redirect(HOME, status_code=303)

    @post("/{id:str}/end", status_code=303)
    async def end(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Redirect:
        try:
            await site.services.schedules.end(signed_in.subject, id)
        except ScheduleNotFound:
            raise NotFoundException from None
        return Redirect(HOME, status_code=303)


async def _confirming(site: TheSite, signed_in: TheCustomer, challenge: FromPath[str]) -> Step | Redirect:
    """The challenge of a schedule that was asked for."""
    try:
        begun = await site.services.schedules.begun(signed_in.number, challenge)
    except ScheduleNotFound:
        raise NotFoundException from None
    if begun.state is not State.BEGUN:
        return Redirect(HOME, status_code=303)
    try:
        care = await site.services.schedules.care_begun(signed_in.number, challenge)
    except (CheckNotFound, PersonTransferInvalid):
        return Redirect(f"{HOME}?said=void", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.schedules.set_up(signed_in.subject, view.id)
        except SchedulesUsedUp:
            return Redirect(f"{HOME}?said=used_up", status_code=303)
        except (CheckNotFound, PersonTransferInvalid, ScheduleInvalid):
            return _anew(site)
        return Redirect(f"{HOME}?said=set_up", status_code=303)

    flow = ChallengeFlow(
        OwnChallenges(site.services.verification, signed_in.subject),
        challenge,
        f"{HOME}/confirm/{challenge}",
        HOME,
        site.render.texts("scheduled.confirm"),
        leave=HOME,
        template="scheduled/confirm.html",
        values={"it": _shown(begun), "care": care._replace(held=0), "held": care.held},
    )
    return Step(flow, finish)


PROVE = challenge_pages(f"{HOME}/confirm/{{challenge:str}}", _confirming, (Role.CUSTOMER,))
PAGES = (SchedulePages, PROVE)


def _planned(site: Site, asked: Asked | None, form: Form) -> Planned | None:
    """None where something of the form is wrong, which it says then: of the days, too, where the amount is."""
    first, until = _day(form["first"]), _day(form["until"])
    if form["rhythm"] not in list(Rhythm):
        return None
    rhythm = Rhythm(form["rhythm"])
    try:
        if first is None or (form["until"] and until is None):
            raise ScheduleInvalid("until" if first else "first")
        check_days(rhythm, first, until, site.services.schedules.today())
    except ScheduleInvalid as error:
        form.wrong(error.field, site.render.texts(f"scheduled.wrong.{error.field}"))
        return None
    return None if asked is None or form.errors else Planned(asked, rhythm, first, until)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


async def _form(site: Site, signed_in: Customer, id: str, form: Form) -> Page:
    try:
        check = await site.services.payees.of_check(signed_in.number, id)
    except CheckNotFound:
        return _anew(site)
    if not check.receives or check.check is NameCheck.NO_MATCH:
        return Redirect(f"/transfers/to/{id}", status_code=303)
    holdings = await holdings_for(site, signed_in, check)
    return site.page(
        "scheduled/new.html",
        status=NOT_TAKEN if form.errors else 200,
        form=form,
        check=check,
        holdings=holdings,
        chosen=form["source"] or first_source(site, signed_in, holdings),
        rhythms=list(Rhythm),
        number=form["number"] or secrets.token_hex(16),
    )


def _anew(site: Site) -> Page:
    return site.page("transfers/anew.html", status=409, again="/transfers/new")


def _shown(one: Schedule) -> dict[str, object]:
    return {
        "id": one.id,
        "amount": Money(one.amount, BY_NUMBER[one.currency]),
        "payee": one.payee,
        "shown": one.shown,
        "note": one.note,
        "rhythm": one.rhythm.value,
        "first": one.first,
        "until": one.until,
        "next_day": one.next_day,
        "next_at": one.next_at,
        "again": one.tries > 0,
        "repeats": one.rhythm is not Rhythm.ONCE,
        "state": one.state.value,
        "why": one.why.value if one.why else "",
    }
