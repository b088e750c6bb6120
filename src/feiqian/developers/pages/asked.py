"""What all these pages share: where they are, what is not there, and numbers that make a form's act one."""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response

from feiqian.clock import DAY, microseconds
from feiqian.merchant_users.pages.portal import Asked, Portal, problem
from feiqian.merchant_users.pages.who import HOME as PORTAL
from feiqian.merchants.errors import KeyNotFound
from feiqian.money import BY_CODE, Currency, Money, MoneyInvalid, currency, money, parse_typed
from feiqian.orders.errors import OrderNotFound
from feiqian.orders.model import Order
from feiqian.web.forms import Form
from feiqian.web.site import Site
from feiqian.webhooks.errors import DeliveryNotFound, EndpointNotFound

HOME = f"{PORTAL}/developers"
ORDERS = f"{PORTAL}/orders"
_ONCE = re.compile(r"web-[0-9a-f]{24}", re.ASCII)


def _not_there(request: Asked, _: Exception) -> Response[Any]:
    return problem(request, 404, "not_there")


# Another merchant's is not there, and neither is what nobody has.
NOT_THERE: dict[Any, Any] = dict.fromkeys((KeyNotFound, EndpointNotFound, DeliveryNotFound, OrderNotFound), _not_there)


def new_once() -> str:
    """A number for what a form asks for: sent twice, it is done once."""
    return f"web-{secrets.token_hex(12)}"


def once_of(form: Form) -> str:
    """The form's number; a new one where it has none, as if its page had just been made."""
    return form["once"] if _ONCE.fullmatch(form["once"]) else new_once()


def currency_of(portal: Portal) -> Currency:
    """What the merchant is paid in."""
    return currency(portal.member.merchant.currency)


def amount_of(form: Form, name: str, of: Currency) -> Money | None:
    """What was typed as an amount above nothing; None for anything else."""
    try:
        found = parse_typed(form[name], of)
    except MoneyInvalid:
        return None
    return found if found.minor else None


def shown(order: Order, minor: int) -> Money:
    """An amount of an order."""
    return money(minor, BY_CODE[order.currency])


def at(moment: datetime | None) -> int:
    """Unix microseconds; 0 for a time that there was not."""
    return 0 if moment is None else microseconds(moment)


def start_of(day: str, site: Site) -> int | None:
    """When a day begins in the bank's zone (Unix microseconds), of a date as browsers send it; None for no date."""
    try:
        found = date.fromisoformat(day)
        return microseconds(datetime.combine(found, time(), ZoneInfo(site.services.settings.zone)))
    except (ValueError, OverflowError):
        return None


def end_of(day: str, site: Site) -> int | None:
    """When the day after it begins."""
    start = start_of(day, site)
    return None if start is None else start + DAY
