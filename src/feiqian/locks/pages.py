"""A customer's money locks: lock at once, open with a challenge, keep what would open."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.auth.answering import OwnChallenges
from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow, Page, lead
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.locks.errors import LockNotFound, LockRefused, LockStateDiffers
from feiqian.locks.model import LockState, MoneyLock, Place
from feiqian.locks.service import MOST
from feiqian.money import BY_CODE, BY_NUMBER, Money, MoneyInvalid, parse_typed
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/locks"
_SAID = ("locked", "opening", "kept")
_FIELDS = {"amount": "amount", "insufficient": "amount", "account": "account", "stopped": "account"}


class Locks(Controller):
    """`/locks`."""

    path = HOME

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        return await _page(site, signed_in, Form(), said if said in _SAID else "")

    @post("/", status_code=303)
    async def lock(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        account, _, code = form["account"].partition("/")
        currency = BY_CODE.get(code)
        try:
            if currency is None:
                raise LockRefused("account")
            amount = parse_typed(form["amount"], currency).minor
            await site.services.locks.lock(signed_in.session, account, currency.number, amount, _reference(form))
        except MoneyInvalid:
            form.wrong("amount", site.render.texts("locks.refused.amount"))
        except LockRefused as refused:
            text = site.render.texts(f"locks.refused.{refused.reason}", most=MOST)
            form.wrong(_FIELDS.get(refused.reason, ""), text)
        else:
            return Redirect(f"{HOME}?said=locked", status_code=303)
        return await _page(site, signed_in, form)

    @post("/{id:str}/open", status_code=303)
    async def begin(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Page:
        try:
            challenge = await site.services.locks.challenge(signed_in.session, id)
        except LockNotFound:
            raise NotFoundException from None
        except LockStateDiffers:
            return Redirect(HOME, status_code=303)  # where it is said how things stand
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        answers = OwnChallenges(site.services.verification, signed_in.subject)
        return await lead(answers, challenge, f"{HOME}/{id}/open/{challenge.id}")

    @post("/{id:str}/keep", status_code=303)
    async def keep(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Redirect:
        try:
            await site.services.locks.keep(signed_in.session, id)
        except LockNotFound:
            raise NotFoundException from None
        except LockStateDiffers:
            return Redirect(HOME, status_code=303)
        return Redirect(f"{HOME}?said=kept", status_code=303)


async def _opening(
    site: TheSite, signed_in: TheCustomer, id: FromPath[str], challenge: FromPath[str]
) -> Step | Redirect:
    """The challenge of a lock that is to open."""
    services = site.services
    lock = next((one for one in await services.locks.all_of(signed_in.number) if one.id == id), None)
    if lock is None:
        raise NotFoundException
    if lock.state is not LockState.LOCKED:
        return Redirect(HOME, status_code=303)

    async def finish(view: ChallengeView) -> Page:
        try:
            await services.locks.open(signed_in.session, id, view.id)
        except LockStateDiffers:
            return Redirect(HOME, status_code=303)
        return Redirect(f"{HOME}?said=opening", status_code=303)

    return Step(_flow(site, signed_in, lock, challenge), finish)


OPEN = challenge_pages(f"{HOME}/{{id:str}}/open/{{challenge:str}}", _opening, (Role.CUSTOMER,))


def _flow(site: Site, customer: Customer, lock: MoneyLock, challenge: str) -> ChallengeFlow:
    texts, hours = site.render.texts, site.services.policy.delays.open_lock_hours
    return ChallengeFlow(
        OwnChallenges(site.services.verification, customer.subject),
        challenge,
        f"{HOME}/{lock.id}/open/{challenge}",
        HOME,
        texts("canonical.purpose.open_lock"),
        texts("locks.opening.what", amount=site.render.amount(_money(lock)), hours=hours),
        leave=HOME,
    )


def _said(site: Site, said: str, newest: int) -> str:
    """What was done; `newest` is when the last lock to be opened opens."""
    texts = site.render.texts
    if said == "opening":
        return texts("locks.said.opening", when=site.render.formats.when_inside(newest))
    return texts(f"locks.said.{said}") if said else ""


async def _page(site: Site, customer: Customer, form: Form, said: str = "") -> Response[str]:
    services = site.services
    locks, places = await services.locks.all_of(customer.number), await services.locks.places(customer.number)
    names = {place.account: _name(site, place) for place in places}
    newest = max((lock.opens_at for lock in locks), default=0)
    return site.page(
        "locks/locks.html",
        form=form,
        hours=services.policy.delays.open_lock_hours,
        said=_said(site, said, newest),
        closed=[_shown(lock, names) for lock in locks if lock.state is not LockState.OPEN],
        opened=[_shown(lock, names) for lock in locks if lock.state is LockState.OPEN],
        places=[_choice(site, it) for it in places],
        amounts=[text for it in places for text in _amounts(site, it)],
        reference=_reference(form) if form.errors else _reference(Form()),
    )


def _shown(lock: MoneyLock, names: dict[str, str]) -> dict[str, object]:
    at = {LockState.OPENING: lock.opens_at, LockState.OPEN: lock.opened_at}.get(lock.state, lock.locked_at)
    name = names.get(lock.account, "")
    return {"id": lock.id, "state": lock.state.value, "amount": _money(lock), "name": name, "at": at}


def _money(lock: MoneyLock) -> Money:
    return Money(lock.amount, BY_NUMBER[lock.currency])


def _reference(form: Form) -> str:
    """The form's own, so that one that is sent twice locks once."""
    return form["reference"][:64] or secrets.token_hex(16)


def _name(site: Site, place: Place) -> str:
    texts = site.render.texts
    return texts("locks.account", last_four=place.last_four) if place.account else texts("locks.wallet")


def _choice(site: Site, place: Place) -> tuple[str, str]:
    """In a form, and how it is called there: there may be wallets in several currencies."""
    code, name = BY_NUMBER[place.currency].code, _name(site, place)
    return f"{place.account}/{code}", name if place.account else f"{name} {code}"


def _amounts(site: Site, place: Place) -> Iterator[str]:
    """So much of an account is free, and so much is held. A select of a phone has no room for it."""
    for what, amount in (("free", place.free), ("held", place.reserved.held)):
        if amount or what == "free":
            shown = site.render.amount(Money(amount, BY_NUMBER[place.currency]))
            yield site.render.texts(f"locks.of.{what}", account=_name(site, place), amount=shown)


PAGES = [Locks, OPEN]
LONGEST = {"account": 40, "reference": 64}
