"""What a customer looks for, as the list's address says it; and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple
from urllib.parse import urlencode

from feiqian.accounts.kinds import wallet_id
from feiqian.activity.matching import LONGEST_SEARCH
from feiqian.activity.model import EVERYTHING, Direction, State, Wanted
from feiqian.clock import microseconds
from feiqian.deposits.pages.places import name_of
from feiqian.deposits.statements import Holding
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, CurrencyNumber, MoneyInvalid, parse_typed
from feiqian.payments.read_model.lines import NEVER, Span
from feiqian.web.forms import Form
from feiqian.web.site import Site

FIELDS = ("q", "account", "way", "state", "since", "until", "least", "most")


class Place(NamedTuple):
    """An account that may be chosen: how addresses name it, its account in the ledger, what it is."""

    name: str
    ledger_id: bytes
    holding: Holding


def places_of(customer: CustomerNumber, holdings: list[Holding]) -> list[Place]:
    return [Place(name_of(one.id, one.currency), ledger_id_of(customer, one), one) for one in holdings]


def ledger_id_of(customer: CustomerNumber, holding: Holding) -> bytes:
    account = holding.account
    return wallet_id(holding.currency.number, customer) if account is None else account.ledger_id


class Filters(NamedTuple):
    """What was asked for, and the form that shows it. Where something of it is wrong, nothing of that counts."""

    wanted: Wanted
    form: Form

    @property
    def any(self) -> bool:
        return any(self.form[name] for name in FIELDS)

    @property
    def beside_text(self) -> bool:
        """Whether more is filled in than what is looked for."""
        return any(self.form[name] for name in FIELDS[1:])

    def address(self, **more: str) -> str:
        """Of a page of the same list."""
        asked = {name: self.form[name] for name in FIELDS if self.form[name]} | more
        return f"/activity?{urlencode(asked)}" if asked else "/activity"


def read_filters(site: Site, zone: tzinfo, query: Mapping[str, str], places: list[Place]) -> Filters:
    form = Form({name: query.get(name, "")[:LONGEST_SEARCH] for name in FIELDS})
    own = {place.name: place.ledger_id for place in places}
    currency = site.services.policy.currency
    wanted = replace(
        EVERYTHING,
        text=form["q"],
        account=own.get(form["account"], b""),
        direction=Direction(form["way"]) if form["way"] in tuple(Direction) else Direction.ALL,
        state=State(form["state"]) if form["state"] in tuple(State) else State.ALL,
        span=_span(site, form, zone),
        least=_amount(site, form, "least", currency) or 0,
        most=_amount(site, form, "most", currency) or NEVER,
    )
    return Filters(wanted, form)


def _span(site: Site, form: Form, zone: tzinfo) -> Span:
    """From the beginning of one day to the end of another, by the clocks of the one who asks."""
    since, until = (_day(site, form, name) for name in ("since", "until"))
    if since and until and since > until:
        form.wrong("until", site.render.texts("activity.wrong.order"))
        return Span()
    start = _begins(since, zone) if since else 0
    return Span(start, _begins(until + timedelta(days=1), zone) if until else NEVER)


def _day(site: Site, form: Form, name: str) -> date | None:
    if not form[name]:
        return None
    try:
        day = date.fromisoformat(form[name])
    except ValueError:
        day = date.max
    if not date(1970, 1, 2) <= day < date(9999, 12, 1):
        form.wrong(name, site.render.texts("activity.wrong.day"))
        return None
    return day


def _begins(day: date, zone: tzinfo) -> int:
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))


def _amount(site: Site, form: Form, name: str, currency: CurrencyNumber) -> int | None:
    if not form[name]:
        return None
    try:
        return parse_typed(form[name], BY_NUMBER[currency]).minor
    except MoneyInvalid:
        form.wrong(name, site.render.texts("activity.wrong.amount"))
        return None
