"""What the pages of asking for money share: how a request is shown, what is typed, and from where it is paid."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from feiqian.auth.pages.mobiles import shown_number
from feiqian.ids import CustomerNumber
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_NUMBER, NOTHING, Currency, MinorUnits, Money, MoneyInvalid, parse_typed
from feiqian.requests.errors import (
    CannotReceive,
    ReceiveCodeInvalid,
    RequestInvalid,
    RequestNumberUsed,
    RequestsThrottled,
)
from feiqian.requests.model import LONGEST_NOTE, MoneyRequest
from feiqian.sources.standing import Source
from feiqian.web.forms import Form
from feiqian.web.session import Customer
from feiqian.web.site import Site

HOME = "/requests"
NOT_ASKED = (CannotReceive, ReceiveCodeInvalid, RequestInvalid, RequestNumberUsed, RequestsThrottled)
_NUMBER_BYTES = 16
_FIELDS = {"amount", "person", "note", "total", "people", "shares", "remainder"}


class Seen(NamedTuple):
    """A request as one of its sides sees it."""

    it: MoneyRequest
    amount: Money
    mine: bool  # whether they have made it

    @property
    def other(self) -> str:
        if not self.mine:
            return self.it.asker_name
        return shown_number(self.it.label) if self.by_number else self.it.label

    @property
    def by_number(self) -> bool:
        """Whether they have named who is to pay by a number, which is no name."""
        return self.mine and self.it.label.startswith("+")


def seen(it: MoneyRequest, customer: CustomerNumber) -> Seen:
    return Seen(it, Money(it.amount, BY_NUMBER[it.currency]), it.asker == customer)


def own_currency(site: Site) -> Currency:
    """The currency of the wallet that every customer has."""
    return BY_NUMBER[site.services.policy.currency]


def new_number(form: Form) -> str:
    """What makes one of a form that is sent twice."""
    return form["number"] or secrets.token_hex(_NUMBER_BYTES)


def typed(site: Site, form: Form, name: str, currency: Currency, *, empty: bool = False) -> MinorUnits:
    """An amount in a form; NOTHING where the form says what is wrong then, or where nothing was typed and may be."""
    if empty and not form[name]:
        return NOTHING
    try:
        amount = parse_typed(form[name], currency).minor
    except MoneyInvalid:
        amount = NOTHING
    if not 0 < amount <= MAX_AMOUNT:
        form.wrong(name, site.render.texts("requests.wrong.amount"))
        return NOTHING
    return amount


async def sources(site: Site, customer: Customer, currency: Currency) -> list[Source]:
    """The customer's accounts in this currency that money may leave, the one that is next at first."""
    for standing in await site.services.sources.standing(customer.number):
        if standing.currency == currency:
            usable = [source for source in standing.offered if source.pays]
            return sorted(usable, key=lambda source: source != standing.next)
    return []


def preselected(found: list[Source], form: Form) -> str:
    """The source that a form has chosen, else the first."""
    return form["source"] or (found[0].id if found else "")


def say(site: Site, form: Form, error: Exception, fields: dict[str, str]) -> None:
    """What is wrong with what was asked; `fields` of the form by those of the error, if they are called otherwise."""
    texts, formats = site.render.texts, site.render.formats
    if isinstance(error, RequestInvalid):
        name = error.field if error.field in _FIELDS else ""
        words = f"{name or 'number'}.{error.reason}" if error.reason != "invalid" else name or "number"
        form.wrong(fields.get(name, name), texts(f"requests.wrong.{words}", most=LONGEST_NOTE))
    elif isinstance(error, RequestsThrottled):
        if error.until:
            form.wrong("", texts("requests.wrong.today", when=formats.when_inside(error.until)))
        else:
            form.wrong("", texts("requests.wrong.open"))
    elif isinstance(error, ReceiveCodeInvalid):
        form.wrong(fields.get("person", "person"), texts("requests.wrong.code"))
    else:
        words = "cannot_receive" if isinstance(error, CannotReceive) else "number"
        form.wrong("", texts(f"requests.wrong.{words}"))
