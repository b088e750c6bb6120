"""A customer's limits: what is used, left, and when it is fresh again; lowered at once, raised with a challenge."""

from __future__ import annotations

from typing import Any, NamedTuple

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
from feiqian.clock import MICROSECONDS
from feiqian.limits.errors import OwnLimitInvalid, OwnLimitRises
from feiqian.limits.own import SCOPES, SPANS, Limit, Which
from feiqian.money import BY_CODE, BY_NUMBER, MinorUnits, Money, MoneyInvalid, parse_typed
from feiqian.policy.model import NO_BOUND
from feiqian.policy.scopes import Scope, Span
from feiqian.subjects import Role
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer
from feiqian.web.site import Site, TheSite

HOME = "/limits"
NONE = "none"  # in addresses: no limit of their own
_SAID = ("lowered", "raised", "kept")


class Line(NamedTuple):
    """A limit as the page draws it. Amounts are None where nothing is set."""

    which: Which
    address: str
    rule: str
    cap: Money | None
    bank: Money | None
    own: Money | None
    used: Money
    left: Money | None
    resets_at: int
    next_cap: Money | None
    next_at: int


class Limits(Controller):
    """`/limits`."""

    path = HOME

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Page:
        groups: dict[str, dict[Scope, list[Line]]] = {}
        for line in await _lines(site, signed_in):
            of_currency = groups.setdefault(BY_NUMBER[line.which.currency].code, {})
            of_currency.setdefault(line.which.scope, []).append(line)
        return site.page(
            "limits/limits.html",
            hours=site.services.policy.delays.raise_limit_hours,
            said=f"limits.said.{said}" if said in _SAID else "",
            groups=groups,
            when_theirs=site.render.formats.by_clock(site.offset).when_inside,
        )

    @get("/{currency:str}/{of:str}/{span:str}")
    async def one(
        self, site: TheSite, signed_in: TheCustomer, currency: FromPath[str], of: FromPath[str], span: FromPath[str]
    ) -> Page:
        return await _form(site, signed_in, _which(currency, of, span), Form())

    @post("/{currency:str}/{of:str}/{span:str}", status_code=303)
    async def set(
        self,
        site: TheSite,
        signed_in: TheCustomer,
        request: Request[Any, Any, State],
        currency: FromPath[str],
        of: FromPath[str],
        span: FromPath[str],
    ) -> Page:
        """Lowers, or leads to the challenge that a higher limit needs."""
        form, which = await read_form(request), _which(currency, of, span)
        own, texts = site.services.own_limits, site.render.texts
        try:
            cap = None if form["do"] == NONE else parse_typed(form["amount"], BY_NUMBER[which.currency]).minor
            try:
                if cap is None:
                    return await _prove(site, signed_in, which, None)
                await own.lower(signed_in.session, which, cap)
            except OwnLimitRises:
                return await _prove(site, signed_in, which, cap)
        except MoneyInvalid:
            form.wrong("amount", texts("limits.refused.amount"))
        except OwnLimitInvalid as invalid:
            form.wrong("amount", texts(f"limits.refused.{invalid.reason}"))
        except FactorNotEnrolled:
            return site.page("onboarding/cannot.html", status=409)
        else:
            return Redirect(f"{HOME}?said=lowered", status_code=303)
        return await _form(site, signed_in, which, form)

    @post("/{currency:str}/{of:str}/{span:str}/keep", status_code=303)
    async def keep(
        self, site: TheSite, signed_in: TheCustomer, currency: FromPath[str], of: FromPath[str], span: FromPath[str]
    ) -> Redirect:
        try:
            await site.services.own_limits.keep(signed_in.session, _which(currency, of, span))
        except OwnLimitInvalid:
            return Redirect(HOME, status_code=303)  # where it is said how things stand
        return Redirect(f"{HOME}?said=kept", status_code=303)


async def _raising(
    site: TheSite,
    signed_in: TheCustomer,
    currency: FromPath[str],
    of: FromPath[str],
    span: FromPath[str],
    amount: FromPath[str],
    challenge: FromPath[str],
) -> Step:
    """The challenge of a limit that is raised to the amount (minor units) in its address, which it is bound to."""
    which, cap = _which(currency, of, span), _cap(amount)

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.own_limits.raise_to(signed_in.session, which, cap, view.id)
        except OwnLimitInvalid:
            return Redirect(HOME, status_code=303)
        return Redirect(f"{HOME}?said=raised", status_code=303)

    return Step(_flow(site, signed_in, which, cap, challenge), finish)


RAISE = challenge_pages(
    f"{HOME}/{{currency:str}}/{{of:str}}/{{span:str}}/raise/{{amount:str}}/{{challenge:str}}",
    _raising,
    (Role.CUSTOMER,),
)
PAGES = [Limits, RAISE]


async def _prove(site: Site, customer: Customer, which: Which, cap: MinorUnits | None) -> Page:
    challenge = await site.services.own_limits.challenge(customer.session, which, cap)
    answers = OwnChallenges(site.services.verification, customer.subject)
    return await lead(answers, challenge, f"{_raise(which, cap)}/{challenge.id}")


def _flow(site: Site, customer: Customer, which: Which, cap: MinorUnits | None, challenge: str) -> ChallengeFlow:
    texts, hours = site.render.texts, site.services.policy.delays.raise_limit_hours
    limit = texts(f"canonical.kind.{which.name}")
    if cap is None:
        what = texts("limits.raise.what.none", limit=limit, hours=hours)
    else:
        amount = site.render.amount(Money(cap, BY_NUMBER[which.currency]))
        what = texts("limits.raise.what", limit=limit, amount=amount, hours=hours)
    return ChallengeFlow(
        OwnChallenges(site.services.verification, customer.subject),
        challenge,
        f"{_raise(which, cap)}/{challenge}",
        _address(which),
        texts("canonical.purpose.raise_limit"),
        what,
        leave=HOME,
    )


async def _form(site: Site, customer: Customer, which: Which, form: Form) -> Response[str]:
    line = next((line for line in await _lines(site, customer) if line.which == which), None)
    if line is None:
        raise NotFoundException
    hours = site.services.policy.delays.raise_limit_hours
    return site.page("limits/limit.html", form=form, line=line, hours=hours, none=NONE)


async def _lines(site: Site, customer: Customer) -> list[Line]:
    return [_line(limit) for limit in await site.services.own_limits.all_of(customer.number)]


def _line(limit: Limit) -> Line:
    which, state, own = limit

    def money(minor: int | None) -> Money | None:
        if minor is None or minor >= NO_BOUND:
            return None
        return Money(MinorUnits(minor), BY_NUMBER[which.currency])

    return Line(
        which,
        _address(which),
        state.rule,
        money(state.cap),
        money(state.bank),
        money(own.cap) if own is not None else None,
        Money(MinorUnits(state.used), BY_NUMBER[which.currency]),
        money(state.left) if state.cap < NO_BOUND else None,
        state.resets_at * MICROSECONDS,
        money(own.next_cap) if own is not None else None,
        own.next_at if own is not None else 0,
    )


def _which(currency: str, of: str, span: str) -> Which:
    """Raises NotFoundException for what is no limit that customers set."""
    if currency not in BY_CODE or of not in SCOPES or span not in SPANS:
        raise NotFoundException
    return Which(BY_CODE[currency].number, Scope(of), Span(span))


def _cap(amount: str) -> MinorUnits | None:
    if amount == NONE:
        return None
    if not (amount.isascii() and amount.isdecimal() and len(amount) < 20):
        raise NotFoundException
    return MinorUnits(int(amount))


def _address(which: Which) -> str:
    return f"{HOME}/{BY_NUMBER[which.currency].code}/{which.scope}/{which.span}"


def _raise(which: Which, cap: MinorUnits | None) -> str:
    return f"{_address(which)}/raise/{NONE if cap is None else cap}"
